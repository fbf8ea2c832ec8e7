"""A window is found again as it was left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pytest
from papaya_gui.models.layout import Geometry, Layout, layout_from, layout_text
from papaya_gui.station import Station
from papaya_gui.views.arrangement import arrange, arrangement
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QStandardItemModel
from PyQt6.QtWidgets import QMainWindow, QSplitter, QTableView, QTabWidget, QTreeView, QWidget

from papaya.manifest.model import Fleet, Json
from tests.gui.hand import HandSupply, wait_until


class Panel:
    """A plot that has been chosen something in."""

    def __init__(self) -> None:
        self.seconds = 600.0
        self.chosen: Mapping[str, Json] = {}

    def window_seconds(self) -> float:
        """Return how much time it shows."""
        return self.seconds

    def set_window_seconds(self, seconds: float) -> None:
        """Show so much time."""
        self.seconds = seconds

    def settings(self) -> Mapping[str, Json]:
        """Return what was chosen."""
        return self.chosen

    def set_settings(self, settings: Mapping[str, Json]) -> Sequence[str]:
        """Choose it."""
        self.chosen = settings
        return [f"the plot knows no {key}" for key in settings if key != "follow"]


class Window(QMainWindow):
    """A tree and a table beside each other."""

    def __init__(self) -> None:
        super().__init__()
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setObjectName("main")
        self.tree, self.table = QTreeView(), QTableView()
        for view, name in ((self.tree, "fleet"), (self.table, "readings")):
            view.setObjectName(name)
            view.setModel(QStandardItemModel(3, 3, view))
            self.splitter.addWidget(view)
        self.pages = QTabWidget()
        self.pages.setObjectName("pages")
        for name in ("plot", "map"):
            page = QWidget()
            page.setObjectName(name)
            self.pages.addTab(page, name)
        self.splitter.addWidget(self.pages)
        self.table.setSortingEnabled(True)
        self.setCentralWidget(self.splitter)
        self.resize(700, 500)

    def widths(self) -> list[int]:
        """Return the widths of the table's columns."""
        return [self.table.columnWidth(column) for column in range(3)]


@pytest.fixture
def window() -> Iterator[Window]:
    """Return a window that is shown."""
    made = Window()
    made.show()
    yield made
    made.close()


def test_a_window_is_arranged_as_another_one_was(window: Window, station: Station, fleet: Fleet) -> None:
    panel = Panel()
    panel.seconds, panel.chosen = 3600.0, {"follow": True}
    window.setGeometry(40, 60, 640, 400)
    window.splitter.setSizes([100, 200, 300])
    window.table.setColumnWidth(1, 33)
    window.table.sortByColumn(2, Qt.SortOrder.DescendingOrder)
    window.pages.setCurrentIndex(1)
    station.select([7, 2])
    station.focus("PM-0002")
    station.set_interval(2.0)
    text = layout_text(arrangement(window, station, "dark", panel))

    other, other_station, other_panel = Window(), Station(fleet, HandSupply), Panel()
    other.show()
    found = layout_from(text, "here")
    assert found.notes == ()
    assert arrange(other, other_station, found.layout, other_panel) == []
    wait_until(lambda: other.splitter.sizes() == window.splitter.sizes())
    assert other.geometry() == window.geometry()
    assert other.widths() == window.widths() and other.widths()[1] == 33
    header = other.table.horizontalHeader()
    assert header is not None and header.sortIndicatorSection() == 2
    assert header.sortIndicatorOrder() is Qt.SortOrder.DescendingOrder
    assert other.pages.currentIndex() == 1
    assert (other_station.selection, other_station.device) == ((7, 2), "PM-0002")
    assert other_station.interval == 2.0
    assert (other_panel.seconds, other_panel.chosen) == (3600.0, {"follow": True})
    assert found.layout.theme == "dark"
    other_station.close()
    other.close()


def test_what_is_not_there_any_more_is_told_and_the_rest_arranged(window: Window, station: Station) -> None:
    layout = Layout(
        selection=(("PM-9999", "temperature"),),
        theme="sepia",
        interval=5.0,
        panel={"follow": True, "spin": 3},
        columns={"gone": (1, 2), "readings": (50, 60)},
        sorting={"gone": (1, "ascending"), "readings": (9, "ascending")},
        pages={"pages": "gone"},
        splitters={"main": (1, 2), "gone": (3,)},
    )
    before = window.widths()
    notes = arrange(window, station, layout, Panel())
    assert notes == [
        "the plot knows no spin",
        "the layout shows temperature of PM-9999, a device that the manifest does not have",
        "the layout wants the look sepia; there are light and dark",
    ]
    assert window.widths() == before
    assert station.interval == 5.0


def test_a_window_that_was_on_a_screen_that_is_gone_comes_back_onto_one(
    window: Window, station: Station
) -> None:
    screen = window.screen()
    assert screen is not None
    arrange(window, station, Layout(geometry=Geometry(50_000, 50_000, 600, 400)))
    assert screen.availableGeometry().contains(window.geometry())


def test_a_maximized_window_comes_back_so_with_its_size_below(window: Window, station: Station) -> None:
    arrange(window, station, Layout(geometry=Geometry(30, 40, 500, 300, is_maximized=True)))
    wait_until(window.isMaximized)
    kept = arrangement(window, station, "light").geometry
    assert kept is not None and kept.is_maximized
    assert (kept.width, kept.height) == (500, 300)
