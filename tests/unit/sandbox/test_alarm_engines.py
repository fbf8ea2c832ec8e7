"""Alarms that the server raises by itself: by the device profile node, and by alarm rules."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from papaya.sandbox import Sandbox
from tests.unit.sandbox.client import Client

_SEQUENCE = (50, 65, 80, 70, 59, 58, 65, 50)
_KEY = "temperature"


def _number(operation: str, value: float) -> dict[str, Any]:
    return {"type": "NUMERIC", "operation": operation, "value": value}


# Severity, or `clear`, to what has to be true: warn 60, alarm 75, hysteresis 2.
_LIMITS = {
    "CRITICAL": ("GREATER", 75.0),
    "WARNING": ("GREATER", 60.0),
    "clear": ("LESS_OR_EQUAL", 58.0),
}


def _profile_rule(operation: str, value: Any, spec: dict[str, Any] | None = None, **fields: Any) -> Any:
    given = value if isinstance(value, dict) else {"defaultValue": value}
    condition = {
        "key": {"type": "TIME_SERIES", "key": _KEY},
        "valueType": "NUMERIC",
        "predicate": _number(operation, 0) | {"value": given},
    }
    return {"condition": {"condition": [condition], "spec": spec or {"type": "SIMPLE"}}, **fields}


def _alarm_rule(operation: str, value: Any, condition: dict[str, Any] | None = None, **fields: Any) -> Any:
    given = value if isinstance(value, dict) else {"staticValue": value}
    predicate = _number(operation, 0) | {"value": given}
    filters = [{"argument": "t", "valueType": "NUMERIC", "predicates": [predicate]}]
    expression = {"type": "SIMPLE", "filters": filters}
    return {"condition": {"type": "SIMPLE", "expression": expression, **(condition or {})}, **fields}


class Bench:
    """A server with a meter whose alarms one of both engines watches."""

    def __init__(self, sandbox: Sandbox, client: Client) -> None:
        self.sandbox, self.client = sandbox, client
        self.profile = client.post("/api/deviceProfile", self._profile())
        self.meter = client.device("PM-1", deviceProfileId=self.profile["id"])
        self.token = client.token_of(self.meter)

    def _profile(self, alarms: Any = None) -> dict[str, Any]:
        return {
            "name": "meter",
            "type": "DEFAULT",
            "transportType": "DEFAULT",
            "profileData": {"transportConfiguration": {"type": "DEFAULT"}, "alarms": alarms},
        }

    def watch(self, limits: dict[str, Any], **fields: Any) -> None:
        """Let the engine raise alarms of the type Temperature."""
        raise NotImplementedError

    def limits(self) -> dict[str, Any]:
        """Return the rules of the thresholds, as this engine has them."""
        raise NotImplementedError

    def save_profile(self, alarms: Any) -> None:
        """Save the profile with other alarms."""
        body = self._profile(alarms) | {"id": self.profile["id"]}
        self.client.post("/api/deviceProfile", body)

    def report(self, *values: float) -> None:
        """Publish values, one message each."""
        for value in values:
            self.client.ask("POST", f"/api/v1/{self.token}/telemetry", {_KEY: value})

    def alarms(self, kind: str = "DEVICE", thing: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        """Return the alarms of an entity, oldest first."""
        identifier = (thing or self.meter)["id"]["id"]
        page = {"pageSize": 100, "page": 0, "sortProperty": "createdTime", "sortOrder": "ASC"}
        found = self.client.get(f"/api/alarm/{kind}/{identifier}", **page)["data"]
        return [dict(each) for each in found]

    def states(self) -> list[tuple[str, str]]:
        """Return severity and status of each alarm."""
        return [(each["severity"], each["status"].removesuffix("_UNACK")) for each in self.alarms()]


class ByProfile(Bench):
    """The device profile node of 4.0.1."""

    def limits(self) -> dict[str, Any]:
        """Return the rules of the thresholds."""
        return {name: _profile_rule(*limit) for name, limit in _LIMITS.items()}

    def watch(self, limits: dict[str, Any], **fields: Any) -> None:
        """Save them as an alarm of the profile."""
        rules = dict(limits)
        clear = rules.pop("clear", None)
        alarm = {"id": "t", "alarmType": "Temperature", "createRules": rules, "clearRule": clear, **fields}
        self.save_profile([alarm])


class ByRule(Bench):
    """The alarm rules of 4.3.1.3."""

    def limits(self) -> dict[str, Any]:
        """Return the rules of the thresholds."""
        return {name: _alarm_rule(*limit) for name, limit in _LIMITS.items()}

    def watch(self, limits: dict[str, Any], arguments: Any = None, **fields: Any) -> None:
        """Save them as an alarm rule of the profile."""
        rules = dict(limits)
        clear = rules.pop("clear", None)
        value = {"t": {"refEntityKey": {"key": _KEY, "type": "TS_LATEST"}}}
        configuration = {
            "type": "ALARM",
            "arguments": value | (arguments or {}),
            "createRules": rules,
            "clearRule": clear,
            **fields,
        }
        body = {"entityId": self.profile["id"], "name": "Temperature", "configuration": configuration}
        self.rule = self.client.post("/api/alarm/rule", body)


@pytest.fixture(params=[("4.0.1", ByProfile), ("4.3.1.3", ByRule)], ids=["profile", "rule"])
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    """A server of each version, with its own engine."""
    version, kind = request.param
    with Sandbox(emulate=version, activity_check_seconds=0.1) as sandbox, Client(sandbox) as client:
        yield kind(sandbox, client)


@pytest.fixture
def by_profile() -> Iterator[ByProfile]:
    """A server of 4.0.1."""
    with Sandbox(emulate="4.0.1") as sandbox, Client(sandbox) as client:
        yield ByProfile(sandbox, client)


@pytest.fixture
def by_rule() -> Iterator[ByRule]:
    """A server of 4.3.1.3."""
    with Sandbox() as sandbox, Client(sandbox) as client:
        yield ByRule(sandbox, client)


def test_thresholds_give_the_same_alarms_on_both_engines(bench: Bench) -> None:
    """A severity only rises, between the limits an alarm stays, and a new crossing is a new alarm."""
    bench.watch(bench.limits())
    seen = []
    for value in _SEQUENCE:
        bench.report(value)
        seen.append(bench.states())
    critical, cleared = [("CRITICAL", "ACTIVE")], [("CRITICAL", "CLEARED")]
    assert seen == [
        [],
        [("WARNING", "ACTIVE")],
        critical,
        critical,
        critical,
        cleared,
        [*cleared, ("WARNING", "ACTIVE")],
        [*cleared, ("WARNING", "CLEARED")],
    ]


def test_details_are_those_of_the_value_that_raised_the_severity(bench: Bench) -> None:
    """A value that raises nothing leaves them, one of the same severity renews them."""
    name = _KEY if isinstance(bench, ByProfile) else "t"
    limits = {each: {**rule, "alarmDetails": f"${{{name}}}"} for each, rule in bench.limits().items()}
    bench.watch({key: rule for key, rule in limits.items() if key != "clear"})
    bench.report(80, 70)
    assert [each["details"] for each in bench.alarms()] == [{"data": "80"}]
    bench.report(90)
    assert [each["details"] for each in bench.alarms()] == [{"data": "90"}]


def test_alarms_show_where_the_tree_contains_their_device(bench: Bench) -> None:
    """Along the relation types that the alarm names, at any height."""
    client = bench.client
    country, state = client.asset("Latvia", "Country"), client.asset("Riga")
    client.contain(country, state)
    client.contain(state, bench.meter)
    stranger = client.asset("Elsewhere")
    relation = {"from": stranger["id"], "to": bench.meter["id"], "type": "Manages", "typeGroup": "COMMON"}
    client.post("/api/relation", relation)
    bench.watch(bench.limits(), propagate=True, propagateRelationTypes=["Contains"])
    bench.report(65)
    assert [len(bench.alarms("ASSET", each)) for each in (state, country, stranger)] == [1, 1, 0]
    link = {"page": 0, "pageSize": 10, "timeWindow": 60_000}
    query = {"entityFilter": {"type": "singleEntity", "singleEntity": country["id"]}, "pageLink": link}
    assert client.post("/api/alarmsQuery/find", query)["data"] == []
    query["pageLink"] = {**link, "searchPropagatedAlarms": True}
    found = client.post("/api/alarmsQuery/find", query)["data"]
    assert [(each["originatorName"], each["entityId"]) for each in found] == [("PM-1", country["id"])]


def test_a_condition_must_last_where_the_rule_says_so(bench: Bench) -> None:
    """It comes true by time alone, without another message."""
    if isinstance(bench, ByProfile):
        spec = {"type": "DURATION", "unit": "SECONDS", "predicate": {"defaultValue": 0}}
        rule = _profile_rule("GREATER", 60, spec)
    else:
        lasting = {"type": "DURATION", "unit": "SECONDS", "value": {"staticValue": 0}}
        rule = _alarm_rule("GREATER", 60, lasting)
    bench.watch({"WARNING": rule})
    bench.report(65)
    deadline = time.monotonic() + 60
    while not bench.states() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert bench.states() == [("WARNING", "ACTIVE")]


def test_a_condition_must_repeat_where_the_rule_says_so(bench: Bench) -> None:
    """What is false in between starts the count again."""
    if isinstance(bench, ByProfile):
        rule = _profile_rule("GREATER", 60, {"type": "REPEATING", "predicate": {"defaultValue": 3}})
    else:
        rule = _alarm_rule("GREATER", 60, {"type": "REPEATING", "count": {"staticValue": 3}})
    bench.watch({"WARNING": rule})
    bench.report(65, 65, 50, 65, 65)
    assert bench.states() == []
    bench.report(65)
    assert bench.states() == [("WARNING", "ACTIVE")]


def test_profile_alarms_take_the_limit_of_the_device_with_its_next_value(by_profile: ByProfile) -> None:
    """Of the scopes the one that was written last wins, so that a device overrides its limit."""
    dynamic = {"sourceType": "CURRENT_DEVICE", "sourceAttribute": "limit"}
    by_profile.watch({"WARNING": _profile_rule("GREATER", {"defaultValue": 60, "dynamicValue": dynamic})})
    by_profile.client.set_attributes(by_profile.meter, {"limit": 90})
    by_profile.report(80)
    assert by_profile.states() == []
    by_profile.client.ask("POST", f"/api/v1/{by_profile.token}/attributes", {"limit": 70})
    assert by_profile.states() == []
    by_profile.report(80)
    assert by_profile.states() == [("WARNING", "ACTIVE")]


def test_profile_alarms_watch_attributes_of_every_scope(by_profile: ByProfile) -> None:
    """Those that the device publishes, and those that somebody sets."""
    rule = _profile_rule("GREATER", 5)
    rule["condition"]["condition"][0]["key"] = {"type": "ATTRIBUTE", "key": "level"}
    by_profile.watch({"WARNING": rule})
    by_profile.client.set_attributes(by_profile.meter, {"level": 5})
    assert by_profile.states() == []
    by_profile.client.set_attributes(by_profile.meter, {"level": 9})
    assert by_profile.states() == [("WARNING", "ACTIVE")]


def test_profile_alarms_begin_when_the_value_was_measured(by_profile: ByProfile) -> None:
    """Each moment of a message is looked at on its own."""
    by_profile.watch(by_profile.limits())
    readings = [
        {"ts": 1700000000000 + index, "values": {_KEY: value}} for index, value in enumerate((65, 50))
    ]
    by_profile.client.ask("POST", f"/api/v1/{by_profile.token}/telemetry", readings)
    assert by_profile.states() == [("WARNING", "CLEARED")]
    assert by_profile.alarms()[0]["startTs"] == 1700000000000


def test_alarm_rules_take_a_new_limit_at_once(by_rule: ByRule) -> None:
    """Raised, raised again and cleared by attributes alone; without one the default holds."""
    limit = {
        "refEntityKey": {"key": "limit", "type": "ATTRIBUTE", "scope": "SERVER_SCOPE"},
        "defaultValue": "60",
    }
    value = {"dynamicValueArgument": "limit"}
    limits = {"WARNING": _alarm_rule("GREATER", value), "clear": _alarm_rule("LESS_OR_EQUAL", value)}
    by_rule.watch(limits, {"limit": limit})
    by_rule.report(80)
    by_rule.client.set_attributes(by_rule.meter, {"limit": 90})
    assert by_rule.states() == [("WARNING", "CLEARED")]
    by_rule.client.ask("POST", f"/api/v1/{by_rule.token}/attributes", {"limit": 10})
    assert by_rule.states() == [("WARNING", "CLEARED")]
    path = f"/api/plugins/telemetry/DEVICE/{by_rule.meter['id']['id']}/SERVER_SCOPE"
    by_rule.client.ask("DELETE", path, keys="limit")
    assert by_rule.states() == [("WARNING", "CLEARED"), ("WARNING", "ACTIVE")]


def test_a_rule_waits_for_arguments_without_default(by_rule: ByRule) -> None:
    """Not even severities that do not need them are raised."""
    limit = {"refEntityKey": {"key": "limit", "type": "ATTRIBUTE", "scope": "SERVER_SCOPE"}}
    by_rule.watch({"WARNING": _alarm_rule("GREATER", 60)}, {"limit": limit})
    by_rule.report(80)
    assert by_rule.states() == []
    by_rule.client.set_attributes(by_rule.meter, {"limit": 1})
    assert by_rule.states() == [("WARNING", "ACTIVE")]


def test_a_script_is_a_condition(by_rule: ByRule) -> None:
    """TBEL reads the arguments by name."""
    expression = {"type": "TBEL", "expression": "return t > 60 && t < Math.min(100, 90);"}
    by_rule.watch({"WARNING": {"condition": {"type": "SIMPLE", "expression": expression}}})
    by_rule.report(95)
    assert by_rule.states() == []
    by_rule.report(80)
    assert by_rule.states() == [("WARNING", "ACTIVE")]


def test_deleted_rules_leave_their_alarms(by_rule: ByRule) -> None:
    """Active ones stay active, and nothing clears them any more."""
    by_rule.watch(by_rule.limits())
    by_rule.report(65)
    assert by_rule.client.ask("DELETE", f"/api/alarm/rule/{by_rule.rule['id']['id']}").status_code == 200
    by_rule.report(50)
    assert by_rule.states() == [("WARNING", "ACTIVE")]


def test_profile_alarms_are_never_evaluated_where_the_chain_lacks_the_node(by_rule: ByRule) -> None:
    """A fresh 4.3 stores them without a word."""
    limits = {name: _profile_rule(*limit) for name, limit in _LIMITS.items() if name != "clear"}
    by_rule.save_profile([{"id": "t", "alarmType": "Temperature", "createRules": limits}])
    by_rule.report(80)
    assert by_rule.states() == []


@pytest.mark.parametrize("broken", [{"id": None}, {"createRules": None}])
def test_an_alarm_that_breaks_the_node_costs_the_telemetry(
    by_profile: ByProfile, broken: dict[str, Any]
) -> None:
    """The server says nothing of it, and stores nothing."""
    by_profile.watch({"WARNING": _profile_rule("GREATER", 60)}, **broken)
    by_profile.report(80)
    path = f"/api/plugins/telemetry/DEVICE/{by_profile.meter['id']['id']}/keys/timeseries"
    assert by_profile.client.get(path) == []


def test_a_rule_without_a_predicate_costs_the_telemetry_and_not_the_connection(by_profile: ByProfile) -> None:
    """The server takes it, and its node fails on each message."""
    rule = _profile_rule("GREATER", 60)
    rule["condition"]["condition"][0]["predicate"] = None
    by_profile.watch({"WARNING": rule})
    answer = by_profile.client.ask("POST", f"/api/v1/{by_profile.token}/telemetry", {_KEY: 80})
    assert answer.status_code == 200
    path = f"/api/plugins/telemetry/DEVICE/{by_profile.meter['id']['id']}/keys/timeseries"
    assert by_profile.client.get(path) == []


def test_a_chain_that_saves_nothing_stores_nothing(by_rule: ByRule) -> None:
    """The profile's own chain decides, as soon as it is saved."""
    client = by_rule.client
    chain = client.post("/api/ruleChain", {"name": "Nothing"})
    client.post("/api/deviceProfile", {**by_rule.profile, "version": None, "defaultRuleChainId": chain["id"]})
    by_rule.report(1)
    path = f"/api/plugins/telemetry/DEVICE/{by_rule.meter['id']['id']}/keys/timeseries"
    assert client.get(path) == []
    node = {
        "name": "save",
        "type": "org.thingsboard.rule.engine.telemetry.TbMsgTimeseriesNode",
        "configuration": {},
    }
    client.post("/api/ruleChain/metadata", {"ruleChainId": chain["id"], "firstNodeIndex": 0, "nodes": [node]})
    by_rule.report(1)
    assert client.get(path) == [_KEY]
