"""The mark of an owner: a relation from the tenant to the object.

Not every kind takes attributes (dashboards and calculated fields answer 500), and packages cannot be found by
them. A relation fits every kind, goes with its object, and all of them come in one answer; tried on 4.0.1 and
4.3.1.3. Its additional information holds the fleet and what was last applied.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from papaya.kinds.request import Request
from papaya.kinds.resource import Applied, Fields
from papaya.manifest.model import Json

TYPE: Final = "papaya.owns"
_FORM: Final = 1
_RELATION: Final = "/api/relation"


@dataclass(frozen=True, slots=True)
class Marked:
    """One mark: which object, whose it is, and what was last applied to it.

    `part` is the key of the kind where the mark is that of a part of the object, else it is empty.
    """

    entity_type: str
    id: str
    fleet: str
    protect: bool = False
    applied: Applied | None = None
    part: str = ""


def marks_request(tenant: str, *, of_parts: bool = False) -> Request:
    """Return the request that reads the marks of a tenant, with those of parts, of other types, or not."""
    ends: dict[str, str | int | bool] = {"fromId": tenant, "fromType": "TENANT"}
    only = {} if of_parts else {"relationType": TYPE}
    return Request("GET", "/api/relations", parameters={**ends, **only})


def marks_in(answer: Json) -> dict[tuple[str, str, str], Marked] | None:
    """Return the marks of an answer by type, id and part, or None where it is no list of relations."""
    if not isinstance(answer, list):
        return None
    marks = (_mark(row) for row in answer if isinstance(row, dict) and _is_mark(row))
    return {(mark.entity_type, mark.id, mark.part): mark for mark in marks if mark is not None}


def marking(
    tenant: str,
    entity_type: str,
    id_: str,
    fleet: str,
    applied: Applied,
    *,
    protect: bool = False,
    part: str = "",
) -> Request:
    """Return the request that writes a mark; it replaces the one that is there."""
    told: dict[str, Json] = {"form": _FORM, "fleet": fleet, "applied": _applied_json(applied)}
    if protect:
        told["protect"] = True
    body: Json = {
        "from": {"entityType": "TENANT", "id": tenant},
        "to": {"entityType": entity_type, "id": id_},
        "type": _type(part),
        "typeGroup": "COMMON",
        "additionalInfo": told,
    }
    return Request("POST", _RELATION, body, step="mark", repeatable=True)


def unmarking(tenant: str, entity_type: str, id_: str, part: str = "") -> Request:
    """Return the request that takes a mark away; one that is gone is no error."""
    return Request(
        "DELETE",
        _RELATION,
        parameters={
            "fromId": tenant,
            "fromType": "TENANT",
            "relationType": _type(part),
            "toId": id_,
            "toType": entity_type,
        },
        step="unmark",
        absent_is_done=True,
    )


def _type(part: str) -> str:
    return f"{TYPE}.{part}" if part else TYPE


def _is_mark(row: Mapping[str, Json]) -> bool:
    """Return whether a relation from the tenant is a mark; people make others."""
    type_ = row.get("type")
    return not isinstance(type_, str) or type_ == TYPE or type_.startswith(f"{TYPE}.")


def _part(type_: Json) -> str:
    return type_.removeprefix(f"{TYPE}.") if isinstance(type_, str) and type_.startswith(f"{TYPE}.") else ""


def _mark(row: Mapping[str, Json]) -> Marked | None:
    to, told = row.get("to"), row.get("additionalInfo")
    if not isinstance(to, dict) or not isinstance(told, dict):
        return None
    fleet = told.get("fleet")
    if not isinstance(fleet, str) or not fleet:
        return None
    return Marked(
        str(to.get("entityType")),
        str(to.get("id")),
        fleet,
        told.get("protect") is True,
        _applied(told.get("applied")) if told.get("form") == _FORM else None,
        _part(row.get("type")),
    )


def _applied_json(applied: Applied) -> Json:
    # Most values come back as they were sent: only the others are written twice.
    other = {key: value for key, value in applied.left.items() if applied.sent.get(key) != value}
    told: dict[str, Json] = {
        "name": applied.name,
        "version": applied.version,
        "sent": dict(applied.sent),
        "left": other,
    }
    return {**told, "named": applied.named} if applied.named else told


def _applied(value: Json) -> Applied | None:
    if not isinstance(value, dict):
        return None
    name, version, sent, left = (value.get(key) for key in ("name", "version", "sent", "left"))
    if not isinstance(name, str) or not isinstance(sent, dict) or not isinstance(left, dict):
        return None
    whole: Fields = {**sent, **left}
    named = value.get("named")
    return Applied(
        name,
        version if isinstance(version, int) else None,
        sent,
        whole,
        named if isinstance(named, str) else "",
    )
