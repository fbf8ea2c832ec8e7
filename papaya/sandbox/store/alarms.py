"""Stored alarms: at most one active alarm per originator and type."""

# ruff: noqa: S608 - statements are made of constants of this package; values are always parameters.
from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from papaya.sandbox.numbers import whole
from papaya.sandbox.refusal import invalid, missing
from papaya.sandbox.store.alarm_comments import ACKED, CLEARED, SEVERITY_CHANGED, Event, forget_alarm, note
from papaya.sandbox.store.changes import ALARMS, Change
from papaya.sandbox.store.core import Core
from papaya.sandbox.store.entities import Entity
from papaya.sandbox.store.forms import enum_member
from papaya.sandbox.store.validation import check_fields, text_or_none
from papaya.sandbox.wire import dumps, new_id, reference

SEVERITIES = ("CRITICAL", "MAJOR", "MINOR", "WARNING", "INDETERMINATE")
SEARCHES = {
    "ANY": "1",
    "ACTIVE": "NOT al.cleared",
    "CLEARED": "al.cleared",
    "ACK": "al.acknowledged",
    "UNACK": "NOT al.acknowledged",
}
STATUSES = {
    "ACTIVE_UNACK": "NOT al.cleared AND NOT al.acknowledged",
    "ACTIVE_ACK": "NOT al.cleared AND al.acknowledged",
    "CLEARED_UNACK": "al.cleared AND NOT al.acknowledged",
    "CLEARED_ACK": "al.cleared AND al.acknowledged",
}
ORDERS = {
    "createdTime": "al.created_time",
    "startTs": "al.start_ts",
    "endTs": "al.end_ts",
    "ackTs": "al.ack_ts",
    "clearTs": "al.clear_ts",
    "type": "al.type",
    "severity": "CASE al.severity "
    + " ".join(f"WHEN '{name}' THEN {place}" for place, name in enumerate(SEVERITIES))
    + " END",
    "status": "al.cleared * 2 + al.acknowledged",
    "originatorName": "e.name",
}
ASSIGNED_TO = "al.id IN (SELECT alarm FROM assignment WHERE user_id = ?)"
_SELECT = (
    "SELECT al.id, al.type, al.severity, al.created_time, al.start_ts, al.end_ts, al.ack_ts, al.clear_ts,"
    " al.acknowledged, al.cleared, al.details, al.propagation, e.kind, e.id, e.name, e.label, e.customer_id,"
    " e.number, g.user_id, g.ts, u.body FROM alarm al JOIN entity e ON e.number = al.originator"
    " LEFT JOIN assignment g ON g.alarm = al.id LEFT JOIN entity u ON u.id = g.user_id"
)


@dataclass(frozen=True, slots=True)
class Selection:
    """Which alarms are wanted: SQL conditions and their parameters."""

    conditions: tuple[str, ...] = ()
    parameters: tuple[object, ...] = ()

    def also(self, condition: str, *parameters: object) -> Selection:
        """Return the selection narrowed by one more condition."""
        return Selection((*self.conditions, condition), (*self.parameters, *parameters))

    @property
    def where(self) -> str:
        """The conditions as one."""
        return " AND ".join(f"({each})" for each in self.conditions) or "1"


def find_alarms(
    core: Core, selection: Selection, order: str = "al.id", size: int = -1, offset: int = 0
) -> list[dict[str, Any]]:
    """Return alarms with their originators' names."""
    rows = core.store.rows(
        f"{_SELECT} WHERE {selection.where} ORDER BY {order} LIMIT ? OFFSET ?",
        (*selection.parameters, size, offset),
    )
    return [_alarm(core, row) for row in rows]


def count_alarms(core: Core, selection: Selection) -> int:
    """Return how many alarms a selection has."""
    statement = (
        f"SELECT count(*) FROM alarm al JOIN entity e ON e.number = al.originator WHERE {selection.where}"
    )
    return int(core.store.rows(statement, selection.parameters)[0][0])


def _alarm(core: Core, row: Sequence[Any]) -> dict[str, Any]:
    cleared, acknowledged = bool(row[9]), bool(row[8])
    status = f"{'CLEARED' if cleared else 'ACTIVE'}_{'ACK' if acknowledged else 'UNACK'}"
    names = {"originatorName": row[14], "originatorLabel": row[15] or row[14]}
    if core.dialect.display_name:
        names["originatorDisplayName"] = (row[15] or "").strip() or row[14]
    return {
        "id": reference("ALARM", row[0]),
        "createdTime": row[3],
        "tenantId": reference("TENANT", core.tenant_id),
        "customerId": reference("CUSTOMER", row[16]) if row[16] else None,
        "type": row[1],
        "originator": reference(row[12], row[13]),
        "severity": row[2],
        "acknowledged": acknowledged,
        "cleared": cleared,
        "assigneeId": reference("USER", row[18]),
        "startTs": row[4],
        "endTs": row[5],
        "ackTs": row[6],
        "clearTs": row[7],
        "assignTs": row[19] or 0,
        **json.loads(row[11]),
        **names,
        "assignee": None if row[20] is None else _assignee(json.loads(row[20])),
        "name": row[1],
        "status": status,
        "details": None if row[10] is None else json.loads(row[10]),
    }


def _assignee(user: dict[str, Any]) -> dict[str, Any]:
    return {name: user[name] for name in ("id", "firstName", "lastName", "email")}


def require_alarm(core: Core, identifier: str) -> dict[str, Any]:
    """Return one alarm."""
    found = find_alarms(core, Selection().also("al.id = ?", identifier))
    if not found:
        raise missing(f"Alarm with id [{identifier}] is not found")
    return found[0]


def without_names(alarm: dict[str, Any]) -> dict[str, Any]:
    """Return the short form of an alarm, the answer to saving one."""
    return {
        key: value
        for key, value in alarm.items()
        if key not in ("originatorName", "originatorLabel", "originatorDisplayName", "assignee")
    }


def save_alarm(
    core: Core, originator: Entity, identifier: str | None, body: dict[str, Any], by: str | None = None
) -> dict[str, Any]:
    """Create or update an alarm; a new one joins the active alarm of its type, if there is one.

    `by` is the user who does that, None for the server itself.
    """
    kind = text_or_none(body.get("type"))
    check_fields(core.dialect, {"type": kind})
    severity = body.get("severity")
    if severity is not None:
        enum_member(severity, SEVERITIES, "alarm.AlarmSeverity")
    absent = [name for name, value in (("severity", severity), ("type", kind)) if value is None]
    if kind is None or severity is None:
        raise invalid("Validation error: " + ", ".join(f"{name} must not be null" for name in absent))
    active = core.store.rows(
        "SELECT id FROM alarm WHERE originator = ? AND type = ? AND NOT cleared", (originator.number, kind)
    )
    if identifier is None and active:
        identifier = active[0][0]
    if identifier is not None:
        _note_severity(core, identifier, severity, by)
    now = core.now()
    start = whole(body.get("startTs")) or now
    end = whole(body.get("endTs")) or max(start, now)
    details = dumps(body.get("details", {})) if body.get("details", {}) is not None else None
    if identifier is None:
        identifier = new_id()
        values = (identifier, originator.number, kind, severity, now, start, end, details, _propagation(body))
        core.store.connection.execute(
            "INSERT INTO alarm VALUES (?, ?, ?, ?, ?, ?, ?, 0, 0, 0, 0, ?, ?)", values
        )
    else:
        core.store.connection.execute(
            "UPDATE alarm SET severity = ?, end_ts = ?, details = ?, propagation = ? WHERE id = ?",
            (severity, end, details, _propagation(body), identifier),
        )
    _propagate(core, originator, identifier, body)
    if body.get("acknowledged") is True:
        acknowledge(core, identifier, whole(body.get("ackTs")) or now, by)
    if body.get("cleared") is True:
        clear(core, identifier, whole(body.get("clearTs")) or now, by)
    note_change(core, identifier)
    return require_alarm(core, identifier)


def _note_severity(core: Core, identifier: str, severity: str, by: str | None) -> None:
    rows = core.store.rows("SELECT severity FROM alarm WHERE id = ?", (identifier,))
    if rows and rows[0][0] != severity:
        note(core, identifier, SEVERITY_CHANGED, by, (rows[0][0], severity))


def active_alarm(core: Core, originator: int, kind: str) -> tuple[str, str, str | None] | None:
    """Return id, severity and details of an originator's active alarm of a type."""
    rows = core.store.rows(
        "SELECT id, severity, details FROM alarm WHERE originator = ? AND type = ? AND NOT cleared",
        (originator, kind),
    )
    return rows[0] if rows else None


def set_details(core: Core, identifier: str, details: dict[str, Any]) -> None:
    """Write the details of an alarm."""
    core.store.connection.execute("UPDATE alarm SET details = ? WHERE id = ?", (dumps(details), identifier))


def reached_by(entities: str) -> str:
    """Return the condition that an alarm is of, or was propagated to, one of the entities of a subquery."""
    return (
        f"al.originator IN ({entities})"
        f" OR al.id IN (SELECT alarm FROM propagated WHERE number IN ({entities}))"
    )


def _propagate(core: Core, originator: Entity, identifier: str, body: dict[str, Any]) -> None:
    """Write down which other entities show an alarm: what is above its originator, owner and tenant."""
    reached: set[int] = set()
    if body.get("propagate") is True:
        reached |= _above(core, originator.number, body.get("propagateRelationTypes") or [])
    if body.get("propagateToOwner") is True:
        owner = originator.customer_id or core.tenant_id
        reached |= {row[0] for row in core.store.rows("SELECT number FROM entity WHERE id = ?", (owner,))}
    if body.get("propagateToTenant") is True:
        reached |= {row[0] for row in core.store.rows("SELECT number FROM entity WHERE kind = 'TENANT'")}
    run = core.store.connection.execute
    run("DELETE FROM propagated WHERE alarm = ?", (identifier,))
    for number in reached - {originator.number}:
        run("INSERT OR IGNORE INTO propagated VALUES (?, ?)", (number, identifier))


def _above(core: Core, number: int, types: list[str]) -> set[int]:
    typed = " AND r.type IN (SELECT value FROM json_each(?2))" if types else ""
    rows = core.store.rows(
        "WITH RECURSIVE above(number) AS (SELECT ?1 UNION SELECT r.source FROM above"
        f" JOIN relation r ON r.target = above.number AND r.type_group = 'COMMON'{typed})"
        " SELECT number FROM above",
        (number, dumps(types)) if types else (number,),
    )
    return {row[0] for row in rows}


def note_change(core: Core, identifier: str) -> None:
    """Tell subscribers that an alarm is made, changed or about to be deleted."""
    rows = core.store.rows(
        "SELECT originator FROM alarm WHERE id = ?1 UNION SELECT number FROM propagated WHERE alarm = ?1",
        (identifier,),
    )
    for (number,) in rows:
        if core.changes.is_watched(number):
            core.changes.announce(core.store, Change(number, ALARMS, {}))


def _propagation(body: dict[str, Any]) -> str:
    flags: dict[str, object] = {
        name: body.get(name) is True for name in ("propagate", "propagateToOwner", "propagateToTenant")
    }
    return dumps({**flags, "propagateRelationTypes": body.get("propagateRelationTypes") or []})


def delete_alarm(core: Core, identifier: str) -> bool:
    """Delete an alarm with its comments; tell whether it was there."""
    note_change(core, identifier)
    forget_alarm(core, identifier)
    core.store.connection.execute("DELETE FROM propagated WHERE alarm = ?", (identifier,))
    return core.store.connection.execute("DELETE FROM alarm WHERE id = ?", (identifier,)).rowcount > 0


def acknowledge(core: Core, identifier: str, ts: int, by: str | None = None) -> bool:
    """Acknowledge an alarm in the name of a user; tell whether that changed it."""
    statement = "UPDATE alarm SET acknowledged = 1, ack_ts = ? WHERE id = ? AND NOT acknowledged"
    return _change(core, identifier, (statement, ts), ACKED, by)


def clear(core: Core, identifier: str, ts: int, by: str | None = None) -> bool:
    """Clear an alarm in the name of a user; tell whether that changed it."""
    statement = "UPDATE alarm SET cleared = 1, clear_ts = ? WHERE id = ? AND NOT cleared"
    return _change(core, identifier, (statement, ts), CLEARED, by)


def _change(core: Core, identifier: str, change: tuple[str, int], event: Event, by: str | None) -> bool:
    note_change(core, identifier)
    changed = core.store.connection.execute(change[0], (change[1], identifier)).rowcount > 0
    if changed and by is not None:
        note(core, identifier, event, by)
    return changed
