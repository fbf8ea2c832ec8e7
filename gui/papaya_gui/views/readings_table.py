"""The table of latest readings, with its filter; its rows are added to the plot by Enter, menu or mouse."""

from __future__ import annotations

from PyQt6.QtCore import QItemSelectionModel, QPoint, Qt, pyqtSignal
from PyQt6.QtGui import QGuiApplication, QKeySequence
from PyQt6.QtWidgets import QComboBox, QHBoxLayout, QVBoxLayout, QWidget

from papaya.counting import counted
from papaya_gui.actions import Actions
from papaya_gui.labels import plain_label
from papaya_gui.models.table import Column, Show, Table
from papaya_gui.station import Station
from papaya_gui.theme import Theme
from papaya_gui.tokens import XS, S
from papaya_gui.views.readings_model import ReadingsModel
from papaya_gui.views.readings_view import ReadingsView
from papaya_gui.views.search_line import SearchLine
from papaya_gui.views.wording import translated_words

_SELECT = QItemSelectionModel.SelectionFlag


class ReadingsTable(QWidget):
    """The latest readings of what is in focus.

    Signal: `menuRequested(int, QPoint)` with the row in the catalog, and where on the screen a menu is due.
    """

    menuRequested = pyqtSignal(int, QPoint)

    def __init__(
        self, station: Station, theme: Theme, actions: Actions, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("readings")
        self.setAccessibleName(self.tr("Latest readings"))
        self._station = station
        self.table = Table(
            station.catalog, station.board, translated_words(), station.supply.simulated_devices
        )
        self.model = ReadingsModel(self.table, station.board, theme, self)
        self.filter = SearchLine(
            "readingsFilter",
            self.tr("Filter readings"),
            self.tr("Filter by sensor, key, device, place"),
            self,
        )
        self.show_only = QComboBox(self)
        self.count = plain_label(parent=self)
        self.view = ReadingsView(self.model, self)
        self._make_filter()
        self._make_view()
        self._make_actions(actions)
        top = QHBoxLayout()
        top.setSpacing(S)
        top.addWidget(self.filter, 1)
        top.addWidget(self.show_only)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(S, XS, S, XS)
        layout.setSpacing(S)
        layout.addLayout(top)
        layout.addWidget(self.view, 1)
        layout.addWidget(self.count)
        station.ticked.connect(self._on_ticked)
        station.selectionChanged.connect(self._on_plotted)
        station.deviceChanged.connect(self._on_focus_changed)
        station.placeChanged.connect(self._on_focus_changed)
        self._on_plotted()
        self._on_focus_changed()

    def set_theme(self, theme: Theme) -> None:
        """Take other colours."""
        self.model.set_theme(theme)
        self._redraw()

    def _make_filter(self) -> None:
        self.filter.textChanged.connect(self._on_filter_changed)
        self.filter.listWanted.connect(self._enter_rows)
        self.filter.entered.connect(self._enter_rows)
        self.show_only.setObjectName("readingsShow")
        self.show_only.setAccessibleName(self.tr("Show only"))
        for show, text in (
            (Show.ALL, self.tr("All readings")),
            (Show.STALE, self.tr("Stale")),
            (Show.NOTHING, self.tr("No data")),
            (Show.WARN, self.tr("Warn or alarm")),
            (Show.ALARM, self.tr("Alarm")),
        ):
            self.show_only.addItem(text, show)
        self.show_only.currentIndexChanged.connect(self._on_filter_changed)
        self.count.setObjectName("readingsCount")
        self.count.setAccessibleName(self.tr("How many readings are shown"))

    def _make_view(self) -> None:
        view = self.view
        view.setObjectName("readingsTable")
        view.setAccessibleName(self.tr("Latest readings; Enter adds a row to the plot, or removes it"))
        view.header.setAccessibleName(self.tr("Columns; a click sorts"))
        view.plotWanted.connect(self._on_plot_wanted)
        view.typed.connect(self.filter.type_on)
        view.menuRequested.connect(
            lambda position, place: self.menuRequested.emit(self.model.catalog_row(position), place)
        )

    def _make_actions(self, actions: Actions) -> None:
        group = self.tr("Readings")
        actions.add(
            "filterReadings", self.tr("Filter readings"), self.filter.begin, group=group, shortcut="Ctrl+F"
        )
        copy = actions.add(
            "copyReadings",
            self.tr("Copy selected readings"),
            self.copy_selected,
            group=group,
            shortcut=QKeySequence(QKeySequence.StandardKey.Copy).toString(),
        )
        # Only in the table: elsewhere the same keys copy something else.
        copy.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        self.view.addAction(copy)
        actions.add(
            "copyShownReadings",
            self.tr("Copy all readings that are shown"),
            self.copy_shown,
            group=group,
            shortcut="Ctrl+Shift+C",
        )

        for column in Column:
            title = str(self.model.headerData(column, Qt.Orientation.Horizontal))
            actions.add(
                f"sortReadingsBy{column.name.title()}",
                self.tr("Sort readings by {column}").format(column=title.lower()),
                lambda column=column: self.view.sort_next(column),
                group=group,
                words="order ascending descending",
            )

    # Following the station

    def _on_ticked(self) -> None:
        if self._station.is_paused:
            return
        self._bring()
        self._redraw()

    def _bring(self) -> None:
        self.model.bring()
        self._show_count()

    def _redraw(self) -> None:
        if self.isVisible():
            self.model.redraw(*self.view.visible_span())

    def _show_count(self) -> None:
        shown, total = len(self.table), self.table.total
        text = self.tr("{shown} of {total}").format(shown=f"{shown:,}", total=counted(total, "reading"))
        chosen = len(self._station.selection)
        if chosen:
            text += self.tr(", {count} plotted").format(count=chosen)
        self.count.setText(text)

    def _on_focus_changed(self) -> None:
        self.view.setColumnHidden(Column.DEVICE, bool(self._station.device))
        self.table.filter(scope=self._station.scope)
        self._bring()
        self.view.fitted.fit_anew()
        self.view.show_what_fits()

    def _on_filter_changed(self) -> None:
        self.table.filter(text=self.filter.text(), show=self.show_only.currentData())
        self._bring()

    # What is plotted

    def _on_plotted(self) -> None:
        self.model.show_plotted(self._station.selection)
        self._redraw()
        self._show_count()

    def meant(self, row: int) -> list[int]:
        """Return the selected rows where this one is among them, else this one alone."""
        selected = [self.model.catalog_row(position) for position in self.view.selected_positions()]
        return selected if row in selected else [row]

    def _on_plot_wanted(self, position: int) -> None:
        """Plot what is meant by a row; where all of it is plotted, remove it."""
        rows = self.meant(self.model.catalog_row(position))
        if set(rows) <= set(self._station.selection):
            self._station.remove(rows)
        else:
            self._station.add(rows)

    # Keys

    def _enter_rows(self) -> None:
        self.view.setFocus(Qt.FocusReason.OtherFocusReason)
        if not self.view.currentIndex().isValid() and self.model.rowCount():
            self.view.chosen.setCurrentIndex(self.model.index(0, Column.SENSOR), _SELECT.NoUpdate)

    # Copying

    def copy_selected(self) -> None:
        """Copy the selected rows as text, or the current one where none is."""
        positions = self.view.selected_positions()
        current = self.view.currentIndex()
        if not positions and current.isValid():
            positions = [current.row()]
        self._copy(positions)

    def copy_shown(self) -> None:
        """Copy every row that is shown as text."""
        self._copy(list(range(self.model.rowCount())))

    def _copy(self, positions: list[int]) -> None:
        clipboard = QGuiApplication.clipboard()
        if clipboard is None or not positions:
            return
        # The device is copied although the column is hidden: elsewhere nobody knows which is in focus.
        clipboard.setText(self.model.as_text(positions, list(Column)))
