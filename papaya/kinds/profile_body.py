"""The JSON of device and asset profiles, and the fields of a manifest that it holds.

A save replaces a profile whole, so that everything that is not declared goes back as it was read: alarms,
packages, rule chains for edges. Measured on 4.0.1 and 4.3.1.3: what is sent in this form comes back in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from papaya.kinds.resource import Fields
from papaya.manifest.model import Json

STRATEGY: Final = "provisioning.strategy"
KEY: Final = "provisioning.key"
SECRET: Final = "provisioning.secret"  # noqa: S105 - the name of a field
TYPE: Final = "transport.type"
PAYLOAD: Final = "transport.payload"
SECRET_MEMBER: Final = ("profileData", "provisionConfiguration", "provisionDeviceSecret")

STRATEGIES: Final = {
    "allowCreate": "ALLOW_CREATE_NEW_DEVICES",
    "checkPreProvisioned": "CHECK_PRE_PROVISIONED_DEVICES",
}
TRANSPORTS: Final = {"default": "DEFAULT", "mqtt": "MQTT"}
_PAYLOADS: Final = {"json": "JSON", "protobuf": "PROTOBUF"}
_TOPIC: Final = "v1/devices/me/"
# Fields of a transport by MQTT: the member and what the server has where nothing is declared.
TOPICS: Final[dict[str, tuple[str, Json]]] = {
    "transport.telemetryTopic": ("deviceTelemetryTopic", f"{_TOPIC}telemetry"),
    "transport.attributesTopic": ("deviceAttributesTopic", f"{_TOPIC}attributes"),
    "transport.attributesSubscribeTopic": ("deviceAttributesSubscribeTopic", f"{_TOPIC}attributes"),
    "transport.sparkplug": ("sparkplug", False),
    "transport.acknowledgeInvalid": ("sendAckOnValidationException", False),
}
SCHEMAS: Final[dict[str, tuple[str, Json]]] = {
    "transport.protobuf.telemetry": ("deviceTelemetryProtoSchema", None),
    "transport.protobuf.attributes": ("deviceAttributesProtoSchema", None),
    "transport.protobuf.rpcRequest": ("deviceRpcRequestProtoSchema", None),
    "transport.protobuf.rpcResponse": ("deviceRpcResponseProtoSchema", None),
    "transport.protobuf.jsonCompatibility": ("enableCompatibilityWithJsonPayloadFormat", False),
    "transport.protobuf.jsonDownlinks": ("useJsonPayloadFormatForDefaultDownlinkTopics", False),
}
# Saved with a profile by others than its kind: alarm sets, assignments of packages, another default profile.
_OF_OTHERS: Final = frozenset({"version", "default", "firmwareId", "softwareId", "createdTime"})


def new_profile(entity_type: str, name: str) -> dict[str, Json]:
    """Return the smallest profile that the server takes, with what it would add itself for a new type.

    A device profile without its transport configuration makes the server fail with a null pointer.
    """
    if entity_type != "DEVICE_PROFILE":
        return {"name": name}
    return {
        "name": name,
        "type": "DEFAULT",
        "transportType": "DEFAULT",
        "provisionType": "DISABLED",
        "profileData": {
            "configuration": {"type": "DEFAULT"},
            "transportConfiguration": {"type": "DEFAULT"},
            "provisionConfiguration": {"type": "DISABLED"},
        },
    }


def transport_fields(row: Fields) -> dict[str, Json]:
    """Return how devices of a profile are reached, as a manifest says it."""
    configuration = _below(row, "profileData", "transportConfiguration")
    told: dict[str, Json] = {TYPE: _word(TRANSPORTS, row.get("transportType"))}
    if row.get("transportType") != TRANSPORTS["mqtt"]:
        return told
    told |= {field: _or(configuration.get(member), default) for field, (member, default) in TOPICS.items()}
    payload = _below(configuration, "transportPayloadTypeConfiguration")
    told[PAYLOAD] = _word(_PAYLOADS, payload.get("transportPayloadType") or "JSON")
    if told[PAYLOAD] == "protobuf":
        told |= {field: _or(payload.get(member), default) for field, (member, default) in SCHEMAS.items()}
    return told


def provisioning_fields(row: Fields) -> dict[str, Json]:
    """Return how devices register themselves; the secret is not among it."""
    strategy = row.get("provisionType")
    if strategy in (None, "DISABLED"):
        return {STRATEGY: None, KEY: None}
    return {STRATEGY: _word(STRATEGIES, strategy), KEY: row.get("provisionDeviceKey")}


def with_transport(body: Fields, fields: Fields) -> dict[str, Json]:
    """Return a device profile with the fields of a transport in it; None resets one to the server's own."""
    wanted = {key: value for key, value in fields.items() if key.startswith("transport.")}
    if not wanted:
        return dict(body)
    data = _below(body, "profileData")
    present = _below(data, "transportConfiguration")
    before = body.get("transportType")
    type_ = TRANSPORTS[str(wanted.get(TYPE) or "default")] if TYPE in wanted else str(before)
    configuration: dict[str, Json] = {**present} if type_ == before else {}
    configuration["type"] = type_
    if type_ == TRANSPORTS["mqtt"]:
        for key, (member, default) in TOPICS.items():
            if key in wanted or member not in configuration:
                configuration[member] = _or(wanted.get(key), default)
        payload = _below(configuration, "transportPayloadTypeConfiguration")
        configuration["transportPayloadTypeConfiguration"] = _with_payload(payload, wanted)
    data["transportConfiguration"] = configuration
    return {**body, "transportType": type_, "profileData": data}


def with_provisioning(body: Fields, fields: Fields) -> tuple[dict[str, Json], bool]:
    """Return a device profile with the fields of provisioning in it, and whether its secret is to be sent."""
    if not any(key in fields for key in (STRATEGY, KEY, SECRET)):
        return dict(body), False
    data = _below(body, "profileData")
    configuration = _below(data, "provisionConfiguration")
    strategy = fields.get(STRATEGY)
    kind = STRATEGIES.get(str(strategy), "DISABLED") if STRATEGY in fields else str(body.get("provisionType"))
    whole: dict[str, Json] = {**body, "provisionType": kind}
    if kind == "DISABLED":
        whole["provisionDeviceKey"] = None
        data["provisionConfiguration"] = {"type": kind, "provisionDeviceSecret": None}
        return {**whole, "profileData": data}, False
    if KEY in fields:
        whole["provisionDeviceKey"] = fields[KEY]
    data["provisionConfiguration"] = {**configuration, "type": kind}
    return {**whole, "profileData": data}, SECRET in fields


def content_of(row: Fields) -> dict[str, Json]:
    """Return what a profile's own save writes, without the secret and what others save into a profile."""
    data = _below(row, "profileData")
    data.pop("alarms", None)
    secrets = _below(data, "provisionConfiguration")
    secrets.pop(SECRET_MEMBER[-1], None)
    data["provisionConfiguration"] = secrets
    own = {key: value for key, value in row.items() if key not in _OF_OTHERS}
    return {**own, "profileData": data}


def secret_of(row: Fields) -> str | None:
    """Return the provisioning secret of a device profile; the server tells it to administrators."""
    secret = _below(row, *SECRET_MEMBER[:-1]).get(SECRET_MEMBER[-1])
    return secret if isinstance(secret, str) else None


def _with_payload(present: Mapping[str, Json], wanted: Fields) -> dict[str, Json]:
    told = present.get("transportPayloadType") or "JSON"
    kind = _PAYLOADS[str(wanted.get(PAYLOAD) or "json")] if PAYLOAD in wanted else told
    if kind == "JSON":
        return {"transportPayloadType": kind}
    payload: dict[str, Json] = {**present, "transportPayloadType": kind}
    for key, (member, default) in SCHEMAS.items():
        if key in wanted or member not in payload:
            payload[member] = _or(wanted.get(key), default)
    return payload


def _below(value: Mapping[str, Json], *path: str) -> dict[str, Json]:
    inner: Json = dict(value)
    for key in path:
        inner = inner.get(key) if isinstance(inner, dict) else None
    return dict(inner) if isinstance(inner, dict) else {}


def _word(words: Mapping[str, str], value: Json) -> Json:
    """Return the manifest's word for one of the server's, which itself where there is none."""
    return next((word for word, theirs in words.items() if theirs == value), value)


def _or(value: Json, default: Json) -> Json:
    return default if value in (None, "") else value
