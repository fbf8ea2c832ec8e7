"""How the window is arranged, taken from its widgets and given back to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from PyQt6.QtCore import QRect, Qt
from PyQt6.QtGui import QGuiApplication
from PyQt6.QtWidgets import QHeaderView, QSplitter, QTableView, QTabWidget, QTreeView, QWidget

from papaya.manifest.model import Json
from papaya_gui.models.layout import UNSORTED, Direction, Geometry, Layout, rows_of
from papaya_gui.station import Station
from papaya_gui.theme import THEMES
from papaya_gui.views.columns import Fitted

_ORDERS = {"ascending": Qt.SortOrder.AscendingOrder, "descending": Qt.SortOrder.DescendingOrder}


class PanelSettings(Protocol):
    """The part of the plot that a layout uses."""

    def window_seconds(self) -> float:
        """Return how much time it shows."""

    def set_window_seconds(self, seconds: float) -> None:
        """Show so much time."""

    def settings(self) -> Mapping[str, Json]:
        """Return what else can be chosen in it."""

    def set_settings(self, settings: Mapping[str, Json]) -> Sequence[str]:
        """Choose so, and return a note for each thing that it cannot make use of."""


def arrangement(window: QWidget, station: Station, theme: str, panel: PanelSettings | None = None) -> Layout:
    """Return how the window is arranged at present."""
    catalog, parts = station.catalog, _Parts(window)
    place = window.normalGeometry() if window.isMaximized() else window.geometry()
    return Layout(
        selection=tuple((catalog[index].device, catalog[index].sensor.key) for index in station.selection),
        device=station.device if catalog.has_device(station.device) else "",
        window=panel.window_seconds() if panel is not None else None,
        interval=station.interval,
        theme=theme,
        panel=panel.settings() if panel is not None else {},
        geometry=Geometry(place.x(), place.y(), place.width(), place.height(), window.isMaximized()),
        columns={name: _widths(header) for name, header in parts.headers.items()},
        splitters={name: tuple(splitter.sizes()) for name, splitter in parts.splitters.items()},
        sorting={
            name: _sorting(header) for name, header in parts.headers.items() if header.isSortIndicatorShown()
        },
        pages={tabs.objectName(): _page(tabs) for tabs in parts.tabs if _page(tabs)},
    )


def arrange(
    window: QWidget, station: Station, layout: Layout, panel: PanelSettings | None = None
) -> Sequence[str]:
    """Arrange the window as a layout says; return a note for each thing in it that there is no more.

    The look is not changed: whoever has all the views gives it to them.
    """
    notes: list[str] = []
    if layout.geometry is not None:
        _place(window, layout.geometry)
    parts = _Parts(window)
    for name, sizes in layout.splitters.items():
        splitter = parts.splitters.get(name)
        if splitter is not None and splitter.count() == len(sizes) and any(sizes):
            splitter.setSizes(sizes)
    for name, widths in layout.columns.items():
        header = parts.headers.get(name)
        if header is not None and header.count() == len(widths):
            for column, width in enumerate(widths):
                if width > 0:
                    header.resizeSection(column, width)
    for name, (column, direction) in layout.sorting.items():
        header = parts.headers.get(name)
        if header is not None and header.isSortIndicatorShown() and UNSORTED <= column < header.count():
            header.setSortIndicator(column, _ORDERS[direction])
    for tabs in parts.tabs:
        wanted = layout.pages.get(tabs.objectName())
        for index in range(tabs.count()):
            page = tabs.widget(index)
            if page is not None and wanted and page.objectName() == wanted:
                tabs.setCurrentIndex(index)
    if layout.interval is not None:
        station.set_interval(layout.interval)
    rows, missing = rows_of(layout, station.catalog)
    # First, so that the plot can arrange them in panels.
    station.begin(rows)
    if panel is not None:
        if layout.window is not None:
            panel.set_window_seconds(layout.window)
        notes += panel.set_settings(layout.panel)
    notes += missing
    if station.catalog.has_device(layout.device):
        station.focus(layout.device)
    if layout.theme and layout.theme not in THEMES:
        notes.append(f"the layout wants the look {layout.theme}; there are {' and '.join(THEMES)}")
    return notes


def _place(window: QWidget, place: Geometry) -> None:
    """Put the window where it was, or onto a screen that is still there."""
    wanted = QRect(place.x, place.y, place.width, place.height)
    screens = [screen.availableGeometry() for screen in QGuiApplication.screens()]
    if screens and not any(_shows(screen, wanted) for screen in screens):
        wanted.setSize(wanted.size().boundedTo(screens[0].size()))
        wanted.moveCenter(screens[0].center())
    window.setGeometry(wanted)
    if place.is_maximized:
        window.showMaximized()


def _shows(screen: QRect, wanted: QRect) -> bool:
    """Return whether enough of the window's head is on a screen to take hold of it."""
    head = QRect(wanted.x(), wanted.y(), wanted.width(), 32).intersected(screen)
    return head.width() >= 64 and head.height() >= 16


class _Parts:
    """The widgets of a window that an arrangement is about, found in one walk through all of them.

    `splitters` are those that show all of their parts: one that hides some has no sizes to remember.
    """

    def __init__(self, window: QWidget) -> None:
        found = [
            one
            for one in window.findChildren((QSplitter, QTableView, QTreeView, QTabWidget))
            if one.objectName()
        ]
        self.tabs = [one for one in found if isinstance(one, QTabWidget)]
        self.splitters = {
            one.objectName(): one for one in found if isinstance(one, QSplitter) and not _hides(one)
        }
        self.headers: dict[str, QHeaderView] = {}
        for view in found:
            header = None
            if isinstance(view, QTableView):
                header = view.horizontalHeader()
            elif isinstance(view, QTreeView):
                header = view.header()
            if header is not None:
                self.headers[view.objectName()] = header


def _hides(splitter: QSplitter) -> bool:
    parts = (splitter.widget(index) for index in range(splitter.count()))
    return any(part is not None and part.isHidden() for part in parts)


def _sorting(header: QHeaderView) -> tuple[int, Direction]:
    column, order = header.sortIndicatorSection(), header.sortIndicatorOrder()
    # Qt says so too where a header has no such column.
    column = column if column < header.count() else UNSORTED
    return column, "descending" if order is Qt.SortOrder.DescendingOrder else "ascending"


def _page(tabs: QTabWidget) -> str:
    page = tabs.currentWidget()
    return page.objectName() if page is not None and tabs.objectName() else ""


def _widths(header: QHeaderView) -> tuple[int, ...]:
    """Return the widths of columns, 0 for one that follows what it holds: other windows have other room."""
    view = header.parent()
    fitted = None if view is None else view.findChild(Fitted)
    return tuple(
        header.sectionSize(column) if fitted is None or column in fitted.own else 0
        for column in range(header.count())
    )
