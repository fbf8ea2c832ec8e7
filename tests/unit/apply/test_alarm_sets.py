"""Alarms of device profiles, from thresholds in a manifest to the server and back."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest
import requests

from papaya.engine.drift import drift
from papaya.engine.guard import Consent
from papaya.engine.plan import Plan
from papaya.engine.planner import make_plan
from papaya.engine.scope import RunScope
from papaya.kinds.profile_alarms import OWN_ID
from papaya.manifest.model import DeviceProfile, Fleet, Profiles, Resource, Sensor
from papaya.sandbox.edge import Fault
from papaya.sensors.thresholds import Thresholds
from tests.unit.apply.run import CONSENT, Operator
from tests.unit.engine.fleets import GENEROUS, device, karnataka

TEMPERATURE = Sensor(
    key="temperature", name="Temperature", unit="°C", warn_above=60, alarm_above=75, hysteresis=2
)
DISTANCE = Sensor(key="distance", name="Distance", warn_below=20)
ADDRESS = "alarmSet/Meter"
NODE = "org.thingsboard.rule.engine"


def metered(*sensors: Sensor, more: dict[str, tuple[Sensor, ...]] | None = None) -> Fleet:
    """Return a fleet whose devices have the profile Meter: PM-1 with these sensors, and others."""
    devices = [device("PM-1", profile="Meter", sensors=sensors)]
    devices += [device(name, profile="Meter", sensors=own) for name, own in (more or {}).items()]
    tree = karnataka(*devices)
    profiles = Profiles(create=True, devices=(DeviceProfile("Meter", parts={"alarms": "fromSensors"}),))
    entry = Resource("alarmSet", "profiles", "Meter", {"alarms": "fromSensors"})
    return replace(tree, profiles=profiles, resources=(entry,), kinds=("alarmSet",), safety=GENEROUS)


def without_alarms(one: Fleet) -> Fleet:
    profiles = replace(one.profiles, devices=(DeviceProfile("Meter", parts={"alarms": "none"}),))
    return replace(one, profiles=profiles, resources=())


def profile(operator: Operator) -> dict[str, Any]:
    body: Any = operator.session.get("/api/deviceProfiles", params={"pageSize": 100, "page": 0})
    return next(row for row in body["data"] if row["name"] == "Meter")


def profile_alarms(operator: Operator) -> list[dict[str, Any]]:
    return list(profile(operator)["profileData"]["alarms"] or [])


def alarm_rules(operator: Operator) -> list[dict[str, Any]]:
    if not has_rules(operator):
        return []
    body: Any = operator.session.get("/api/alarm/rules", params={"pageSize": 100, "page": 0})
    return list(body["data"])


def has_rules(operator: Operator) -> bool:
    return operator.session.info().version == "4.3.1.3"


def types(operator: Operator) -> list[str]:
    """Return the types of all alarms that the server would raise, in whichever engine."""
    return sorted(
        [*(str(one["alarmType"]) for one in profile_alarms(operator))]
        + [str(one["name"]) for one in alarm_rules(operator)]
    )


def told(plan: Plan) -> list[tuple[str, str, list[str]]]:
    return [(one.action, str(one.address), [field.field for field in one.fields]) for one in plan.resources]


def converge(operator: Operator, one: Fleet, consent: Consent = CONSENT) -> Plan:
    plan = operator.apply(one, consent)
    after = operator.plan(one, consent)
    assert after.is_empty, told(after)
    return plan


def own_chain(operator: Operator, *nodes: tuple[str, dict[str, Any]]) -> None:
    """Let the profile's messages go through a chain of these nodes, one after the other."""
    chain: Any = operator.session.post("/api/ruleChain", {"name": "Own chain"})
    operator.session.post(
        "/api/ruleChain/metadata",
        {
            "ruleChainId": chain["id"],
            "firstNodeIndex": 0,
            "nodes": [
                {
                    "type": f"{NODE}.{type_}",
                    "name": type_,
                    "configuration": configuration,
                    "additionalInfo": {"layoutX": 0, "layoutY": 0},
                }
                for type_, configuration in nodes
            ],
            "connections": [
                {"fromIndex": index, "toIndex": index + 1, "type": "Success"}
                for index in range(len(nodes) - 1)
            ],
        },
    )
    operator.session.post("/api/deviceProfile", {**profile(operator), "defaultRuleChainId": chain["id"]})


SAVE = (
    "telemetry.TbMsgTimeseriesNode",
    {"defaultTTL": 0, "processingSettings": {"type": "ON_EVERY_MESSAGE"}},
)
PROFILE = (
    "profile.TbDeviceProfileNode",
    {"persistAlarmRulesState": False, "fetchAlarmRulesStateOnStart": False},
)


def test_thresholds_become_alarms_of_the_engine_that_the_server_evaluates(operator: Operator) -> None:
    plan = converge(operator, metered(TEMPERATURE, DISTANCE))

    assert told(plan) == [("create", ADDRESS, ["alarm Distance", "alarm Temperature"])]
    assert types(operator) == ["Distance", "Temperature"]
    assert bool(alarm_rules(operator)) is has_rules(operator)
    assert bool(profile_alarms(operator)) is not has_rules(operator)


def test_a_changed_threshold_changes_its_alarm_alone(operator: Operator) -> None:
    converge(operator, metered(TEMPERATURE, DISTANCE))
    before = {str(one["name"]): one["version"] for one in alarm_rules(operator)}
    plan = converge(operator, metered(replace(TEMPERATURE, warn_above=50), DISTANCE))

    assert told(plan) == [("update", ADDRESS, ["alarm Temperature"])]
    after = {str(one["name"]): one["version"] for one in alarm_rules(operator)}
    assert before.get("Distance") == after.get("Distance")


def test_a_sensor_that_leaves_takes_its_alarm_along(operator: Operator) -> None:
    converge(operator, metered(TEMPERATURE, DISTANCE))
    converge(operator, metered(TEMPERATURE))
    assert types(operator) == ["Temperature"]


def test_limits_that_differ_travel_as_attributes_of_the_device_and_leave_with_them(
    operator: Operator,
) -> None:
    cold = replace(TEMPERATURE, warn_above=30)
    converge(operator, metered(TEMPERATURE, more={"PM-2": (cold,), "PM-3": (TEMPERATURE,)}))
    id_ = device_id(operator, "PM-2")
    path = f"/api/plugins/telemetry/DEVICE/{id_}/values/attributes/SERVER_SCOPE"

    def limits() -> dict[str, Any]:
        body: Any = operator.session.get(path)
        return {row["key"]: row["value"] for row in body if row["key"].startswith("papaya.limit.")}

    assert len(limits()) == 6
    assert limits()["papaya.limit.temperature.warnAbove"] == 30
    converge(operator, metered(TEMPERATURE, more={"PM-2": (TEMPERATURE,), "PM-3": (TEMPERATURE,)}))
    assert limits() == {}


def device_id(operator: Operator, name: str) -> str:
    body: Any = operator.session.get("/api/tenant/devices", params={"deviceName": name})
    return str(body["id"]["id"])


def test_an_edit_in_thingsboard_is_drift_and_is_undone(operator: Operator) -> None:
    one = metered(TEMPERATURE, DISTANCE)
    converge(operator, one)
    row = profile(operator)
    if has_rules(operator):
        rule = next(rule for rule in alarm_rules(operator) if rule["name"] == "Temperature")
        del rule["configuration"]["createRules"]["CRITICAL"]
        operator.session.post("/api/alarm/rule", {key: rule[key] for key in rule if key != "entityName"})
    else:
        alarm = next(alarm for alarm in row["profileData"]["alarms"] if alarm["alarmType"] == "Temperature")
        del alarm["createRules"]["CRITICAL"]
        operator.session.post("/api/deviceProfile", row)

    report = drift(operator.plan(one))
    assert [str(entity.address) for entity in report.drifted] == [ADDRESS]
    plan = converge(operator, one)
    assert told(plan) == [("update", ADDRESS, ["alarm Temperature"])]


def test_alarms_that_somebody_made_stay(operator: Operator) -> None:
    one = metered(TEMPERATURE)
    converge(operator, one)
    row = profile(operator)
    foreign = {
        "id": "theirs",
        "alarmType": "Tamper",
        "createRules": {"MAJOR": {"condition": {"condition": [], "spec": {"type": "SIMPLE"}}}},
    }
    alarms = [*(row["profileData"]["alarms"] or []), foreign]
    operator.session.post(
        "/api/deviceProfile", {**row, "profileData": {**row["profileData"], "alarms": alarms}}
    )

    assert operator.plan(one).is_empty
    converge(operator, metered(DISTANCE))
    assert types(operator) == ["Distance", "Tamper"]
    converge(operator, without_alarms(one))
    assert types(operator) == ["Tamper"]


def test_an_alarm_of_a_wanted_type_is_replaced_only_after_a_question(operator: Operator) -> None:
    one = metered(DISTANCE)
    converge(operator, one)
    row = profile(operator)
    theirs = {
        "id": "theirs",
        "alarmType": "Temperature",
        "createRules": {"MAJOR": {"condition": {"condition": [], "spec": {"type": "SIMPLE"}}}},
    }
    alarms = [*(row["profileData"]["alarms"] or []), theirs]
    operator.session.post(
        "/api/deviceProfile", {**row, "profileData": {**row["profileData"], "alarms": alarms}}
    )

    wanted = metered(DISTANCE, TEMPERATURE)
    (question,) = operator.plan(wanted).questions
    assert "replaces alarms that papaya did not make: Temperature" in question.reason
    converge(operator, wanted, replace(CONSENT, confirm=frozenset({ADDRESS})))
    assert types(operator) == ["Distance", "Temperature"]


# Servers before 4.3 have one engine.
@pytest.mark.parametrize("operator", ["4.3.1.3"], indirect=True)
def test_alarms_move_to_the_other_engine_in_one_apply(operator: Operator) -> None:
    one = metered(TEMPERATURE)
    converge(operator, one)
    own_chain(operator, PROFILE, SAVE)
    plan = converge(operator, one)

    assert told(plan) == [("update", ADDRESS, ["engine"])]
    assert [alarm["id"] for alarm in profile_alarms(operator)] == [OWN_ID + "temperature"]
    assert alarm_rules(operator) == []
    operator.session.post("/api/deviceProfile", {**profile(operator), "defaultRuleChainId": None})
    converge(operator, one)
    assert profile_alarms(operator) == []
    assert len(alarm_rules(operator)) == 1


def test_a_chain_that_evaluates_nothing_is_told(operator: Operator) -> None:
    one = metered(TEMPERATURE)
    converge(operator, one)
    own_chain(
        operator, ("action.TbLogNode", {"scriptLang": "TBEL", "jsScript": "", "tbelScript": "return '';"})
    )

    notes = [note.text for note in operator.plan(one).notes]
    assert any('no alarm would be raised: rule chain "Own chain"' in note for note in notes), notes


def test_sensors_without_thresholds_are_told(operator: Operator) -> None:
    one = metered(Sensor(key="plain"))
    converge(operator, one)
    assert any("no sensor" in note.text for note in operator.plan(one).notes)
    assert types(operator) == []


def test_what_papaya_made_is_deleted_under_the_guards_and_the_profile_stays(operator: Operator) -> None:
    one = metered(TEMPERATURE)
    converge(operator, one)
    careful = operator.plan(without_alarms(one), Consent())
    assert told(careful) == [("destroy", ADDRESS, [])]
    assert careful.destroys == 1

    converge(operator, without_alarms(one))
    assert types(operator) == []
    assert profile(operator)["name"] == "Meter"


def test_a_manifest_that_says_nothing_of_alarms_leaves_them_alone(operator: Operator) -> None:
    one = metered(TEMPERATURE)
    converge(operator, one)
    silent = replace(one, profiles=Profiles(create=True), resources=(), kinds=())
    before = len(operator.sandbox.requests)
    assert operator.plan(silent).is_empty
    assert not [path for _, path, _ in operator.sandbox.requests[before:] if "alarm/rules" in path]
    assert types(operator) == ["Temperature"]


def test_a_target_limits_a_run_to_the_alarms(operator: Operator) -> None:
    converge(operator, metered(TEMPERATURE))
    changed = metered(replace(TEMPERATURE, warn_above=50))
    plan = make_plan(changed, operator.read(changed), consent=CONSENT, scope=RunScope(targets=(ADDRESS,)))
    assert told(plan) == [("update", ADDRESS, ["alarm Temperature"])]
    assert not plan.changes


def test_a_run_that_broke_off_converges_without_a_second_alarm(operator: Operator) -> None:
    one = metered(TEMPERATURE, DISTANCE)

    def refuse_marks(method: str, path: str) -> Fault | None:
        return Fault(status=400, body=b"{}") if (method, path) == ("POST", "/api/relation") else None

    converge(operator, replace(one, resources=(), kinds=()))
    operator.sandbox.before_reply = refuse_marks
    assert operator.execute(operator.plan(one)).of("failed")
    operator.sandbox.before_reply = None
    converge(operator, one)
    assert types(operator) == ["Distance", "Temperature"]


SEQUENCE = (50, 65, 80, 70, 59, 58, 65, 50)
RAISED = (
    (),
    ("WARNING ACTIVE",),
    ("CRITICAL ACTIVE",),
    ("CRITICAL ACTIVE",),
    ("CRITICAL ACTIVE",),
    ("CRITICAL CLEARED",),
    ("CRITICAL CLEARED", "WARNING ACTIVE"),
    ("CRITICAL CLEARED", "WARNING CLEARED"),
)


def alarms_after(operator: Operator, name: str, value: float, expected: tuple[str, ...]) -> tuple[str, ...]:
    """Send telemetry as the device and return its alarms, as soon as they are the expected ones."""
    id_ = device_id(operator, name)
    credentials: Any = operator.session.get(f"/api/device/{id_}/credentials")
    url = f"{operator.sandbox.url}/api/v1/{credentials['credentialsId']}/telemetry"
    assert requests.post(url, json={"temperature": value}, timeout=60).status_code == 200
    parameters: dict[str, str | int | bool] = {
        "pageSize": 20,
        "page": 0,
        "sortProperty": "createdTime",
        "sortOrder": "ASC",
    }
    end = time.monotonic() + 60
    while True:
        body: Any = operator.session.get(f"/api/alarm/DEVICE/{id_}", params=parameters)
        found = tuple(f"{row['severity']} {row['status'].split('_')[0]}" for row in body["data"])
        if found == expected or time.monotonic() > end:
            return found
        time.sleep(0.05)


def test_the_server_raises_the_alarms_that_the_agent_would(operator: Operator) -> None:
    converge(operator, metered(TEMPERATURE))
    agent = Thresholds()
    for value, expected in zip(SEQUENCE, RAISED, strict=True):
        assert alarms_after(operator, "PM-1", value, expected) == expected
        agent.check(TEMPERATURE, value)
        assert (agent.level(TEMPERATURE.key) != "clear") is any("ACTIVE" in one for one in expected)


def test_a_device_with_limits_of_its_own_raises_alarms_by_them(operator: Operator) -> None:
    cold = replace(TEMPERATURE, warn_above=30, alarm_above=40)
    converge(operator, metered(TEMPERATURE, more={"PM-2": (cold,), "PM-3": (TEMPERATURE,)}))
    assert alarms_after(operator, "PM-2", 35, ("WARNING ACTIVE",)) == ("WARNING ACTIVE",)
    assert alarms_after(operator, "PM-2", 28, ("WARNING CLEARED",)) == ("WARNING CLEARED",)
    assert alarms_after(operator, "PM-1", 35, ()) == ()


def test_places_show_the_alarms_of_their_devices(operator: Operator) -> None:
    converge(operator, metered(TEMPERATURE))
    alarms_after(operator, "PM-1", 65, ("WARNING ACTIVE",))
    for name in ("Karnataka", "INDIA"):
        asset: Any = operator.session.get("/api/tenant/assets", params={"assetName": name})
        path = f"/api/alarm/ASSET/{asset['id']['id']}"
        body: Any = operator.session.get(path, params={"pageSize": 20, "page": 0})
        assert [row["type"] for row in body["data"]] == ["Temperature"]
