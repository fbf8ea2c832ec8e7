"""Drivers in every form that is accepted, and what one bad value of theirs costs."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from papaya.manifest.model import Sensor
from papaya.sensors.backend import SensorBackend, SensorFault, SensorReading
from papaya.sensors.descriptions import completed, descriptions_of
from papaya.sensors.drivers import made, readings_from
from papaya.sensors.plugins import make_backend
from papaya.sensors.reading import objection_to
from papaya.sensors.source import Source, sources_of
from tests.drivers import install

NOW = 1_763_900_000_000
SENSORS = (Sensor("t", source={"type": "x", "field": "temp"}), Sensor("h", source={"type": "x"}))
SOURCE = Source("x", SENSORS, {}, now=lambda: NOW)


def read(returned: object, driver: object = None, source: Source = SOURCE) -> dict[str, Any]:
    """Return the values in what a driver returned."""
    return {one.name: one.value for one in readings_from(returned, source, driver)}


def test_a_reading_has_value_unit_and_time_with_a_name_or_without() -> None:
    reading = SensorReading(21.5, "°C", NOW)
    assert reading == SensorReading(value=21.5, unit="°C", timestamp=NOW)
    assert reading == SensorReading("t", 21.5, "°C", NOW)
    assert reading == SensorReading(21.5, "°C", datetime.fromtimestamp(NOW / 1000, UTC))
    assert (reading.name, SensorReading("t", 21.5, "°C", NOW).name) == ("", "t")
    assert SensorReading(name="t", value=1, unit="", timestamp=NOW).name == "t"
    for wrong in ((), (1, 2, 3, 4, 5)):
        with pytest.raises(TypeError, match="SensorReading takes"):
            SensorReading(*wrong)
    with pytest.raises(TypeError, match="SensorReading takes"):
        SensorReading(value=1, unti="")  # type: ignore[call-overload]


def test_a_mapping_is_read_by_field_or_key() -> None:
    reading = SensorReading(value=1, unit="", timestamp=NOW)
    assert read({"temp": reading, "h": reading, "other": reading}) == {"t": 1, "h": 1, "other": 1}
    assert read({"t": reading}) == {"t": 1}
    twins = Source("x", (Sensor("a", source={"field": "f"}), Sensor("b", source={"field": "f"})))
    assert read({"f": reading}, source=twins) == {"a": 1, "b": 1}


def test_readings_of_another_class_and_numbers_of_numpy_are_taken() -> None:
    @dataclass
    class Own:
        value: object
        unit: str
        timestamp: object

    (one, other) = readings_from(
        {"t": Own(np.float32(1.5), "V", NOW), "h": Own(np.int64(7), "", None)}, SOURCE
    )
    assert (one.value, one.unit, one.timestamp, type(one.value)) == (1.5, "V", NOW, float)
    assert (other.value, other.timestamp, type(other.value)) == (7, NOW, int)
    assert read({"t": SensorReading(Decimal("2.5"))}) == {"t": 2.5}  # type: ignore[call-overload]


def test_what_is_no_reading_costs_no_other_sensor() -> None:
    class Angry:
        @property
        def value(self) -> float:
            raise OSError("no")

    good = SensorReading(1)
    assert read({"t": None, "h": good, 5: good, None: good}) == {"h": 1}
    assert read({"t": 5.5, "h": good}) == {"h": 1}
    readings = {one.name: one for one in readings_from({"t": Angry(), "h": good}, SOURCE)}
    assert objection_to(readings["h"], SENSORS[1]) is None
    assert "OSError" in str(objection_to(readings["t"], SENSORS[0]))


@pytest.mark.parametrize("returned", [None, 5, "text", b"bytes", object()])
def test_what_is_no_mapping_is_a_fault(returned: object) -> None:
    with pytest.raises(SensorFault, match="not a mapping"):
        read(returned)


def test_readings_without_end_are_a_fault() -> None:
    def endless() -> Iterator[SensorReading]:
        while True:
            yield SensorReading("t", 1, "", NOW)

    with pytest.raises(SensorFault, match="more than 10,000"):
        read(endless())


class Sequel(SensorBackend):
    """A driver written to what papaya asked for before."""

    def __init__(self, source: Source) -> None:
        self.source = source

    def get_available_sensors(self) -> Any:
        return self.source.sensors

    def get_latest_readings(self) -> Any:
        return [SensorReading(sensor.key, 5, sensor.unit, NOW) for sensor in self.source.sensors]


def test_a_sequence_of_readings_goes_on_working_and_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    driver = made(Sequel, SOURCE)
    with pytest.warns(DeprecationWarning, match="the driver x returns a sequence") as told:
        for _ in range(3):
            assert read(driver.get_latest_readings(), driver) == {"t": 5, "h": 5}
    assert len(told) == 1
    assert caplog.text.count("the driver x returns a sequence") == 1


def test_a_deprecation_that_is_an_error_loses_no_reading() -> None:
    class Other(Sequel):
        pass

    driver = Other(SOURCE)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read(driver.get_latest_readings(), driver) == {"t": 5, "h": 5}


class Duck:
    """A driver that inherits nothing."""

    def __init__(self, bus: int = 1, *, address: int = 0x76) -> None:
        self.given = (bus, address)

    def get_available_sensors(self) -> list[str]:
        return ["t"]

    def get_latest_readings(self) -> Mapping[str, SensorReading]:
        return {"t": SensorReading(1)}


def source_with(**options: Any) -> Source:
    """Return a source with options."""
    (source,) = sources_of([Sensor("t", source={"type": "x", **options})], Path())
    return source


def test_a_driver_without_required_arguments_gets_the_options_of_its_source() -> None:
    driver = made(Duck, source_with(bus=3, timeout=5))
    assert isinstance(driver, Duck)
    assert driver.given == (3, 0x76)
    with pytest.raises(SensorFault, match="no option bsu"):
        made(Duck, source_with(bsu=3))


def test_a_driver_that_requires_an_argument_gets_the_source() -> None:
    def optional(source: Source | None = None) -> SensorBackend:
        assert source is SOURCE
        return Sequel(source)

    for factory in (Sequel, lambda source: Sequel(source), lambda *given: Sequel(*given), optional):
        assert isinstance(made(factory, SOURCE), Sequel)


@pytest.mark.parametrize("factory", [lambda source: None, lambda: 5, lambda source: object()])
def test_what_makes_no_driver_is_told_with_what_is_missing(factory: Callable[..., object]) -> None:
    with pytest.raises(SensorFault, match="no method get_available_sensors"):
        made(factory, SOURCE)


def test_an_entry_point_of_another_package_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    sensors = [Sensor("t", source={"type": "thermometer", "bus": 2, "field": "board"})]
    (source,) = sources_of(sensors, tmp_path)
    driver = make_backend(source)
    assert [*driver.get_available_sensors()] == ["board", "outside"]
    (reading,) = readings_from(driver.get_latest_readings(), source, driver)
    assert (reading.name, reading.value) == ("t", 22)


def test_what_a_driver_tells_of_a_sensor_completes_the_manifest() -> None:
    class Describing(Duck):
        def get_sensor_descriptions(self) -> object:
            return {
                "temp": {"unit": "°C", "minimum": -40, "maximum": 85, "every": 30},
                "h": Sensor("x", unit="%"),
            }

    told = descriptions_of(Describing(), SOURCE)
    assert completed(SENSORS[0], told["t"]) == replace(
        SENSORS[0], unit="°C", minimum=-40, maximum=85, every=30
    )
    own = Sensor("t", unit="K", every=5, minimum=0, maximum=10)
    assert completed(own, told["t"]) == own
    assert completed(Sensor("t", minimum=100), told["t"]).maximum is None
    assert completed(SENSORS[1], told["h"]).unit == "%"


@pytest.mark.parametrize("told", [None, 5, {"t": 5}, {"t": {"minimum": "low"}}, {"t": {"every": 0}}])
def test_a_description_that_is_none_costs_nothing(told: object) -> None:
    class Describing(Duck):
        def get_sensor_descriptions(self) -> object:
            return told

    sensor = Sensor("t")
    source = Source("x", (sensor,))
    assert completed(sensor, descriptions_of(Describing(), source).get("t")) == sensor
    assert descriptions_of(Duck(), source) == {}
