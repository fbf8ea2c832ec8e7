"""Which engine evaluates alarms on which server."""

from __future__ import annotations

from typing import Any

import pytest

from papaya.kinds.alarm_engine import Chain, chain_of, choose, followed, rule_path
from papaya.server_version import version_of

PROFILE = "org.thingsboard.rule.engine.profile.TbDeviceProfileNode"
SAVE = "org.thingsboard.rule.engine.telemetry.TbMsgTimeseriesNode"
SWITCH = "org.thingsboard.rule.engine.filter.TbMsgTypeSwitchNode"
NESTED = "org.thingsboard.rule.engine.flow.TbRuleChainInputNode"


def metadata(*nodes: tuple[str, dict[str, Any]], links: list[tuple[int, int]], first: Any = 0) -> Any:
    return {
        "firstNodeIndex": first,
        "nodes": [{"type": type_, "name": type_, "configuration": told} for type_, told in nodes],
        "connections": [{"fromIndex": one, "toIndex": two, "type": "Success"} for one, two in links] or None,
    }


EVERY = {"processingSettings": {"type": "ON_EVERY_MESSAGE"}}


def test_the_root_chain_of_4_0_evaluates_profile_alarms() -> None:
    chain = chain_of(metadata((SAVE, EVERY), (SWITCH, {}), (PROFILE, {}), links=[(2, 1), (1, 0)], first=2))
    assert chain == Chain(evaluates_profile_alarms=True, feeds_rules=True)
    assert choose("4.0.1", chain, "Root").engine == "profileAlarms"
    assert choose("4.3.1.3", chain, "Root").engine == "profileAlarms"


def test_the_root_chain_of_a_fresh_4_3_feeds_alarm_rules() -> None:
    chain = chain_of(metadata((SAVE, EVERY), (SWITCH, {}), links=[(1, 0)], first=1))
    choice = choose("4.3.1.3", chain, "Root")
    assert (choice.engine, choice.warning) == ("alarmRules", "")


def test_a_node_that_no_message_reaches_does_not_count() -> None:
    chain = chain_of(metadata((SWITCH, {}), (PROFILE, {}), links=[(1, 0)]))
    choice = choose("4.0.1", chain, "Mine")
    assert choice.engine == "profileAlarms"
    assert 'no alarm would be raised: rule chain "Mine" has no device profile node' in choice.warning
    assert choice.remedy


@pytest.mark.parametrize(
    ("settings", "feeds"),
    [
        (None, True),
        ({"type": "ON_EVERY_MESSAGE"}, True),
        ({"type": "DEDUPLICATE", "deduplicationIntervalSecs": 60}, True),
        ({"type": "WEBSOCKETS_ONLY"}, False),
        ({"type": "ADVANCED", "calculatedFields": {"type": "SKIP"}}, False),
        ({"type": "ADVANCED", "calculatedFields": {"type": "ON_EVERY_MESSAGE"}}, True),
    ],
)
def test_alarm_rules_need_a_save_node_that_feeds_them(settings: Any, feeds: bool) -> None:
    chain = chain_of(metadata((SAVE, {"processingSettings": settings}), links=[]))
    choice = choose("4.3.1.3", chain, "Root")
    assert choice.engine == "alarmRules"
    assert (choice.warning == "") is feeds


def test_chains_that_messages_are_handed_on_to_count() -> None:
    outer = chain_of(metadata((SWITCH, {}), (NESTED, {"ruleChainId": "inner"}), links=[(0, 1)]))
    inner = chain_of(metadata((PROFILE, {}), (NESTED, {"ruleChainId": "outer"}), links=[(0, 1)]))

    assert followed("outer", {"outer": outer}) == Chain(nested=("inner",))
    assert followed("outer", {"outer": outer, "inner": inner}) == Chain(evaluates_profile_alarms=True)


@pytest.mark.parametrize("answer", [None, [], {}, {"nodes": [None], "firstNodeIndex": 0}, metadata(links=[])])
def test_an_empty_chain_evaluates_nothing(answer: Any) -> None:
    assert chain_of(answer) == Chain()
    assert choose("4.2.0", Chain(), "Empty").warning
    assert choose("4.3.0", Chain(), "Empty").warning


@pytest.mark.parametrize(
    ("version", "path"),
    [
        ("4.3.0", "/api/calculatedField"),
        ("4.3.1.1", "/api/calculatedField"),
        ("4.3.1.2", "/api/alarm/rule"),
        ("4.4.0-SNAPSHOT", "/api/alarm/rule"),
    ],
)
def test_alarm_rules_have_an_endpoint_of_their_own_from_4_3_1_2_on(version: str, path: str) -> None:
    assert rule_path(version) == path


def test_a_version_is_compared_by_its_numbers() -> None:
    assert version_of("4.3.1.2-SNAPSHOT") == (4, 3, 1, 2)
    assert version_of("unknown") == ()
