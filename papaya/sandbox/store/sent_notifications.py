"""Notification requests and the notifications of users; only the web page receives them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from papaya.sandbox.numbers import whole
from papaya.sandbox.refusal import invalid
from papaya.sandbox.store.core import Core
from papaya.sandbox.store.entities import Entity, id_in
from papaya.sandbox.store.notification_forms import TARGET, TEMPLATE, content_of
from papaya.sandbox.store.notification_preferences import wants
from papaya.sandbox.store.notifications import REQUEST, enabled_methods, recipients, require
from papaya.sandbox.store.plain_objects import delete_plain, find_plain, put_plain
from papaya.sandbox.wire import dumps, new_id, reference

_NOTIFICATION = "NOTIFICATION"
_Json = dict[str, Any]


def request(core: Core, body: _Json, sender: str, owner: str) -> tuple[_Json, list[Entity]]:
    """Send what a request asks for, unless it is for later; return it as it began, and who got something."""
    targets = body.get("targets")
    if not isinstance(targets, list) or not targets:
        raise invalid("Validation error: targets must not be empty")
    found = [require(core, TARGET, str(each), owner) for each in targets]
    template = _template_of(core, body)
    delay = whole((body.get("additionalConfig") or {}).get("sendingDelayInSec"))
    inline = body.get("template") is not None
    begun = put_plain(
        core,
        REQUEST,
        {
            "tenantId": reference("TENANT", owner),
            "targets": targets,
            "templateId": None if inline else template["id"],
            "template": template if inline else None,
            "info": None,
            "additionalConfig": {"sendingDelayInSec": delay},
            "originatorEntityId": reference("USER", sender),
            "ruleId": None,
            "status": "SCHEDULED" if delay else "PROCESSING",
            "stats": None,
        },
        None,
    )
    reached = [] if delay else _send(core, begun, template, found)
    return begun, reached


def _template_of(core: Core, body: _Json) -> _Json:
    given = body.get("template")
    if isinstance(given, dict):
        named = {"name": given.get("name") or "Custom", **given}
        return {"id": None, **content_of(TEMPLATE, named, core.dialect)}
    identifier = id_in(body, "templateId", TEMPLATE)
    found = None if identifier is None else find_plain(core, TEMPLATE, identifier)
    if found is None:
        raise invalid("Template is missing")
    return found


def _send(core: Core, begun: _Json, template: _Json, targets: Sequence[_Json]) -> list[Entity]:
    web = enabled_methods(template).get("WEB")
    users = {each.id: each for target in targets for each in recipients(core, target)}
    kind = template["notificationType"]
    reached = [each for each in users.values() if web and wants(core, each.id, kind, "WEB")]
    for user in reached:
        _deliver(core, begun, template, web or {}, user)
    stats = {"sent": {"WEB": len(reached)} if web else {}, "errors": {}, "totalErrors": 0, "error": None}
    content = {key: value for key, value in begun.items() if key not in ("id", "createdTime")}
    put_plain(core, REQUEST, {**content, "status": "SENT", "stats": stats}, begun)
    return reached


def _deliver(core: Core, begun: _Json, template: _Json, web: _Json, user: Entity) -> None:
    identifier = new_id()
    body = {
        "id": reference(_NOTIFICATION, identifier),
        "createdTime": core.now(),
        "requestId": begun["id"],
        "recipientId": reference("USER", user.id),
        "type": template["notificationType"],
        "deliveryMethod": "WEB",
        "subject": _filled(web.get("subject"), user),
        "text": _filled(web.get("body"), user),
        "additionalConfig": web.get("additionalConfig"),
        "info": None,
    }
    core.store.connection.execute(
        "INSERT INTO notification VALUES (?, ?, ?, ?, 0, ?)",
        (identifier, body["createdTime"], user.id, begun["id"]["id"], dumps(body)),
    )


def _filled(text: object, user: Entity) -> object:
    """Put what is known of the recipient into a text."""
    if not isinstance(text, str):
        return text
    whose = user.json
    names = {"Email": "email", "FirstName": "firstName", "LastName": "lastName"}
    for word, member in names.items():
        text = text.replace(f"${{recipient{word}}}", whose.get(member) or "")
    title = " ".join(whose[name] for name in ("firstName", "lastName") if whose.get(name)) or user.name
    return text.replace("${recipientTitle}", title)


def notifications_of(core: Core, user: str, *, unread: bool = False) -> list[_Json]:
    """Return what a user got, newest first."""
    rows = core.store.rows(
        "SELECT body, is_read FROM notification WHERE recipient = ?1 AND NOT (?2 AND is_read)"
        " ORDER BY created_time DESC, id DESC",
        (user, unread),
    )
    return [{**json.loads(body), "status": "READ" if is_read else "SENT"} for body, is_read in rows]


def mark_read(core: Core, user: str, identifier: str | None = None) -> None:
    """Mark one notification of a user as read, or all of them."""
    core.store.connection.execute(
        "UPDATE notification SET is_read = 1 WHERE recipient = ?1 AND (?2 IS NULL OR id = ?2)",
        (user, identifier),
    )


def delete_notification(core: Core, user: str, identifier: str) -> None:
    """Delete one notification of a user."""
    core.store.connection.execute(
        "DELETE FROM notification WHERE recipient = ? AND id = ?", (user, identifier)
    )


def delete_request(core: Core, identifier: str, owner: str) -> None:
    """Delete a request with what it sent."""
    require(core, REQUEST, identifier, owner)
    core.store.connection.execute("DELETE FROM notification WHERE request = ?", (identifier,))
    delete_plain(core, identifier)
