"""Endpoints of notifications: targets, templates, rules, requests, and what a user got."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from papaya.sandbox.refusal import Refusal, broken
from papaya.sandbox.rest.by_ids import identifiers
from papaya.sandbox.rest.call import Call
from papaya.sandbox.rest.paging import page_of, page_reply, read_page_link
from papaya.sandbox.rest.reply import EMPTY, Reply, always, json_value
from papaya.sandbox.rest.routing import ADMINS, ANYONE, Route
from papaya.sandbox.store.notification_forms import RULE, TARGET, TEMPLATE, content_of
from papaya.sandbox.store.notification_preferences import preferences_of, save_preferences
from papaya.sandbox.store.notifications import (
    REQUEST,
    delete_target,
    delete_template,
    enabled_methods,
    owned,
    owner_of,
    recipients,
    require,
    save,
    targets_for,
    with_template,
)
from papaya.sandbox.store.plain_objects import delete_plain, find_plain
from papaya.sandbox.store.sent_notifications import (
    delete_notification,
    delete_request,
    mark_read,
    notifications_of,
    request,
)
from papaya.sandbox.wire import dumps, is_uuid

_SETTINGS = "notification settings"
_SORTS = ("createdTime", "name")
_KINDS = {"target": TARGET, "template": TEMPLATE, "rule": RULE}
_Json = dict[str, Any]


def _owner(call: Call) -> str:
    return owner_of(call.core, call.sender.authority)


def _identifier(call: Call) -> str:
    """Return the id of the path, which these endpoints read as a parameter of a method."""
    text = call.parameters["id"]
    if not is_uuid(text):
        told = "Failed to convert value of type 'java.lang.String' to required type 'java.util.UUID'"
        message = f"Method parameter 'id': {told}; Invalid UUID string: {text}"
        raise Refusal(*call.core.dialect.bad_enum, message)
    return text.lower()


def _shown(call: Call, kind: str, thing: _Json) -> _Json:
    return with_template(call.core, thing) if kind in (RULE, REQUEST) else thing


def _save(kind: str, call: Call) -> Reply:
    body = call.json_object()
    saved = save(call.core, kind, body, _owner(call))
    if call.core.dialect.echoes_created_time and body.get("id"):
        saved = {**saved, "createdTime": body.get("createdTime") or 0}
    return json_value(saved)


def _read(kind: str, call: Call) -> Reply:
    return json_value(_shown(call, kind, require(call.core, kind, _identifier(call), _owner(call))))


def _page(kind: str, call: Call) -> Reply:
    link = read_page_link(call, by_parameter=True)
    found = owned(call.core, kind, _owner(call))
    types = [each for text in call.query.get("notificationTypes", ()) for each in text.split(",") if each]
    if types:
        found = [each for each in found if each["notificationType"] in types]
    return page_of(link, found, "name", _SORTS, partial(_shown, call, kind))


def _targets(call: Call) -> Reply:
    if "ids" in call.query:
        return _targets_by_ids(call)
    kind = call.argument("notificationType")
    return _page(TARGET, call) if kind is None else _targets_of_type(kind, call)


def _targets_by_ids(call: Call) -> Reply:
    wanted = identifiers(call, "ids")
    return json_value([each for each in owned(call.core, TARGET, _owner(call)) if each["id"]["id"] in wanted])


def _targets_of_type(kind: str, call: Call) -> Reply:
    link = read_page_link(call, by_parameter=True)
    return page_of(link, targets_for(call.core, kind, _owner(call)), "name", _SORTS)


def _supporting(call: Call) -> Reply:
    return _targets_of_type(call.parameters["type"], call)


def _delete_target(call: Call) -> Reply:
    delete_target(call.core, _identifier(call), _owner(call))
    return EMPTY


def _delete_template(call: Call) -> Reply:
    delete_template(call.core, _identifier(call), _owner(call))
    return EMPTY


def _delete_rule(call: Call) -> Reply:
    delete_plain(call.core, require(call.core, RULE, _identifier(call), _owner(call))["id"]["id"])
    return EMPTY


def _recipients(call: Call) -> Reply:
    link = read_page_link(call, by_parameter=True)
    target = content_of(TARGET, {"name": "of nobody", **call.json_object()}, call.core.dialect)
    return page_reply(link, [(user.body,) for user in recipients(call.core, target)])


def _request(call: Call) -> Reply:
    return json_value(request(call.core, call.json_object(), call.sender.id, _owner(call))[0])


def _preview(call: Call) -> Reply:
    core, body = call.core, call.json_object()
    with core.store.savepoint():
        for_later = {**body, "additionalConfig": {"sendingDelayInSec": 1}}
        begun = request(core, for_later, call.sender.id, _owner(call))[0]
        delete_request(core, begun["id"]["id"], _owner(call))
    template = begun["template"] or find_plain(core, TEMPLATE, begun["templateId"]["id"]) or {}
    targets = [require(core, TARGET, each, _owner(call)) for each in begun["targets"]]
    counts = {each["name"]: [user.name for user in recipients(core, each)] for each in targets}
    names = list(dict.fromkeys(name for found in counts.values() for name in found))
    return json_value(
        {
            "processedTemplates": enabled_methods(template),
            "totalRecipientsCount": len(names),
            "recipientsCountByTarget": {name: len(found) for name, found in counts.items()},
            "recipientsPreview": names,
        }
    )


def _requests(call: Call) -> Reply:
    link = read_page_link(call, by_parameter=True)
    found = [{**with_template(call.core, each)} for each in owned(call.core, REQUEST, _owner(call))]
    named = [{**each, "templateName": each["templateName"] or ""} for each in found]
    return page_of(link, named, "templateName", ("createdTime",))


def _delete_request(call: Call) -> Reply:
    delete_request(call.core, _identifier(call), _owner(call))
    return EMPTY


def _own(call: Call) -> Reply:
    link = read_page_link(call, by_parameter=True)
    found = notifications_of(call.core, call.sender.id, unread=call.flag("unreadOnly"))
    for each in found:
        each["both"] = f"{each['subject']} {each['text']}"
    return page_of(link, found, "both", ("createdTime", "subject", "text"), _without_search)


def _without_search(notification: _Json) -> _Json:
    return {key: value for key, value in notification.items() if key != "both"}


def _unread(call: Call) -> Reply:
    # Without a word the server counts for its mobile application, which gets nothing here.
    method = call.argument("deliveryMethod") or "MOBILE_APP"
    unread = notifications_of(call.core, call.sender.id, unread=True)
    return json_value(len([each for each in unread if each["deliveryMethod"] == method]))


def _mark(call: Call) -> Reply:
    mark_read(call.core, call.sender.id, _identifier(call))
    return EMPTY


def _mark_all(call: Call) -> Reply:
    mark_read(call.core, call.sender.id)
    return EMPTY


def _delete_own(call: Call) -> Reply:
    delete_notification(call.core, call.sender.id, _identifier(call))
    return EMPTY


def _settings(call: Call) -> Reply:
    stored = call.core.store.setting(f"{_SETTINGS} {_owner(call)}")
    return Reply(200, (stored or dumps({"deliveryMethodsConfigs": {}})).encode(), "application/json")


def _save_settings(call: Call) -> Reply:
    configs = call.json_object().get("deliveryMethodsConfigs")
    if not isinstance(configs, dict):
        raise broken("Validation error: deliveryMethodsConfigs must not be null")
    settings = {"deliveryMethodsConfigs": configs}
    call.core.store.set_setting(f"{_SETTINGS} {_owner(call)}", dumps(settings))
    return json_value(settings)


def _preferences(call: Call) -> Reply:
    return json_value(preferences_of(call.core, call.sender.id))


def _save_preferences(call: Call) -> Reply:
    return json_value(save_preferences(call.core, call.sender.id, call.json_object()))


_admins: Callable[..., Route] = partial(Route, authorities=ADMINS)
_anyone: Callable[..., Route] = partial(Route, authorities=ANYONE)
_BASE = "/api/notification"
ROUTES = (
    _anyone("GET", f"{_BASE}/settings/user", _preferences),
    _anyone("POST", f"{_BASE}/settings/user", _save_preferences),
    *(_admins("POST", f"{_BASE}/{word}", partial(_save, kind)) for word, kind in _KINDS.items()),
    *(_admins("GET", f"{_BASE}/{word}/{{id}}", partial(_read, kind)) for word, kind in _KINDS.items()),
    _admins("GET", f"{_BASE}/targets", _targets),
    _admins("GET", f"{_BASE}/templates", partial(_page, TEMPLATE)),
    _admins("GET", f"{_BASE}/rules", partial(_page, RULE)),
    _admins("DELETE", f"{_BASE}/target/{{id}}", _delete_target),
    _admins("DELETE", f"{_BASE}/template/{{id}}", _delete_template),
    _admins("DELETE", f"{_BASE}/rule/{{id}}", _delete_rule),
    _admins("POST", f"{_BASE}/target/recipients", _recipients),
    _admins("POST", f"{_BASE}/request", _request),
    _admins("POST", f"{_BASE}/request/preview", _preview),
    _admins("GET", f"{_BASE}/request/{{id}}", partial(_read, REQUEST)),
    _admins("GET", f"{_BASE}/requests", _requests),
    _admins("DELETE", f"{_BASE}/request/{{id}}", _delete_request),
    _admins("GET", f"{_BASE}/settings", _settings),
    _admins("POST", f"{_BASE}/settings", _save_settings),
    _anyone("GET", f"{_BASE}/deliveryMethods", always(["WEB", "EMAIL", "MICROSOFT_TEAMS"])),
    _anyone("GET", "/api/notifications", _own),
    _anyone("GET", "/api/notifications/unread/count", _unread),
    _anyone("PUT", "/api/notifications/read", _mark_all),
    _anyone("PUT", f"{_BASE}/{{id}}/read", _mark),
    _anyone("DELETE", f"{_BASE}/{{id}}", _delete_own),
)
LIST_ROUTES = (
    _admins("GET", f"{_BASE}/targets/list", _targets_by_ids),
    _admins("GET", f"{_BASE}/targets/notificationType/{{type}}", _supporting),
)
