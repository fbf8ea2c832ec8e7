"""Ways to a device from every view: menus of it and of its readings, and its page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PyQt6.QtCore import QObject, QPoint
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QMenu, QWidget

from papaya_gui.models.search import Entry, Kind
from papaya_gui.popup import popup
from papaya_gui.sources.remote import Alarm
from papaya_gui.station import Station
from papaya_gui.views.alarms import AlarmsView
from papaya_gui.views.calls import CallsView
from papaya_gui.views.fleet_tree import FleetTree
from papaya_gui.views.map import MapView
from papaya_gui.views.overview import OverviewPage
from papaya_gui.views.palette import Palette
from papaya_gui.views.plot_menu import offer_plot
from papaya_gui.views.readings_table import ReadingsTable


class DeviceMenus(QObject):
    """Opens a menu where one is asked for: of a device, or of a row of the readings."""

    def __init__(
        self,
        station: Station,
        calls: CallsView,
        alarms: AlarmsView,
        table: ReadingsTable,
        show_device: Callable[[str], object],
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._station, self._calls, self._alarms, self._table = station, calls, alarms, table
        self._show_device, self._window = show_device, parent

    def follow(self, tree: FleetTree, places: MapView, overview: OverviewPage, palette: Palette) -> None:
        """Do what is asked for elsewhere about a device."""
        tree.menuRequested.connect(self.open_device)
        self._table.menuRequested.connect(self.open_reading)
        for signal in (
            tree.deviceWanted,
            overview.deviceWanted,
            self._alarms.deviceWanted,
            places.pageWanted,
        ):
            signal.connect(self._show_device)
        alarms = self._alarms
        places.acknowledgeWanted.connect(lambda device: alarms.acknowledge_these(alarms.of(device)))
        places.clearWanted.connect(lambda device: alarms.clear_these(alarms.of(device)))
        overview.placeWanted.connect(lambda place: self._station.focus_place(*place))
        palette.opened.connect(self._on_found)

    def _on_found(self, entry: Entry) -> None:
        if entry.kind is Kind.DEVICE:
            self._show_device(entry.target)

    def open_device(self, device: str, place: QPoint) -> None:
        """Open the menu of a device."""
        popup(self.menu(device, [row.index for row in self._station.catalog.rows_of(device)]), place)

    def open_reading(self, row: int, place: QPoint) -> None:
        """Open the menu of a row of the readings, by its index in the catalog."""
        popup(self.menu(self._station.catalog[row].device, self._table.meant(row)), place)

    def menu(self, device: str, rows: Sequence[int]) -> QMenu:
        """Return the menu of a device, in which these rows can be plotted."""
        menu = self._calls.menu(device, self._window)
        self._offer_alarms(menu, device)
        offer_plot(menu, self._station, rows)
        page = QAction(self.tr("Open device page"), menu)
        page.setObjectName("device-page")
        page.triggered.connect(lambda: self._show_device(device))
        menu.insertAction(next(iter(menu.actions()), None), page)
        return menu

    def _offer_alarms(self, menu: QMenu, device: str) -> None:
        """Add what can be done about the server's alarms of a device, where it has any."""
        own, first = self._alarms.of(device), next(iter(menu.actions()), None)
        for name, text, alarms, act in (
            (
                "acknowledge",
                self.tr("Acknowledge alarms (%1)"),
                [one for one in own if not one.is_acknowledged],
                self._alarms.acknowledge_these,
            ),
            (
                "clear",
                self.tr("Clear alarms (%1)"),
                [one for one in own if one.is_active],
                self._alarms.clear_these,
            ),
        ):
            if alarms:
                action = QAction(text.replace("%1", f"{len(alarms):,}"), menu)
                action.setObjectName(f"alarms-{name}")
                action.triggered.connect(partial(_run, act, alarms))
                menu.insertAction(first, action)
        if own:
            menu.insertSeparator(first)


def _run(act: Callable[[Sequence[Alarm]], object], alarms: Sequence[Alarm], *_: bool) -> None:
    act(alarms)
