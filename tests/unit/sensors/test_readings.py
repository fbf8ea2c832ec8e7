"""What sensors say, and what is made of it."""

from __future__ import annotations

import math
import random
from pathlib import Path

import pytest

from papaya.manifest.model import Sensor
from papaya.sensors.backend import History, SensorBackend, SensorFault, Streaming
from papaya.sensors.columns import found_in_csv
from papaya.sensors.deadband import Deadbands
from papaya.sensors.found import Found
from papaya.sensors.parsed import found_in_json
from papaya.sensors.plugins import factory_of, make_backend
from papaya.sensors.reading import SensorReading, objection_to, objection_to_time
from papaya.sensors.simulated import curve_of
from papaya.sensors.source import sources_of
from papaya.sensors.thingsboard import ThingsBoardBackend
from papaya.sensors.thresholds import Thresholds

TEMPERATURE = Sensor(
    "t",
    "Temperature",
    "°C",
    minimum=-40,
    maximum=125,
    warn_below=0,
    warn_above=60,
    alarm_above=75,
    hysteresis=2,
)


@pytest.mark.parametrize(
    "value", [None, [1], {"a": 1}, math.nan, math.inf, 1e30, 126, -41, "x" * 20_000, "\ud800"]
)
def test_nonsense_is_told_from_values(value: object) -> None:
    reading = SensorReading("t", value, "°C", 1)  # type: ignore[call-overload]
    assert objection_to(reading, TEMPERATURE)


@pytest.mark.parametrize("value", [0, -40, 125.0, True, "ok", ""])
def test_values_are_no_nonsense(value: bool | float | str) -> None:
    assert objection_to(SensorReading("t", value, "°C", 1), TEMPERATURE) is None


@pytest.mark.parametrize("timestamp", [1_700_000_000, 1.5, "now", True, -1, 10**18])
def test_only_milliseconds_are_a_time(timestamp: object) -> None:
    assert objection_to_time(timestamp)
    assert objection_to_time(1_700_000_000_000) is None


def levels(values: list[float], sensor: Sensor = TEMPERATURE) -> list[str]:
    """Return the events that values cause."""
    thresholds = Thresholds()
    events = [thresholds.check(sensor, value) for value in values]
    return [f"{event.level} {event.side}".strip() for event in events if event is not None]


def test_a_crossing_is_told_once_and_ends_only_beyond_the_hysteresis() -> None:
    assert levels([59, 60, 60.1, 61, 59, 58.5, 58, 57.9, 20]) == ["warn above", "clear"]
    assert levels([80, 74, 73.5, 72.9, 50]) == ["alarm above", "warn above", "clear"]
    assert levels([-1, 1, 2, 2.1, 80]) == ["warn below", "clear", "alarm above"]
    assert levels([80, -5]) == ["alarm above", "warn below"]


def test_noise_around_a_threshold_makes_no_storm_of_events() -> None:
    chance = random.Random(1)
    assert len(levels([60 + chance.uniform(-1, 1) for _ in range(1000)])) == 1


def test_levels_outlive_a_restart() -> None:
    before = Thresholds()
    assert before.check(TEMPERATURE, 80) is not None
    after = Thresholds(before.as_json())
    assert after.level("t") == "alarm"
    assert after.check(TEMPERATURE, 81) is None


def test_a_threshold_that_is_taken_away_clears_its_alarm() -> None:
    thresholds = Thresholds()
    thresholds.check(TEMPERATURE, 80)
    event = thresholds.check(Sensor("t"), 80)
    assert event is not None
    assert event.level == "clear"


def test_an_event_says_what_was_crossed() -> None:
    event = Thresholds().check(TEMPERATURE, 61)
    assert event is not None
    assert event.as_json() == {
        "event": "warn",
        "before": "clear",
        "value": 61,
        "side": "above",
        "limit": 60,
        "unit": "°C",
    }


def test_a_deadband_holds_back_small_changes_but_not_silence() -> None:
    sensor, deadbands = Sensor("d", deadband=1), Deadbands()
    sent = [
        deadbands.is_worth_sending(sensor, value, now, 60) for now, value in enumerate([5, 5.9, 4.1, 6, 6.9])
    ]
    assert sent == [True, False, False, True, False]
    assert deadbands.is_worth_sending(sensor, 6.1, 63, 60)
    assert deadbands.is_worth_sending(sensor, "text", 64, 60)
    assert not deadbands.is_worth_sending(sensor, "text", 65, 60)


def test_a_drift_inside_of_the_deadband_is_noticed_in_the_end() -> None:
    sensor, deadbands = Sensor("d", deadband=1), Deadbands()
    sent = [step for step in range(100) if deadbands.is_worth_sending(sensor, step * 0.1, 0, 60)]
    assert 9 <= len(sent) <= 11


@pytest.mark.parametrize("unit", ["°C", "%", "cm", "V", "A", "lx", "g", "µg/m³", "bananas", ""])
def test_simulated_values_are_seeded_smooth_and_within_range(unit: str) -> None:
    sensor = Sensor("k", unit=unit, minimum=0, maximum=400)
    first, again, other = (curve_of(sensor, seed) for seed in (1, 1, 2))
    moments = [1_700_000_000_000 + 1000 * step for step in range(3000)]
    values = [first(moment) for moment in moments]
    assert values == [again(moment) for moment in moments]
    there = [value for value in values if value is not None]
    assert all(0 <= value <= 400 for value in there) or not unit
    if unit:
        assert values != [other(moment) for moment in moments]
        assert 0 < len(values) - len(there) < 100
        steps = sorted(abs(after - before) for before, after in zip(there, there[1:], strict=False))
        assert steps[len(steps) // 2] <= (max(there) - min(there)) / 10


def test_shapes_of_json_and_csv() -> None:
    assert found_in_json('{"a": 1, "b": {"value": 2, "ts": 5}}') == {"a": Found(1), "b": Found(2, 5)}
    assert found_in_json('{"ts": 7, "values": {"a": 1}}') == {"a": Found(1, 7)}
    assert found_in_csv("a, b,ts\n1,2,3\n4,true,6\n7,") == {"a": Found(4, 6), "b": Found(True, 6)}
    for text in ("", "[]", "nonsense", '{"a": NaN}'):
        with pytest.raises(SensorFault):
            found_in_json(text)
    for text in ("", "a,b\n", "a,b\n1\n"):
        with pytest.raises(SensorFault):
            found_in_csv(text)


def test_sensors_with_equal_options_share_a_source() -> None:
    def sensor(key: str, **options: str | int) -> Sensor:
        return Sensor(key, source={"type": "file", **options})

    sensors = [
        sensor("a", path="x", field="1"),
        sensor("b", path="x", field="2"),
        sensor("c", path="y"),
        Sensor("d"),
    ]
    made = sources_of(sensors, Path("/"))
    assert [[one.key for one in source.sensors] for source in made] == [["a", "b"], ["c"]]
    assert made[0].field(sensors[1]) == "2"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ({"type": "fil", "path": "x"}, "did you mean file"),
        ({"type": "file"}, "the option path of the source file is missing"),
        ({"type": "file", "path": "x", "pth": 1}, "no option pth"),
        ({"type": "command", "argv": "rm -rf /"}, "takes a list of texts"),
        ({"path": "x"}, "names no type"),
    ],
)
def test_a_faulty_source_says_what_is_wrong(source: dict[str, str | int], words: str) -> None:
    (made,) = sources_of([Sensor("a", source={**source})], Path("/"))
    with pytest.raises(SensorFault, match=words):
        make_backend(made)


def test_every_kind_of_source_can_be_loaded() -> None:
    for kind in ("command", "file", "mqtt", "simulated", "sqlite"):
        assert issubclass(factory_of(kind), SensorBackend)  # type: ignore[arg-type]


class Feed:
    """A server with one value."""

    def known_keys(self) -> list[str]:
        return ["t"]

    def latest(self, keys: list[str]) -> dict[str, tuple[int, float]]:
        return {key: (5, 21.5) for key in keys}

    def history(self, key: str, start: int, end: int, limit: int) -> list[tuple[int, float]]:
        return [(5, 21.5)]

    def listen(self, keys: list[str], listener: object) -> object:
        return lambda: None

    def close(self) -> None:
        return


def test_a_server_is_a_backend_with_stream_and_history() -> None:
    backend = ThingsBoardBackend(Feed(), [TEMPERATURE])  # type: ignore[arg-type]
    assert isinstance(backend, Streaming)
    assert isinstance(backend, History)
    assert backend.get_available_sensors() == ("t",)
    assert backend.get_latest_readings() == {"t": SensorReading(21.5, "°C", 5)}
    assert list(backend.get_history("t", 0, 10)) == [SensorReading("t", 21.5, "°C", 5)]
