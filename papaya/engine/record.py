"""The record of what was last applied, kept on each entity as its `papaya.applied` attribute."""

from __future__ import annotations

import json
from collections.abc import Mapping

from papaya.engine.alike import Alike
from papaya.engine.credentials import word_of
from papaya.engine.inventory import Applied, Entity
from papaya.foreign import ForeignValue, double, json_in
from papaya.manifest.model import Json

_FORM = 1
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
# A server takes attributes of 64 KB at most where it was not told otherwise.
_MOST_VALUES = 50_000
_FOLLOWS = ("name", "parent", "credentials")
_FIELDS = (
    "profile",
    "label",
    "description",
    "customer",
    "firmware",
    "software",
    "gateway",
    "formerly",
)


def record_of(desired: Entity, *, name: str | None = None, id_: str | None = None) -> Applied:
    """Return what a completed apply of `desired` records, but for the token's fingerprint.

    `name` is the server name that the entity is left with, and `id_` its UUID: by both it is recognised after
    somebody renamed it on the server.
    """
    fields: dict[str, Json] = {} if name is None else {"name": name}
    for name in _FIELDS:
        value = getattr(desired, name)
        if value is not None:
            fields[name] = value
    if desired.credentials is not None and (word := word_of(desired.credentials)) != "accessToken":
        # Of tokens, the usual kind, nothing is written: records stay as they are.
        fields["credentials"] = word
    if desired.parents:
        fields["parent"] = desired.parents[0]
    return Applied(desired.server, desired.shared, fields, id=id_)


def to_json(applied: Applied) -> Json:
    """Return the value of the `papaya.applied` attribute."""
    value: dict[str, Json] = {"form": _FORM}
    if applied.id is not None:
        value["id"] = applied.id
    value.update(applied.fields)
    if applied.server:
        value["server"] = dict(applied.server)
    if applied.shared:
        value["shared"] = dict(applied.shared)
    if applied.token is not None:
        value["token"] = applied.token
    return value


def written(applied: Applied) -> str:
    """Return the text of the attribute as the server keeps it: compact JSON."""
    return _encode(to_json(applied))


def from_text(text: str, alike: Alike | None = None) -> Applied | None:
    """Return the record that the attribute's text holds, or None where a person or a crash has spoilt it.

    What many records say alike is kept once where the caller reads many of them (`alike`).
    """
    try:
        value = json_in(text, unusable=double, most_values=_MOST_VALUES)
    except ForeignValue:
        return None
    if not isinstance(value, dict) or value.get("form") != _FORM:
        return None
    server, shared, token = value.get("server", {}), value.get("shared", {}), value.get("token")
    if not isinstance(server, dict) or not isinstance(shared, dict):
        return None
    fields = {name: value[name] for name in ("name", *_FIELDS, "credentials", "parent") if name in value}
    if alike is not None:
        server, shared, fields = (alike.members(one) for one in (server, shared, fields))
    id_ = value.get("id")
    return Applied(
        server,
        shared,
        fields,
        token if isinstance(token, str) else None,
        id_ if isinstance(id_, str) and id_ else None,
    )


def is_current(applied: Applied | None, expected: Applied) -> bool:
    """Return whether a record says what a new one would; parent and credentials follow their own writes.

    A record without name and id, as older versions wrote it, is no reason to write: it gets both with the
    next write.
    """
    if applied is None:
        return False
    return (
        _equal(applied.server, expected.server)
        and _equal(applied.shared, expected.shared)
        and _compared(applied.fields) == _compared(expected.fields)
        and applied.name in (None, expected.name)
        and applied.id in (None, expected.id)
    )


def covers(applied: Applied | None, expected: Applied) -> bool:
    """Return whether a record names what a new one would, whatever the values: those follow the next write.

    Where manifest and server agree, an older value in the record changes nothing of what is planned.
    """
    return (
        applied is not None
        and applied.server.keys() == expected.server.keys()
        and applied.shared.keys() == expected.shared.keys()
        and _compared(applied.fields).keys() == _compared(expected.fields).keys()
        and applied.name in (None, expected.name)
        and applied.id in (None, expected.id)
    )


def _compared(fields: Mapping[str, Json]) -> dict[str, Json]:
    return {name: value for name, value in fields.items() if name not in _FOLLOWS}


def _equal(left: Mapping[str, Json], right: Mapping[str, Json]) -> bool:
    # The common case is identical, and comparing dictionaries is quick; `1 == True` is told apart after it.
    return left == right and (left is right or repr_types(left) == repr_types(right))


def repr_types(value: Json | Mapping[str, Json]) -> object:
    """Return the shape of a value's types, in which numbers are one type and booleans another."""
    if isinstance(value, bool):
        return bool
    if isinstance(value, int | float):
        return float
    if isinstance(value, Mapping):
        return {key: repr_types(member) for key, member in value.items()}
    if isinstance(value, list):
        return [repr_types(member) for member in value]
    return type(value)
