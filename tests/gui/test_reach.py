"""Small windows: every control, legend and status line is inside, and no text is cut beside empty room."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from papaya_gui.faults import Faults
from papaya_gui.station import Station
from papaya_gui.theme import DARK, LIGHT, THEMES, Theme, apply
from papaya_gui.views.main_window import MainWindow
from PyQt6.QtCore import QCoreApplication
from PyQt6.QtWidgets import QApplication, QLabel

from papaya.manifest.model import Fleet
from tests.gui.far import FarSupply
from tests.gui.hand import pause, wait_until
from tests.gui.reach import cut_columns, cut_texts, out_of_reach

SIZES = [(1024, 600), (1366, 768)]


@pytest.fixture(scope="module")
def window(
    application: QApplication, fleet: Fleet, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[MainWindow]:
    """Return the whole window with readings, alarms and a notice, shown."""
    station = Station(fleet, FarSupply)
    made = MainWindow(station, LIGHT, Faults(tmp_path_factory.mktemp("log") / "window.log"))
    made.fill_menus()
    made.turn_to("PM-0001")
    made.show()
    supply = station.supply
    assert isinstance(supply, FarSupply)
    for row in range(len(station.catalog)):
        supply.say(row, station.now(), 20.0 + row * 0.25)
    station.tick()
    made.notice.say("What was opened last is not there any more.")
    yield made
    made.close()
    station.close()
    apply(application, LIGHT)


@pytest.mark.parametrize("theme", THEMES.values(), ids=lambda theme: theme.name)
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_everything_is_inside_of_a_small_window_and_readable(
    window: MainWindow, size: tuple[int, int], theme: Theme
) -> None:
    window.set_theme(theme)
    window.resize(*size)
    window.show_left_width()
    found: list[str] = []
    for number in range(window.pages.count()):
        window.pages.setCurrentIndex(number)
        pause(0.05)
        # What has just been told may not be laid out yet.
        QCoreApplication.sendPostedEvents()
        assert (window.width(), window.height()) == size
        page = window.pages.tabText(number)
        for problem in (*out_of_reach(window), *cut_texts(window), *cut_columns(window)):
            found.append(f"{page}: {problem}")
    window.show_start()
    pause(0.05)
    found += [f"start: {problem}" for problem in (*out_of_reach(window), *cut_texts(window))]
    window.show_fleet()
    assert list(dict.fromkeys(found)) == []


def test_a_control_outside_of_the_window_is_found(window: MainWindow) -> None:
    strayed = QLabel("strayed", window)
    strayed.move(window.width() - 5, 100)
    strayed.show()
    assert any("strayed" in text or "QLabel" in text for text in out_of_reach(window))
    strayed.deleteLater()
    strayed.hide()
    wait_until(lambda: not strayed.isVisible())


def test_a_text_that_is_cut_beside_room_is_found(window: MainWindow) -> None:
    window.set_theme(DARK)
    label = QLabel("a text that is longer than its label", window.status)
    label.setGeometry(300, 0, 40, 16)
    label.show()
    assert any("longer than its label" in text for text in cut_texts(window))
    label.hide()
    label.deleteLater()
