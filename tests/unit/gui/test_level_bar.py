"""The bar of a sensor: its zones by thresholds, and where a value is."""

from __future__ import annotations

import math

import pytest
from papaya_gui.models.condition import Condition
from papaya_gui.models.level_bar import level_bar

from papaya.manifest.model import Sensor


def test_zones_follow_the_thresholds() -> None:
    bar = level_bar(Sensor("t", minimum=0, maximum=100, warn_above=60, alarm_above=80, alarm_below=10))
    assert bar is not None
    assert [(first, last, condition) for first, last, condition in bar.zones] == [
        (0.0, 0.1, Condition.CRITICAL),
        (0.1, 0.6, Condition.ONLINE),
        (0.6, 0.8, Condition.WARNING),
        (0.8, 1.0, Condition.CRITICAL),
    ]
    assert (bar.place(50), bar.place(-5), bar.place(500)) == (0.5, 0.0, 1.0)


def test_without_a_range_there_is_room_beyond_the_thresholds() -> None:
    bar = level_bar(Sensor("t", warn_above=60, alarm_above=80))
    assert bar is not None and bar.low < 60 and bar.high > 80
    assert bar.zones[0][2] is Condition.ONLINE and bar.zones[-1][2] is Condition.CRITICAL


@pytest.mark.parametrize(
    "sensor",
    [
        Sensor("t"),
        Sensor("t", minimum=0),
        Sensor("t", minimum=5, maximum=5),
        Sensor("t", minimum=-1.7e308, maximum=1.7e308),
        Sensor("t", minimum=100, warn_above=50),
    ],
)
def test_what_has_no_extent_has_no_bar_or_one_that_can_be_drawn(sensor: Sensor) -> None:
    bar = level_bar(sensor)
    assert bar is None or all(math.isfinite(part) for zone in bar.zones for part in zone[:2])


@pytest.mark.parametrize(
    ("sensor", "usual"),
    [
        (Sensor("t", warn_above=60, alarm_above=75), 25.0),
        (Sensor("t", warn_below=20), 35.0),
        (Sensor("t", warn_below=-40), -5.0),
        (Sensor("t", warn_above=-10), -15.0),
    ],
)
def test_usual_values_are_not_at_the_end_of_the_bar(sensor: Sensor, usual: float) -> None:
    bar = level_bar(sensor)
    assert bar is not None
    assert 0.0 < bar.place(usual) < 1.0
