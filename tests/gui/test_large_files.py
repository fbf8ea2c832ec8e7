"""A CSV file of hundreds of megabytes is looked at while it is read, and reading it can be cancelled."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from papaya_gui.faults import Faults
from papaya_gui.models.batch import Inbox
from papaya_gui.models.catalog import Catalog
from papaya_gui.models.texts import Texts
from papaya_gui.sources import fleet_file, recording
from papaya_gui.sources.make import make_supply
from papaya_gui.sources.own_fleet import fleet_of_file
from papaya_gui.sources.recording import RecordingSupply
from papaya_gui.sources.recording_csv import Head, Piece, pieces_in
from papaya_gui.station import Station
from papaya_gui.theme import LIGHT
from papaya_gui.views.main_window import MainWindow
from PyQt6.QtWidgets import QApplication

from papaya.sensors.condition import Condition, Health
from tests.gui.events import click
from tests.gui.hand import pause, wait_until

BEGAN = 1_764_000_000
COUNT = 200_000


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """Return a file with 200,000 values of two sensors of two devices, which ends with odd lines."""
    path = tmp_path / "large.csv"
    with path.open("w", encoding="utf-8") as file:
        file.write("device,key,ts,value\n")
        file.writelines(
            f"P-{place % 2},{'flow' if place % 4 < 2 else 'level'},{(BEGAN + place) * 1000},{place % 97}.5\n"
            for place in range(COUNT)
        )
        file.write(f'"P-1",flow,{(BEGAN + COUNT) * 1000},"1000"\nP-1,flow,never,1\n')
    os.utime(path, (time.time() - 86_400, time.time() - 86_400))
    return path


@pytest.fixture
def window(application: QApplication, large: Path, tmp_path: Path) -> Iterator[MainWindow]:
    """Return a window with that file and no manifest, shown and not started."""
    source = f"file:{large}"
    assert fleet_file.is_large(large)
    fleet = fleet_of_file(source)
    made = MainWindow(Station(fleet, make_supply(source, fleet)), LIGHT, Faults(tmp_path / "log"))
    made.resize(1024, 600)
    made.show()
    made.plot_something()
    yield made
    made.close()
    made.station.close()
    made.deleteLater()


def test_a_large_file_shows_its_first_picture_while_it_is_read_and_all_of_it_afterwards(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = _held_after(monkeypatch, 2)
    station = window.station
    assert set(station.catalog.devices) == {"P-0", "P-1"}
    station.start()
    wait_until(lambda: bool(station.selection))
    shown = station.series(station.selection[0])
    wait_until(lambda: len(shown.past) > 0)
    wait_until(window.reading.isVisible)
    assert station.supply.reading is not None and 0 < station.supply.reading < 1
    assert station.recorded is not None and station.recorded[1] < BEGAN + COUNT
    go_on.set()
    wait_until(lambda: station.supply.reading is None)
    wait_until(lambda: window.reading.isHidden())
    wait_until(lambda: station.recorded == (BEGAN, BEGAN + COUNT))
    wait_until(lambda: window.plot.visible_range()[1] >= BEGAN + COUNT)
    assert window.plot.visible_range()[0] <= BEGAN
    row = station.catalog.find("P-1", "flow")
    assert row is not None
    wait_until(lambda: station.board.values[row.index] == 1000.0)
    assert "recorded" in window.status.condition.text() and window.status.odd.icon_name
    past = station.supply.history(row, BEGAN, BEGAN + COUNT + 1, 500)
    assert past.values.max() == 1000.0 if past.high is None else past.high.max() == 1000.0
    assert station.supply.extent(row) == (BEGAN + 1, BEGAN + COUNT)


def test_statistics_are_those_of_all_samples_and_not_of_what_is_drawn(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "FEW", 1_000)
    station = window.station
    station.start()
    wait_until(lambda: station.supply.reading is None)
    wait_until(lambda: "entry cannot be used" in station.condition.reason)
    # The window is fitted to the file before somebody moves it.
    wait_until(lambda: window.plot.visible_range()[0] <= BEGAN and station.recorded == (BEGAN, BEGAN + COUNT))
    row = station.catalog.find("P-1", "flow")
    assert row is not None
    station.plotted.add([row.index])
    places = np.arange(COUNT)
    places = places[(places % 4 == 1) & (places >= 500) & (places <= 190_000)]
    values = places % 97 + 0.5
    window.plot.timeline.show_between(BEGAN + 500.0, BEGAN + 190_000.0)
    series = station.series(row.index)
    wait_until(lambda: series.exact is not None and series.exact.span == window.plot.visible_range())
    assert series.is_condensed(*window.plot.visible_range())
    found = window.plot.shown.statistics(series)
    assert (found.low, found.high, found.last) == (values.min(), values.max(), values[-1])
    assert found.mean == pytest.approx(values.mean(), rel=1e-12)
    # A span that moves is asked for anew.
    window.plot.timeline.show_between(BEGAN + 600.0, BEGAN + 190_000.0)
    assert series.exact is not None and series.exact.span != window.plot.visible_range()
    wait_until(lambda: series.exact is not None and series.exact.span == window.plot.visible_range())
    # So is one that stands where the source has more by then, and one that is left and wished for again.
    series.doubt()
    window.plot.refresh()
    wait_until(lambda: series.exact is not None)
    window.plot.timeline.show_between(BEGAN + 700.0, BEGAN + 190_000.0)
    window.plot.timeline.show_between(BEGAN + 600.0, BEGAN + 190_000.0)
    wait_until(lambda: series.exact is not None and series.exact.span == window.plot.visible_range())


def test_reading_can_be_cancelled_and_what_was_read_stays(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = _held_after(monkeypatch, 2)
    window.station.start()
    wait_until(window.reading.isVisible)
    wait_until(lambda: (window.station.supply.reading or 0.0) > 0)
    click(window.reading.cancel)
    go_on.set()
    wait_until(lambda: window.station.supply.reading is None)
    wait_until(lambda: "cancelled" in window.station.condition.reason)
    wait_until(lambda: window.station.recorded is not None)
    pause(0.7)
    assert window.station.recorded is not None and window.station.recorded[1] < BEGAN + COUNT
    assert not np.isnan(window.station.board.values).all()


def _held_after(monkeypatch: pytest.MonkeyPatch, pieces: int) -> threading.Event:
    """Hold the reading of a file after so many pieces, until the event is set."""
    go_on = threading.Event()

    def held(path: Path, head: Head) -> Iterator[Piece]:
        for number, piece in enumerate(pieces_in(path, head)):
            if number == pieces:
                go_on.wait(60)
            yield piece

    monkeypatch.setattr(recording, "pieces_in", held)
    return go_on


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ts;device;a;b\n2020-01-01T00:00:00Z;P;1,5;\n2020-01-01T00:00:01Z;P;;true\n", {"a": 1.5, "b": 1.0}),
        ("device,key,value\nP,a,7\nSTRANGER,a,9\n", {"a": 7.0}),
        ('device,key,ts,value\n"P",a,1577836800000,"2"\nP,a,nonsense,3\nP,a\n', {"a": 2.0}),
        ("device,ts,a,b\nP,1577836800000,1,\nP,1577836801000,,4\n", {"a": 1.0, "b": 4.0}),
    ],
)
def test_every_form_of_a_small_file_is_read_of_a_large_one_too(
    tmp_path: Path, text: str, expected: dict[str, float]
) -> None:
    path, names = tmp_path / "form.csv", tmp_path / "names.csv"
    path.write_text(text, encoding="utf-8")
    names.write_text("device,key,value\nP,a,1\n", encoding="utf-8")
    catalog, inbox = Catalog(fleet_of_file(f"file:{names}")), Inbox(Texts())
    told: list[Condition] = []
    supply = RecordingSupply(catalog, inbox, told.append, path)
    supply.start()
    wait_until(lambda: supply.reading is None)
    supply.close()
    assert told[-1].health is Health.LIVE
    latest = inbox.drain()
    pairs = zip(latest.rows.tolist(), latest.values.tolist(), strict=True)
    assert {catalog[row].sensor.key: value for row, value in pairs} == expected
