"""Notification targets, templates and rules. Rules are stored but never trigger."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from papaya.sandbox.refusal import invalid, missing
from papaya.sandbox.store.core import Core
from papaya.sandbox.store.entities import Entity, find, id_in
from papaya.sandbox.store.notification_forms import (
    FOR_RULES,
    RULE,
    TAKEN,
    TARGET,
    TEMPLATE,
    content_of,
)
from papaya.sandbox.store.plain_objects import (
    delete_plain,
    find_plain,
    plain_objects,
    put_plain,
    require_plain,
)
from papaya.sandbox.store.users import CUSTOMER_USER, SYS_ADMIN, TENANT_ADMIN
from papaya.sandbox.wire import NULL_ID, dumps, reference

REQUEST = "NOTIFICATION_REQUEST"
_PLANTED = "notification defaults"
_Json = dict[str, Any]
_FIXED = (("notificationType", "Notification type"), ("triggerType", "Notification rule trigger type"))
# What a new tenant has: name, description, filter of users.
_TARGETS = (
    ("All users", "All users in scope of the tenant", "ALL_USERS"),
    ("Tenant administrators", "Tenant administrators", "TENANT_ADMINISTRATORS"),
    (
        "Users of the entity owner",
        "In case trigger entity (e.g. created device or alarm) is owned by customer, then recipients are "
        "this customer's users, otherwise tenant admins",
        "ORIGINATOR_ENTITY_OWNER_USERS",
    ),
    (
        "Affected user",
        "If rule trigger is an action that affects some user (e.g. alarm assigned to user) - this user",
        "AFFECTED_USER",
    ),
)
_MAINTENANCE = {
    "name": "Maintenance work notification",
    "notificationType": "GENERAL",
    "configuration": {
        "deliveryMethodsTemplates": {
            "WEB": {
                "enabled": True,
                "body": "Maintenance work is scheduled for tomorrow (7:00 a.m. - 9:00 a.m. UTC)",
                "subject": "Infrastructure maintenance",
                "additionalConfig": {"icon": {"enabled": False}, "actionButtonConfig": {"enabled": False}},
            }
        }
    },
}


def owned(core: Core, kind: str, owner: str) -> list[_Json]:
    """Return the objects of a kind that a tenant has, or the system administrator (`NULL_ID`)."""
    if core.store.setting(_PLANTED) is None:
        core.store.set_setting(_PLANTED, "done")
        for name, description, users in _TARGETS:
            chosen = {"description": description, "usersFilter": {"type": users}}
            configuration = {"type": "PLATFORM_USERS", **chosen}
            save(core, TARGET, {"name": name, "configuration": configuration}, core.tenant_id)
        save(core, TEMPLATE, _MAINTENANCE, core.tenant_id)
    return [each for each in plain_objects(core, kind) if each["tenantId"]["id"] == owner]


def require(core: Core, kind: str, identifier: str, owner: str) -> _Json:
    """Return an object that a tenant has, or refuse as the server does."""
    found = require_plain(core, kind, identifier)
    if found["tenantId"]["id"] != owner:
        raise missing(f"{kind.capitalize().replace('_', ' ')} with id [{identifier}] is not found")
    return found


def save(core: Core, kind: str, body: _Json, owner: str) -> _Json:
    """Create or replace a target, a template or a rule."""
    content = content_of(kind, body, core.dialect)
    identifier = id_in(body, "id", kind)
    old = None if identifier is None else require(core, kind, identifier, owner)
    for member, what in _FIXED:
        if old is not None and old.get(member) != content.get(member):
            raise invalid(f"{what} cannot be updated")
    others = owned(core, kind, owner)
    if any(each["name"] == content["name"] and each["id"]["id"] != identifier for each in others):
        raise invalid(TAKEN[kind])
    return put_plain(core, kind, {"tenantId": reference("TENANT", owner), **content}, old)


def delete_target(core: Core, identifier: str, owner: str) -> None:
    """Delete a target that no rule and no request to come names."""
    require(core, TARGET, identifier, owner)
    if any(identifier in each["targets"] for each in _scheduled(core)):
        raise invalid("Recipients group is referenced by scheduled notification request")
    if any(identifier in dumps(each["recipientsConfig"]) for each in plain_objects(core, RULE)):
        raise invalid("Recipients group is being used in notification rule")
    delete_plain(core, identifier)


def delete_template(core: Core, identifier: str, owner: str) -> None:
    """Delete a template that no rule and no request to come names."""
    require(core, TEMPLATE, identifier, owner)
    if any((each["templateId"] or {}).get("id") == identifier for each in _scheduled(core)):
        raise invalid("Notification template is referenced by scheduled notification request")
    if any((each["templateId"] or {}).get("id") == identifier for each in plain_objects(core, RULE)):
        raise invalid("Notification template is referenced by notification rule")
    delete_plain(core, identifier)


def _scheduled(core: Core) -> list[_Json]:
    return [each for each in plain_objects(core, REQUEST) if each["status"] == "SCHEDULED"]


def with_template(core: Core, thing: _Json) -> _Json:
    """Return a rule or a request with the name of its template and the ways it is sent."""
    template = thing.get("template") or find_plain(core, TEMPLATE, (thing["templateId"] or {}).get("id", ""))
    # If the template was deleted, the sent notifications name the delivery methods.
    sent = (thing.get("stats") or {}).get("sent", {})
    methods = sent if template is None else enabled_methods(template)
    return {**thing, "templateName": template and template["name"], "deliveryMethods": [*methods]}


def enabled_methods(template: _Json) -> Mapping[str, _Json]:
    """Return the ways that a template is sent, with their texts."""
    methods: dict[str, _Json] = template["configuration"]["deliveryMethodsTemplates"]
    return {name: each for name, each in methods.items() if each["enabled"]}


def recipients(core: Core, target: _Json) -> list[Entity]:
    """Return the users of a target; refuse filters that only a rule can resolve."""
    configuration = target["configuration"]
    chosen = configuration.get("usersFilter") or {}
    kind = chosen.get("type")
    if kind in FOR_RULES:
        raise invalid("Recipient type not supported")
    users = [
        each
        for row in core.store.rows("SELECT id FROM entity WHERE kind = 'USER' ORDER BY id")
        if (each := find(core, "USER", row[0])) is not None
    ]
    if kind == "USER_LIST":
        return [each for each in users if each.id in (chosen["usersIds"] or ())]
    if kind == "CUSTOMER_USERS":
        return [each for each in users if each.customer_id == chosen["customerId"]]
    wanted = {
        "TENANT_ADMINISTRATORS": (TENANT_ADMIN,),
        "SYSTEM_ADMINISTRATORS": (SYS_ADMIN,),
        "ALL_USERS": (TENANT_ADMIN, CUSTOMER_USER),
    }.get(str(kind), ())
    return [each for each in users if each.type in wanted]


def targets_for(core: Core, notification_type: str, owner: str) -> list[_Json]:
    """Return the targets that a notification of a type can have."""
    found = owned(core, TARGET, owner)
    if notification_type != "GENERAL":
        return found
    return [
        each
        for each in found
        if (each["configuration"].get("usersFilter") or {}).get("type") not in FOR_RULES
    ]


def owner_of(core: Core, authority: str) -> str:
    """Return whose objects a sender sees."""
    return NULL_ID if authority == SYS_ADMIN else core.tenant_id
