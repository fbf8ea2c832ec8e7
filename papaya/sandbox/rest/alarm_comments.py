"""Endpoints of what users say about alarms, and of assigning alarms to users."""

from __future__ import annotations

from papaya.sandbox.refusal import PERMISSION_DENIED, Refusal, invalid
from papaya.sandbox.rest.access import readable
from papaya.sandbox.rest.call import Call
from papaya.sandbox.rest.paging import page_reply, read_page_link, refuse_unknown_order
from papaya.sandbox.rest.reply import EMPTY, Reply, json_value
from papaya.sandbox.rest.routing import Route
from papaya.sandbox.store.alarm_comments import (
    ASSIGNED,
    UNASSIGNED,
    assign,
    author_of,
    comment_id,
    comments_of,
    delete_comment,
    note,
    save_comment,
)
from papaya.sandbox.store.alarms import note_change, require_alarm
from papaya.sandbox.store.entities import require
from papaya.sandbox.store.users import TENANT_ADMIN
from papaya.sandbox.wire import dumps


def _alarm(call: Call) -> str:
    """Return the id of an alarm that the sender may see."""
    alarm = require_alarm(call.core, call.identifier("id"))
    readable(call, alarm["originator"]["entityType"], alarm["originator"]["id"])
    return str(alarm["id"]["id"])


def _check_author(call: Call, alarm: str, identifier: str, verb: str) -> None:
    if author_of(call.core, alarm, identifier) not in (None, call.sender.id):
        raise Refusal(403, PERMISSION_DENIED, f"User is not allowed to {verb} other user's comment")


def _save(call: Call) -> Reply:
    alarm, body = _alarm(call), call.json_object()
    identifier = comment_id(body)
    if identifier is not None and call.core.dialect.guards_comments:
        _check_author(call, alarm, identifier, "edit")
    return json_value(save_comment(call.core, alarm, call.sender.id, body))


def _delete(call: Call) -> Reply:
    alarm, identifier = _alarm(call), call.identifier("commentId")
    if call.sender.authority != TENANT_ADMIN:
        _check_author(call, alarm, identifier, "delete")
    delete_comment(call.core, alarm, identifier, call.sender.id)
    return EMPTY


def _page(call: Call) -> Reply:
    # This endpoint names the parameter that is missing on every version.
    link = read_page_link(call, by_parameter=True)
    refuse_unknown_order(link, ("createdTime", "id"))
    comments = comments_of(call.core, _alarm(call))
    if link.descending:
        comments.reverse()
    return page_reply(link, [(dumps(comment),) for comment in comments])


def hand_over(call: Call, alarm: str, assignee: str | None, ts: int = 0) -> bool:
    """Assign an alarm to a user or to nobody, as the sender; return whether that changed it."""
    changed = assign(call.core, alarm, assignee, ts or call.core.now())
    if changed and assignee is None:
        note(call.core, alarm, UNASSIGNED, call.sender.id)
    elif changed:
        note(call.core, alarm, ASSIGNED, call.sender.id, assignee=assignee)
    if changed:
        note_change(call.core, alarm)
    return changed


def _assign(call: Call) -> Reply:
    alarm = _alarm(call)
    user = readable(call, "USER", call.identifier("userId"))
    if not hand_over(call, alarm, user.id):
        raise invalid("Alarm was already assigned to this user!")
    return json_value(require_alarm(call.core, alarm))


def _unassign(call: Call) -> Reply:
    alarm = _alarm(call)
    if not hand_over(call, alarm, None):
        raise invalid("Alarm was already unassigned!")
    return json_value(require_alarm(call.core, alarm))


def _candidates(call: Call) -> Reply:
    """Return who an alarm can be assigned to: administrators, and the users of its customer."""
    link = read_page_link(call)
    alarm = require_alarm(call.core, _alarm(call))
    customer = alarm["customerId"] and alarm["customerId"]["id"]
    wanted = (TENANT_ADMIN, customer) if call.sender.authority == TENANT_ADMIN else ("", customer)
    rows = call.core.store.rows(
        "SELECT id FROM entity WHERE kind = 'USER' AND (type = ? OR customer_id = ?) AND ilike(name, ?)"
        " ORDER BY name",
        (*wanted, link.pattern),
    )

    def text(row: tuple[str, ...]) -> str:
        user = require(call.core, "USER", row[0]).json
        return dumps({name: user[name] for name in ("id", "email", "firstName", "lastName")})

    return page_reply(link, rows, text)


ROUTES = (
    Route("POST", "/api/alarm/{id}/comment", _save),
    Route("GET", "/api/alarm/{id}/comment", _page),
    Route("DELETE", "/api/alarm/{id}/comment/{commentId}", _delete),
    Route("POST", "/api/alarm/{id}/assign/{userId}", _assign),
    Route("DELETE", "/api/alarm/{id}/assign", _unassign),
    Route("GET", "/api/users/assign/{id}", _candidates),
)
