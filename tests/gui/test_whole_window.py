"""The window as one: found again as it was left, with its keys at work and its shapes standing out."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from papaya_gui.faults import Faults
from papaya_gui.layouts import LayoutFiles
from papaya_gui.memory import Memory
from papaya_gui.models.catalog import Row
from papaya_gui.models.condition import Condition
from papaya_gui.models.layout import Layout
from papaya_gui.models.table import Column
from papaya_gui.sources.supply import Past
from papaya_gui.station import Station
from papaya_gui.theme import DARK, LIGHT, Theme, contrast
from papaya_gui.views.main_window import MainWindow
from papaya_gui.views.symbols import color_of
from PyQt6.QtCore import Qt

from papaya.manifest.model import Fleet
from tests.gui.events import press
from tests.gui.far import FarSupply
from tests.gui.hand import pause, wait_until


@pytest.fixture
def window(fleet: Fleet, tmp_path: Path) -> Iterator[MainWindow]:
    """Return the whole window of a station with a server, shown."""
    station = Station(fleet, FarSupply)
    made = MainWindow(station, LIGHT, Faults(tmp_path / "window.log"))
    made.fill_menus()
    made.show()
    made.activateWindow()
    wait_until(made.isActiveWindow)
    yield made
    made.close()
    station.close()


def test_the_keys_of_help_and_palette_work_from_the_plot(window: MainWindow) -> None:
    window.plot.setFocus()
    press(window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    wait_until(window.palette_.isVisible)
    window.palette_.reject()
    window.activateWindow()
    wait_until(window.isActiveWindow)
    press(window, Qt.Key.Key_Question)
    wait_until(window.keys.isVisible)
    window.keys.reject()


def test_the_window_is_found_again_as_it_was_left_and_can_be_reset(
    window: MainWindow, fleet: Fleet, tmp_path: Path
) -> None:
    memory = Memory(window, LayoutFiles(tmp_path, tmp_path))
    window.table.view.sortByColumn(Column.VALUE, Qt.SortOrder.DescendingOrder)
    window.table.view.setColumnWidth(1, 77)
    window.pages.setCurrentWidget(window.map)
    window.station.select([3, 1])
    window.set_theme(DARK)
    memory.keep()
    other_station = Station(fleet, FarSupply)
    other = MainWindow(other_station, LIGHT, Faults(tmp_path / "window.log"))
    other_memory = Memory(other, LayoutFiles(tmp_path, tmp_path))
    other.show()
    other_memory.take(other_memory.last(forget=False))
    assert other.notice.isHidden()
    assert other.table.view.header.sortIndicatorSection() == Column.VALUE
    assert other.table.view.columnWidth(1) == 77
    assert other.pages.currentWidget() is other.map
    assert other_station.selection == (3, 1)
    assert other.theme is DARK
    other_memory.reset()
    assert other.table.view.header.sortIndicatorSection() == -1
    assert other.pages.currentWidget() is other.plot
    assert other.theme is LIGHT
    assert other_memory.last(forget=False).layout == Layout()
    window.set_theme(LIGHT)
    other.close()
    other_station.close()


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_words_and_shapes_stand_out_from_what_they_are_drawn_on(theme: Theme) -> None:
    inks = {color_of(condition, theme) for condition in Condition} | {theme.text, theme.muted}
    grounds = theme.base, theme.alternate, theme.window
    faint = [(ink, ground) for ink in inks for ground in grounds if contrast(ink, ground) < 4.5]
    assert faint == []
    assert contrast(theme.accent_text, theme.accent) >= 4.5
    assert contrast(theme.text, theme.alarm_back) >= 4.5


def test_a_server_that_never_answers_does_not_hold_the_end_up(fleet: Fleet, tmp_path: Path) -> None:
    let_go, asked = threading.Event(), []

    class Hanging(FarSupply):
        @property
        def has_history(self) -> bool:
            return True

        def history(self, row: Row, start: float, end: float, points: int) -> Past:
            asked.append(row)
            let_go.wait(30)
            return Past(np.empty(0), np.empty(0))

    station = Station(fleet, Hanging)
    supply = station.supply
    assert isinstance(supply, Hanging) and supply.far is not None
    calls = supply.far.calls
    supply.far.answer = lambda device, method, parameters: let_go.wait(30)
    made = MainWindow(station, LIGHT, Faults(tmp_path / "window.log"))
    made.fill_menus()
    made.turn_to("PM-0001")
    made.show()
    station.start()
    for _ in range(5):
        made.actions_["call-ping"].trigger()
    wait_until(lambda: len(asked) > 0 and len(calls) >= 4)
    began = time.monotonic()
    made.close()
    station.close()
    assert time.monotonic() - began < 2.5
    assert not made.isVisible()
    let_go.set()
    pause(0.2)
