"""When a device of a source is silent, and rows that several threads add at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from papaya_gui.models.catalog import Catalog
from papaya_gui.sources.silence import Silence, patience_with

from papaya.manifest.model import Sensor
from papaya.remedies import DEVICE_SILENT
from papaya.sensors.condition import Condition, Health
from tests.unit.gui.ear import fleet_of, meter


class Scene:
    """Two meters, one quick and one slow, and a clock that a test turns."""

    def __init__(self) -> None:
        self.now = 100.0
        self.told: list[Condition] = []
        quick, slow = meter("PM-1", "t"), meter("PM-2", Sensor("t", every=60.0), Sensor("n", every=600.0))
        self.catalog = Catalog(fleet_of(quick, slow, meter("PM-3")))
        self.silence = Silence(self.catalog, self.told.append, lambda: self.now)

    def after(self, seconds: float, *heard: int) -> list[tuple[str, Health, str]]:
        """Let time pass, let rows be heard, and return what is told of it."""
        self.now += seconds
        if heard:
            self.silence.heard(np.array(heard, np.int32))
        self.silence.check()
        told = [(one.device, one.health, one.reason) for one in self.told]
        self.told.clear()
        return told


def test_each_device_is_silent_after_its_own_time_and_told_once() -> None:
    scene = Scene()
    assert scene.after(29.9, 1) == []
    assert scene.after(0.2) == [("PM-1", Health.SILENT, "the device has sent nothing yet")]
    assert scene.after(60.0) == []
    assert scene.after(59.9) == [("PM-2", Health.SILENT, "the device has sent nothing for 120 s or longer")]
    assert scene.after(1.0, 0, 2) == [("PM-1", Health.LIVE, ""), ("PM-2", Health.LIVE, "")]


def test_the_remedy_is_that_of_the_doctor() -> None:
    scene = Scene()
    scene.now += 1000
    scene.silence.check()
    assert {one.remedy for one in scene.told} == {DEVICE_SILENT}


def test_nobody_is_silent_while_nothing_could_be_heard() -> None:
    scene = Scene()
    assert scene.after(0, 0, 1) == []
    scene.now += 1000
    scene.silence.begin()
    assert scene.after(29.0) == []
    assert [device for device, _, _ in scene.after(1.0)] == ["PM-1"]


def test_of_a_device_that_is_broken_no_silence_is_told() -> None:
    scene = Scene()
    scene.now += 1000
    scene.silence.check({"PM-1"})
    assert [one.device for one in scene.told] == ["PM-2"]


def test_a_hiccup_is_no_silence() -> None:
    catalog = Catalog(fleet_of(meter("PM-1", Sensor("t", every=0.1))))
    assert patience_with(catalog.rows_of("PM-1")) == 30.0


def test_rows_that_several_threads_add_at_once_are_one_for_each_sensor() -> None:
    catalog = Catalog(fleet_of(meter("PM-1"), meter("PM-2")))
    names = [(f"PM-{number % 2 + 1}", f"s{number % 500}") for number in range(4_000)]
    with ThreadPoolExecutor(8) as pool:
        rows = list(pool.map(lambda name: catalog.add(name[0], Sensor(name[1])), names))
    assert len(catalog) == len(set(names))
    assert [row.index for row in catalog] == list(range(len(catalog)))
    assert all(catalog[row.index] is row for row in rows)
    assert all((row.device, row.sensor.key) == name for row, name in zip(rows, names, strict=True))
