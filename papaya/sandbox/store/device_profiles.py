"""The parts that only device profiles have: transport, provisioning, alarms and firmware."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from papaya.sandbox.refusal import broken, invalid
from papaya.sandbox.store.core import Core
from papaya.sandbox.store.credentials import sha3, trimmed_certificate
from papaya.sandbox.store.entities import Entity, find, id_in
from papaya.sandbox.store.forms import enum_member, kind_of_object
from papaya.sandbox.store.packages import check_assignable
from papaya.sandbox.store.profile_alarms import normal_alarms
from papaya.sandbox.store.validation import text_or_none
from papaya.sandbox.wire import reference

DEVICE_PROFILE = "DEVICE_PROFILE"
_TYPES = ("DEFAULT",)
_TRANSPORTS = ("DEFAULT", "COAP", "MQTT", "LWM2M", "SNMP")
_PROVISION_TYPES = (
    "DISABLED",
    "ALLOW_CREATE_NEW_DEVICES",
    "CHECK_PRE_PROVISIONED_DEVICES",
    "X509_CERTIFICATE_CHAIN",
)
_X509_CHAIN = "X509_CERTIFICATE_CHAIN"
_JSON_PAYLOAD = {"transportPayloadType": "JSON"}
# Defaults of a transport configuration.
_FORMS = "device.profile.DeviceProfile"
_FILLED: Mapping[str, Mapping[str, Any]] = {
    "DEFAULT": {},
    "MQTT": {
        "deviceTelemetryTopic": "v1/devices/me/telemetry",
        "deviceAttributesTopic": "v1/devices/me/attributes",
        "deviceAttributesSubscribeTopic": "v1/devices/me/attributes",
        "transportPayloadTypeConfiguration": _JSON_PAYLOAD,
        "sparkplug": False,
        "sparkplugAttributesMetricNames": None,
        "sendAckOnValidationException": False,
    },
    "COAP": {
        "coapDeviceTypeConfiguration": {
            "coapDeviceType": "DEFAULT",
            "transportPayloadTypeConfiguration": _JSON_PAYLOAD,
        },
        "clientSettings": None,
    },
}


def device_profile_content(core: Core, body: dict[str, Any], old: Entity | None) -> dict[str, Any]:
    """Return the JSON members of a device profile that asset profiles do not have."""
    kind, transport = body.get("type"), body.get("transportType")
    if kind is None:
        raise invalid("Device profile type should be specified!")
    if transport is None:
        raise invalid("Device profile transport type should be specified!")
    kind = enum_member(kind, _TYPES, "DeviceProfileType")
    transport = enum_member(transport, _TRANSPORTS, "DeviceTransportType")
    provision_type = enum_member(
        body.get("provisionType") or "DISABLED", _PROVISION_TYPES, "DeviceProfileProvisionType"
    )
    data = body.get("profileData")
    if not isinstance(data, dict):
        raise broken(
            'Cannot invoke "org.thingsboard.server.common.data.device.profile.DeviceProfileData'
            '.getTransportConfiguration()" because the return value of "org.thingsboard.server.common'
            '.data.DeviceProfile.getProfileData()" is null'
        )
    transport_configuration = _transport(data.get("transportConfiguration"))
    if old is not None:
        _check_change(core, old, kind, transport)
    provision, key = _provision(data.get("provisionConfiguration"), body)
    _check_provision_key(core, key, old)
    alarms = normal_alarms(core.dialect, data.get("alarms"))
    profile = None if old is None else old.id
    packages = {
        field: check_assignable(core, id_in(body, field, "OTA_PACKAGE"), package_type, profile)
        for field, package_type in (("firmwareId", "FIRMWARE"), ("softwareId", "SOFTWARE"))
    }
    return {
        "type": kind,
        "transportType": transport,
        "provisionType": provision_type,
        "provisionDeviceKey": key,
        **{field: reference("OTA_PACKAGE", identifier) for field, identifier in packages.items()},
        "profileData": {
            "configuration": _configuration(data.get("configuration")),
            "transportConfiguration": transport_configuration,
            "provisionConfiguration": provision,
            "alarms": alarms,
        },
    }


def _configuration(given: object) -> dict[str, str] | None:
    if given is None:
        return None
    return {"type": kind_of_object(given, _TYPES, f"{_FORMS}Configuration", "configuration")}


def _transport(given: object) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise broken(
            'Cannot invoke "org.thingsboard.server.common.data.device.profile.'
            'DeviceProfileTransportConfiguration.validate()" because "transportConfiguration" is null'
        )
    kind = kind_of_object(given, _TRANSPORTS, f"{_FORMS}TransportConfiguration", "transportConfiguration")
    filled = _FILLED.get(kind)
    normal: dict[str, Any] = {"type": kind}
    if filled is None:
        normal |= given
    else:
        kept = {key: value for key, value in given.items() if key in filled and value not in (None, "")}
        normal |= {**filled, **kept}
    payload: dict[str, Any] = normal.get("transportPayloadTypeConfiguration") or {}
    if payload.get("transportPayloadType") == "PROTOBUF" and not payload.get("deviceAttributesProtoSchema"):
        raise invalid('Cannot invoke "String.toCharArray()" because "schema" is null')
    return normal


def _provision(given: object, body: dict[str, Any]) -> tuple[dict[str, Any] | None, str | None]:
    key = text_or_none(body.get("provisionDeviceKey"))
    if not isinstance(given, dict):
        return None, key
    kind_of_object(given, _PROVISION_TYPES, f"{_FORMS}ProvisionConfiguration", "provisionConfiguration")
    normal = {"provisionDeviceSecret": None, **given}
    if given.get("type") == _X509_CHAIN and isinstance(normal["provisionDeviceSecret"], str):
        normal["provisionDeviceSecret"] = trimmed_certificate(normal["provisionDeviceSecret"])
        key = sha3(normal["provisionDeviceSecret"])
    return normal, key


def _check_change(core: Core, old: Entity, kind: str, transport: str) -> None:
    if (old.type, old.json["transportType"]) == (kind, transport):
        return
    if core.store.rows("SELECT 1 FROM entity WHERE profile_id = ? LIMIT 1", (old.id,)):
        what = "type" if old.type != kind else "transport type"
        raise invalid(f"Can't change device profile {what} because devices referenced it!")


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
