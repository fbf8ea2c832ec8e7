"""Keys of an entity query: entity fields as SQL, attributes and time series as lookups."""

# ruff: noqa: S608 - statements are made of constants of this package; values are always parameters.
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from papaya.sandbox.dialect import Dialect
from papaya.sandbox.query.filters import Source
from papaya.sandbox.refusal import broken
from papaya.sandbox.store.attributes import CLIENT_SCOPE, SERVER_SCOPE, SHARED_SCOPE

ENTITY_FIELD = "ENTITY_FIELD"
TIME_SERIES = "TIME_SERIES"
ANY_ATTRIBUTE = "ATTRIBUTE"
SCOPE_OF = {
    "CLIENT_ATTRIBUTE": CLIENT_SCOPE,
    "SERVER_ATTRIBUTE": SERVER_SCOPE,
    "SHARED_ATTRIBUTE": SHARED_SCOPE,
}
_TYPES = (ENTITY_FIELD, TIME_SERIES, ANY_ATTRIBUTE, *SCOPE_OF, "CONSTANT", "ALARM_FIELD")

_COLUMNS = {
    "createdTime": "e.created_time",
    "name": "e.name",
    "type": "e.type",
    "label": "e.label",
    "additionalInfo": "e.additional_info",
}
_CONTACT = ("email", "country", "state", "city", "address", "address2", "zip", "phone")
_COLUMNS |= {name: f"json_extract(e.body, '$.{name}')" for name in (*_CONTACT, "region")}
_LABELED = frozenset({"createdTime", "name", "type", "label", "additionalInfo"})
_CONTACTED = frozenset({"createdTime", "additionalInfo", *_CONTACT})
_FIELDS = {
    "DEVICE": _LABELED,
    "ASSET": _LABELED,
    "ENTITY_VIEW": frozenset({"createdTime", "name", "type", "additionalInfo"}),
    "TENANT": _CONTACTED | {"region"},
    "CUSTOMER": _CONTACTED,
    "USER": frozenset({"createdTime", "email", "phone", "additionalInfo"}),
    "DEVICE_PROFILE": frozenset({"createdTime", "name", "type"}),
    "ASSET_PROFILE": frozenset({"createdTime", "name"}),
}
_COMMON = frozenset({"createdTime", "name", "additionalInfo"})
_RELATED = _LABELED | _CONTACTED | {"region"}
_TITLED = frozenset({"TENANT", "CUSTOMER", "DASHBOARD"})
_OWNED = frozenset({"DEVICE", "ASSET", "ENTITY_VIEW", "USER", "DASHBOARD"})
_OWNER_NAME = (
    "CASE WHEN e.customer_id IS NULL THEN (SELECT name FROM entity WHERE kind = 'TENANT')"
    " ELSE (SELECT o.name FROM entity o WHERE o.id = e.customer_id) END"
)
_OWNER_TYPE = "CASE WHEN e.customer_id IS NULL THEN 'TENANT' ELSE 'CUSTOMER' END"


@dataclass(frozen=True, slots=True)
class Key:
    """Type and name of what a query selects, filters or sorts by."""

    type: str
    name: str


def read_key(value: Any) -> Key:
    """Return a key of a query."""
    if (
        not isinstance(value, dict)
        or value.get("type") not in _TYPES
        or not isinstance(value.get("key"), str)
    ):
        raise broken("JSON parse error: Cannot deserialize an EntityKey")
    return Key(value["type"], value["key"])


def read_keys(values: Any) -> list[Key]:
    """Return the keys of a list that may be missing; each counts once."""
    if values is not None and not isinstance(values, list):
        raise broken("JSON parse error: Cannot deserialize value of type `java.util.ArrayList` from a key")
    return list(dict.fromkeys(read_key(value) for value in values or ()))


def field_sql(source: Source, dialect: Dialect, name: str) -> str:
    """Return the SQL of an entity field; what the kind does not have is an empty text."""
    if name == "entityType":
        return "e.kind"
    if source.related:
        if name == "parentId":
            return "p.id" if source.parent else "NULL"
        if name in ("name", "title"):
            if name == "title":
                return "CASE WHEN e.kind IN ('TENANT', 'CUSTOMER') THEN e.name END"
            return "e.name"
        return _COLUMNS[name] if name in _RELATED else "''"
    return _kind_field(source.kind, dialect, name)


def _kind_field(kind: str, dialect: Dialect, name: str) -> str:
    if kind in _TITLED and name in ("name", "label", "title"):
        return "e.name"
    if kind == "USER" and name in ("name", "label", "title"):
        return "e.name"
    if kind in ("DEVICE", "ASSET", "ENTITY_VIEW") and name == "title":
        return "e.name"
    if kind in _OWNED and name in ("ownerName", "ownerType"):
        return _OWNER_NAME if name == "ownerName" else _OWNER_TYPE
    if name == "displayName" and dialect.display_name:
        labeled = "coalesce(nullif(trim(e.label), ''), e.name)"
        return labeled if kind in ("DEVICE", "ASSET") else "e.name"
    return _COLUMNS[name] if name in _FIELDS.get(kind, _COMMON) else "''"


def stored_table(key: Key) -> str:
    """Return the table that holds a key's values."""
    return "latest" if key.type == TIME_SERIES else "attribute"


def stored_condition(key: Key, alias: str) -> tuple[str, tuple[object, ...]]:
    """Return the SQL that picks a key's rows of entity `e`."""
    condition = f"{alias}.number = e.number AND {alias}.key = ?"
    parameters: tuple[object, ...] = (key.name,)
    if key.type in SCOPE_OF:
        condition += f" AND {alias}.scope = {SCOPE_OF[key.type]}"
    elif key.type == ANY_ATTRIBUTE:
        condition += f" AND {alias}.scope IN (1, 2, 3)"
    return condition, parameters


def stored_row(key: Key, wanted: str) -> tuple[str, tuple[object, ...]]:
    """Return a scalar subquery for a column of a key's value; ATTRIBUTE takes the newest scope."""
    condition, parameters = stored_condition(key, "k")
    return (
        f"(SELECT {wanted} FROM {stored_table(key)} k WHERE {condition} ORDER BY k.ts DESC LIMIT 1)",
        parameters,
    )
