"""A source whose values came long ago opens fitted to them, and is neither called live nor silent."""

from __future__ import annotations

import csv
import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from papaya_gui.faults import Faults
from papaya_gui.models.condition import Condition
from papaya_gui.models.shape import ROOT
from papaya_gui.models.table import Column
from papaya_gui.sources.make import make_supply
from papaya_gui.station import Station
from papaya_gui.theme import LIGHT
from papaya_gui.views.main_window import MainWindow
from papaya_gui.views.status_line import span_words
from PyQt6.QtWidgets import QApplication

from papaya.manifest.model import Fleet
from tests.gui.hand import wait_until

Open = Callable[[str], MainWindow]
# Twenty minutes of two days ago, a value each ten seconds.
BEGAN = (int(time.time()) - 2 * 86_400) // 60 * 60
TIMES = range(BEGAN, BEGAN + 1200 + 1, 10)
ROWS = [("PM-0001", "temperature.celsius", moment * 1000, 20.0 + moment % 7) for moment in TIMES]


@pytest.fixture
def opened(application: QApplication, fleet: Fleet, tmp_path: Path) -> Iterator[Open]:
    """Return what opens a source of the demo fleet and plots the first device."""
    made: list[MainWindow] = []

    def make(source: str) -> MainWindow:
        window = MainWindow(Station(fleet, make_supply(source, fleet)), LIGHT, Faults(tmp_path / "log"))
        made.append(window)
        window.resize(1024, 600)
        window.show()
        window.station.start()
        window.turn_to("PM-0001")
        return window

    yield make
    for window in made:
        window.close()
        window.station.close()
        window.deleteLater()


def as_csv(path: Path) -> str:
    """Write a CSV file and return the source."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("device", "key", "ts", "value"))
        writer.writerows(ROWS)
    return f"file:{path}"


def as_json(path: Path) -> str:
    """Write a JSON file and return the source."""
    names = "device", "key", "ts", "value"
    path.write_text(json.dumps([dict(zip(names, row, strict=True)) for row in ROWS]), encoding="utf-8")
    return f"file:{path}"


def as_database(path: Path) -> str:
    """Write a database and return the source."""
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE readings (device, key, ts, value)")
    connection.executemany("INSERT INTO readings VALUES (?, ?, ?, ?)", ROWS)
    connection.commit()
    connection.close()
    return f"sqlite:{path}"


@pytest.mark.parametrize(
    ("write", "name"), [(as_csv, "old.csv"), (as_json, "old.json"), (as_database, "old.db")]
)
def test_a_recording_opens_fitted_to_its_data_and_says_when_it_was(
    opened: Open, tmp_path: Path, write: Callable[[Path], str], name: str
) -> None:
    window = opened(write(tmp_path / name))
    station = window.station
    wait_until(lambda: station.recorded == (TIMES[0], TIMES[-1]))
    start, end = window.plot.visible_range()
    assert TIMES[0] - 60 < start <= TIMES[0] and TIMES[-1] <= end < TIMES[-1] + 60
    row = station.catalog.find("PM-0001", "temperature.celsius")
    assert row is not None
    wait_until(lambda: len(station.series(row.index).past) >= len(TIMES) - 1)
    told = window.status.condition.text()
    assert told.endswith(f"recorded, {span_words(TIMES[0], TIMES[-1])}")
    assert "live" not in told and LIGHT.good not in window.status.condition.styleSheet()
    assert window.table.table.cell(row.index, Column.CONDITION) == "recorded"
    device = station.catalog.device("PM-0001")
    node = window.tree.tree.find((device.country, device.state, device.name)) or ROOT
    wait_until(lambda: "recorded" in window.tree.tree.text(node))
    assert station.silent == []
    assert "recorded" in window.plot.bar.note.text()
    # Following what comes is to stand at its end, which is not the last few minutes.
    window.actions_["plot.live"].trigger()
    wait_until(lambda: window.plot.timeline.window.is_following)
    assert "last" not in window.plot.bar.range.text() and "recorded" in window.plot.bar.note.text()
    window.pages.setCurrentWidget(window.map)
    wait_until(lambda: bool((window.map.conditions == Condition.RECORDED).any()))
    assert not (window.map.conditions == Condition.ONLINE).any()


def test_view_all_shows_all_of_a_recording_whatever_was_looked_at(opened: Open, tmp_path: Path) -> None:
    window = opened(as_csv(tmp_path / "old.csv"))
    wait_until(lambda: window.station.recorded is not None)
    window.plot.timeline.show_between(TIMES[5], TIMES[6])
    window.actions_["plot.all"].trigger()
    wait_until(lambda: window.plot.visible_range()[0] <= TIMES[0])
    wait_until(lambda: window.plot.visible_range()[1] >= TIMES[-1])
    assert window.plot.visible_range()[1] - window.plot.visible_range()[0] < 1.1 * 1200


def test_view_all_of_a_live_source_reaches_back_to_its_beginning(opened: Open) -> None:
    window = opened("simulated")
    wait_until(lambda: window.station.tape.end > 0)
    window.actions_["plot.all"].trigger()
    wait_until(lambda: window.plot.timeline.window.span > 86_000)


def test_a_recording_that_goes_on_becomes_live(opened: Open, tmp_path: Path) -> None:
    path = tmp_path / "old.csv"
    window = opened(as_csv(path))
    wait_until(lambda: window.station.recorded is not None)
    with path.open("a", encoding="utf-8") as file:
        file.write(f"PM-0001,temperature.celsius,{round(time.time() * 1000)},33.5\n")
    wait_until(lambda: window.station.recorded is None)
    assert window.plot.timeline.window.is_following
    wait_until(lambda: "live" in window.status.condition.text())


def test_the_time_of_a_recording_is_told_with_as_much_of_the_date_as_it_takes() -> None:
    def at(text: str) -> float:
        return time.mktime(time.strptime(text, "%Y-%m-%d %H:%M"))

    year = time.localtime().tm_year
    assert span_words(at(f"{year}-11-06 10:00"), at(f"{year}-11-06 10:20")) == "6 Nov 10:00–10:20"
    told = span_words(at("2020-11-26 10:00"), at("2020-11-27 09:00"))
    assert told == "26 Nov 2020 10:00 – 27 Nov 2020 09:00"
