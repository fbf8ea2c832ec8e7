"""Sensors of a profile's devices as alarms, in the forms of both engines."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from papaya.kinds.alarm_rules import normal_configuration, rule_body, rule_configuration, rule_faults
from papaya.kinds.limits import LIMIT_NAMES, NO_LIMIT, Limits, limits_of
from papaya.kinds.profile_alarms import merged, normal_alarm, profile_alarm, profile_alarm_faults
from papaya.kinds.sensor_alarms import SensorAlarms, sensor_alarms
from papaya.manifest.model import Device, Sensor
from papaya.sensors.thresholds import Thresholds
from tests.unit.kinds.evaluation import statuses, statuses_with

RECORDED = Path(__file__).parent / "alarms"
TEMPERATURE = Sensor(
    key="temperature.celsius",
    name="Temperature",
    unit="°C",
    warn_above=60,
    alarm_above=75,
    hysteresis=2,
)
SEQUENCE = (50.0, 65.0, 80.0, 70.0, 59.0, 58.0, 65.0, 50.0)


def device(name: str, *sensors: Sensor) -> Device:
    return Device(name, "INDIA", "Karnataka", "IoT-Gateway", sensors=sensors)


def forms(made: SensorAlarms, index: int = 0) -> list[dict[str, Any]]:
    alarm = made.alarms[index]
    return [profile_alarm(alarm), rule_configuration(alarm)]


def recorded(name: str) -> Any:
    return json.loads((RECORDED / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("limits", ["equal", "own"])
@pytest.mark.parametrize("version", ["4.0.1", "4.3.1.3"])
def test_real_servers_keep_the_form_and_raise_these_alarms(limits: str, version: str) -> None:
    told = recorded(limits)[version]
    devices = [device(name, Sensor(**fields)) for name, fields in recorded(limits)["sensors"].items()]
    made = sensor_alarms(devices)

    assert told["saved"] == [
        profile_alarm(alarm) if version == "4.0.1" else rule_configuration(alarm) for alarm in made.alarms
    ]
    for name, steps in told["steps"].items():
        values = [step["value"] for step in steps]
        for form in forms(made):
            assert statuses(form, values, made.attributes.get(name)) == [
                [(severity, status) for severity, status, _ in step["alarms"]] for step in steps
            ]


@pytest.mark.parametrize("limits", ["equal", "own"])
def test_both_engines_of_real_servers_raise_the_same_alarms(limits: str) -> None:
    told = recorded(limits)
    assert told["4.0.1"]["steps"] == told["4.3.1.3"]["steps"]


def test_the_sequence_gives_the_alarms_of_both_engines_and_of_the_agent() -> None:
    made = sensor_alarms([device("PM-1", TEMPERATURE)])
    expected = [
        [],
        [("WARNING", "ACTIVE")],
        [("CRITICAL", "ACTIVE")],
        [("CRITICAL", "ACTIVE")],
        [("CRITICAL", "ACTIVE")],
        [("CRITICAL", "CLEARED")],
        [("CRITICAL", "CLEARED"), ("WARNING", "ACTIVE")],
        [("CRITICAL", "CLEARED"), ("WARNING", "CLEARED")],
    ]

    for form in forms(made):
        assert statuses(form, SEQUENCE) == expected
    agent = Thresholds()
    assert [(agent.check(TEMPERATURE, value), agent.level(TEMPERATURE.key))[1] for value in SEQUENCE] == [
        "clear",
        "warn",
        "alarm",
        "warn",
        "warn",
        "clear",
        "warn",
        "clear",
    ]


@given(
    warn=some.integers(0, 20),
    more=some.integers(0, 20),
    has=some.sampled_from(("both", "warn", "alarm")),
    back=some.integers(0, 5),
    sign=some.sampled_from((1, -1)),
    values=some.lists(some.integers(-60, 60), max_size=30),
)
def test_an_alarm_is_active_while_the_agents_level_is_not_clear(
    warn: int, more: int, has: str, back: int, sign: int, values: list[int]
) -> None:
    side = "above" if sign > 0 else "below"
    limits: dict[str, Any] = {f"warn_{side}": warn * sign, f"alarm_{side}": (warn + more) * sign}
    if has != "both":
        limits = {name: value for name, value in limits.items() if name.startswith(has)}
    sensor = Sensor(key="k", hysteresis=back, **limits)
    made = sensor_alarms([device("PM-1", sensor)])
    agent = Thresholds()

    levels = []
    for value in values:
        agent.check(sensor, value)
        levels.append(agent.level("k"))

    for form in forms(made):
        told = statuses(form, values)
        active = [bool(alarms) and alarms[-1][1] == "ACTIVE" for alarms in told]
        assert active == [level != "clear" for level in levels]
        for alarms, level in zip(told, levels, strict=True):
            if level == "alarm":
                assert alarms[-1][0] == "CRITICAL"


@given(
    own=some.lists(some.tuples(some.integers(0, 9), some.integers(0, 9)), min_size=1, max_size=6),
    values=some.lists(some.integers(-10, 30), max_size=20),
)
def test_a_device_with_limits_of_its_own_is_judged_by_them(
    own: list[tuple[int, int]], values: list[int]
) -> None:
    sensors = [Sensor(key="k", warn_above=low, alarm_above=low + more, hysteresis=1) for low, more in own]
    devices = [device(f"PM-{number}", sensor) for number, sensor in enumerate(sensors)]
    made = sensor_alarms(devices)

    for one, sensor in zip(devices, sensors, strict=True):
        alone = statuses(forms(sensor_alarms([device("alone", sensor)]))[0], values)
        for form in forms(made):
            assert statuses(form, values, made.attributes.get(one.name)) == alone


def test_only_devices_with_limits_of_their_own_carry_attributes_and_then_all_six() -> None:
    hot = replace(TEMPERATURE, warn_above=80, alarm_above=None)
    made = sensor_alarms([device("PM-1", TEMPERATURE), device("PM-2", hot), device("PM-3", TEMPERATURE)])

    assert made.attributes == {
        "PM-2": {
            "papaya.limit.temperature.celsius.warnAbove": 80,
            "papaya.limit.temperature.celsius.alarmAbove": NO_LIMIT,
            "papaya.limit.temperature.celsius.clearAbove": 78,
            "papaya.limit.temperature.celsius.warnBelow": -NO_LIMIT,
            "papaya.limit.temperature.celsius.alarmBelow": -NO_LIMIT,
            "papaya.limit.temperature.celsius.clearBelow": -NO_LIMIT,
        }
    }
    assert made.alarms[0].limits == limits_of(TEMPERATURE)
    arguments = rule_configuration(made.alarms[0])["arguments"]
    assert isinstance(arguments, dict)
    assert {*arguments} == {"value", *LIMIT_NAMES}
    assert all(len(str(one)) < 200 and "e+" not in str(one) for one in arguments.values())


def test_a_device_whose_sensor_has_no_limit_raises_nothing_beside_others_that_have() -> None:
    free = Sensor(key=TEMPERATURE.key, name="Temperature")
    made = sensor_alarms([device("PM-1", TEMPERATURE), device("PM-2", free), device("PM-3", TEMPERATURE)])

    for form in forms(made):
        assert statuses(form, SEQUENCE, made.attributes["PM-2"])[-1] == []
    mostly_free = sensor_alarms([device("PM-1", TEMPERATURE), device("PM-2", free), device("PM-3", free)])
    for form in forms(mostly_free):
        assert statuses(form, SEQUENCE)[-1] == []
        assert len(statuses(form, SEQUENCE, mostly_free.attributes["PM-1"])[-1]) == 2


def test_an_alarm_ends_when_limits_are_taken_off_a_device() -> None:
    free = Sensor(key=TEMPERATURE.key)
    made = sensor_alarms([device("PM-1", TEMPERATURE), device("PM-2", free), device("PM-3", TEMPERATURE)])

    for form in forms(made):
        told = statuses_with(form, [(80.0, {}), (80.0, made.attributes["PM-2"])])
        assert told == [[("CRITICAL", "ACTIVE")], [("CRITICAL", "CLEARED")]]


def test_severities_and_sides_that_no_device_has_are_left_out() -> None:
    made = sensor_alarms([device("PM-1", Sensor(key="k", warn_below=20, hysteresis=1))])

    profile, rule = forms(made)
    assert [*profile["createRules"]] == [*rule["createRules"]] == ["WARNING"]
    assert profile["clearRule"]["condition"]["condition"][0]["predicate"]["type"] == "NUMERIC"
    assert limits_of(Sensor(key="k", warn_below=20, hysteresis=1)) == Limits(warn_below=20, clear_below=21)


def test_the_result_does_not_depend_on_the_order_of_devices() -> None:
    devices = [
        device("PM-1", TEMPERATURE),
        device("PM-2", replace(TEMPERATURE, name="Heat", warn_above=10)),
        device("PM-3", Sensor(key="a", warn_above=1)),
    ]
    assert sensor_alarms(devices) == sensor_alarms(reversed(devices))


def test_sensors_of_one_name_have_types_of_their_own() -> None:
    made = sensor_alarms(
        [
            device(
                "PM-1",
                Sensor(key="l", name="LiDAR", warn_below=1),
                Sensor(key="r", name="LiDAR", warn_below=1),
            )
        ]
    )
    assert [alarm.type for alarm in made.alarms] == ["LiDAR (l)", "LiDAR (r)"]


def test_sensors_without_limits_make_no_alarm() -> None:
    assert sensor_alarms([device("PM-1", Sensor(key="k", minimum=0, maximum=4))]) == SensorAlarms()


def test_ends_are_reckoned_in_decimal() -> None:
    assert limits_of(Sensor(key="k", warn_above=0.3, hysteresis=0.1)).clear_above == 0.2


def test_limits_between_which_an_alarm_never_ends_are_refused() -> None:
    narrow = Sensor(key="k", name="Pressure", warn_above=60, warn_below=59, hysteresis=2)
    (fault,) = sensor_alarms([device("PM-1", narrow), device("PM-2", narrow)]).faults

    assert fault.summary == (
        "the alarm Pressure of PM-1 never ends: a value must be at most 58 and at least 61"
    )
    assert "hysteresis" in fault.remedy
    assert sensor_alarms([device("PM-1", replace(narrow, hysteresis=0.5))]).faults == ()


def test_limits_that_differ_must_not_reach_the_number_for_no_limit() -> None:
    huge = Sensor(key="k", warn_above=2e12)
    assert sensor_alarms([device("PM-1", huge)]).faults == ()
    (fault,) = sensor_alarms([device("PM-1", huge), device("PM-2", Sensor(key="k", warn_above=1))]).faults
    assert "PM-1" in fault.summary


def test_keys_too_long_for_attributes_are_refused_only_where_limits_differ() -> None:
    key = "k" * 250
    one = Sensor(key=key, name="Long", warn_above=1)
    assert sensor_alarms([device("PM-1", one)]).faults == ()
    (fault,) = sensor_alarms([device("PM-1", one), device("PM-2", replace(one, warn_above=2))]).faults
    assert "too long" in fault.summary


def test_what_the_server_adds_is_no_difference() -> None:
    (alarm,) = sensor_alarms([device("PM-1", TEMPERATURE)]).alarms
    profile: dict[str, Any] = profile_alarm(alarm)
    rule = rule_configuration(alarm)

    def bare(value: Any) -> Any:
        if isinstance(value, list):
            return [bare(item) for item in value]
        if not isinstance(value, dict):
            return value
        return {
            key: bare(member) for key, member in value.items() if member is not None and member is not False
        }

    assert bare(profile) != profile
    assert normal_alarm(bare(profile)) == normal_alarm(profile) == profile
    assert normal_alarm({**profile, "createRules": dict(reversed(profile["createRules"].items()))}) == profile
    assert normal_configuration(bare(rule)) == normal_configuration(rule)


def test_alarms_that_others_made_stay_but_for_those_of_a_wanted_type() -> None:
    (alarm,) = sensor_alarms([device("PM-1", TEMPERATURE)]).alarms
    wanted = profile_alarm(alarm)
    tamper: dict[str, Any] = {"id": "x", "alarmType": "Tamper", "createRules": {"MAJOR": {}}}
    old: dict[str, Any] = {"id": "papaya:humidity", "alarmType": "Humidity", "createRules": {"WARNING": {}}}
    twin: dict[str, Any] = {"id": "y", "alarmType": "Temperature", "createRules": {"WARNING": {}}}

    assert merged([tamper, old, twin], [wanted]) == [tamper, wanted]
    assert merged([tamper, wanted], []) == [tamper]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"id": None}, "no id"),
        ({"id": " "}, "no id"),
        ({"createRules": {}}, "no createRules"),
        ({"createRules": None}, "no createRules"),
        ({"alarmType": ""}, "no alarmType"),
    ],
)
def test_profile_alarms_that_would_stop_telemetry_are_refused(change: dict[str, Any], fault: str) -> None:
    (alarm,) = sensor_alarms([device("PM-1", TEMPERATURE)]).alarms
    good = profile_alarm(alarm)

    assert [*profile_alarm_faults([good])] == []
    (told,) = profile_alarm_faults([{**good, **change}])
    assert fault in told
    assert len([*profile_alarm_faults([good, good])]) == 2


def rule_with(**change: Any) -> dict[str, Any]:
    (alarm,) = sensor_alarms([device("PM-1", TEMPERATURE)]).alarms
    return {**rule_configuration(alarm), **change}


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"createRules": {}}, "no createRules"),
        ({"createRules": {"MAJOR": None}}, "MAJOR has no condition"),
        ({"arguments": {}}, "no arguments"),
        (
            {"arguments": {"other": {"refEntityKey": {"key": "k", "type": "TS_LATEST"}}}},
            "uses the argument value",
        ),
        ({"arguments": {"value": {"refEntityKey": {"key": "k", "type": "ATTRIBUTE"}}}}, "without a scope"),
        ({"arguments": {"value": {"refEntityKey": {"key": "k", "type": "TS_ROLLING"}}}}, "TS_ROLLING"),
        ({"arguments": {"value": {}}}, "no refEntityKey"),
    ],
)
def test_alarm_rules_that_would_never_work_are_refused(change: dict[str, Any], fault: str) -> None:
    assert [*rule_faults("Temperature", rule_with())] == []
    assert any(fault in told for told in rule_faults("Temperature", rule_with(**change)))


def test_names_that_the_server_does_not_check_are_refused() -> None:
    argument = {"refEntityKey": {"key": "k", "type": "TS_LATEST"}}
    arguments = rule_with()["arguments"]
    told = [*rule_faults(" ", rule_with(arguments={**arguments, "ctx": argument, "1x": argument}))]
    assert len(told) == 3


def test_a_rule_is_attached_to_its_profile() -> None:
    body = rule_body("Temperature", "some-id", rule_with())
    assert body["entityId"] == {"entityType": "DEVICE_PROFILE", "id": "some-id"}
    assert body["type"] == "ALARM"
