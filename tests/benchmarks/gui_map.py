"""What the map costs while it is moved: 10,000 devices on the base map, in frames a second.

Run it by hand: python -m tests.benchmarks.gui_map [DEVICES]. Times on a busy machine prove nothing.
The ratio is against pyqtgraph's own scatter plot of the same points, without a base map, in the same run.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import pyqtgraph
from papaya_gui.actions import Actions
from papaya_gui.models.base_map import base_map
from papaya_gui.station import Station
from papaya_gui.theme import LIGHT, apply
from papaya_gui.views.map import MapView
from PyQt6.QtCore import qInstallMessageHandler
from PyQt6.QtWidgets import QApplication

from papaya.manifest.model import Country, Device, Fleet, Location, Sensor, State
from tests.gui.hand import HandSupply

FRAMES = 90


def fleet_of(count: int) -> Fleet:
    """Return so many devices around the cities of a country, each with its own coordinates."""
    chance = np.random.default_rng(5)
    states = []
    for first in range(0, count, 500):
        name = f"State {first // 500}"
        middle = chance.uniform((9.0, 73.0), (30.0, 92.0))
        spots = np.clip(chance.normal(middle, 0.7, (min(500, count - first), 2)), -80, 179)
        devices = tuple(
            Device(
                f"MTR-{first + number:06}", "INDIA", name, "default",
                location=Location(float(spot[0]), float(spot[1])), sensors=(Sensor("temperature"),),
            )
            for number, spot in enumerate(spots)
        )  # fmt: skip
        states.append(State(name, name, devices=devices))
    return Fleet("bench", countries=(Country("INDIA", "INDIA", states=tuple(states)),))


def milliseconds(plot: pyqtgraph.PlotWidget, move: Callable[[int], None]) -> list[float]:
    """Return how long each frame took, from the move to the picture, in time of the processor."""
    found = []
    for frame in range(FRAMES):
        began = time.thread_time()
        move(frame)
        plot.grab()
        found.append(1000 * (time.thread_time() - began))
    return found


def to_and_fro(plot: pyqtgraph.PlotWidget) -> Callable[[int], None]:
    """Return what moves a map by half of its width, and back again."""
    box = plot.getViewBox()
    step = box.viewRect().width() / 60

    def move(frame: int) -> None:
        box.translateBy(x=step if frame % 60 < 30 else -step)

    return move


def told(name: str, found: list[float]) -> str:
    """Return a line of the report."""
    middle, worst = float(np.median(found)), max(found)
    return f"{name:34} {middle:7.1f} ms a frame ({1000 / middle:5.0f} a second), the slowest {worst:6.1f} ms"


def main(count: int) -> None:
    """Measure and print."""
    qInstallMessageHandler(lambda *_: None)
    application = QApplication([])
    apply(application, LIGHT)
    # What a window does beside itself once it is open.
    base_map().unpack()
    station = Station(fleet_of(count), HandSupply)
    view = MapView(station, LIGHT, Actions())
    view.resize(1200, 800)
    view.show()
    box = view.plot.getViewBox()
    for name, zoom in (("panning, whole country", 1.0), ("panning, one state", 0.15)):
        view.show_all()
        box.scaleBy((zoom, zoom))
        print(told(name, milliseconds(view.plot, to_and_fro(view.plot))))
    view.show_all()
    print(told("zooming in", milliseconds(view.plot, lambda frame: box.scaleBy((0.93, 0.93)))))
    bare = pyqtgraph.PlotWidget()
    bare.resize(1200, 800)
    bare.show()
    bare.addItem(pyqtgraph.ScatterPlotItem(x=view.geography.longitudes, y=view.geography.latitudes, size=11))
    print(told("pyqtgraph's scatter plot, panning", milliseconds(bare, to_and_fro(bare))))
    station.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
