"""Objects that are JSON and no more: without attributes, without relations, and found by no entity query."""

from __future__ import annotations

import json
from typing import Any

from papaya.sandbox.refusal import missing
from papaya.sandbox.store.core import Core
from papaya.sandbox.wire import dumps, new_id, reference

_COLUMNS = "body FROM plain_object WHERE kind = ?"


def plain_objects(core: Core, kind: str) -> list[dict[str, Any]]:
    """Return the JSON of every object of a kind, in the order of ids."""
    rows = core.store.rows(f"SELECT {_COLUMNS} ORDER BY id", (kind,))  # noqa: S608
    return [json.loads(row[0]) for row in rows]


def find_plain(core: Core, kind: str, identifier: str) -> dict[str, Any] | None:
    """Return the JSON of one object."""
    rows = core.store.rows(f"SELECT {_COLUMNS} AND id = ?", (kind, identifier))  # noqa: S608
    return dict(json.loads(rows[0][0])) if rows else None


def require_plain(core: Core, kind: str, identifier: str) -> dict[str, Any]:
    """Return the JSON of one object, or refuse as the server does."""
    found = find_plain(core, kind, identifier)
    if found is None:
        raise missing(f"{kind.capitalize().replace('_', ' ')} with id [{identifier}] is not found")
    return found


def put_plain(
    core: Core, kind: str, content: dict[str, Any], old: dict[str, Any] | None, identifier: str | None = None
) -> dict[str, Any]:
    """Store an object in place of `old`, or as a new one; return its JSON."""
    chosen = old["id"]["id"] if old else identifier or new_id()
    frame = {"id": reference(kind, chosen), "createdTime": old["createdTime"] if old else core.now()}
    body = {**frame, **content}
    statement = "INSERT OR REPLACE INTO plain_object VALUES (?, ?, ?)"
    core.store.connection.execute(statement, (chosen, kind, dumps(body)))
    return body


def delete_plain(core: Core, identifier: str) -> None:
    """Delete an object."""
    core.store.connection.execute("DELETE FROM plain_object WHERE id = ?", (identifier,))
