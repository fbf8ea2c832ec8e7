"""Comments on alarms, and to whom alarms are assigned.

Acknowledging, clearing and assigning an alarm each leave a comment of the system.
"""

# ruff: noqa: S608 - statements are made of constants of this package; values are always parameters.
from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from papaya.sandbox.refusal import invalid, missing
from papaya.sandbox.store.core import Core
from papaya.sandbox.store.entities import find
from papaya.sandbox.wire import dumps, new_id, reference

OTHER, SYSTEM = "OTHER", "SYSTEM"


@dataclass(frozen=True, slots=True)
class Event:
    """What happened to an alarm: the server's sentence, its names, and its subtype before and from 4.3 on."""

    subtype: str
    text: str
    members: tuple[str, ...]
    before: str = ""


ACKED = Event("ACKED_BY_USER", "Alarm was acknowledged by user {}", ("userName",), "ACK")
CLEARED = Event("CLEARED_BY_USER", "Alarm was cleared by user {}", ("userName",), "CLEAR")
ASSIGNED = Event(
    "ASSIGNED_TO_USER", "Alarm was assigned by user {} to user {}", ("userName", "assigneeName"), "ASSIGN"
)
UNASSIGNED = Event("UNASSIGNED_BY_USER", "Alarm was unassigned by user {}", ("userName",), "ASSIGN")
SEVERITY_CHANGED = Event(
    "SEVERITY_CHANGED", "Alarm severity was updated from {} to {}", ("oldSeverity", "newSeverity")
)
_USER_GONE = Event(
    "UNASSIGNED_FROM_DELETED_USER",
    "Alarm was unassigned because user {} - was deleted",
    ("userName",),
    "ASSIGN",
)
_DELETED = Event("COMMENT_DELETED", "Comment was deleted by user {}", ("userName",))


def title_of(user: dict[str, Any]) -> str:
    """Return how the server calls a user in a sentence: first and last name, else the e-mail address."""
    return " ".join(user[name] for name in ("firstName", "lastName") if user.get(name)) or str(user["email"])


def _user_title(core: Core, user_id: str) -> str:
    user = find(core, "USER", user_id)
    return "" if user is None else title_of(user.json)


def note(
    core: Core,
    alarm: str,
    event: Event,
    user_id: str | None,
    named: tuple[str, ...] | None = None,
    assignee: str | None = None,
) -> None:
    """Write the system's comment about what happened to an alarm.

    The names of its sentence are `named`, by default those of the user and of the assignee.
    """
    if named is None:
        named = tuple(_user_title(core, each) for each in (user_id, assignee) if each is not None)
    comment: dict[str, str] = {"text": event.text.format(*named)}
    if core.dialect.types_comments:
        comment |= {"subtype": event.subtype, **dict(zip(event.members, named, strict=True))}
    elif event.before:
        ids = {"userId": user_id, "assigneeId": assignee}
        comment |= {"subtype": event.before, **{key: value for key, value in ids.items() if value}}
    _insert(core, alarm, user_id, SYSTEM, comment)


def _insert(core: Core, alarm: str, user_id: str | None, kind: str, comment: object) -> str:
    identifier = new_id()
    core.store.connection.execute(
        "INSERT INTO alarm_comment VALUES (?, ?, ?, ?, ?, ?)",
        (identifier, alarm, core.now(), user_id, kind, dumps(comment)),
    )
    return identifier


def save_comment(core: Core, alarm: str, user_id: str, body: dict[str, Any]) -> dict[str, Any]:
    """Write a comment, or edit one of the user's own; return its JSON."""
    identifier = comment_id(body)
    if identifier is None:
        if "comment" not in body:
            raise invalid("Alarm comment should be specified!")
        return _short(_require(core, alarm, _insert(core, alarm, user_id, OTHER, body["comment"])))
    found = _comments(core, "c.alarm = ? AND c.id = ?", alarm, identifier)
    if not found:
        raise missing()
    if core.dialect.guards_comments and found[0]["type"] == SYSTEM:
        raise invalid("System alarm comment can't be updated!")
    comment = body.get("comment")
    if isinstance(comment, dict):
        edited = {**comment, "edited": "true", "editedOn": core.now()}
        core.store.connection.execute(
            "UPDATE alarm_comment SET comment = ? WHERE id = ?", (dumps(edited), identifier)
        )
    return _short(_require(core, alarm, identifier))


def comment_id(body: dict[str, Any]) -> str | None:
    """Return the id in a body; an id of a comment has no `entityType`."""
    given = body.get("id")
    return str(given["id"]).lower() if isinstance(given, dict) and given.get("id") else None


def author_of(core: Core, alarm: str, identifier: str) -> str | None:
    """Return who wrote a comment, None for the system."""
    writer: dict[str, str] | None = _require(core, alarm, identifier)["userId"]
    return None if writer is None else writer["id"]


def delete_comment(core: Core, alarm: str, identifier: str, user_id: str) -> None:
    """Replace a comment by the system's word that it was deleted."""
    if _require(core, alarm, identifier)["type"] == SYSTEM:
        raise invalid("System comment could not be deleted")
    name = _user_title(core, user_id)
    told = {"text": _DELETED.text.format(name)}
    if core.dialect.types_comments:
        told |= {"subtype": _DELETED.subtype, "userName": name}
    elif not core.dialect.guards_comments:
        told = {"text": f"User {name} deleted his comment"}
    core.store.connection.execute(
        "UPDATE alarm_comment SET type = ?, user_id = NULL, comment = ? WHERE id = ?",
        (SYSTEM, dumps(told), identifier),
    )


def comments_of(core: Core, alarm: str) -> list[dict[str, Any]]:
    """Return the comments of an alarm with their writers' names, oldest first."""
    return _comments(core, "c.alarm = ? ORDER BY c.created_time, c.id", alarm)


def _require(core: Core, alarm: str, identifier: str) -> dict[str, Any]:
    found = _comments(core, "c.alarm = ? AND c.id = ?", alarm, identifier)
    if not found:
        raise missing(f"Alarm comment with id [{identifier}] is not found")
    return found[0]


def _comments(core: Core, condition: str, *parameters: str) -> list[dict[str, Any]]:
    rows = core.store.rows(
        "SELECT c.id, c.created_time, c.alarm, c.user_id, c.type, c.comment, u.body FROM alarm_comment c"
        f" LEFT JOIN entity u ON u.id = c.user_id WHERE {condition}",
        parameters,
    )
    return [_comment(row) for row in rows]


def _comment(row: tuple[Any, ...]) -> dict[str, Any]:
    identifier, created, alarm, user_id, kind, comment, writer = row
    names = json.loads(writer or "{}")
    return {
        "id": {"id": identifier},
        "createdTime": created,
        "alarmId": reference("ALARM", alarm),
        "userId": reference("USER", user_id),
        "type": kind,
        "comment": json.loads(comment),
        **{name: names.get(name) for name in ("firstName", "lastName", "email")},
        # The server calls a comment by its own JSON.
        "name": comment,
    }


def _short(comment: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in comment.items() if key not in ("firstName", "lastName", "email")}


def assignee_of(core: Core, alarm: str) -> str | None:
    """Return the user that an alarm is assigned to."""
    rows = core.store.rows("SELECT user_id FROM assignment WHERE alarm = ?", (alarm,))
    return rows[0][0] if rows else None


def assign(core: Core, alarm: str, user_id: str | None, ts: int) -> bool:
    """Assign an alarm to a user, or to nobody; return whether that changed it."""
    if assignee_of(core, alarm) == user_id:
        return False
    core.store.connection.execute("INSERT OR REPLACE INTO assignment VALUES (?, ?, ?)", (alarm, user_id, ts))
    return True


def unassign_all(core: Core, user: dict[str, Any]) -> None:
    """Take every alarm from a user that is about to be deleted."""
    rows = core.store.rows("SELECT alarm FROM assignment WHERE user_id = ?", (user["id"]["id"],))
    for (alarm,) in rows:
        assign(core, alarm, None, core.now())
        note(core, alarm, _USER_GONE, None, (title_of(user),))


def forget_alarm(core: Core, alarm: str) -> None:
    """Delete what hangs on an alarm."""
    core.store.connection.execute("DELETE FROM alarm_comment WHERE alarm = ?", (alarm,))
    core.store.connection.execute("DELETE FROM assignment WHERE alarm = ?", (alarm,))
