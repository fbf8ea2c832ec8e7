"""What is plotted: added, removed, dropped, undone and redone by people, and by nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from papaya_gui.actions import Actions
from papaya_gui.dragged import FORMAT
from papaya_gui.models.table import Column
from papaya_gui.plots.legend_model import REMOVE
from papaya_gui.plots.panel import PlotPanel
from papaya_gui.station import Station
from papaya_gui.theme import LIGHT
from papaya_gui.views.fleet_tree import FleetTree
from papaya_gui.views.plot_menu import offer_plot
from papaya_gui.views.readings_table import ReadingsTable
from PyQt6.QtCore import QMimeData, QPointF, Qt
from PyQt6.QtGui import QAction, QDragEnterEvent, QDropEvent
from PyQt6.QtWidgets import QApplication, QMenu

from tests.gui.events import click, press


@pytest.fixture
def panel(application: QApplication, station: Station, actions: Actions) -> Iterator[PlotPanel]:
    """Return a panel on the screen."""
    made = PlotPanel(station, LIGHT, actions)
    made.resize(900, 600)
    made.show()
    application.processEvents()
    yield made
    made.close_sources()
    made.close()
    made.deleteLater()


def plotted(station: Station) -> list[int]:
    """Return the rows that are plotted."""
    return list(station.selection)


def drop(panel: PlotPanel, data: QMimeData | None) -> bool:
    """Drag something over the curves and drop it there if it is taken; return whether it was."""
    assert data is not None
    place = panel.canvas.geometry().center()
    copy, left, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    entered = QDragEnterEvent(place, copy, data, left, none)
    entered.ignore()
    QApplication.sendEvent(panel, entered)
    if entered.isAccepted():
        QApplication.sendEvent(panel, QDropEvent(QPointF(place), copy, data, left, none))
    return entered.isAccepted()


def test_rows_of_the_table_and_devices_of_the_tree_are_dropped_on_the_plot(
    panel: PlotPanel, station: Station, actions: Actions
) -> None:
    table, tree = ReadingsTable(station, LIGHT, Actions()), FleetTree(station, LIGHT, Actions())
    station.select([9])
    index = table.model.index(2, Column.VALUE)
    assert index.flags() & Qt.ItemFlag.ItemIsDragEnabled
    assert table.view.dragEnabled() and tree.view.dragEnabled()
    assert drop(panel, table.model.mimeData([index, table.model.index(2, Column.AGE)]))
    assert plotted(station) == [9, 2]
    node = tree.tree.find(("INDIA", "Karnataka", "PM-0001"))
    assert node is not None
    device = tree.model.index_of(node)
    assert device.flags() & Qt.ItemFlag.ItemIsDragEnabled
    assert not tree.model.parent(device).flags() & Qt.ItemFlag.ItemIsDragEnabled
    assert drop(panel, tree.model.mimeData([device]))
    rows = [row.index for row in station.catalog.rows_of("PM-0001")]
    assert plotted(station) == [9, 2, *(row for row in rows if row not in (9, 2))]


@pytest.mark.parametrize("told", [b"", b"no JSON", b"[1]", b"[[1, 2]]", b'[["PM-0001", "unknown"]]', b"7"])
def test_what_is_no_sensor_of_the_fleet_is_not_taken(panel: PlotPanel, station: Station, told: bytes) -> None:
    station.select([9])
    data = QMimeData()
    data.setData(FORMAT, told)
    assert not drop(panel, data)
    assert plotted(station) == [9]


def test_the_cross_and_delete_remove_a_curve(panel: PlotPanel, station: Station) -> None:
    station.select([2, 3, 4])
    cross = panel.legend.entries.index(1, REMOVE)
    assert cross.data(Qt.ItemDataRole.AccessibleTextRole) == "Remove LiDAR right of PM-0001"
    click(panel.legend, panel.legend.visualRect(cross).center())
    assert plotted(station) == [2, 4]
    panel.legend.setCurrentIndex(panel.legend.entries.index(0, 0))
    press(panel.legend, Qt.Key.Key_Delete)
    assert plotted(station) == [4]


def test_every_change_is_undone_and_redone(panel: PlotPanel, station: Station, actions: Actions) -> None:
    undo, redo = actions["plot.undo"], actions["plot.redo"]
    assert [one.shortcut().toString() for one in (undo, redo)] == ["Ctrl+Z", "Ctrl+Shift+Z"]
    station.begin([1])
    assert not undo.isEnabled()
    station.add([2])
    station.remove([1])
    actions["plot.clear"].trigger()
    seen = []
    while undo.isEnabled():
        undo.trigger()
        seen.append(plotted(station))
    assert seen == [[2], [1, 2], [1]]
    redo.trigger()
    assert plotted(station) == [1, 2]
    station.add([5])
    assert not redo.isEnabled()


def test_a_menu_adds_and_removes_and_offers_only_what_changes_something(station: Station) -> None:
    station.select([1])

    def entries() -> list[QAction]:
        menu = offer_plot(QMenu(), station, [1, 2])
        kept.append(menu)
        return menu.actions()[:3]

    kept: list[QMenu] = []
    add, apart, remove = entries()
    assert add.isEnabled() and not apart.isEnabled() and remove.isEnabled()
    add.trigger()
    assert plotted(station) == [1, 2]
    add, apart, remove = entries()
    assert not add.isEnabled()
    remove.trigger()
    assert plotted(station) == []


def test_a_menu_adds_rows_in_a_panel_of_their_own(station: Station) -> None:
    station.select([1, 3])
    menu = offer_plot(QMenu(), station, [2, 3])
    apart = menu.actions()[1]
    assert apart.text() == "Add in a new panel" and apart.isEnabled()
    apart.trigger()
    assert [panel.rows for panel in station.plotted.panels] == [(1,), (2, 3)]


def test_enter_on_a_device_of_the_tree_plots_its_sensors_and_a_click_nothing(station: Station) -> None:
    tree = FleetTree(station, LIGHT, Actions())
    tree.resize(300, 500)
    tree.show()
    station.select([40])
    node = tree.tree.find(("INDIA", "Karnataka", "PM-0001"))
    assert node is not None
    tree.view.scrollTo(tree.model.index_of(node))
    click(tree.view, tree.view.visualRect(tree.model.index_of(node)).center())
    assert station.device == "PM-0001"
    assert plotted(station) == [40]
    press(tree.view, Qt.Key.Key_Return)
    assert plotted(station) == [40, *(row.index for row in station.catalog.rows_of("PM-0001"))]
    tree.close()
