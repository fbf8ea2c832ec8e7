"""Saved plans: the document that `plan -o` writes, checked to the last member, and the plan that it holds."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, NoReturn

from papaya.diagnostics import Mark
from papaya.engine.address import Address
from papaya.engine.canonical import Untyped
from papaya.engine.inventory import Applied, Entity, Profile
from papaya.engine.plan import (
    Change,
    FieldChange,
    Note,
    Plan,
    ProfileChange,
    Refusal,
    Requests,
    ResourceChange,
    ServerIdentity,
    WayOut,
    Writes,
)
from papaya.errors import PapayaError
from papaya.kinds.registry import KINDS
from papaya.kinds.resource import Applied as RecordedObject
from papaya.kinds.resource import Desired, Live
from papaya.kinds.tree import ENTITY_TYPES
from papaya.manifest.model import (
    Certificate,
    DeviceCredentials,
    Json,
    MqttBasic,
    SecretReference,
)
from papaya.render.as_json import FORMAT_VERSION, LIST_FIELDS, PLAIN_FIELDS, WRITE_FIELDS
from papaya.resources import locate

_AGAIN = "plan again: papaya plan -o FILE"
_MOST_FAULTS = 5
# What only a saved plan has; `plan --json` prints a document without it.
_SAVED_ONLY = ("scope", "manifest")

# The schema has been checked when these are read, so that members have the types that it demands.
Document = Mapping[str, Any]


def read_saved(text: str, name: str = "the saved plan") -> dict[str, Any]:
    """Return the document of a saved plan, or say what is wrong with it; `name` is how the file is called."""
    try:
        document = json.loads(text, parse_constant=_refuse_constant)
    except RecursionError:
        raise _damaged(name, "it is nested too deeply") from None
    except ValueError as error:
        where = (
            f" (line {error.lineno}, column {error.colno})" if isinstance(error, json.JSONDecodeError) else ""
        )
        raise _damaged(name, f"it is no JSON{where}") from None
    check(document, name)
    missing = [member for member in _SAVED_ONLY if member not in document]
    if missing:
        raise PapayaError(
            f"{name} is no saved plan: {' and '.join(missing)} missing; `plan --json` prints it for programs",
            remedy="save a plan to carry it out later: papaya plan -o FILE",
        )
    return dict(document)


def check(document: object, name: str = "the plan") -> None:
    """Refuse a document that is not of the published form, with the first few faults."""
    if not isinstance(document, dict):
        raise _damaged(name, "it is no object")
    version = document.get("formatVersion")
    if version != FORMAT_VERSION:
        raise PapayaError(
            f"{name} has the format version {version!r}, this papaya reads {FORMAT_VERSION!r}", remedy=_AGAIN
        )
    if _accepts()(document):
        return
    faults: list[str] = []
    for error in _validator().iter_errors(document):
        if len(faults) == _MOST_FAULTS:
            faults.append("…")
            break
        message = error.message if len(error.message) <= 160 else f"{error.message[:159]}…"
        faults.append(f"{error.json_path}: {message}")
    if faults:
        raise _damaged(name, "\n  ".join(["it is not of the published form", *faults]))


def plan_from_json(document: Mapping[str, Json]) -> Plan:
    """Return the plan that a document of `plan_json` holds."""
    whole: Document = document
    check(dict(whole))
    try:
        return _plan(whole)
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged("the plan", f"it does not fit together: {error}") from error


def schema() -> dict[str, Any]:
    """Return the JSON Schema of plan documents."""
    read: dict[str, Any] = json.loads(locate("schemas", "plan.schema.json").read_text(encoding="utf-8"))
    return read


def _damaged(name: str, what: str) -> PapayaError:
    return PapayaError(f"{name} cannot be used: {what}", remedy=_AGAIN)


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


@cache
def _validator() -> Any:
    # Imported late: it takes longer to import than a short plan takes to read.
    from jsonschema import Draft202012Validator

    return Draft202012Validator(schema())


@cache
def _accepts() -> Callable[[object], bool]:
    """Return the fastest test there is; it may refuse too much, never accept too much."""
    try:
        import jsonschema_rs
    except ImportError:
        return lambda document: False
    compiled = jsonschema_rs.validator_for(schema())

    def accepts(document: object) -> bool:
        try:
            return bool(compiled.is_valid(document))
        except Exception:  # An optional accelerator must not decide what a fault is: jsonschema does.
            return False

    return accepts


def _plan(document: Document) -> Plan:
    server = document["server"]
    requests = document["requests"]
    return Plan(
        fleet=document["fleet"],
        server=ServerIdentity(server["url"], server["version"], server["edition"], server["tenant"]),
        manifest_digest=document["manifestDigest"],
        environment=document["environment"],
        profiles=tuple(_profile_change(change) for change in document["profiles"]),
        changes=tuple(_change(change) for change in document["changes"]),
        refusals=tuple(_refusal(refusal) for refusal in document["refusals"]),
        questions=tuple(_refusal(question) for question in document["questions"]),
        notes=tuple(Note(note["text"], note["at"]) for note in document["notes"]),
        totals=dict(document["totals"]),
        requests=Requests(requests["read"], requests["apply"]),
        ids={_address(row["address"]): row["id"] for row in document["ids"]},
        places={_address(row["address"]): row["id"] for row in document["places"]},
        customer_ids={row["title"]: row["id"] for row in document["customers"]},
        resources=tuple(_resource_change(change) for change in document.get("resources", ())),
        resource_ids={_address(row["address"]): row["id"] for row in document.get("objects", ())},
    )


def _address(text: str) -> Address:
    kind, slash, name = text.partition("/")
    if slash and kind in (*ENTITY_TYPES, *KINDS):
        return Address(kind, name)
    raise ValueError(f"{text} is no address")


def _named(row: Document) -> Address:
    address = _address(row["address"])
    if (address.kind, address.name) != (row["kind"], row["name"]):
        raise ValueError(f"{row['address']} has another kind or name")
    return address


def _change(row: Document) -> Change:
    actions: list[Any] = row["actions"]
    change = Change(
        action=actions[0],
        address=_named(row),
        role=row["role"],
        path=tuple(row["path"]),
        fields=tuple(_field(one) for one in row.get("fields", ())),
        writes=_writes(row.get("writes", {})),
        desired=_entity(row["desired"]) if "desired" in row else None,
        live=_entity(row["live"]) if "live" in row else None,
        adopts="adopt" in actions,
        moved_from=row.get("movedFrom"),
        renamed_from=row.get("renamedFrom"),
        reason=row.get("reason", ""),
        notes=tuple(row.get("notes", ())),
    )
    if change.action != "create" and (change.live is None or change.live.id is None):
        raise ValueError(f"{change.address} is to be changed and has no live form with an id")
    if change.action in ("create", "update") and change.desired is None:
        raise ValueError(f"{change.address} has no desired form")
    return change


def _field(row: Document) -> FieldChange:
    return FieldChange(row["field"], row["before"], row["after"], row.get("key", ""), row.get("part", ""))


def _writes(row: Document) -> Writes:
    values: dict[str, Any] = {}
    for name, attribute in WRITE_FIELDS:
        if name in row:
            values[attribute] = tuple(row[name]) if isinstance(row[name], list) else row[name]
    return Writes(**values)


def _entity(row: Document) -> Entity:
    values: dict[str, Any] = {attribute: row[name] for name, attribute in PLAIN_FIELDS if name in row}
    values |= {attribute: tuple(row[name]) for name, attribute in LIST_FIELDS if name in row}
    for word in ("token", "x509", "mqttBasic"):
        if word in row:
            values["credentials"] = _credentials(word, row[word])
    if "mark" in row:
        values["mark"] = _mark(row["mark"])
    if "applied" in row:
        told = row["applied"]
        values["applied"] = Applied(
            told["server"], told["shared"], told["fields"], told.get("token"), told.get("id")
        )
    return Entity(
        address=_named(row),
        role=row["role"],
        server={key: _attribute(value) for key, value in row.get("server", {}).items()},
        shared={key: _attribute(value) for key, value in row.get("shared", {}).items()},
        body=_body(row),
        **values,
    )


def _credentials(word: str, row: Document) -> DeviceCredentials:
    if word == "token":
        return _reference(row)
    mark = _mark(row["mark"]) if "mark" in row else None
    if word == "x509":
        return Certificate(row["file"], mark, row.get("certificate"), row.get("expires"))
    password = _reference(row["password"]) if "password" in row else None
    return MqttBasic(row.get("clientId"), row.get("username"), password, mark)


def _attribute(value: Any) -> Json:
    if not isinstance(value, dict):
        return value  # type: ignore[no-any-return]
    return Untyped(value["text"]) if "text" in value else value["value"]


def _body(row: Document) -> Mapping[str, Json] | None:
    """Return the full object, which must be whole: saving it without its secrets would erase them."""
    if row.get("withheld"):
        raise PapayaError(
            f"{row.get('address', 'a profile')} holds secrets that no saved plan contains "
            f"({', '.join(row['withheld'])}), so it cannot be saved from one",
            remedy="apply the manifest instead",
        )
    body: Mapping[str, Json] | None = row.get("body")
    return body


def _resource_change(row: Document) -> ResourceChange:
    address, actions = _named(row), row["actions"]
    change = ResourceChange(
        action=actions[0],
        address=address,
        fields=tuple(_field(one) for one in row.get("fields", ())),
        desired=_desired(address, row["desired"]) if "desired" in row else None,
        live=_live(address, row["live"]) if "live" in row else None,
        adopts="adopt" in actions,
        renamed_from=row.get("renamedFrom"),
        reason=row.get("reason", ""),
        question=row.get("question", ""),
        notes=tuple(row.get("notes", ())),
    )
    if change.action != "create" and change.live is None:
        raise ValueError(f"{change.address} is to be changed and has no live form")
    if change.action in ("create", "update") and change.desired is None:
        raise ValueError(f"{change.address} has no desired form")
    return change


def _desired(address: Address, row: Document) -> Desired:
    return Desired(
        Address(address.kind, row["name"]),
        row["fields"],
        tuple(_address(text) for text in row.get("references", ())),
        row.get("formerly"),
        row.get("protect", False),
        _mark(row["mark"]) if "mark" in row else None,
        row.get("extra", {}),
        called=row.get("called"),
    )


def _live(address: Address, row: Document) -> Live:
    told = row.get("applied")
    return Live(
        Address(address.kind, row["name"]),
        row["id"],
        row.get("version"),
        row["row"],
        tuple(row.get("details", ())),
        row.get("fields"),
        row.get("owner"),
        row.get("createdBy"),
        RecordedObject(told["name"], told["version"], told["sent"], told["left"]) if told else None,
        row.get("protect", False),
        tuple(row.get("beforeDeletion", ())),
    )


def _profile_change(row: Document) -> ProfileChange:
    return ProfileChange(Profile(_named(row)))


def _refusal(row: Document) -> Refusal:
    return Refusal(
        row["guard"],
        row["reason"],
        tuple(WayOut(way["aim"], way["how"]) for way in row["waysOut"]),
        _mark(row["mark"]) if "mark" in row else None,
        tuple(_address(address) for address in row["addresses"]),
    )


def _reference(row: Document) -> SecretReference:
    return SecretReference(row.get("env"), row.get("file"), _mark(row["mark"]) if "mark" in row else None)


def _mark(row: Document) -> Mark:
    return Mark(row["file"], row["line"], row["column"])
