"""Bodies of entity data queries, and what their rows say.

`POST /api/entitiesQuery/find` reads attributes of thousands of entities in one request; its values are always
text, and numbers among them are reformatted (`EntityDataAdapter.convertValue`).
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, Protocol

from papaya.api.malformed import malformed
from papaya.api.paging import drained, pages
from papaya.engine.address import Kind
from papaya.engine.canonical import Untyped
from papaya.engine.inventory import Scope
from papaya.manifest.model import Json

FIND = "/api/entitiesQuery/find"
COUNT = "/api/entitiesQuery/count"
FIND_KEYS = "/api/entitiesQuery/find/keys"
# In the additional information of what papaya is renaming.
RENAMING = '"renaming":"'
_NORMAL_FORMS: Final[tuple[Literal["NFC"], Literal["NFD"]]] = ("NFC", "NFD")
# The server looks at no more entities than these for their keys.
KEYS_TOGETHER = 100

_KEY_TYPES: dict[Scope, str] = {"SERVER_SCOPE": "SERVER_ATTRIBUTE", "SHARED_SCOPE": "SHARED_ATTRIBUTE"}


class Poster(Protocol):
    """What a query needs of a session."""

    def post(self, path: str, body: Json, *, repeatable: bool = ...) -> Json:
        """Send a body and return the answer's."""


class Key(NamedTuple):
    """One attribute that a query reads."""

    scope: Scope
    name: str


@dataclass(frozen=True, slots=True)
class Row:
    """One entity of an answer; a key that the entity lacks is absent from `values`."""

    id: str
    kind: Kind
    name: str
    type: str
    parent_id: str
    additional_info: str
    values: dict[Key, Untyped]


Texts = tuple[str, list[str | None]]
"""The id of an entity and the texts of the attributes that were asked for; None where it lacks one."""


def find(
    session: Poster,
    entity_filter: Json,
    *,
    fields: Sequence[str] = (),
    keys: Sequence[Key] = (),
    key_filters: Sequence[Json] = (),
    page_size: int = 10_000,
    text: str = "",
) -> Iterator[Row]:
    """Yield every row of a query, page after page, by name; with `text` those that show it in a value."""
    query = Query(session, entity_filter, fields=fields, keys=keys, key_filters=key_filters, text=text)
    for page in pages(session, query.ask, page_size, method="POST", path=FIND):
        yield from query.rows(page)


class Query:
    """A question about entities, whose answer comes page by page, by name."""

    def __init__(
        self,
        session: Poster,
        entity_filter: Json,
        *,
        fields: Sequence[str] = (),
        keys: Sequence[Key] = (),
        key_filters: Sequence[Json] = (),
        text: str = "",
    ) -> None:
        self._session = session
        self._search: dict[str, Json] = {"textSearch": text} if text else {}
        self.keys = tuple(keys)
        self._wanted = [(_KEY_TYPES[key.scope], key.name) for key in keys]
        self._body: dict[str, Json] = {
            "entityFilter": entity_filter,
            "entityFields": [{"type": "ENTITY_FIELD", "key": name} for name in fields],
            "latestValues": [{"type": kind, "key": name} for kind, name in self._wanted],
            "keyFilters": list(key_filters),
        }

    def ask(self, number: int, size: int) -> Json:
        """Return the answer to a request for one page."""
        # Without a sort order the server gives none, and pages could repeat and miss rows.
        order: Json = {"key": {"type": "ENTITY_FIELD", "key": "name"}, "direction": "ASC"}
        link: Json = {"pageSize": size, "page": number, "sortOrder": order, **self._search}
        body: Json = {"entityFilter": self._body["entityFilter"], "pageLink": link, **self._body}
        return self._session.post(FIND, body, repeatable=True)

    def rows(self, page: list[Json]) -> Iterator[Row]:
        """Yield what the rows of a page say; they leave the page on the way."""
        return (_row(self._session, row, self.keys, self._wanted) for row in drained(page))

    def texts(self, page: list[Json]) -> Iterator[Texts]:
        """Yield the ids and texts in the rows of a page, the same way."""
        return (_texts(self._session, row, self._wanted)[:2] for row in drained(page))


def count(session: Poster, entity_filter: Json, key_filters: Sequence[Json] = ()) -> int:
    """Return how many entities a filter selects."""
    body: Json = {"entityFilter": entity_filter, "keyFilters": list(key_filters)}
    answer = session.post(COUNT, body, repeatable=True)
    if not isinstance(answer, int):
        raise malformed(session, "POST", COUNT, "the answer to a count is no number")
    return answer


def keys_of_devices(
    session: Poster, ids: Sequence[str], kind: Literal["timeseries", "attribute"], scope: str = ""
) -> set[str]:
    """Return the keys that any of so many devices has telemetry of, or attributes of a scope."""
    body: Json = {
        "entityFilter": listed("DEVICE", ids),
        "pageLink": {"pageSize": KEYS_TOGETHER, "page": 0},
        "entityFields": [],
        "latestValues": [],
        "keyFilters": [],
    }
    is_series = kind == "timeseries"
    path = f"{FIND_KEYS}?timeseries={_word(is_series)}&attributes={_word(not is_series)}"
    answer = session.post(path if is_series else f"{path}&scope={scope}", body, repeatable=True)
    keys = answer.get(kind) if isinstance(answer, dict) else None
    if not isinstance(keys, list):
        raise malformed(session, "POST", FIND_KEYS, "the answer names no keys")
    return {str(key) for key in keys}


def _word(truth: bool) -> str:
    return "true" if truth else "false"


def all_of(entity_type: str) -> Json:
    """Return the filter that selects every entity of a type."""
    return {"type": "entityType", "entityType": entity_type}


def listed(entity_type: str, ids: Sequence[str]) -> Json:
    """Return the filter that selects entities by id."""
    return {"type": "entityList", "entityType": entity_type, "entityList": list(ids)}


def contained(roots: Sequence[str]) -> Json:
    """Return the filter that selects what assets contain; with `parentId` it yields a row for each edge."""
    return {
        "type": "relationsQuery",
        "multiRoot": True,
        "multiRootEntitiesType": "ASSET",
        "multiRootEntityIds": list(roots),
        "direction": "FROM",
        "maxLevel": 1,
        "filters": [{"relationType": "Contains", "entityTypes": ["ASSET", "DEVICE"]}],
    }


def containing(kind: str, ids: Sequence[str]) -> Json:
    """Return the filter that selects the assets above entities; there `parentId` is the entity below."""
    return {
        "type": "relationsQuery",
        "multiRoot": True,
        "multiRootEntitiesType": kind,
        "multiRootEntityIds": list(ids),
        "direction": "TO",
        "maxLevel": 1,
        "filters": [{"relationType": "Contains", "entityTypes": ["ASSET"]}],
    }


def named(names: Iterable[str]) -> Json:
    """Return the key filter that selects entities by name, in any case and any Unicode normal form."""
    predicates: list[Json] = []
    for name in names:
        if name.isascii():
            predicates.append(_equal(name, ignore_case=True))
            continue
        forms = (name, *(unicodedata.normalize(form, name) for form in _NORMAL_FORMS))
        for form in dict.fromkeys(forms):
            predicates.append(_equal(form, ignore_case=True))
            # Java and PostgreSQL write some letters differently in lower case: `İ` is not found in any case.
            predicates.append(_equal(form, ignore_case=False))
    return {
        "key": {"type": "ENTITY_FIELD", "key": "name"},
        "valueType": "STRING",
        "predicate": {
            "type": "COMPLEX",
            "operation": "OR",
            "predicates": predicates,
        },
    }


def owned_by(fleet: str, key: str) -> Json:
    """Return the key filter that selects the entities that a fleet has marked."""
    return {
        "key": {"type": "SERVER_ATTRIBUTE", "key": key},
        "valueType": "STRING",
        "predicate": _equal(fleet, ignore_case=False),
    }


def marked_inside(fleet: str) -> Json:
    """Return the key filter that selects what a fleet created or papaya renames, as the objects say.

    The server keeps additional information as compact JSON text; a match may be a coincidence.
    """
    return _inside(_holds(f'"fleet":{json.dumps(fleet, ensure_ascii=False)}'), _holds(RENAMING))


def being_renamed() -> Json:
    """Return the key filter that selects what papaya is renaming, whatever its fleet."""
    return _inside(_holds(RENAMING))


def _inside(*predicates: Json) -> Json:
    return {
        "key": {"type": "ENTITY_FIELD", "key": "additionalInfo"},
        "valueType": "STRING",
        "predicate": {"type": "COMPLEX", "operation": "OR", "predicates": list(predicates)},
    }


def _holds(text: str) -> Json:
    value: Json = {"defaultValue": text}
    return {"type": "STRING", "operation": "CONTAINS", "ignoreCase": False, "value": value}


def _equal(text: str, *, ignore_case: bool) -> Json:
    value: Json = {"defaultValue": text}
    return {"type": "STRING", "operation": "EQUAL", "ignoreCase": ignore_case, "value": value}


def _texts(
    session: Poster, row: Json, wanted: Sequence[tuple[str, str]]
) -> tuple[str, list[str | None], dict[str, Json], dict[str, Json]]:
    """Return id and texts of a row, the identity of its entity and its latest values."""
    if not isinstance(row, dict):
        raise malformed(session, "POST", FIND, "a row of an entity query is no object")
    identity, latest = row.get("entityId"), row.get("latest")
    if not isinstance(identity, dict) or not isinstance(latest, dict):
        raise malformed(session, "POST", FIND, "a row of an entity query names no entity")
    texts: list[str | None] = []
    for key_type, name in wanted:
        group = latest.get(key_type)
        cell = group.get(name) if isinstance(group, dict) else None
        value = cell.get("value") if isinstance(cell, dict) else None
        # A missing attribute is an empty text of time zero; an empty one has the time of its writing.
        if value or (isinstance(cell, dict) and cell.get("ts")):
            texts.append(str(value or ""))
        else:
            texts.append(None)
    return str(identity.get("id")), texts, identity, latest


def _row(session: Poster, row: Json, keys: Sequence[Key], wanted: Sequence[tuple[str, str]]) -> Row:
    id_, texts, identity, latest = _texts(session, row, wanted)
    values = {key: Untyped(text) for key, text in zip(keys, texts, strict=True) if text is not None}
    kind: Kind = "device" if identity.get("entityType") == "DEVICE" else "asset"
    if "ENTITY_FIELD" not in latest:
        return Row(id_, kind, "", "", "", "", values)
    return Row(
        id_,
        kind,
        _field(latest, "name"),
        _field(latest, "type"),
        _field(latest, "parentId"),
        _field(latest, "additionalInfo"),
        values,
    )


def _field(latest: dict[str, Json], name: str) -> str:
    group = latest.get("ENTITY_FIELD")
    cell = group.get(name) if isinstance(group, dict) else None
    value = cell.get("value") if isinstance(cell, dict) else None
    return value if isinstance(value, str) else ""
