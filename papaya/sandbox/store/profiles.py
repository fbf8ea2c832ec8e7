"""Asset and device profiles."""

from __future__ import annotations

from typing import Any

from papaya.sandbox.refusal import broken, invalid, missing
from papaya.sandbox.store.calculated_fields import delete_fields_of
from papaya.sandbox.store.core import Core
from papaya.sandbox.store.device_profiles import DEVICE_PROFILE, device_profile_content
from papaya.sandbox.store.entities import (
    NORMAL_NAMES,
    Entity,
    delete,
    find,
    find_by_name,
    id_in,
    require,
)
from papaya.sandbox.store.images import image_to_link
from papaya.sandbox.store.packages import delete_packages_of
from papaya.sandbox.store.queues import QUEUES
from papaya.sandbox.store.revisions import check_version, replaced_by
from papaya.sandbox.store.rollout import roll_out_to_members
from papaya.sandbox.store.saving import Draft, put
from papaya.sandbox.store.validation import check_fields, check_name, text_or_none
from papaya.sandbox.wire import reference

ASSET_PROFILE = "ASSET_PROFILE"
MEMBERS = {ASSET_PROFILE: "ASSET", DEVICE_PROFILE: "DEVICE"}
DEFAULT_PROFILE_DATA = {
    "configuration": {"type": "DEFAULT"},
    "transportConfiguration": {"type": "DEFAULT"},
    "provisionConfiguration": {"type": "DISABLED", "provisionDeviceSecret": None},
    "alarms": None,
}


def default_profile(core: Core, kind: str) -> Entity:
    """Return the tenant's default profile of a kind."""
    row = core.store.connection.execute(
        "SELECT id FROM entity WHERE kind = ? AND json_extract(body, '$.default') LIMIT 1", (kind,)
    ).fetchone()
    if row is None:
        raise missing()
    return require(core, kind, row[0])


def find_or_create(core: Core, kind: str, name: str) -> Entity:
    """Return the profile of that name; the server creates what it does not know, without a word."""
    found = find_by_name(core, kind, name)
    if found is not None:
        return found
    body: dict[str, Any] = {"name": name}
    if kind == DEVICE_PROFILE:
        body |= {"type": "DEFAULT", "transportType": "DEFAULT", "provisionType": "DISABLED"}
        body |= {"profileData": DEFAULT_PROFILE_DATA, "description": "Default device profile"}
    else:
        body |= {"description": "Default asset profile"}
    return save_profile(core, kind, body)[0]


def save_profile(core: Core, kind: str, body: dict[str, Any]) -> tuple[Entity, str]:
    """Create or replace a profile; return it and the text that answers the request."""
    normal = NORMAL_NAMES[kind]
    old = replaced_by(core, kind, body)
    name = text_or_none(body.get("name"))
    description = text_or_none(body.get("description"))
    check_fields(core.dialect, {"name": name}, {"description": description})
    name = check_name(f"{normal} name", name)
    is_default = body.get("default") is True
    if is_default and _other_default(core, kind, old):
        raise invalid("Another default " + normal.lower() + " is present in scope of current tenant!")
    content = {
        "name": name,
        "description": description,
        "image": image_to_link(core, name, normal.lower(), body.get("image")),
        **_references(core, kind, body),
        "externalId": body.get("externalId"),
        "default": is_default,
    }
    if kind == DEVICE_PROFILE:
        content |= device_profile_content(core, body, old)
    check_version(old, body, normal)
    taken = f"{normal} with such name already exists!"
    draft = Draft(kind, name, content, taken, type=content.get("type"))
    saved, answer = put(core, draft, old, body.get("createdTime"))
    if old is not None and old.name != name:
        _rename_members(core, kind, old.id, name)
    if kind == DEVICE_PROFILE and old is not None:
        roll_out_to_members(core, saved, old)
    core.rules.forget()
    return saved, answer


def _references(core: Core, kind: str, body: dict[str, Any]) -> dict[str, Any]:
    """Return what a profile refers to; only the queue is named by its name."""
    queue = body.get("defaultQueueName")
    if queue and queue not in QUEUES:
        raise invalid(f"{NORMAL_NAMES[kind]} is referencing to non-existent queue!")
    found = {}
    for field, target, what in (
        ("defaultRuleChainId", "RULE_CHAIN", "rule chain"),
        ("defaultDashboardId", "DASHBOARD", "dashboard"),
        ("defaultEdgeRuleChainId", "RULE_CHAIN", "rule chain"),
    ):
        identifier = id_in(body, field, target)
        if identifier is not None and find(core, target, identifier) is None:
            if field == "defaultEdgeRuleChainId":
                _refuse_edge_chain(core, kind, identifier)
            raise invalid(f"Can't assign non-existent {what}!")
        found[field] = reference(target, identifier)
    return {**found, "defaultQueueName": queue}


def _refuse_edge_chain(core: Core, kind: str, identifier: str) -> None:
    """Refuse an unknown chain for edges where the database does it, not the server's own check."""
    table = kind.lower()
    constraint = f"fk_default_edge_rule_chain_{table}"
    if not core.dialect.checks_edge_chain:
        raise broken(
            f'could not execute statement [ERROR: insert or update on table "{table}" violates foreign key '
            f'constraint "{constraint}"\n  Detail: Key (default_edge_rule_chain_id)=({identifier}) is not '
            'present in table "rule_chain".]'
        )
    if kind == ASSET_PROFILE:
        raise invalid(f"Constraint violation: {constraint}")


def _other_default(core: Core, kind: str, old: Entity | None) -> bool:
    row = core.store.connection.execute(
        "SELECT 1 FROM entity WHERE kind = ? AND json_extract(body, '$.default') AND id IS NOT ? LIMIT 1",
        (kind, None if old is None else old.id),
    ).fetchone()
    return row is not None


def in_use(core: Core, identifier: str) -> bool:
    """Tell whether an asset or a device has the profile."""
    found = core.store.connection.execute(
        "SELECT 1 FROM entity WHERE profile_id = ? LIMIT 1", (identifier,)
    ).fetchone()
    return found is not None


def _rename_members(core: Core, kind: str, identifier: str, name: str) -> None:
    # The server re-saves each member, which moves its version.
    core.store.connection.execute(
        "UPDATE entity SET type = ?, version = version + 1,"
        " body = json_set(body, '$.type', ?, '$.version', version + 1) WHERE kind = ? AND profile_id = ?",
        (name, name, MEMBERS[kind], identifier),
    )


def delete_profile(core: Core, kind: str, identifier: str) -> None:
    """Delete a profile that is neither the default nor in use."""
    profile = require(core, kind, identifier)
    normal = NORMAL_NAMES[kind]
    if profile.json["default"]:
        raise invalid(f"Deletion of Default {normal.title()} is prohibited!")
    if in_use(core, identifier):
        members = MEMBERS[kind].lower() + "s"
        raise invalid(f"The {normal.lower()} referenced by the {members} cannot be deleted!")
    if kind == DEVICE_PROFILE:
        delete_packages_of(core, profile)
    delete_fields_of(core, profile)
    delete(core, profile)
    core.rules.forget()


def make_default(core: Core, kind: str, identifier: str) -> Entity:
    """Make a profile the default one; both profiles are saved, so both versions move."""
    profile = require(core, kind, identifier)
    previous = default_profile(core, kind)
    if previous.id != profile.id:
        for entity, flag in ((previous, "false"), (profile, "true")):
            core.store.connection.execute(
                "UPDATE entity SET version = version + 1,"
                " body = json_set(body, '$.default', json(?), '$.version', version + 1) WHERE number = ?",
                (flag, entity.number),
            )
    return require(core, kind, identifier)
