"""The rule chains of a new tenant, and the template of chains for devices, by version."""

from __future__ import annotations

from typing import Any

from papaya.sandbox.store.rule_nodes import (
    DEVICE_PROFILE_NODE,
    PACKAGE,
    SAVE_ATTRIBUTES,
    SAVE_TIME_SERIES,
    TYPE_SWITCH,
)

_LOG_SCRIPT = (
    "return '\\nIncoming message:\\n' + JSON.stringify(msg) + '\\nIncoming metadata:\\n'"
    " + JSON.stringify(metadata);"
)
_PROFILE_NOTE = (
    "Process incoming messages from devices with the alarm rules defined in the device profile. "
    'Dispatch all incoming messages with "Success" relation type.'
)
Place = tuple[int, int]
_PLACES: tuple[Place, ...] = ((824, 156), (825, 52), (347, 149), (825, 266), (825, 379), (825, 468))
_EDGE_PLACES: tuple[Place, ...] = ((823, 157), (824, 52), (347, 149), (825, 266), (824, 378), (824, 466))
_OLD_DEVICE_PLACES: tuple[Place, ...] = (
    (822, 294),
    (824, 221),
    (494, 309),
    (824, 383),
    (823, 444),
    (822, 507),
)
_BRANCHES = (
    "Post telemetry",
    "Post attributes",
    "",
    "RPC Request from Device",
    "Other",
    "RPC Request to Device",
)


def _node(kind: str, name: str, version: int, configuration: dict[str, Any], place: Place) -> dict[str, Any]:
    return {
        "type": kind,
        "name": name,
        "configurationVersion": version,
        "configuration": configuration,
        "additionalInfo": {"layoutX": place[0], "layoutY": place[1]},
    }


def _core(places: tuple[Place, ...]) -> list[dict[str, Any]]:
    """Return the six nodes that every template has; the third, the switch, sends messages to the others."""
    log = {"scriptLang": "TBEL", "jsScript": _LOG_SCRIPT, "tbelScript": _LOG_SCRIPT}
    every = {"type": "ON_EVERY_MESSAGE"}
    series = {"defaultTTL": 0, "useServerTs": False, "processingSettings": every}
    attributes = {
        "processingSettings": every,
        "scope": "CLIENT_SCOPE",
        "notifyDevice": False,
        "sendAttributesUpdatedNotification": False,
        "updateAttributesOnlyOnValueChange": True,
    }
    kinds: tuple[tuple[str, str, int, dict[str, Any]], ...] = (
        (SAVE_TIME_SERIES, "Save Timeseries", 1, series),
        (SAVE_ATTRIBUTES, "Save Client Attributes", 3, attributes),
        (TYPE_SWITCH, "Message Type Switch", 0, {"version": 0}),
        (f"{PACKAGE}action.TbLogNode", "Log RPC from Device", 0, log),
        (f"{PACKAGE}action.TbLogNode", "Log Other", 0, log),
        (f"{PACKAGE}rpc.TbSendRPCRequestNode", "RPC Call Request", 0, {"timeoutInSeconds": 60}),
    )
    return [_node(*kind, place) for kind, place in zip(kinds, places, strict=True)]


def _profile_node(place: Place, note: str) -> dict[str, Any]:
    configuration = {"persistAlarmRulesState": False, "fetchAlarmRulesStateOnStart": False}
    node = _node(DEVICE_PROFILE_NODE, "Device Profile Node", 0, configuration, place)
    return {**node, "additionalInfo": {"description": note, **node["additionalInfo"]}}


def _edge(source: int, target: int, label: str) -> dict[str, Any]:
    return {"fromIndex": source, "toIndex": target, "type": label}


def _branches() -> list[dict[str, Any]]:
    return [_edge(2, target, label) for target, label in enumerate(_BRANCHES) if label]


def _metadata(nodes: list[dict[str, Any]], edges: list[dict[str, Any]], first: int) -> dict[str, Any]:
    return {"firstNodeIndex": first, "nodes": nodes, "connections": edges, "ruleChainConnections": None}


def root_chain(*, with_profile_node: bool) -> dict[str, Any]:
    """Return the metadata of a new tenant's root chain."""
    if not with_profile_node:
        return _metadata(_core(_PLACES), _branches(), 2)
    nodes = [*_core(_PLACES), _profile_node((204, 240), _PROFILE_NOTE)]
    return _metadata(nodes, [*_branches(), _edge(6, 2, "Success")], 6)


def device_chain(*, with_profile_node: bool) -> dict[str, Any]:
    """Return the metadata of the template of chains for devices."""
    if not with_profile_node:
        return root_chain(with_profile_node=False)
    nodes = [*_core(_OLD_DEVICE_PLACES), _profile_node((209, 307), "")]
    return _metadata(nodes, [*_branches(), _edge(6, 2, "Success")], 6)


def edge_chain(*, with_profile_node: bool) -> dict[str, Any]:
    """Return the metadata of the chain that a new tenant's edges start from."""
    push = f"{PACKAGE}edge.TbMsgPushToCloudNode"
    nodes = [
        *_core(_EDGE_PLACES),
        _node(push, "Push to cloud", 0, {"scope": "CLIENT_SCOPE"}, (1126, 104)),
        _node(push, "Push to cloud", 0, {"scope": "SERVER_SCOPE"}, (826, 601)),
    ]
    edges = [
        _edge(0, 6, "Success"),
        _edge(1, 6, "Success"),
        *_branches(),
        _edge(2, 7, "Attributes Deleted"),
        _edge(2, 7, "Attributes Updated"),
    ]
    if not with_profile_node:
        return _metadata(nodes, edges, 2)
    moved = [{**edge, "fromIndex": edge["fromIndex"] + 1, "toIndex": edge["toIndex"] + 1} for edge in edges]
    return _metadata([_profile_node((187, 468), _PROFILE_NOTE), *nodes], [_edge(0, 3, "Success"), *moved], 0)
