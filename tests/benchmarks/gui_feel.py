"""How long the window does not answer: the longest stall of its event loop for each thing that is done in it.

    python -m tests.benchmarks.gui_feel [--devices 10000] [--megabytes 200] [--only WORDS]

A timer in the window's own thread beats every 2 ms; a stall is the longest time between two beats, from the
action until a second and a half later, in time and in time of the processor for this thread: on a machine
that does other things, too, only the latter is the window's own. The fleet has three sensors a device; all
say something once a second. Run it by hand on a quiet machine. The aim is 50 ms for each action.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from papaya_gui.desk import Desk
from papaya_gui.faults import Faults
from papaya_gui.interpreter import shorten_turns, undisturbed
from papaya_gui.layouts import LayoutFiles
from papaya_gui.memory import Memory
from papaya_gui.models.batch import NUMBER, Batch
from papaya_gui.models.board import Board
from papaya_gui.models.catalog import Catalog
from papaya_gui.models.tape import CAPACITY
from papaya_gui.models.texts import Texts
from papaya_gui.models.tree import Only
from papaya_gui.recent import Recent
from papaya_gui.sources.remote import Alarm
from papaya_gui.sources.wanted import Opened, Wanted
from papaya_gui.station import Station
from papaya_gui.theme import DARK, LIGHT, apply
from papaya_gui.views.main_window import MainWindow
from PyQt6.QtCore import QEventLoop, QTimer, qInstallMessageHandler
from PyQt6.QtWidgets import QApplication

from papaya.manifest.model import Country, Device, Fleet, Location, Sensor, State
from papaya.sensors.condition import Condition, Health
from tests.gui.far import FarSupply

AIM = 50.0
SETTLE = 1.5
KEYS = ("temperature", "humidity", "battery")
Action = Callable[[], object]
Stall = tuple[float, float]


class Heartbeat:
    """Measures the longest time between two turns of the event loop, in milliseconds and of the processor."""

    def __init__(self) -> None:
        self._timer = QTimer()
        self._timer.setInterval(2)
        self._timer.timeout.connect(self._beat)
        self._timer.start()
        self._last = self._now()
        self.longest: Stall = (0.0, 0.0)

    def _now(self) -> Stall:
        return time.perf_counter(), time.thread_time()

    def _beat(self) -> None:
        now = self._now()
        wall, own = (1000 * (one - other) for one, other in zip(now, self._last, strict=True))
        self.longest = max(self.longest[0], wall), max(self.longest[1], own)
        self._last = now

    def during(self, act: Action, seconds: float = SETTLE) -> Stall:
        """Return the longest stall of an action and of what follows from it."""
        wait(0.3)
        self.longest = (0.0, 0.0)
        QTimer.singleShot(0, act)
        wait(seconds)
        return self.longest


def tell(words: str, stall: Stall) -> None:
    """Print one stall."""
    wall, own = stall
    print(
        f"  {words:<40} {wall:8.1f} ms, processor {own:7.1f} ms{'' if own <= AIM else '   too long'}",
        flush=True,
    )


def wait(seconds: float) -> None:
    """Let the window work for so long."""
    loop = QEventLoop()
    QTimer.singleShot(round(seconds * 1000), loop.quit)
    loop.exec()


def fleet_of(devices: int, name: str = "bench") -> Fleet:
    """Return a fleet with a State for every 250 devices."""
    sensors = tuple(Sensor(key, unit="°C", every=60, warn_above=60) for key in KEYS)
    states = []
    for first in range(0, devices, 250):
        state = f"State {first // 250}"
        place = Location(longitude=70 + first % 20, latitude=10 + first / devices * 20)
        made = tuple(
            Device(f"MTR-{number:05}", "INDIA", state, "default", sensors=sensors)
            for number in range(first, min(first + 250, devices))
        )
        states.append(State(state, state, location=place, devices=made))
    return Fleet(name, countries=(Country("INDIA", "INDIA", states=tuple(states)),))


class Bench:
    """A window of a large fleet whose sensors all say something once a second."""

    def __init__(self, devices: int, folder: Path) -> None:
        self.fleet = fleet_of(devices)
        board = Board(Catalog(self.fleet), Texts())
        with undisturbed():
            self.station = Station(self.fleet, FarSupply, board=board)
            self.window = MainWindow(self.station, LIGHT, Faults(folder / "window.log"))
            memory = Memory(self.window, LayoutFiles(folder, folder))
            self.window.fill_menus()
            self.window.resize(1440, 900)
            self.window.show()
        self.desk = Desk(self.window, self.station, memory, Wanted(), recent=Recent(folder / "recent"))
        self.window.turn_to("MTR-00001")
        self._random = np.random.default_rng(1)
        self._say = QTimer()
        self._say.timeout.connect(lambda: self.say())
        self._say.start(1000)
        self.station.start()
        # As after a long day: the window holds as many readings as it ever will.
        for ago in range(CAPACITY // len(self.station.catalog), 0, -1):
            self.say(ago)
        self.say()
        wait(4.0)

    def say(self, ago: float = 0) -> None:
        """Let every sensor say something, now or so many seconds ago."""
        station = self.desk.station
        count = len(station.catalog)
        now, numbers = np.full(count, station.now() - ago), np.full(count, NUMBER, np.int8)
        values = self._random.normal(40, 10, count)
        station.inbox.put_columns(Batch(np.arange(count, dtype=np.int32), now, values, numbers))

    def actions(self) -> Iterator[tuple[str, Action]]:
        """Yield what people do, with its words."""
        window, station = self.window, self.station
        tree, table = window.tree, window.table
        yield "nothing: readings come and are drawn", lambda: None
        for number in range(window.pages.count()):
            page = window.pages.tabText(number)
            yield f"first look at the page {page}", partial(window.pages.setCurrentIndex, number)
        yield "the page Plot again", lambda: window.pages.setCurrentWidget(window.plot)
        yield "turn to the whole fleet", lambda: station.focus("")
        yield "sort the table by value", lambda: table.view.sort_next(2)
        yield "filter the table", lambda: table.filter.setText("temp mtr-0")
        yield "end the filter", lambda: table.filter.setText("")
        yield "search the tree", lambda: tree.search.setText("mtr-00421")
        yield "end the search", lambda: tree.search.setText("")
        yield "expand a place", self.expand
        yield "worst first", lambda: tree.filter.worst_first.click()
        yield "only devices with a warning", lambda: tree.filter.buttons[Only.WARN].click()
        yield "all devices again", lambda: tree.filter.buttons[Only.ALL].click()
        yield "turn to a device", lambda: station.focus("MTR-00777")
        yield "plot it", lambda: window.device.plotWanted.emit("MTR-00777")
        yield "pause", lambda: window.controls.pause.setChecked(True)
        yield "resume", lambda: window.controls.pause.setChecked(False)
        yield "find everything (Ctrl+K)", window.palette_.show_empty
        yield "type into it", lambda: window.palette_.query.setText("00421 temp")
        yield "close it", window.palette_.reject
        yield "dark theme", lambda: window.set_theme(DARK)
        yield "light theme", lambda: window.set_theme(LIGHT)
        yield "1,000 alarms arrive", self.alarm
        yield "all devices fall silent", self.fall_silent
        # Made by whoever opens a source, beside the window.
        self._next_board = Board(Catalog(self.fleet), Texts())
        yield "another source for the same fleet", self.change_source

    def expand(self) -> None:
        """Show the devices of the first State."""
        country = self.window.tree.model.index(0, 0)
        self.window.tree.view.expand(country)
        self.window.tree.view.expand(self.window.tree.model.index(0, 0, country))

    def alarm(self) -> None:
        """Raise a thousand alarms of all severities."""
        remote = self.station.supply.remote
        now = self.station.now()
        severities = ("CRITICAL", "MAJOR", "MINOR", "WARNING", "INDETERMINATE")
        alarms = [
            Alarm(str(one), f"MTR-{7 * one:05}", f"Hot {one}", severities[one % 5], True, False, now, "")  # type: ignore[arg-type]
            for one in range(1000)
        ]
        remote.add(*alarms)  # type: ignore[union-attr]
        self.window.alarms.ask()

    def fall_silent(self) -> None:
        """Let the source tell of every device that it is silent."""
        station = self.station

        def tell() -> None:
            for device in station.catalog.devices:
                station.supply.tell(Condition(Health.SILENT, "no reading", "Look at it.", device=device))

        # As a source does, which has a thread of its own.
        threading.Thread(target=tell).start()

    def change_source(self) -> None:
        """Open another source, as the source dialog does once it is there."""
        self.desk.show_opened(Opened(Wanted(), self.fleet, FarSupply, board=self._next_board))


def large_file(folder: Path, megabytes: int) -> Path:
    """Return a CSV file of so many megabytes, with a hundred devices."""
    path, line = folder / "large.csv", 0
    with path.open("w", encoding="utf-8") as file:
        file.write("ts,device,key,value\n")
        while file.tell() < megabytes * 1_000_000:
            for _ in range(20_000):
                device, key = line % 100, KEYS[line // 100 % 3]
                file.write(f"{1795000000000 + 10 * line},MTR-{device:05},{key},{20 + line % 977 / 100:.2f}\n")
                line += 1
    return path


def of_file(heart: Heartbeat, desk: Desk, path: Path) -> list[tuple[str, Stall]]:
    """Open a large file in the window; return the stalls, and when its first picture was there."""
    wanted = Wanted(source=f"file:{path}")
    began = time.perf_counter()
    shown: list[float] = []
    watch = QTimer()

    def look() -> None:
        chosen = desk.window.plot.timeline.chosen if desk.station.recorded else ()
        if not shown and any(len(series.past) for series in chosen):
            shown.append(time.perf_counter() - began)

    watch.timeout.connect(look)
    watch.start(20)
    opening = heart.during(lambda: desk.open(wanted), 4.0)
    reading = heart.during(lambda: None, 6.0)
    cancel = heart.during(lambda: desk.window.reading.cancel.click(), 3.0)
    watch.stop()
    size = path.stat().st_size / 1e6
    print(f"first picture of a file of {size:.0f} MB after {shown[0] if shown else -1:.1f} s (aim: 3 s)")
    return [("open a large file", opening), ("while it is read", reading), ("cancel reading", cancel)]


def main() -> int:
    """Print the longest stall of each action, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--devices", type=int, default=10_000)
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    qInstallMessageHandler(lambda *_: None)
    shorten_turns()
    application = QApplication(["benchmark"])
    apply(application, LIGHT)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bench, heart, found = Bench(options.devices, folder), Heartbeat(), []
        print(f"{options.devices:,} devices, {len(bench.station.catalog):,} sensors")
        for words, act in bench.actions():
            if options.only in words:
                stall = heart.during(act)
                found.append((words, stall))
                tell(words, stall)
        if options.megabytes and options.only in "large file":
            for words, stall in of_file(heart, bench.desk, large_file(folder, options.megabytes)):
                found.append((words, stall))
                tell(words, stall)
        bench.desk.close()
    slow = sum(own > AIM for _, (_, own) in found)
    print(f"{len(found)} actions, {slow} above {AIM:.0f} ms of the processor")
    return 0


if __name__ == "__main__":
    sys.exit(main())
