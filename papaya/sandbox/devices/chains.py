"""The effect of a rule chain on a device's messages, derived from its nodes.

The sandbox does not run filter scripts. It assumes that a message leaves such a node by every connection
except Failure.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from papaya.sandbox.store.core import Core
from papaya.sandbox.store.entities import Entity, find
from papaya.sandbox.store.rule_chains import RULE_CHAIN, root_chain, stored_metadata
from papaya.sandbox.store.rule_nodes import (
    CHAIN_INPUT,
    DEVICE_PROFILE_NODE,
    SAVE_ATTRIBUTES,
    SAVE_TIME_SERIES,
    TYPE_SWITCH,
)

TELEMETRY, ATTRIBUTES, UPDATED = "Post telemetry", "Post attributes", "Attributes Updated"
_SAVING = {TELEMETRY: SAVE_TIME_SERIES, ATTRIBUTES: SAVE_ATTRIBUTES}
_UNSAVED = "WEBSOCKETS_ONLY"
_FAILURE = "Failure"


@dataclass(frozen=True, slots=True)
class Course:
    """Whether a message of one kind is stored, and whether profile alarms are evaluated for it."""

    stores: bool
    evaluates: bool


def course_of(core: Core, chain_id: str | None, message: str) -> Course:
    """Return the effect of a chain on a kind of message; without an ID, of the tenant's root chain."""
    key = f"{chain_id} {message}"
    known = core.rules.chains.get(key)
    if isinstance(known, Course):
        return known
    chain = root_chain(core) if chain_id is None else find(core, RULE_CHAIN, chain_id)
    met = set(_nodes(core, chain, message, set())) if chain is not None else set()
    course = Course(stores=_SAVING.get(message) in met, evaluates=DEVICE_PROFILE_NODE in met)
    core.rules.chains[key] = course
    return course


def _nodes(core: Core, chain: Entity, message: str, seen: set[tuple[str, int]]) -> Iterator[str]:
    """Yield the types of the nodes that a message meets."""
    metadata = stored_metadata(core, chain)
    first = metadata["firstNodeIndex"]
    if first is None or chain.json["firstRuleNodeId"] is None:
        return
    frontier = [first]
    while frontier:
        index = frontier.pop()
        if (chain.id, index) in seen:
            continue
        seen.add((chain.id, index))
        node = metadata["nodes"][index]
        if not _is_skipped(node):
            yield node["type"]
        if node["type"] == CHAIN_INPUT:
            nested = find(core, RULE_CHAIN, str(node["configuration"].get("ruleChainId")))
            if nested is not None:
                yield from _nodes(core, nested, message, seen)
        for edge in metadata["connections"] or ():
            if edge["fromIndex"] == index and _is_taken(node, edge["type"], message):
                frontier.append(edge["toIndex"])


def _is_skipped(node: dict[str, Any]) -> bool:
    settings = node["configuration"].get("processingSettings") or {}
    return settings.get("type") == _UNSAVED


def _is_taken(node: dict[str, Any], label: str, message: str) -> bool:
    if node["type"] == TYPE_SWITCH:
        return label == message
    return label != _FAILURE
