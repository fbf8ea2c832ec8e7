"""Asset and device profiles."""

from __future__ import annotations

from typing import Any

from papaya.sandbox.refusal import broken, invalid, missing
from papaya.sandbox.store.core import Core
from papaya.sandbox.store.entities import (
    NORMAL_NAMES,
    Entity,
    delete,
    find,
    find_by_name,
    require,
    save,
)
from papaya.sandbox.store.revisions import check_version, next_revision, replaced_by
from papaya.sandbox.store.validation import check_fields, check_name, text_or_none
from papaya.sandbox.wire import dumps, reference

ASSET_PROFILE = "ASSET_PROFILE"
DEVICE_PROFILE = "DEVICE_PROFILE"
MEMBERS = {ASSET_PROFILE: "ASSET", DEVICE_PROFILE: "DEVICE"}
_TYPES = ("DEFAULT",)
_TRANSPORTS = ("DEFAULT", "MQTT", "COAP", "LWM2M", "SNMP")
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
        "image": body.get("image"),
        "defaultRuleChainId": body.get("defaultRuleChainId"),
        "defaultDashboardId": body.get("defaultDashboardId"),
        "defaultQueueName": body.get("defaultQueueName") or None,
        "defaultEdgeRuleChainId": body.get("defaultEdgeRuleChainId"),
        "externalId": body.get("externalId"),
        "default": is_default,
    }
    if kind == DEVICE_PROFILE:
        content |= _device_profile_content(core, body, old)
    check_version(old, body, normal)
    return _store(core, kind, content, old, body.get("createdTime"))


def _store(
    core: Core, kind: str, content: dict[str, Any], old: Entity | None, sent_time: object
) -> tuple[Entity, str]:
    made = next_revision(core, old)
    frame: dict[str, Any] = {
        "id": reference(kind, made.id),
        "createdTime": made.created_time,
        "tenantId": reference("TENANT", core.tenant_id),
        "version": made.version,
        **content,
    }
    name = content["name"]
    entity = Entity(
        number=made.number,
        id=made.id,
        kind=kind,
        name=name,
        type=content.get("type"),
        label=None,
        profile_id=None,
        customer_id=None,
        created_time=made.created_time,
        version=made.version,
        additional_info=None,
        body=dumps(frame),
    )
    save(core, entity, is_new=old is None, taken=f"{NORMAL_NAMES[kind]} with such name already exists!")
    if old is not None and old.name != name:
        _rename_members(core, kind, old.id, name)
    answer = entity.body
    if old is not None and core.dialect.echoes_created_time:
        answer = dumps({**frame, "createdTime": sent_time or 0})
    return entity, answer


def _other_default(core: Core, kind: str, old: Entity | None) -> bool:
    row = core.store.connection.execute(
        "SELECT 1 FROM entity WHERE kind = ? AND json_extract(body, '$.default') AND id IS NOT ? LIMIT 1",
        (kind, None if old is None else old.id),
    ).fetchone()
    return row is not None


def _device_profile_content(core: Core, body: dict[str, Any], old: Entity | None) -> dict[str, Any]:
    kind, transport = body.get("type"), body.get("transportType")
    if kind is None:
        raise invalid("Device profile type should be specified!")
    if transport is None:
        raise invalid("Device profile transport type should be specified!")
    if kind not in _TYPES or transport not in _TRANSPORTS:
        raise broken("JSON parse error: Cannot deserialize value of an enumeration")
    data = body.get("profileData")
    if not isinstance(data, dict) or not isinstance(data.get("transportConfiguration"), dict):
        raise broken(
            'Cannot invoke "org.thingsboard.server.common.data.device.profile.DeviceProfileData'
            '.getTransportConfiguration()" because the return value of "org.thingsboard.server.common'
            '.data.DeviceProfile.getProfileData()" is null'
        )
    if old is not None:
        _check_change(core, old, kind, transport)
    alarms = data.get("alarms")
    _check_alarms(alarms)
    provision = data.get("provisionConfiguration") or {"type": "DISABLED"}
    key = text_or_none(body.get("provisionDeviceKey"))
    _check_provision_key(core, key, old)
    return {
        "type": kind,
        "transportType": transport,
        "provisionType": body.get("provisionType") or "DISABLED",
        "provisionDeviceKey": key,
        "firmwareId": body.get("firmwareId"),
        "softwareId": body.get("softwareId"),
        "profileData": {
            "configuration": data.get("configuration") or {"type": "DEFAULT"},
            "transportConfiguration": data["transportConfiguration"],
            "provisionConfiguration": {"provisionDeviceSecret": None, **provision},
            "alarms": alarms,
        },
    }


def _check_change(core: Core, old: Entity, kind: str, transport: str) -> None:
    if (old.type, old.json["transportType"]) == (kind, transport) or not in_use(core, old.id):
        return
    what = "type" if old.type != kind else "transport type"
    raise invalid(f"Can't change device profile {what} because devices referenced it!")


def _check_alarms(alarms: object) -> None:
    seen: set[str] = set()
    for alarm in alarms if isinstance(alarms, list) else ():
        name = alarm.get("alarmType")
        if not name:
            raise invalid("Alarm rule type should be specified!")
        if name in seen:
            raise invalid(f'Can\'t create device profile with the same alarm rule types: "{name}"!')
        seen.add(name)


def _check_provision_key(core: Core, key: str | None, old: Entity | None) -> None:
    holder = find_by_provision_key(core, key) if key else None
    if holder is not None and (old is None or holder.id != old.id):
        raise invalid("Device profile with such provision device key already exists!")


def find_by_provision_key(core: Core, key: str) -> Entity | None:
    """Return the device profile that a provisioning device names."""
    row = core.store.connection.execute(
        "SELECT id FROM entity WHERE kind = ? AND json_extract(body, '$.provisionDeviceKey') = ?",
        (DEVICE_PROFILE, key),
    ).fetchone()
    return None if row is None else find(core, DEVICE_PROFILE, row[0])


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
    delete(core, profile)


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
