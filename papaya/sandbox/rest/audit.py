"""What requests leave in the audit log, and the endpoints that read it.

A rule is given the request before it is carried out, and returns what to do with the answer.
"""

# ruff: noqa: S608 - statements are made of constants of this package; values are always parameters.
from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from papaya.sandbox.refusal import invalid
from papaya.sandbox.rest.call import Call, checked_id
from papaya.sandbox.rest.paging import order_by, page_reply, read_page_link
from papaya.sandbox.rest.reply import Reply
from papaya.sandbox.rest.routing import ADMINS, TENANT, Route
from papaya.sandbox.store.alarms import require_alarm
from papaya.sandbox.store.attributes import SCOPES
from papaya.sandbox.store.audit import SEARCHED, Subject, add_entry, entries, entry_text, subject_of
from papaya.sandbox.store.entities import Entity, find
from papaya.sandbox.store.users import SYS_ADMIN
from papaya.sandbox.wire import is_uuid, loads, whole_number

Noting = Callable[[Reply], None]
Rule = Callable[[Call], Noting | None]
_SORTS = {
    "createdTime": "e.created_time",
    "entityType": "e.entity_kind",
    "entityName": "e.entity_name",
    "userName": "e.user_name",
    "actionType": "e.action",
    "actionStatus": "1",
}


def _note(call: Call, action: str, subject: Subject, data: dict[str, Any]) -> None:
    if call.sender.authority != SYS_ADMIN:
        add_entry(call.core, (call.sender.id, call.sender.email), action, subject, data)


def _saved(call: Call) -> Noting:
    def note(reply: Reply) -> None:
        body = json.loads(reply.body)
        kind, identifier = body["id"]["entityType"], body["id"]["id"]
        customer = (body.get("customerId") or {}).get("id")
        subject = Subject(kind, identifier, body["name"], customer)
        if kind == "DASHBOARD":
            body["configuration"] = ""
        _note(call, "ADDED" if body.get("version") == 1 else "UPDATED", subject, {"entity": body})

    return note


def _of(kind: str, call: Call) -> Entity | None:
    identifier = call.parameters["id"]
    return find(call.core, kind, identifier.lower()) if is_uuid(identifier) else None


def _deleted(kind: str, call: Call) -> Noting | None:
    entity = _of(kind, call)
    if entity is None:
        return None
    subject = subject_of(entity)
    return lambda _reply: _note(call, "DELETED", subject, {"entityId": subject.id})


def _assigned(kind: str, call: Call) -> Noting | None:
    entity = _of(kind, call)
    if entity is None:
        return None

    def note(reply: Reply) -> None:
        customer = json.loads(reply.body)["customerId"]["id"]
        owner = find(call.core, "CUSTOMER", customer)
        names = {"assignedCustomerId": customer, "assignedCustomerName": owner and owner.name}
        data = {"entityId": entity.id, **names}
        _note(call, "ASSIGNED_TO_CUSTOMER", Subject(kind, entity.id, entity.name, customer), data)

    return note


def _unassigned(kind: str, call: Call) -> Noting | None:
    entity = _of(kind, call)
    owner = None if entity is None else find(call.core, "CUSTOMER", entity.customer_id or "")
    if entity is None or owner is None:
        return None
    subject = subject_of(entity)
    names = {"unassignedCustomerId": owner.id, "unassignedCustomerName": owner.name}
    data = {"entityId": entity.id, **names}
    return lambda _reply: _note(call, "UNASSIGNED_FROM_CUSTOMER", subject, data)


def _alarm(action: str, call: Call) -> Noting:
    def note(reply: Reply) -> None:
        alarm = json.loads(reply.body)
        _note(call, action, _originator(call, alarm), {"entity": alarm})

    return note


def _alarm_saved(call: Call) -> Noting:
    def note(reply: Reply) -> None:
        # The log has the names that the answer leaves out.
        alarm = require_alarm(call.core, json.loads(reply.body)["id"]["id"])
        whose = _originator(call, alarm)
        subject = Subject(whose.kind, whose.id, alarm["name"], whose.customer_id)
        _note(call, "UPDATED" if call.json().get("id") else "ADDED", subject, {"entity": alarm})

    return note


def _originator(call: Call, alarm: dict[str, Any]) -> Subject:
    named = alarm["originator"]
    entity = find(call.core, named["entityType"], named["id"])
    return Subject(named["entityType"], named["id"], "N/A") if entity is None else subject_of(entity)


def _attributes(action: str, call: Call) -> Noting | None:
    kind, identifier = call.parameters.get("entityType", "DEVICE").upper(), call.parameters["entityId"]
    entity = find(call.core, kind, identifier.lower()) if is_uuid(identifier) else None
    scope = call.parameters["scope"]
    if entity is None or scope not in SCOPES:
        return None
    data: dict[str, Any] = {"entityId": entity.id, "scope": scope}
    keys = call.keys()

    def note(_reply: Reply) -> None:
        written = loads(call.body) if action == "ATTRIBUTES_UPDATED" else None
        if isinstance(written, dict):
            data["attributes"] = {key: _as_text(value) for key, value in written.items()}
        else:
            data["attributes"] = keys
        _note(call, action, subject_of(entity), data)

    return note


def _as_text(value: object) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value, separators=(",", ":"))


_KINDS: Mapping[str, str] = {
    "device": "DEVICE",
    "asset": "ASSET",
    "customer": "CUSTOMER",
    "dashboard": "DASHBOARD",
    "deviceProfile": "DEVICE_PROFILE",
    "assetProfile": "ASSET_PROFILE",
    "ruleChain": "RULE_CHAIN",
    "user": "USER",
    "entityView": "ENTITY_VIEW",
    "calculatedField": "CALCULATED_FIELD",
}
_OWNED = ("device", "asset", "entityView")
_VALUES = "/api/plugins/telemetry/{entityType}/{entityId}"
_RULES: Mapping[tuple[str, str], Rule] = {
    **{("POST", f"/api/{word}"): _saved for word in _KINDS},
    **{("DELETE", f"/api/{word}/{{id}}"): partial(_deleted, kind) for word, kind in _KINDS.items()},
    **{
        ("POST", f"/api/customer/{{customerId}}/{word}/{{id}}"): partial(_assigned, _KINDS[word])
        for word in _OWNED
    },
    **{("POST", f"/api/customer/public/{word}/{{id}}"): partial(_assigned, _KINDS[word]) for word in _OWNED},
    **{("DELETE", f"/api/customer/{word}/{{id}}"): partial(_unassigned, _KINDS[word]) for word in _OWNED},
    ("POST", "/api/device-with-credentials"): _saved,
    ("POST", "/api/alarm"): _alarm_saved,
    ("POST", "/api/alarm/{id}/ack"): partial(_alarm, "ALARM_ACK"),
    ("POST", "/api/alarm/{id}/clear"): partial(_alarm, "ALARM_CLEAR"),
    ("POST", "/api/alarm/{id}/assign/{userId}"): partial(_alarm, "ALARM_ASSIGNED"),
    ("DELETE", "/api/alarm/{id}/assign"): partial(_alarm, "ALARM_UNASSIGNED"),
    ("POST", f"{_VALUES}/{{scope}}"): partial(_attributes, "ATTRIBUTES_UPDATED"),
    ("POST", f"{_VALUES}/attributes/{{scope}}"): partial(_attributes, "ATTRIBUTES_UPDATED"),
    ("DELETE", f"{_VALUES}/{{scope}}"): partial(_attributes, "ATTRIBUTES_DELETED"),
}


def watch(call: Call, route: Route) -> Noting | None:
    """Return what to do with the answer of a request that the audit log tells of."""
    rule = _RULES.get((route.method, route.template))
    return None if rule is None else rule(call)


def _listed(condition: str, parameter: str | None, call: Call) -> Reply:
    link = read_page_link(call)
    where: list[str] = [condition]
    parameters: list[object] = [] if parameter is None else [parameter]
    actions = [each.upper() for each in (call.argument("actionTypes") or "").split(",") if each.strip()]
    if actions:
        where.append("e.action IN (SELECT value FROM json_each(?))")
        parameters.append(json.dumps(actions))
    if link.text_search:
        where.append("(" + " OR ".join(f"ilike(e.{column}, ?)" for column in SEARCHED) + ")")
        parameters += [link.pattern] * len(SEARCHED)
    for name, bound in (("startTime", ">="), ("endTime", "<=")):
        text = call.argument(name)
        if text is not None:
            where.append(f"e.created_time {bound} {_time(name, text)}")
    order = order_by(link, _SORTS) if link.sort_property else "ORDER BY e.number"
    rows = entries(call.core, " AND ".join(where), tuple(parameters), order)
    return page_reply(link, rows, lambda row: entry_text(call.core, row))


def _time(name: str, text: str) -> int:
    try:
        return whole_number(text)
    except ValueError as error:
        raise invalid(f"Method parameter '{name}': Failed to convert value '{text}'") from error


def _all(call: Call) -> Reply:
    return _listed("1", None, call)


def _of_customer(call: Call) -> Reply:
    return _listed("e.customer_id = ?", call.identifier("id"), call)


def _of_user(call: Call) -> Reply:
    return _listed("e.user_id = ?", call.identifier("id"), call)


def _of_entity(call: Call) -> Reply:
    return _listed("e.entity_id = ?", checked_id(call.parameters["id"]), call)


ROUTES = (
    Route("GET", "/api/audit/logs", _all, ADMINS),
    Route("GET", "/api/audit/logs/customer/{id}", _of_customer, TENANT),
    Route("GET", "/api/audit/logs/user/{id}", _of_user, TENANT),
    Route("GET", "/api/audit/logs/entity/{entityType}/{id}", _of_entity, ADMINS),
)
