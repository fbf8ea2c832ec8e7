"""Bare numbers, factors, decimal commas, ISO times: what `file` and `command` sources read."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from papaya.foreign import ForeignValue, Unusable
from papaya.manifest.model import Sensor
from papaya.sensors.backend import SensorBackend, SensorFault
from papaya.sensors.columns import Dialect, cell, found_in_csv
from papaya.sensors.found import Found
from papaya.sensors.mqtt import _found_in
from papaya.sensors.parsed import found_in_json
from papaya.sensors.plugins import make_backend
from papaya.sensors.reading import SensorReading, objection_to, objection_to_text, taken
from papaya.sensors.simulated import SimulatedBackend
from papaya.sensors.source import sources_of

NOON = 1_763_899_200_000


def backend(*sensors: Sensor, device: str = "") -> SensorBackend:
    """Return the backend of sensors with one source."""
    (source,) = sources_of(sensors, Path(), device=device)
    return make_backend(source)


def file(path: Path, text: str, key: str = "t", **options: Any) -> SensorReading:
    """Return the reading of a sensor in a file."""
    path.write_text(text, encoding="utf-8")
    return backend(Sensor(key, source={"type": "file", "path": str(path), **options})).get_latest_readings()[
        key
    ]


def test_the_kernel_s_thermal_zone_is_a_sensor(tmp_path: Path) -> None:
    reading = file(tmp_path / "temp", "45123\n", "temperature.celsius", factor=0.001)
    assert reading.value == 45.123
    assert file(tmp_path / "temp", "45123\n", factor=0.001, offset=-5).value == 40.123
    assert file(tmp_path / "temp", "45,5", decimal=",").value == 45.5
    assert file(tmp_path / "temp", " +7.0 \n").value == 7


def test_two_sensors_of_one_file_have_each_its_own_scale(tmp_path: Path) -> None:
    (tmp_path / "temp").write_text("20000", encoding="utf-8")
    source = {"type": "file", "path": str(tmp_path / "temp")}
    celsius = Sensor("c", source={**source, "factor": 0.001})
    fahrenheit = Sensor("f", source={**source, "factor": 0.0018, "offset": 32})
    readings = backend(celsius, fahrenheit).get_latest_readings()
    assert (readings["c"].value, readings["f"].value) == (20, 68)


def test_a_command_may_print_a_bare_number_or_csv(tmp_path: Path) -> None:
    def printed(text: str, **options: Any) -> SensorReading:
        source = {"type": "command", "argv": ["printf", "%b", text], **options}
        return backend(Sensor("t", source=source)).get_latest_readings()["t"]

    assert printed("21.5").value == 21.5
    assert printed("true").value is True
    assert printed("2150", factor=0.01).value == 21.5
    assert printed("ts;t\\n2025-11-23T12:00:00Z;21,5", form="csv") == SensorReading(21.5, "", NOON)


def test_what_cannot_be_scaled_is_a_fault_of_its_sensor(tmp_path: Path) -> None:
    sensor = Sensor("t")
    for text in ('{"t": "off"}', '{"t": true}', '{"t": "1e999"}', '{"t": [1]}', '{"t": 1e308}'):
        reading = file(tmp_path / "x.json", text, factor=1000)
        with pytest.raises(ForeignValue, match="not a usable number"):
            taken(reading, sensor)
    assert taken(file(tmp_path / "x.json", '{"t": "80.5"}', factor=2), sensor).value == 161
    with pytest.raises(SensorFault, match="the factor of t is"):
        file(tmp_path / "x.json", '{"t": 1}', factor="0,001")


def test_a_bare_number_has_no_fields(tmp_path: Path) -> None:
    with pytest.raises(SensorFault, match="bare value without names"):
        file(tmp_path / "temp", "45123", field="celsius")


def test_csv_with_semicolons_has_decimal_commas() -> None:
    assert found_in_csv("a;b;ts\n1,5;2.5;7\n") == {"a": Found(1.5, 7), "b": Found(2.5, 7)}
    assert found_in_csv("a\tb\n1,5\tx\n\n\n") == {"a": Found(1.5), "b": Found("x")}
    assert found_in_csv('a,b\n"1,5",2\n') == {"a": Found("1,5"), "b": Found(2)}
    assert found_in_csv('a,b\n"1,5",2\n', Dialect(decimal=",")) == {"a": Found(1.5), "b": Found(2)}
    found = found_in_csv("a,b\n1e400,nan\n")
    assert found["a"] == Found(Unusable("1e400"))
    assert str(found["b"].value) == "nan"


@pytest.mark.parametrize("text", ["1.234,5", "1 000", "8,5,5", "x", "1_0"])
def test_what_may_be_another_number_stays_text(text: str) -> None:
    assert cell(text, ",.") == text


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"form": "xml"}, "form is json or csv"),
        ({"form": "csv", "delimiter": "|"}, "delimiter is"),
        ({"form": "csv", "delimiter": ",", "decimal": ","}, "another character than decimal"),
        ({"decimal": "'"}, "decimal is"),
    ],
)
def test_a_form_that_cannot_be_is_told(tmp_path: Path, options: dict[str, str], words: str) -> None:
    with pytest.raises(SensorFault, match=words):
        file(tmp_path / "x.csv", "t\n1\n", **options)


@pytest.mark.parametrize(
    "ts",
    [
        '"2025-11-23T12:00:00Z"',
        '"2025-11-23T13:00:00+01:00"',
        '"2025-11-23 12:00:00"',
        str(NOON),
        f'"{NOON}"',
    ],
)
def test_times_are_milliseconds_or_iso_8601(tmp_path: Path, ts: str) -> None:
    assert file(tmp_path / "x.json", f'{{"ts": {ts}, "values": {{"t": 1}}}}').timestamp == NOON


def test_a_bad_time_costs_its_own_sensor(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text('{"a": {"value": 1, "ts": "noon"}, "b": 2}', encoding="utf-8")
    source = {"type": "file", "path": str(tmp_path / "x.json")}
    readings = backend(Sensor("a", source={**source}), Sensor("b", source={**source})).get_latest_readings()
    assert readings["b"].value == 2
    assert readings["a"].timestamp == "noon"  # type: ignore[comparison-overlap]


def test_json_of_one_unusable_value_costs_no_other() -> None:
    found = found_in_json('{"a": %s, "b": 5}' % ("1" * 400))
    assert found["b"] == Found(5)
    assert isinstance(found["a"].value, Unusable)


NUMERIC, FREE = Sensor("n", alarm_above=75), Sensor("f")


def test_text_of_a_sensor_with_limits_is_a_number_or_a_fault() -> None:
    for text, number in (("80.5", 80.5), (" 80 ", 80), ("-.5", -0.5)):
        assert taken(SensorReading(text, "", NOON), NUMERIC).value == number
        assert taken(SensorReading(text, "", NOON), FREE).value == text
    for text in ("80,5", "1e2", "nan", "inf", "", "x", "٣", "9" * 400, "x" * 10**6):
        with pytest.raises(ForeignValue) as refused:
            taken(SensorReading(text, "", NOON), NUMERIC)
        assert len(str(refused.value)) < 200
    for limit in ("minimum", "maximum", "warn_above", "warn_below", "alarm_above", "alarm_below"):
        with pytest.raises(ForeignValue, match="not a number"):
            taken(SensorReading("x", "", NOON), Sensor("n", **{limit: 1.0}))  # type: ignore[arg-type]


def test_a_number_has_no_more_decimals_than_the_server_keeps_as_a_number() -> None:
    assert taken(SensorReading(0.1 + 0.2, "", NOON), FREE).value == 0.3
    assert taken(SensorReading(1.2345678901234567e-5, "", NOON), FREE).value == 1.23456789012e-5
    assert taken(SensorReading(5, "", NOON), FREE).value == 5
    assert taken(SensorReading(True, "", NOON), NUMERIC).value is True


def test_numbers_that_no_server_keeps_are_refused_in_a_few_words() -> None:
    for number in (10**400, 10**5000, 2**63, float("inf"), float("nan"), 1e300):
        for sensor in (NUMERIC, FREE):
            told = objection_to(SensorReading(number, "", NOON), sensor)
            assert told
            assert len(told) < 120


def test_texts_keep_to_what_the_server_takes() -> None:
    assert objection_to_text("x" * 16_384) is None
    assert "bytes as JSON" in (objection_to_text("\U0001f680" * 16_000) or "")
    assert "bytes as JSON" in (objection_to_text("\x01" * 16_000) or "")
    assert "U+0000" in (objection_to_text("a\0b") or "")


def test_simulated_devices_differ_and_a_seed_makes_them_equal() -> None:
    sensor, seeded = (
        Sensor("t", unit="°C", source={"type": "simulated", **more}) for more in ({}, {"seed": 7})
    )

    def curve(one: Sensor, device: str) -> list[object]:
        made = backend(one, device=device)
        assert isinstance(made, SimulatedBackend)
        return [made._curves[0][1](NOON + 1000 * step) for step in range(50)]

    assert curve(sensor, "PM-1") == curve(sensor, "PM-1") != curve(sensor, "PM-2")
    assert curve(seeded, "PM-1") == curve(seeded, "PM-2")


def test_a_query_without_end_is_ended(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "x.db")):
        pass
    endless = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT 't', count(*) FROM c"
    path = str(tmp_path / "x.db")
    sensor = Sensor("t", source={"type": "sqlite", "path": path, "query": endless, "timeout": 0.3})
    with pytest.raises(SensorFault, match="took longer than 0.3 s"):
        backend(sensor).get_latest_readings()


@pytest.mark.parametrize("text", ["NaN", "1e999", "9" * 5000])
def test_a_message_of_a_broker_that_is_no_usable_number_is_refused(text: str) -> None:
    (found,) = _found_in(text, "a/b/temp").values()
    reading = SensorReading(found.value, "", NOON)  # type: ignore[call-overload]
    assert objection_to(reading, FREE)


def test_a_message_of_a_broker_without_names_is_named_by_its_topic() -> None:
    assert _found_in("80,5", "a/temp") == {"temp": Found("80,5")}
    assert _found_in("80.5", "a/temp") == {"temp": Found(80.5)}
    assert _found_in('{"a": 1}', "a/temp") == {"a": Found(1)}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("21.5 °C", 'it says "21.5 °C", which is neither a number nor JSON'),
        ("nan", 'it says "nan", which is neither a number nor JSON'),
        ("0x1F\n", 'it says "0x1F", which is neither a number nor JSON'),
        ("21.5\n22.5\n", "which is neither a number nor JSON"),
        (" \n", "it is empty"),
        ("{", "it is no JSON"),
        ("a\n<<<<<<< HEAD\n", r"unresolved merge conflict \(line 2\)"),
    ],
)
def test_what_is_no_value_is_told_as_it_is_written(tmp_path: Path, text: str, words: str) -> None:
    """Nobody who wrote 21.5 °C into a file looks for faults of JSON."""
    with pytest.raises(SensorFault, match=words):
        file(tmp_path / "t", text)


def test_a_conflict_in_a_table_is_no_value_that_is_missing(tmp_path: Path) -> None:
    """The table of another program has lines that version control left in it."""
    with pytest.raises(SensorFault, match="unresolved merge conflict"):
        file(tmp_path / "t.csv", "<<<<<<< HEAD\nts;t\n=======\nts;t\n>>>>>>> other\n")
