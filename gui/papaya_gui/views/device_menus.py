"""The menus of devices and readings: what can be plotted of them, and what the device can do."""

from __future__ import annotations

from PyQt6.QtCore import QObject, QPoint
from PyQt6.QtWidgets import QMenu, QWidget

from papaya_gui.station import Station
from papaya_gui.views.calls import CallsView
from papaya_gui.views.plot_menu import offer_plot
from papaya_gui.views.readings_table import ReadingsTable


class DeviceMenus(QObject):
    """Opens a menu where one is asked for: of a device, or of a row of the readings."""

    def __init__(self, station: Station, calls: CallsView, table: ReadingsTable, parent: QWidget) -> None:
        super().__init__(parent)
        self._station, self._calls, self._table, self._window = station, calls, table, parent

    def open_device(self, device: str, place: QPoint) -> None:
        """Open the menu of a device."""
        rows = [row.index for row in self._station.catalog.rows_of(device)]
        _popup(offer_plot(self._calls.menu(device, self._window), self._station, rows), place)

    def open_reading(self, row: int, place: QPoint) -> None:
        """Open the menu of a row of the readings, by its index in the catalog."""
        menu = self._calls.menu(self._station.catalog[row].device, self._window)
        _popup(offer_plot(menu, self._station, self._table.meant(row)), place)


def _popup(menu: QMenu, place: QPoint) -> None:
    menu.aboutToHide.connect(menu.deleteLater)
    menu.popup(place)
