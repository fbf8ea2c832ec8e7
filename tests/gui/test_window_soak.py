"""An hour of the whole window in simulated time: it keeps to its memory, and Qt has nothing to say."""

from __future__ import annotations

import ctypes
import gc
import os
import time
from pathlib import Path

import numpy as np
import pytest
from papaya_gui.faults import Faults
from papaya_gui.models.batch import NUMBER, Batch
from papaya_gui.station import Station
from papaya_gui.theme import LIGHT
from papaya_gui.views.main_window import MainWindow
from PyQt6.QtWidgets import QApplication

from papaya.manifest.model import Fleet
from papaya.sensors.condition import Condition, Health
from papaya.sensors.simulated import curve_of
from tests.gui.hand import HandSupply

BEGIN = 1_764_000_000.0
# At first a person does ten times as much, until Qt has filled its stores of glyphs and pictures.
WARM_UP, HASTE, HOUR = 1800, 10, 3600
GROWTH = 0.05
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Clock:
    """A clock that a test moves."""

    now = BEGIN

    def __call__(self) -> float:
        return self.now


def resident() -> int:
    """Return how many bytes of memory this process needs, without what its allocator keeps for later."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * _PAGE


@pytest.mark.soak
def test_an_hour_of_the_window_keeps_to_its_memory(
    fleet: Fleet, application: QApplication, tmp_path: Path
) -> None:
    clock = Clock()
    station = Station(fleet, HandSupply, clock=clock)
    supply = station.supply
    assert isinstance(supply, HandSupply)
    window = MainWindow(station, LIGHT, Faults(tmp_path / "window.log"))
    window.resize(1280, 800)
    window.turn_to("PM-0001")
    window.show()
    supply.tell(Condition(Health.LIVE))
    curves = [curve_of(row.sensor, row.device) for row in station.catalog]
    every = np.array([row.every for row in station.catalog])
    marks: list[int] = []
    began = time.monotonic()
    for second in range(WARM_UP + HOUR):
        clock.now = BEGIN + second
        due = np.flatnonzero(second % every == 0)
        values = [curves[row](round(clock.now * 1000)) for row in due]
        rows = np.array([row for row, value in zip(due, values, strict=True) if value is not None], np.int32)
        told = np.array([value for value in values if value is not None], np.float64)
        supply.inbox.put_columns(
            Batch(rows, np.full(len(rows), clock.now), told, np.full(len(rows), NUMBER, np.int8))
        )
        _do_something(window, second * HASTE if second < WARM_UP else second)
        station.tick()
        application.processEvents()
        if second >= WARM_UP and (second - WARM_UP) % 600 == 0:
            marks.append(resident())
    marks.append(resident())
    mebibytes = ", ".join(f"{mark / 2**20:.1f}" for mark in marks)
    print(f"{HOUR} s of {len(curves)} sensors in {time.monotonic() - began:.0f} s; MiB: {mebibytes}")
    assert station.tape.end > HOUR * 10
    assert marks[-1] / marks[0] - 1 < GROWTH
    window.close()
    station.close()
    window.deleteLater()


def _do_something(window: MainWindow, second: int) -> None:
    """Do now and then what a person does."""
    devices = window.station.catalog.devices
    if second % 30 == 0:
        window.turn_to(devices[second // 30 % len(devices)])
    if second % 50 == 10:
        window.pages.setCurrentIndex(second // 50 % window.pages.count())
    if second % 100 == 40:
        window.station.set_paused(True)
    if second % 100 == 60:
        window.station.set_paused(False)
