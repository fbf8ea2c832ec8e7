"""Rule nodes: their normal form, and how the server brings old configurations up to date."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from papaya.sandbox.refusal import Refusal, broken, invalid
from papaya.sandbox.store.core import Core
from papaya.sandbox.store.entities import id_in
from papaya.sandbox.store.validation import check_fields, text_or_none
from papaya.sandbox.wire import new_id, reference

PACKAGE = "org.thingsboard.rule.engine."
SAVE_TIME_SERIES = f"{PACKAGE}telemetry.TbMsgTimeseriesNode"
SAVE_ATTRIBUTES = f"{PACKAGE}telemetry.TbMsgAttributesNode"
DEVICE_PROFILE_NODE = f"{PACKAGE}profile.TbDeviceProfileNode"
TYPE_SWITCH = f"{PACKAGE}filter.TbMsgTypeSwitchNode"
CHAIN_INPUT = f"{PACKAGE}flow.TbRuleChainInputNode"
CHAIN_OUTPUT = f"{PACKAGE}flow.TbRuleChainOutputNode"
_EVERY: Mapping[str, Any] = {"type": "ON_EVERY_MESSAGE"}
Configuration = dict[str, Any]


def _time_series_1(given: Configuration) -> Configuration:
    kept = {key: value for key, value in given.items() if key != "skipLatestPersistence"}
    settings: dict[str, Any] = dict(_EVERY)
    if given.get("skipLatestPersistence") is True:
        settings = {
            "type": "ADVANCED",
            "timeseries": dict(_EVERY),
            "latest": {"type": "SKIP"},
            "webSockets": dict(_EVERY),
            "calculatedFields": dict(_EVERY),
        }
    return {**kept, "processingSettings": settings}


def _attributes_1(given: Configuration) -> Configuration:
    return {
        **given,
        "updateAttributesOnlyOnValueChange": given.get("updateAttributesOnlyOnValueChange", False),
    }


def _attributes_2(given: Configuration) -> Configuration:
    notify = given.get("notifyDevice")
    if isinstance(notify, str):
        notify = notify.lower() == "true" if notify else True
    return {
        **given,
        "notifyDevice": True if notify is None else notify,
        "sendAttributesUpdatedNotification": given.get("sendAttributesUpdatedNotification") is True,
    }


def _attributes_3(given: Configuration) -> Configuration:
    return {**given, "processingSettings": dict(_EVERY)}


def _with(**added: Any) -> Callable[[Configuration], Configuration]:
    return lambda given: {**added, **given}


# Node type -> what each version of its configuration makes of the one before.
_UPGRADES: Mapping[str, tuple[Callable[[Configuration], Configuration], ...]] = {
    SAVE_TIME_SERIES: (_time_series_1,),
    SAVE_ATTRIBUTES: (_attributes_1, _attributes_2, _attributes_3),
    f"{PACKAGE}rest.TbRestApiCallNode": (_with(), _with(maxInMemoryBufferSizeInKb=256), _with()),
    f"{PACKAGE}mqtt.TbMqttNode": (_with(parseToPlainText=False), _with(protocolVersion="MQTT_3_1")),
    f"{PACKAGE}metadata.TbGetAttributesNode": (_with(fetchTo="METADATA"),),
    CHAIN_INPUT: (_with(forwardMsgToDefaultRuleChain=False),),
}
# Nodes whose older forms the sandbox does not know: it moves the version and leaves the configuration.
_VERSIONS: Mapping[str, int] = {
    f"{PACKAGE}{name}": version
    for version, names in {
        1: "filter.TbCheckRelationNode metadata.TbGetRelatedAttributeNode metadata.CalculateDeltaNode"
        " metadata.TbFetchDeviceCredentialsNode metadata.TbGetDeviceAttrNode metadata.TbGetTenantDetailsNode"
        " metadata.TbGetCustomerAttributeNode metadata.TbGetOriginatorFieldsNode"
        " metadata.TbGetCustomerDetailsNode metadata.TbGetTenantAttributeNode"
        " deduplication.TbMsgDeduplicationNode action.TbDeleteRelationNode profile.TbDeviceProfileNode"
        " action.TbCreateRelationNode action.TbAssignToCustomerNode action.TbUnassignFromCustomerNode"
        " action.TbSaveToCustomCassandraTableNode geo.TbGpsGeofencingActionNode kafka.TbKafkaNode"
        " flow.TbCheckpointNode",
        2: "metadata.TbGetTelemetryNode transform.TbDeleteKeysNode transform.TbRenameKeysNode"
        " transform.TbCopyKeysNode debug.TbMsgGeneratorNode",
    }.items()
    for name in names.split()
}
_DEFAULTS: Mapping[str, Configuration] = {
    SAVE_TIME_SERIES: {"defaultTTL": 0, "useServerTs": False, "processingSettings": dict(_EVERY)},
    SAVE_ATTRIBUTES: {
        "processingSettings": dict(_EVERY),
        "scope": "SERVER_SCOPE",
        "notifyDevice": False,
        "sendAttributesUpdatedNotification": False,
        "updateAttributesOnlyOnValueChange": True,
    },
    TYPE_SWITCH: {"version": 0},
    DEVICE_PROFILE_NODE: {"persistAlarmRulesState": False, "fetchAlarmRulesStateOnStart": False},
}
_DEBUG_MS = 15 * 60_000


def upgraded(core: Core, kind: str, version: int, configuration: Any) -> tuple[int, Any]:
    """Return version and configuration of a node as the server stores them."""
    steps = _UPGRADES.get(kind, ())[: core.dialect.mqtt_node_version if kind.endswith("TbMqttNode") else None]
    for step in steps[version:] if isinstance(configuration, dict) else ():
        configuration = step(configuration)
    return max(version, len(steps), _VERSIONS.get(kind, 0)), configuration


def _configured(core: Core, kind: str, node: Mapping[str, Any], is_template: bool) -> tuple[int, Any]:
    sent, configuration = node.get("configurationVersion"), node.get("configuration")
    version = sent if isinstance(sent, int) else 0
    if configuration is None:
        current = upgraded(core, kind, version, {})[0]
        if current == 0 and kind.startswith(PACKAGE) and kind.rpartition(".")[2].startswith("Tb"):
            raise invalid("HV000116: The object to be validated must not be null.")
        return current, dict(_DEFAULTS.get(kind, {})) if current else None
    return (version, configuration) if is_template else upgraded(core, kind, version, configuration)


def debug_settings(core: Core, value: object) -> object:
    """Return debug settings as the server stores them: debugging of everything ends by itself."""
    if not isinstance(value, dict):
        return None
    until = value.get("allEnabledUntil") or 0
    if value.get("allEnabled") is True:
        until = core.now() + _DEBUG_MS
    failures = value.get("failuresEnabled") is True
    return {"failuresEnabled": failures, "allEnabled": False, "allEnabledUntil": until}


def normal_node(
    core: Core, chain: str, body: object, known: Mapping[str, Any], *, is_template: bool = False
) -> dict[str, Any]:
    """Return a sent node as it is stored; one without an id is a new node.

    Nodes of the server's own templates keep the version that the template has.
    """
    node = body if isinstance(body, dict) else {}
    name, kind = text_or_none(node.get("name")), node.get("type")
    try:
        check_fields(core.dialect, {"name": name})
    except Refusal as refusal:
        words = refusal.message.removeprefix("Validation error: ")
        raise invalid(f"'{name}' node configuration is invalid: {words}") from refusal
    if kind is None and core.dialect.needs_node_types:
        raise broken(
            'Cannot invoke "String.equals(Object)" because the return value of '
            '"org.thingsboard.server.common.data.rule.RuleNode.getType()" is null'
        )
    version, configuration = _configured(core, str(kind), node, is_template)
    identifier = id_in(node, "id", "RULE_NODE")
    before = known.get(identifier or "")
    return {
        "id": reference("RULE_NODE", identifier if before else new_id()),
        "createdTime": before["createdTime"] if before else core.now(),
        "ruleChainId": reference("RULE_CHAIN", chain),
        "type": kind,
        "name": name,
        "debugSettings": debug_settings(core, node.get("debugSettings")),
        "singletonMode": False,
        "queueName": node.get("queueName"),
        "configurationVersion": version,
        "configuration": configuration,
        "externalId": node.get("externalId"),
        "additionalInfo": node.get("additionalInfo"),
    }
