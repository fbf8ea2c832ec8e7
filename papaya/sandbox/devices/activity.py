"""The server-owned attributes that tell when a device was last heard of."""

# ruff: noqa: S608 - statements are made of constants of this package; values are always parameters.
from __future__ import annotations

import asyncio

from papaya.sandbox.store.attributes import SERVER_SCOPE
from papaya.sandbox.store.changes import Change, Value
from papaya.sandbox.store.core import Core
from papaya.sandbox.store.values import BOOLEAN, LONG

# The server's default; an attribute inactivityTimeout overrides it for a device.
_INACTIVE_AFTER_MS = 600_000
_EXISTS = "WHERE EXISTS (SELECT 1 FROM entity WHERE number = ?1)"
_SET = f"INSERT OR REPLACE INTO attribute SELECT ?1, {SERVER_SCOPE}, ?2, ?3, ?4, ?5 {_EXISTS}"
_SWITCH_ON = (
    f"INSERT INTO attribute SELECT ?1, {SERVER_SCOPE}, 'active', ?2, '{BOOLEAN}', 1 {_EXISTS}"
    " ON CONFLICT DO UPDATE SET ts = excluded.ts, kind = excluded.kind, value = 1 WHERE value <> 1"
)


def note_activity(core: Core, device: int, *moments: str) -> None:
    """Remember that the device was heard of just now, and what else happened at this moment.

    A device that was deleted in the meantime gets no rows.
    """
    now = core.now()
    rows = [(device, key, now, LONG, now) for key in ("lastActivityTime", *moments)]
    core.store.connection.executemany(_SET, rows)
    began = core.store.connection.execute(_SWITCH_ON, (device, now)).rowcount
    if core.changes.is_watched(device):
        values: dict[str, list[Value]] = {row[1]: [(now, LONG, now)] for row in rows}
        if began:
            values["active"] = [(now, BOOLEAN, 1)]
        core.changes.announce(core.store, Change(device, SERVER_SCOPE, values))


def note_disconnection(core: Core, device: int) -> None:
    """Remember when the device's connection ended; that is no activity."""
    now = core.now()
    core.store.connection.execute(_SET, (device, "lastDisconnectTime", now, LONG, now))
    if core.changes.is_watched(device):
        values: dict[str, list[Value]] = {"lastDisconnectTime": [(now, LONG, now)]}
        core.changes.announce(core.store, Change(device, SERVER_SCOPE, values))


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
    for (device,) in rows:
        if core.changes.is_watched(device):
            values: dict[str, list[Value]] = {
                "active": [(now, BOOLEAN, 0)],
                "inactivityAlarmTime": [(now, LONG, now)],
            }
            core.changes.announce(core.store, Change(device, SERVER_SCOPE, values))
    return len(rows)


async def watch_activity(core: Core, seconds: float) -> None:
    """Look for silent devices again and again, as the server does once a minute."""
    while True:
        await asyncio.sleep(seconds)
        with core.store.transaction():
            mark_inactive(core)
