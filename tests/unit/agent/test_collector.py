"""From what a driver returns to what is spooled."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from papaya.agent.collector import Collector
from papaya.agent.limits import Limits, limits_from
from papaya.agent.storage import Storage
from papaya.manifest.model import Sensor
from papaya.sensors.reading import SensorReading

NOW = 1_700_000_000_000


class Scene:
    """A collector whose clocks a test moves, and what it has spooled."""

    def __init__(self) -> None:
        self.now, self.clock = NOW, 0.0
        self.storage = Storage(Path("/proc/none/x"), clock=lambda: self.clock)
        self.collector = Collector(self.storage, lambda: self.clock, lambda: self.now)
        self.collector.set_sensors([Sensor("a", warn_above=10, hysteresis=1, deadband=5), Sensor("b")])

    def take(self, *readings: Any, wanted: tuple[str, ...] = ("a", "b")) -> list[tuple[str, Any]]:
        """Take readings a second later, and return what is spooled for them."""
        self.now += 1000
        self.clock += 1
        before = self.storage.memory.newest()
        self.collector.take(readings, wanted)
        self.storage.commit()
        return [(row.key, json.loads(row.value)) for row in self.storage.memory.read(before, None, 100)]

    def reading(self, key: str, value: Any, timestamp: Any = None) -> SensorReading:
        """Return a reading of this moment."""
        return SensorReading(key, value, "", self.now if timestamp is None else timestamp)


@pytest.fixture
def scene() -> Iterator[Scene]:
    """Return a scene with nothing in it."""
    made = Scene()
    yield made
    made.storage.close()


def test_a_driver_may_return_anything(scene: Scene) -> None:
    odd: list[Any] = [None, 5, "a", {"name": "a"}, scene.reading("z", 1), scene.reading(["a"], 1)]  # type: ignore[arg-type]
    assert scene.take(*odd, scene.reading("a", 1)) == [("a", 1)]
    for timestamp in (1_700_000_000, "now", 5.5, True, 10**17):
        spooled = scene.take(scene.reading("a", 1, timestamp), wanted=("a",))
        assert {key for key, _ in spooled} <= {"a.fault"}
    assert "a" in scene.collector.faults()


def test_a_device_that_begins_in_1970_is_believed(scene: Scene) -> None:
    scene.now = 5_000
    assert scene.take(scene.reading("b", 1), wanted=("b",)) == [("b", 1)]


def test_a_fault_is_reported_once_and_so_is_its_end(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(3):
        scene.collector.fail(["b"], "it burns")
    assert scene.take(scene.reading("b", 1), wanted=("b",)) == [
        ("b.fault", "it burns"),
        ("b.fault", "none"),
        ("b", 1),
    ]
    assert caplog.text.count("it burns") == 1


def test_a_sensor_that_its_source_never_mentions_is_a_fault_and_a_gap_is_none(scene: Scene) -> None:
    for _ in range(4):
        assert scene.take(wanted=("b",)) == []
    assert scene.take(wanted=("b",)) == [("b.fault", "its source says nothing about it")]
    assert scene.take(scene.reading("b", 2), wanted=("b",)) == [("b.fault", "none"), ("b", 2)]


def test_the_same_moment_again_is_the_same_reading_again(scene: Scene) -> None:
    assert scene.take(scene.reading("b", 1, NOW)) == [("b", 1)]
    assert scene.take(scene.reading("b", 1, NOW)) == []


def test_a_crossing_sends_its_value_whatever_the_deadband_says(scene: Scene) -> None:
    assert scene.take(scene.reading("a", 9)) == [("a", 9)]
    assert scene.take(scene.reading("a", 9.5)) == []
    spooled = scene.take(scene.reading("a", 10.5))
    assert [key for key, _ in spooled] == ["a.event", "a"]
    scene.storage.commit()
    again = Collector(scene.storage, lambda: 0.0, lambda: NOW)
    assert again.level("a") == "warn"


def test_limits_of_the_server_are_read_and_halved() -> None:
    def limits(points: Any) -> Limits:
        return limits_from(json.dumps({"rateLimits": {"telemetryDataPoints": points}}).encode())

    assert limits("200:1,6000:60,14000:3600") == Limits(100, 14000 / 3600 / 2)
    assert limits(None) == limits("") == limits("x:y,0:0") == limits(5) == Limits()
    assert limits_from(b"no JSON") == limits_from(b"[]") == limits_from(b"{}") == Limits()
