"""Stored attributes of entities, by scope."""

# ruff: noqa: S608 - statements are made of constants of this package; values are always parameters.
from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from papaya.sandbox.refusal import Refusal, broken, invalid
from papaya.sandbox.store.changes import DELETED, Change
from papaya.sandbox.store.core import Core
from papaya.sandbox.store.validation import MAX_LENGTH, is_malformed, utf16_length
from papaya.sandbox.store.values import Typed, wire

CLIENT_SCOPE, SERVER_SCOPE, SHARED_SCOPE = 1, 2, 3
SCOPES: Mapping[str, int] = {
    "CLIENT_SCOPE": CLIENT_SCOPE,
    "SERVER_SCOPE": SERVER_SCOPE,
    "SHARED_SCOPE": SHARED_SCOPE,
}

_LOG = logging.getLogger(__name__)


def are_storable(core: Core, keys: Iterable[str]) -> bool:
    """Tell whether storage takes all keys of a device's message; the server loses one with another key whole.

    Measured on 4.0.1 and 4.3.1.3: the message is acknowledged, and none of its values is stored.
    """
    try:
        check_keys(core, keys)
    except Refusal as refusal:
        _LOG.info("a message of a device is lost: %s", refusal)
        return False
    return True


def check_keys(core: Core, keys: Iterable[str]) -> None:
    """Refuse keys that the server's storage refuses."""
    for key in keys:
        if not key.strip():
            raise invalid("Key can't be null or empty")
        if utf16_length(key) > MAX_LENGTH:
            raise invalid(f"Validation error: key length must be equal or less than {MAX_LENGTH}")
        if is_malformed(key, core.dialect):
            raise invalid("Validation error: key is malformed")
        if "\0" in key:
            raise broken('invalid byte sequence for encoding "UTF8": 0x00')


def store_attributes(core: Core, number: int, scope: int, values: Mapping[str, Typed], ts: int) -> None:
    """Write attributes and tell the device of shared ones."""
    check_keys(core, values)
    core.store.connection.executemany(
        "INSERT OR REPLACE INTO attribute VALUES (?, ?, ?, ?, ?, ?)",
        [(number, scope, key, ts, kind, value) for key, (kind, value) in values.items()],
    )
    if scope == SHARED_SCOPE:
        core.store.after_commit(partial(core.live.publish_update, number, object_text(values)))
    if core.changes.is_watched(number):
        found = {key: [(ts, *typed)] for key, typed in values.items()}
        core.changes.announce(core.store, Change(number, scope, found))
    core.react(number, scope, values)


def delete_attributes(core: Core, number: int, scope: int, keys: Sequence[str]) -> None:
    """Remove attributes and tell the device of shared ones."""
    core.store.connection.executemany(
        "DELETE FROM attribute WHERE number = ? AND scope = ? AND key = ?",
        [(number, scope, key) for key in keys],
    )
    if scope == SHARED_SCOPE:
        update = json.dumps({"deleted": list(keys)}, separators=(",", ":"))
        core.store.after_commit(partial(core.live.publish_update, number, update))
    if core.changes.is_watched(number):
        core.changes.announce(core.store, Change(number, scope, {key: [DELETED] for key in keys}))
    core.react(number, scope, keys)


def read_attributes(
    core: Core, number: int, scope: int | None, keys: Sequence[str] = ()
) -> list[tuple[int, str, str, object]]:
    """Return time, key, kind and value of attributes; no keys means all of them."""
    where, parameters = "number = ?", [number]
    rest: list[object] = []
    if scope is not None:
        where += " AND scope = ?"
        parameters.append(scope)
    if keys:
        where += " AND key IN (SELECT value FROM json_each(?))"
        rest.append(json.dumps(list(keys)))
    rows = core.store.connection.execute(
        f"SELECT ts, key, kind, value FROM attribute WHERE {where} ORDER BY scope, key",
        (*parameters, *rest),
    )
    return rows.fetchall()


def object_text(values: Mapping[str, Typed]) -> str:
    """Return typed values as one JSON object."""
    return "{" + ",".join(f"{json.dumps(key)}:{wire(*typed)}" for key, typed in values.items()) + "}"


class EmptyKey(ValueError):
    """A device asks for an attribute with the name ''; the server has no answer to that."""


def _keys(text: str | None) -> list[str]:
    """Return comma-separated keys as Java splits them: empty ones at the end do not count."""
    if text is None:
        return []
    keys = text.rstrip(",").split(",") if text.strip(",") or not text else []
    if "" in keys:
        raise EmptyKey(text)
    return keys


def device_attributes_text(core: Core, number: int, client_keys: str | None, shared_keys: str | None) -> str:
    """Return what a device is answered that asks for attributes; naming no keys asks for all."""
    asked = {"client": (CLIENT_SCOPE, _keys(client_keys)), "shared": (SHARED_SCOPE, _keys(shared_keys))}
    everything = not any(keys for _scope, keys in asked.values())
    parts = []
    for name, (scope, keys) in asked.items():
        if not keys and not everything:
            continue
        rows = read_attributes(core, number, scope, keys)
        if rows:
            parts.append(f'"{name}":{object_text({row[1]: (row[2], row[3]) for row in rows})}')
    return f"{{{','.join(parts)}}}"
