"""What can still be read of a damaged spool."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

from papaya.agent.rows import Row, row_of

_FORWARD = "SELECT id, ts, key, value FROM reading ORDER BY id"
_BACKWARD = f"{_FORWARD} DESC"


def salvaged(path: Path) -> tuple[list[Row], dict[str, str]]:
    """Return readings of a damaged file up to the damage and after it, oldest first, and what was kept."""
    rows: dict[int, Row] = {}
    kept: dict[str, str] = {}
    with contextlib.suppress(sqlite3.Error):
        connection = sqlite3.connect(path, isolation_level=None)
        connection.text_factory = text_or_bytes
        try:
            for query in (_FORWARD, _BACKWARD):
                for written in _readable(connection, query):
                    row = row_of(written)
                    if row is not None:
                        rows[row.id] = row
            for name, value in _readable(connection, "SELECT name, value FROM kept"):
                if isinstance(name, str) and isinstance(value, str):
                    kept[name] = value
        finally:
            connection.close()
    return [rows[number] for number in sorted(rows)], kept


def _readable(connection: sqlite3.Connection, query: str) -> Iterator[tuple[object, ...]]:
    """Yield rows until the file cannot be read: what precedes the damage."""
    with contextlib.suppress(sqlite3.Error):
        yield from connection.execute(query)


def free_name(path: Path) -> Path:
    """Return a name for a damaged file that no other one has."""
    base = f"{path.name}.damaged-{time.strftime('%Y%m%dT%H%M%S')}"
    names = (base, *(f"{base}-{number}" for number in range(2, 1000)))
    return next(
        (aside for name in names if not (aside := path.with_name(name)).exists()), path.with_name(base)
    )


def text_or_bytes(raw: bytes) -> str | bytes:
    """Return text, and what is no UTF-8 as the bytes that it is: only its own row is damaged."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw
