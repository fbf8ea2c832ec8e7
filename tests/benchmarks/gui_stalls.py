"""How long the window stalls while much happens at once: silence, alarms, and a fleet of 10,000 devices.

Run it by hand: python -m tests.benchmarks.gui_stalls [DEVICES]. A stall is the time between two turns of a
timer of 1 ms in the event loop. What happens comes from another thread, as from a server. Times on a busy
machine prove nothing.
"""

from __future__ import annotations

import gc
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from papaya_gui.faults import Faults
from papaya_gui.models.overview import By
from papaya_gui.sources.remote import Alarm, Severity
from papaya_gui.station import Station
from papaya_gui.theme import LIGHT, apply
from papaya_gui.views.main_window import MainWindow
from PyQt6.QtCore import QTimer
from PyQt6.QtWidgets import QApplication

from papaya.manifest.model import Country, Device, Fleet, Location, Sensor, State
from papaya.sensors.condition import Condition, Health
from tests.gui.far import FarSupply
from tests.gui.hand import pause, wait_until

SEVERITIES: tuple[Severity, ...] = ("CRITICAL", "MAJOR", "MINOR", "WARNING", "INDETERMINATE")
SENSORS = tuple(Sensor(key, warn_above=60.0, alarm_above=80.0, every=3600) for key in "abcde")


def fleet_of(count: int) -> Fleet:
    """Return so many devices with five sensors each, 200 in a State."""
    states = []
    for first in range(0, count, 200):
        name = f"State {first // 200}"
        devices = tuple(
            Device(
                f"MTR-{number:06}", "INDIA", name, "default", sensors=SENSORS,
                location=Location(8 + number % 2000 / 100, 70 + number % 1700 / 100),
            )
            for number in range(first, min(first + 200, count))
        )  # fmt: skip
        states.append(State(name, name, devices=devices))
    return Fleet("bench", countries=(Country("INDIA", "INDIA", states=tuple(states)),))


class Stalls:
    """The gaps between the turns of a timer that is due at every turn of the event loop."""

    def __init__(self) -> None:
        self.longest, self._last = 0.0, time.perf_counter()
        self._timer = QTimer()
        self._timer.setInterval(1)
        self._timer.timeout.connect(self._on_turn)
        self._timer.start()

    def _on_turn(self) -> None:
        now = time.perf_counter()
        self.longest, self._last = max(self.longest, now - self._last), now

    def of(self, do: Callable[[], object], seconds: float) -> float:
        """Return the longest stall in milliseconds while something is done, and for a while after it."""
        pause(0.1)
        self.longest, self._last = 0.0, time.perf_counter()
        do()
        self._on_turn()
        pause(seconds)
        return 1000 * self.longest


def alarms_of(station: Station, count: int, first: int = 0) -> list[Alarm]:
    """Return so many alarms, each of another device as far as there are some."""
    devices = station.catalog.devices
    now = station.now()
    return [
        Alarm(str(number), devices[number * 7 % len(devices)], f"Alarm {number % 9}", SEVERITIES[number % 5],
              now, True, False)
        for number in range(first, first + count)
    ]  # fmt: skip


def main(count: int) -> None:
    """Measure and print."""
    application = QApplication([])
    apply(application, LIGHT)
    station = Station(fleet_of(count), FarSupply)
    assert isinstance(station.supply, FarSupply) and station.supply.far is not None
    supply, far = station.supply, station.supply.far
    with tempfile.TemporaryDirectory() as folder:
        window = MainWindow(station, LIGHT, Faults(Path(folder) / "window.log"))
        window.fill_menus()
        window.resize(1440, 900)
        window.show()
        station.start()
        now = station.now()
        for row in station.catalog:
            supply.say(row.index, now, 20.0)
        wait_until(lambda: bool((station.board.freshness == 1).all()))
        stalls = Stalls()
        found: list[tuple[str, str, float]] = []
        for name, page in (
            ("plot", window.plot), ("overview", window.overview), ("map", window.map),
            ("alarms", window.alarms), ("device", window.device),
        ):  # fmt: skip
            station.focus(station.catalog.devices[0])
            found.append(
                (
                    name,
                    "the page opens",
                    stalls.of(partial(window.pages.setCurrentWidget, page), 1.0),
                )
            )
            if page is window.overview:
                found.append(
                    (
                        name,
                        "a tile for each device",
                        stalls.of(lambda: window.overview.show_by(By.DEVICE), 1.0),
                    )
                )

            def silence(health: Health) -> None:
                def tell() -> None:
                    for device in station.catalog.devices:
                        supply.tell(Condition(health, "nothing for an hour", "Is it on?", device=device))

                threading.Thread(target=tell).start()

            found.append(
                (name, f"{count:,} devices fall silent", stalls.of(lambda: silence(Health.SILENT), 1.5))
            )
            found.append((name, "and are heard again", stalls.of(lambda: silence(Health.LIVE), 1.5)))

            def burst() -> None:
                far.known.clear()
                for first in range(0, 1000, 100):
                    far.add(*alarms_of(station, 100, first))
                    window.alarms.ask()
                    pause(0.1)

            found.append((name, "1,000 alarms within a second", stalls.of(burst, 1.5)))
            found.append(
                (name, "the worst first", stalls.of(lambda: window.tree.filter.worst_first.click(), 1.0))
            )
            found.append(
                (name, "and as declared", stalls.of(lambda: window.tree.filter.worst_first.click(), 1.0))
            )
            far.known.clear()
            found.append((name, "all alarms are over", stalls.of(window.alarms.ask, 1.0)))
            gc.collect()
        for page_name, what, stall in found:
            print(f"{page_name:10} {what:32} {stall:7.1f} ms")
        print(f"longest stall: {max(stall for _, _, stall in found):.1f} ms")
        window.close()
        station.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
