"""The server's form of notification targets, templates and rules: members and refusals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from papaya.sandbox.dialect import Dialect
from papaya.sandbox.refusal import broken, invalid
from papaya.sandbox.store.entities import id_in
from papaya.sandbox.store.forms import flag, kind_of_object, members
from papaya.sandbox.store.validation import MAX_LENGTH, is_malformed, text_or_none, utf16_length
from papaya.sandbox.wire import reference

TARGET, TEMPLATE, RULE = "NOTIFICATION_TARGET", "NOTIFICATION_TEMPLATE", "NOTIFICATION_RULE"
# Filters of users that only a rule can resolve: it knows whom a change concerns.
FOR_RULES = ("AFFECTED_TENANT_ADMINISTRATORS", "ORIGINATOR_ENTITY_OWNER_USERS", "AFFECTED_USER")
_FILTERS: Mapping[str, Mapping[str, Any]] = {
    "USER_LIST": {"usersIds": None},
    "CUSTOMER_USERS": {"customerId": None},
    "TENANT_ADMINISTRATORS": {"tenantsIds": None, "tenantProfilesIds": None},
    "SYSTEM_ADMINISTRATORS": {},
    "ALL_USERS": {},
    **{name: {} for name in FOR_RULES},
}
_TARGETS: Mapping[str, Mapping[str, Any]] = {
    "PLATFORM_USERS": {"usersFilter": None},
    "SLACK": {"conversationType": None, "conversation": None},
    "MICROSOFT_TEAMS": {"webhookUrl": None, "channelName": None, "useOldApi": None},
}
_METHODS: Mapping[str, Mapping[str, Any]] = {
    "WEB": {"subject": None, "additionalConfig": None},
    "EMAIL": {"subject": None},
    "SMS": {},
    "SLACK": {},
    "MICROSOFT_TEAMS": {"subject": None, "themeColor": None, "button": None},
    "MOBILE_APP": {"subject": None, "additionalConfig": None},
}
# Triggers of other types keep every member as it was sent.
_ALARM_TRIGGER = dict.fromkeys(("alarmTypes", "alarmSeverities", "notifyOn", "clearRule"))
_NEEDED = {TARGET: ("configuration",), TEMPLATE: ("configuration", "notificationType"), RULE: ()}
TAKEN = {
    TARGET: "Recipients group with such name already exists",
    TEMPLATE: "Notification template with such name already exists",
    RULE: "Notification rule with such name already exists",
}


def content_of(kind: str, body: dict[str, Any], dialect: Dialect) -> dict[str, Any]:
    """Return the members of an object to store, or refuse the body."""
    if kind == RULE and not body:
        raise broken("HV000090: Unable to access isValid.")
    name = text_or_none(body.get("name"))
    _check(kind, body, name, dialect)
    common = {"name": name, "externalId": body.get("externalId")}
    if kind == RULE:
        return {**common, **_rule(body)}
    configuration = body["configuration"]
    if not isinstance(configuration, dict):
        raise broken("JSON parse error: Cannot construct a configuration from a token that is no object")
    if kind == TARGET:
        return {**common, "configuration": _target(configuration)}
    kind_of_message = text_or_none(body["notificationType"])
    return {**common, "notificationType": kind_of_message, "configuration": _template(configuration)}


def _check(kind: str, body: dict[str, Any], name: str | None, dialect: Dialect) -> None:
    faults = [f"{member} must not be null" for member in _NEEDED[kind] if body.get(member) is None]
    if name is None or not name.strip():
        faults.append(f"name must not be {'empty' if kind == TEMPLATE else 'blank'}")
    elif utf16_length(name) > MAX_LENGTH:
        faults.append(f"name cannot be longer than {MAX_LENGTH} chars")
    elif is_malformed(name, dialect):
        faults.append("name is malformed")
    if faults:
        raise invalid(f"Validation error: {', '.join(sorted(faults))}")


def _target(given: dict[str, Any]) -> dict[str, Any]:
    package = "notification.targets.NotificationTargetConfig"
    kind = kind_of_object(given, _TARGETS, package, "configuration")
    configuration = members(given, {"description": None, **_TARGETS[kind]})
    if kind == "PLATFORM_USERS":
        chosen = given.get("usersFilter")
        name = kind_of_object(chosen, _FILTERS, "notification.targets.platform.UsersFilter", "usersFilter")
        configuration["usersFilter"] = {"type": name, **members(chosen or {}, _FILTERS[name])}
    return {"type": kind, **configuration}


def _template(given: dict[str, Any]) -> dict[str, Any]:
    methods = given.get("deliveryMethodsTemplates")
    if not isinstance(methods, dict):
        raise invalid("Validation error: configuration.deliveryMethodsTemplates must not be empty")
    told = {}
    for name, each in methods.items():
        if name not in _METHODS or not isinstance(each, dict):
            raise broken(f"JSON parse error: '{name}' is no delivery method")
        own = members(each, {"body": None, **_METHODS[name]})
        told[name] = {"method": name, "enabled": flag(each.get("enabled")), **own}
    return {"deliveryMethodsTemplates": told}


def _rule(body: dict[str, Any]) -> dict[str, Any]:
    trigger, recipients = body.get("triggerConfig"), body.get("recipientsConfig")
    kind = body.get("triggerType")
    if not isinstance(trigger, dict) or not isinstance(recipients, dict) or not isinstance(kind, str):
        raise invalid("Validation error: triggerConfig must not be null, triggerType must not be null")
    if kind == "ALARM":
        trigger = {"triggerType": kind, **members(trigger, _ALARM_TRIGGER)}
    return {
        "enabled": flag(body.get("enabled")),
        "templateId": reference(TEMPLATE, id_in(body, "templateId", TEMPLATE)),
        "triggerType": kind,
        "triggerConfig": trigger,
        "recipientsConfig": recipients,
        "additionalConfig": body.get("additionalConfig"),
    }
