"""What evaluates alarms on a server: profile alarms, alarm rules, or nothing.

ThingsBoard has two engines. Profile alarms need the device profile node in the rule chain of the profile. The
chains of fresh servers from 4.3 on have none; such a server stores profile alarms and never evaluates them.
Alarm rules exist from 4.3 on and need a Save Time Series node that hands values to calculated fields.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from papaya.manifest.model import Json
from papaya.server_version import version_of

Engine = Literal["profileAlarms", "alarmRules"]

_PROFILE_NODE: Final = "org.thingsboard.rule.engine.profile.TbDeviceProfileNode"
_SAVE_NODE: Final = "org.thingsboard.rule.engine.telemetry.TbMsgTimeseriesNode"
_NESTED_NODE: Final = "org.thingsboard.rule.engine.flow.TbRuleChainInputNode"
_RULES: Final = (4, 3)
_RULE_ENDPOINT: Final = (4, 3, 1, 2)
_SKIPS: Final = "SKIP"


@dataclass(frozen=True, slots=True)
class Chain:
    """What a chain does with a message, as far as alarms are concerned.

    `nested` are the ids of chains that messages are handed on to.
    """

    evaluates_profile_alarms: bool = False
    feeds_rules: bool = False
    nested: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """The engine of one profile; `warning` says why its alarms would not be evaluated, else it is empty."""

    engine: Engine
    warning: str = ""
    remedy: str = ""


def chain_of(metadata: Json) -> Chain:
    """Return what `GET /api/ruleChain/{id}/metadata` says; nodes that no message reaches do not count."""
    nodes = metadata.get("nodes") if isinstance(metadata, dict) else None
    if not isinstance(metadata, dict) or not isinstance(nodes, list):
        return Chain()
    reached = [nodes[index] for index in sorted(_reached(metadata, len(nodes)))]
    known = [node for node in reached if isinstance(node, dict)]
    return Chain(
        evaluates_profile_alarms=any(node.get("type") == _PROFILE_NODE for node in known),
        feeds_rules=any(node.get("type") == _SAVE_NODE and _feeds_rules(node) for node in known),
        nested=tuple(_nested(known)),
    )


def followed(first: str, chains: Mapping[str, Chain]) -> Chain:
    """Return what a chain does together with the chains that it hands messages on to.

    `nested` of the answer are the ids that `chains` lacks, to be read next.
    """
    pending, seen, lacking = [first], set[str](), list[str]()
    whole = Chain()
    while pending:
        id_ = pending.pop(0)
        if id_ in seen:
            continue
        seen.add(id_)
        chain = chains.get(id_)
        if chain is None:
            lacking.append(id_)
            continue
        pending += chain.nested
        whole = Chain(
            whole.evaluates_profile_alarms or chain.evaluates_profile_alarms,
            whole.feeds_rules or chain.feeds_rules,
        )
    return Chain(whole.evaluates_profile_alarms, whole.feeds_rules, tuple(lacking))


def choose(version: str, chain: Chain, chain_name: str) -> Choice:
    """Return the engine for a profile whose messages go through this chain."""
    if chain.evaluates_profile_alarms:
        return Choice("profileAlarms")
    if version_of(version) < _RULES:
        return Choice(
            "profileAlarms",
            f'no alarm would be raised: rule chain "{chain_name}" has no device profile node',
            f'add the node "device profile" as the first node of "{chain_name}" in ThingsBoard',
        )
    if not chain.feeds_rules:
        return Choice(
            "alarmRules",
            f'no alarm would be raised: rule chain "{chain_name}" hands no telemetry to calculated fields',
            f'let a "save time series" node of "{chain_name}" process calculated fields on every message',
        )
    return Choice("alarmRules")


def has_rules(version: str) -> bool:
    """Return whether a server of this version knows alarm rules."""
    return version_of(version) >= _RULES


def rule_path(version: str) -> str:
    """Return the endpoint that saves an alarm rule, and below it those that read and delete one."""
    return "/api/alarm/rule" if version_of(version) >= _RULE_ENDPOINT else "/api/calculatedField"


def _reached(metadata: Mapping[str, Json], count: int) -> set[int]:
    first = metadata.get("firstNodeIndex")
    connections = metadata.get("connections")
    followers: dict[int, list[int]] = {}
    for one in connections if isinstance(connections, list) else ():
        if isinstance(one, dict):
            start, end = one.get("fromIndex"), one.get("toIndex")
            if isinstance(start, int) and isinstance(end, int):
                followers.setdefault(start, []).append(end)
    pending = [first] if isinstance(first, int) else []
    reached: set[int] = set()
    while pending:
        index = pending.pop()
        if index not in reached and 0 <= index < count:
            reached.add(index)
            pending += followers.get(index, ())
    return reached


def _feeds_rules(node: Mapping[str, Json]) -> bool:
    configuration = node.get("configuration")
    settings = configuration.get("processingSettings") if isinstance(configuration, dict) else None
    if not isinstance(settings, dict):
        # Nodes of before 4.0 have no settings: the server upgrades them to every message.
        return True
    if settings.get("type") == "WEBSOCKETS_ONLY":
        return False
    if settings.get("type") == "ADVANCED":
        fields = settings.get("calculatedFields")
        return not (isinstance(fields, dict) and fields.get("type") == _SKIPS)
    return True


def _nested(nodes: list[dict[str, Json]]) -> Iterator[str]:
    for node in nodes:
        configuration = node.get("configuration")
        if node.get("type") == _NESTED_NODE and isinstance(configuration, dict):
            id_ = configuration.get("ruleChainId")
            if isinstance(id_, str):
                yield id_
