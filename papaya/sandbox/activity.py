"""The server-owned attributes that tell when a device was last heard of."""

# ruff: noqa: S608 - statements are made of constants of this package; values are always parameters.
from __future__ import annotations

import asyncio

from papaya.sandbox.attributes import SERVER_SCOPE
from papaya.sandbox.core import Core
from papaya.sandbox.values import BOOLEAN, LONG

# The server's default; an attribute inactivityTimeout overrides it for a device.
_INACTIVE_AFTER_MS = 600_000


def note_activity(core: Core, device: int) -> None:
    """Remember that the device was heard of just now."""
    now = core.now()
    core.store.connection.executemany(
        "INSERT OR REPLACE INTO attribute VALUES (?, ?, ?, ?, ?, ?)",
        [
            (device, SERVER_SCOPE, "lastActivityTime", now, LONG, now),
            (device, SERVER_SCOPE, "active", now, BOOLEAN, 1),
        ],
    )


def mark_inactive(core: Core) -> int:
    """Switch off devices that were silent for too long; return how many."""
    now = core.now()
    rows = core.store.rows(
        "SELECT a.number FROM attribute a"
        " LEFT JOIN attribute l ON l.number = a.number AND l.scope = a.scope AND l.key = 'lastActivityTime'"
        " LEFT JOIN attribute t ON t.number = a.number AND t.scope = a.scope AND t.key = 'inactivityTimeout'"
        f" WHERE a.scope = {SERVER_SCOPE} AND a.key = 'active' AND a.kind = 'b' AND a.value = 1"
        " AND a.number IN (SELECT number FROM entity WHERE kind = 'DEVICE')"
        " AND coalesce(l.value, 0) + coalesce(t.value, ?) < ?",
        (_INACTIVE_AFTER_MS, now),
    )
    core.store.connection.executemany(
        "INSERT OR REPLACE INTO attribute VALUES (?, ?, ?, ?, ?, ?)",
        [
            values
            for (device,) in rows
            for values in (
                (device, SERVER_SCOPE, "active", now, BOOLEAN, 0),
                (device, SERVER_SCOPE, "inactivityAlarmTime", now, LONG, now),
            )
        ],
    )
    return len(rows)


async def watch_activity(core: Core, seconds: float) -> None:
    """Look for silent devices again and again, as the server does once a minute."""
    while True:
        await asyncio.sleep(seconds)
        with core.store.transaction():
            mark_inactive(core)
