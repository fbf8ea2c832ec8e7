"""Alarms in the manifest's words, written to either engine and read back."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from papaya.kinds.alarm_rules import rule_configuration
from papaya.kinds.alarm_terms import (
    alarm_in,
    is_as_papaya_writes,
    terms_of,
    terms_of_profile_alarm,
    terms_of_rule,
)
from papaya.kinds.profile_alarms import profile_alarm
from papaya.kinds.sensor_alarms import SensorAlarm, sensor_alarms
from papaya.manifest.model import Device, Sensor

SENSORS = (
    Sensor(
        key="both", name="Both sides", unit="°C", warn_above=60, alarm_above=75.5, warn_below=1, hysteresis=2
    ),
    Sensor(key="one", warn_below=20),
    Sensor(key="odd{key}", alarm_above=-3, hysteresis=0.5),
)


def alarms(*more: Sensor) -> list[SensorAlarm]:
    devices = [Device("PM-1", "I", "K", "Meter", sensors=SENSORS)]
    devices += [
        Device(f"PM-{number}", "I", "K", "Meter", sensors=(one,)) for number, one in enumerate(more, 2)
    ]
    return list(sensor_alarms(devices).alarms)


DIFFERING = (Sensor(key="both", warn_above=10), Sensor(key="one"), Sensor(key="one"))


@pytest.mark.parametrize("more", [(), DIFFERING], ids=["equal", "by device"])
def test_either_engine_gives_back_the_words_that_were_written(more: tuple[Sensor, ...]) -> None:
    for alarm in alarms(*more):
        terms = terms_of(alarm)
        assert alarm_in(alarm.type, terms) == alarm
        assert terms_of_profile_alarm(profile_alarm(alarm)) == terms
        assert terms_of_rule(alarm.type, rule_configuration(alarm)) == terms


def test_an_edit_in_thingsboard_reads_as_a_difference() -> None:
    alarm = alarms()[0]
    rule: Any = copy.deepcopy(rule_configuration(alarm))
    del rule["createRules"]["CRITICAL"]
    assert "alarmAbove" not in {*expect_object(terms_of_rule(alarm.type, rule))}

    rule = copy.deepcopy(rule_configuration(alarm))
    rule["propagate"] = False
    assert expect_object(terms_of_rule(alarm.type, rule))["editedInThingsBoard"] is True
    assert not is_as_papaya_writes(alarm.type, rule)
    profile: Any = {**profile_alarm(alarm), "propagateToTenant": True}
    assert expect_object(terms_of_profile_alarm(profile))["editedInThingsBoard"] is True


def test_a_rule_of_another_form_is_told_as_it_is() -> None:
    told = expect_object(terms_of_rule("Theirs", {"type": "ALARM", "arguments": {}, "createRules": {}}))
    assert [*told] == ["form"]
    assert not is_as_papaya_writes("Theirs", None)


def expect_object(value: Any) -> dict[str, Any]:
    assert isinstance(value, dict)
    return value
