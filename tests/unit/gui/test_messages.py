"""Topics and messages of brokers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from papaya_gui.models.batch import NUMBER, TEXT, TRUTH, WHOLE
from papaya_gui.models.catalog import Catalog
from papaya_gui.models.texts import Texts
from papaya_gui.sources.messages import MessageReader
from papaya_gui.sources.topics import pattern_of, place_of

from papaya.errors import SettingsError
from papaya.manifest.model import Sensor
from tests.unit.gui.ear import fleet_of, meter

TS = 1763900000123


class Reading:
    """A reader, and what it has read by device and key."""

    def __init__(self, pattern: str = "papaya/{device}/{key}") -> None:
        self.texts = Texts()
        self.catalog = Catalog(fleet_of(meter("PM-1", "t", "n"), meter("PM-2", "t")))
        self.reader = MessageReader(self.catalog, pattern_of(pattern), self.texts)

    def read(self, topic: str, payload: Any, arrived: float = 5.0) -> list[tuple[str, str, float, Any, int]]:
        """Return device, key, time, value and kind of what a message says."""
        data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        batch = self.reader.read([(topic, data, arrived)])
        found = []
        for index, moment, value, kind in zip(
            batch.rows.tolist(),
            batch.times.tolist(),
            batch.values.tolist(),
            batch.kinds.tolist(),
            strict=True,
        ):
            row = self.catalog[index]
            shown = self.texts.text(value) if kind == TEXT else value
            found.append((row.device, row.sensor.key, moment, shown, kind))
        return found


@pytest.mark.parametrize(
    ("payload", "value", "kind"),
    [
        (b"21.5", 21.5, NUMBER),
        (b" -3 ", -3, WHOLE),
        (b"true", 1, TRUTH),
        (b"idle", "idle", TEXT),
        (b'"21.5"', "21.5", TEXT),
        ("Tür offen".encode(), "Tür offen", TEXT),
    ],
)
def test_a_plain_value_is_the_one_that_the_topic_names(payload: bytes, value: Any, kind: int) -> None:
    assert Reading().read("papaya/PM-1/t", payload) == [("PM-1", "t", 5.0, value, kind)]


def test_an_object_holds_values_by_key_with_a_time_or_without_one() -> None:
    reading = Reading()
    expected = [("t", 1.5, NUMBER), ("n", 2, WHOLE), ("mode", "idle", TEXT)]
    values = {"t": 1.5, "n": 2, "mode": "idle", "none": None}
    found = reading.read("papaya/PM-1/telemetry", values)
    assert found == [("PM-1", key, 5.0, value, kind) for key, value, kind in expected]
    found = reading.read(
        "papaya/PM-1/telemetry", [{"ts": TS, "values": values}, {"ts": TS + 1, "values": {"t": 2}}]
    )
    assert found[:3] == [("PM-1", key, TS / 1000, value, kind) for key, value, kind in expected]
    assert found[3:] == [("PM-1", "t", (TS + 1) / 1000, 2, WHOLE)]
    assert reading.read("papaya/PM-1/t", {"value": 3, "ts": TS}) == [("PM-1", "t", TS / 1000, 3, WHOLE)]
    assert reading.reader.unreadable == 0


def test_keys_that_nobody_declared_become_rows() -> None:
    reading = Reading()
    before = len(reading.catalog)
    reading.read("papaya/PM-2/voltage.volt", b"12.5")
    assert len(reading.catalog) == before + 1
    assert reading.catalog[before].path == "INDIA/Karnataka/PM-2"


def test_strangers_are_counted() -> None:
    reading = Reading()
    for topic in ("papaya/PM-9/t", "papaya/PM-9/t", "papaya/X/t"):
        assert reading.read(topic, b"1") == []
    assert reading.reader.strangers == {"PM-9": 2, "X": 1}
    assert reading.reader.unreadable == 0


@pytest.mark.parametrize(
    "payload",
    [
        b"NaN",
        b"-inf",
        b"",
        b"\xff\xfe",
        b"9" * 400,
        b"[1, 2]",
        b'{"ts": "now", "values": {"t": 1}}',
        b'{"ts": 5, "values": {"t": 1}}',
    ],
)
def test_what_cannot_be_read_is_counted_and_nothing_else(payload: bytes) -> None:
    reading = Reading()
    assert reading.read("papaya/PM-1/t", payload) == []
    assert (reading.reader.unreadable, reading.reader.last_unreadable) == (1, "papaya/PM-1/t")


def test_a_value_that_is_none_takes_nothing_from_its_neighbours() -> None:
    reading = Reading()
    found = reading.read("papaya/PM-1/telemetry", b'{"t": {"a": 1}, "n": 2, " ": 3, "big": 1e300}')
    assert [(key, value) for _, key, _, value, _ in found] == [("n", 2)]
    assert reading.reader.unreadable == 3


def test_a_pattern_may_have_no_key_and_levels_of_others() -> None:
    reading = Reading("site/+/{device}/#")
    assert reading.reader.read([("site/a/PM-1/x/y", b"1", 5.0)]).rows.tolist() == []
    assert reading.read("site/a/PM-1/x/y", {"t": 1}) == [("PM-1", "t", 5.0, 1, WHOLE)]
    assert pattern_of("site/+/{device}/#").subscription == "site/+/+/#"


def test_addresses_of_brokers() -> None:
    place = place_of("mqtts://me%40home@things.example.com/a/{device}/{key}")
    assert (str(place.address), place.username) == ("mqtts://things.example.com:8883", "me@home")
    assert place.pattern.subscription == "a/+/+"
    place = place_of("mqtt://127.0.0.1:1884")
    assert str(place) == "mqtt://127.0.0.1:1884/papaya/{device}/{key}"
    assert place_of("mqtt://[::1]/x/{device}/#").pattern.subscription == "x/+/#"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mqtt://me:secret@host/{device}", "holds a password"),
        ("mqtt://", "no address"),
        ("http://host/{device}", "no address"),
        ("mqtt://host:banana", "no address"),
        ("mqtt://host/papaya/{key}", "does not have {device}"),
        ("mqtt://host/{device}/{key}/{key}", "does not have {key}"),
        ("mqtt://host/pre-{device}/{key}", "does not have {device}"),
        ("mqtt://host/#/{device}", "means nothing"),
        ("mqtt://host/{device}/{thing}", "means nothing"),
    ],
)
def test_addresses_that_mean_nothing(url: str, words: str) -> None:
    with pytest.raises(SettingsError) as told:
        place_of(url)
    assert words in told.value.message
    assert "secret" not in str(told.value)
    assert "PAPAYA_MQTT_PASSWORD" in told.value.remedy or "Write mqtt://" in told.value.remedy


def test_text_of_a_sensor_with_thresholds_is_its_number_or_cannot_be_read() -> None:
    fleet = fleet_of(meter("PM-1", Sensor("n", alarm_above=75), Sensor("f")))
    catalog, texts = Catalog(fleet), Texts()
    reader = MessageReader(catalog, pattern_of("m/{device}/{key}"), texts)
    batch = reader.read(
        [("m/PM-1/n", b'"80.5"', 1.0), ("m/PM-1/f", b'"80.5"', 1.0), ("m/PM-1/n", b"80,5", 2.0)]
    )
    assert batch.kinds.tolist() == [NUMBER, TEXT]
    assert batch.values[0] == 80.5
    assert reader.unreadable == 1


def test_an_integer_without_end_costs_its_own_value() -> None:
    catalog, texts = Catalog(fleet_of(meter("PM-1", "a", "b"))), Texts()
    reader = MessageReader(catalog, pattern_of("m/{device}"), texts)
    for digits in (400, 5000):
        batch = reader.read([("m/PM-1", b'{"a": %s, "b": 5}' % (b"9" * digits), 1.0)])
        assert batch.values.tolist() == [5]
    assert reader.unreadable == 2
