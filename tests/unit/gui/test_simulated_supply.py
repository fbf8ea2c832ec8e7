"""Invented values: the same as the agent's, for thousands of sensors, live and of the past."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from papaya_gui.models.batch import NUMBER, WHOLE
from papaya_gui.sources.simulated import SimulatedSupply
from papaya_gui.sources.waves import Waves

from papaya.manifest.model import Sensor
from papaya.sensors.condition import Health
from papaya.sensors.simulated import GAPS, curve_of, shape_of
from tests.unit.gui.ear import Ear, fleet_of, meter

START = 1_763_900_000


@pytest.fixture
def ear() -> Iterator[Ear]:
    """What listens in a test, ended with it."""
    sensors = (Sensor("t", unit="°C", every=0.1), Sensor("n", every=0.2))
    made = Ear(fleet_of(*(meter(f"PM-{number}", *sensors) for number in range(50))))
    yield made
    made.close()


@pytest.mark.parametrize("unit", ["°C", "%", "cm", "lx", "dB", ""])
def test_columns_have_the_values_of_the_agent(unit: str) -> None:
    sensor = Sensor("k", unit=unit, minimum=0, maximum=60)
    curve, waves = curve_of(sensor, "PM-1"), Waves([shape_of(sensor, "PM-1")])
    seconds = np.arange(START, START + 3_000, 0.75)
    expected = [curve(round(moment * 1000)) for moment in seconds]
    found = waves.values(np.zeros(1, np.intp), seconds)
    gaps = [value is None for value in expected]
    assert np.isnan(found).tolist() == gaps
    assert sum(gaps) <= 4 * GAPS * len(gaps)
    numbers = [np.nan if value is None else value for value in expected]
    # Halves may be rounded to either side.
    assert np.nanmax(np.abs(found - numbers)) <= 1.001 * 10.0 ** -shape_of(sensor, "PM-1").digits
    assert np.nanmean(found == numbers) > 0.99


def test_every_sensor_speaks_at_its_own_interval() -> None:
    # Long enough that a busy machine seldom misses one altogether.
    sensors = (Sensor("t", unit="°C", every=0.25), Sensor("n", every=0.5))
    ear = Ear(fleet_of(*(meter(f"PM-{number}", *sensors) for number in range(50))))

    def slowest() -> int:
        ear.drain()
        return int(ear.board.counts.min())

    try:
        ear.hear(SimulatedSupply(ear.catalog, ear.inbox, ear.told.append))
        ear.until(lambda: slowest() >= 3)
    finally:
        ear.close()
    assert ear.until_health(Health.LIVE).reason == "simulated data"
    ear.drain()
    quick, slow = ear.board.counts.reshape(50, 2).mean(axis=0)
    assert 1.4 < quick / slow < 2.6
    assert set(ear.board.kinds[0::2].tolist()) == {NUMBER}
    assert set(ear.board.kinds[1::2].tolist()) == {WHOLE}


def test_rows_that_are_added_later_speak_too(ear: Ear) -> None:
    ear.hear(SimulatedSupply(ear.catalog, ear.inbox, ear.told.append))
    ear.until(lambda: ear.text("PM-0", "t"))
    ear.catalog.add("PM-0", Sensor("more", unit="V", every=0.1))
    ear.until(lambda: ear.text("PM-0", "more"))


def test_the_past_has_the_sensors_own_times_and_of_many_the_extremes(ear: Ear) -> None:
    supply = SimulatedSupply(ear.catalog, ear.inbox, ear.told.append)
    row = ear.catalog[0]
    past = supply.history(row, START, START + 10, 1_000)
    assert len(past.times) == pytest.approx(100, abs=1)
    assert (past.interval, past.kind) == (0, NUMBER)
    again = supply.history(row, START + 5, START + 10, 1_000)
    assert np.array_equal(again.values, past.values[-len(again.values) :], equal_nan=True)
    wide = supply.history(row, START, START + 86_400, 500)
    assert wide.low is not None
    assert wide.high is not None
    assert len(wide.times) == pytest.approx(500, abs=1)
    assert wide.interval == pytest.approx(86_400 / 500)
    there = ~np.isnan(wide.values)
    assert (wide.low[there] <= wide.values[there]).all()
    assert (wide.values[there] <= wide.high[there]).all()
    assert len(supply.history(row, START, START, 10).times) == 0


def test_ten_thousand_sensors_cost_a_fraction_of_one_after_the_other() -> None:
    sensors = [Sensor(f"s{number}", unit="°C") for number in range(200)]
    waves = Waves([shape_of(sensor, "PM-1") for sensor in sensors] * 50)
    curve, places = curve_of(sensors[0], "PM-1"), np.arange(len(waves))

    def cost(work: Callable[[], object]) -> float:
        began = time.process_time()
        work()
        return time.process_time() - began

    one_by_one = min(cost(lambda: [curve(START * 1000 + n) for n in range(10_000)]) for _ in range(3))
    together = min(cost(lambda: waves.values(places, START)) for _ in range(3))
    assert together < one_by_one / 3
