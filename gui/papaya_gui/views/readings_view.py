"""Qt's table as the readings are shown in it: how rows are selected, and where keys and menus lead."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QEvent, QItemSelectionModel, QModelIndex, QPoint, Qt, pyqtSignal
from PyQt6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent, QResizeEvent, QShowEvent
from PyQt6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from papaya_gui.models.table import Column
from papaya_gui.tokens import ICON_SMALL, M, S, tabular
from papaya_gui.views.asking import menu_wanted
from papaya_gui.views.columns import READABLE, Decimals, Fitted, KeptEnd
from papaya_gui.views.readings_model import ReadingsModel

_SELECT = QItemSelectionModel.SelectionFlag
_TOGGLES = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
# What a usual text of each column looks like; what is longer makes its column wider, because a part of a
# number is another one. The last column takes what is left.
_SAMPLES = ("MTR-00042", "Temperature", "-123.45", "µg/m³", "59 min", "stale")
# No column takes more of the table than this many letters, but for one that a person makes wider.
_WIDEST = 28
# The longest word of a condition, which is never crowded out, and what makes room for it, first to last.
_CONDITION = "indeterminate"
_STEPS_BACK = (Column.AGE, Column.UNIT)


class ReadingsView(QTableView):
    """Rows are selected by mouse and dragged to the plot; arrow keys move without selecting.

    Signals: `plotWanted(int)` when Enter is pressed on the row at a position; `typed(str)` when
    somebody begins to type; `menuRequested(int, QPoint)` with a position and where on the screen.
    """

    plotWanted = pyqtSignal(int)
    typed = pyqtSignal(str)
    menuRequested = pyqtSignal(int, QPoint)

    def __init__(self, model: ReadingsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.header = QHeaderView(Qt.Orientation.Horizontal, self)
        self.chosen = QItemSelectionModel(model, self)
        self._hidden_width: dict[Column, int] = {}
        self.setHorizontalHeader(self.header)
        self.setModel(model)
        self.setSelectionModel(self.chosen)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setDragEnabled(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setAlternatingRowColors(True)
        self.setShowGrid(False)
        self.setWordWrap(False)
        # Tab leaves the table, arrow keys move in it.
        self.setTabKeyNavigation(False)
        # Digits of one width, so that numbers below each other line up and do not twitch.
        self.setFont(tabular(self.font()))
        self._make_headers()

    def _make_headers(self) -> None:
        numbers = QHeaderView(Qt.Orientation.Vertical, self)
        self.setVerticalHeader(numbers)
        numbers.hide()
        numbers.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        numbers.setDefaultSectionSize(self.fontMetrics().height() + S)
        self.header.setHighlightSections(False)
        self.header.setSectionsClickable(True)
        self.header.setStretchLastSection(True)
        self.header.setSortIndicatorClearable(True)
        self.header.setMinimumSectionSize(ICON_SMALL + S)
        self.header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        for column, sample in zip(Column, _SAMPLES, strict=True):
            self.header.resizeSection(column, self.fontMetrics().horizontalAdvance(sample) + M)
        widest = self.fontMetrics().horizontalAdvance("n" * _WIDEST)
        decimals = Decimals(self)
        # Of a text, a part can be read; other rows may have shorter numbers.
        floor: dict[int, Callable[[], int]] = {
            Column.VALUE: lambda: min(
                decimals.number_width(self.fontMetrics()), self.sizeHintForColumn(Column.VALUE) + M
            )
        }
        self.fitted = Fitted(self, widest, (Column.SENSOR, Column.DEVICE, Column.VALUE), self._least(), floor)
        self.setItemDelegateForColumn(Column.CONDITION, KeptEnd(self))
        decimals.grown.connect(self._on_grown)
        self.setItemDelegateForColumn(Column.VALUE, decimals)
        self.setSortingEnabled(True)

    def _on_grown(self) -> None:
        self.fitted.fit()
        self.show_what_fits()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Keep the condition in sight: in a narrow table, other columns step back."""
        super().resizeEvent(event)
        self.show_what_fits()

    def showEvent(self, event: QShowEvent | None) -> None:
        """Measure what is seen from now on."""
        super().showEvent(event)
        self.show_what_fits()

    def show_what_fits(self) -> None:
        """Hide the age, then the unit, where the table has no room for them beside the condition.

        Long texts give the unit its room: a number without one says little.
        """
        if not self.isVisible():
            # Without a size of its own it would measure every row: two seconds of 30,000.
            return
        viewport = self.viewport()
        room = viewport.width() if viewport is not None else 0
        least = self._least()
        kept = [
            one for one in Column if one not in (*_STEPS_BACK, Column.CONDITION) and not self._is_hidden(one)
        ]
        unit = self._width_of(Column.UNIT)
        short = sum(min(self._width_of(one), self.fitted.floor(one, READABLE)) for one in kept)
        needed = least + sum(map(self.fitted.wanted, kept)) + sum(map(self._width_of, _STEPS_BACK))
        for column, is_too_wide in (
            (Column.AGE, needed > room),
            (Column.UNIT, least + short + unit > room),
        ):
            if is_too_wide:
                needed -= self._width_of(column)
            if self._is_hidden(column) is not is_too_wide:
                if is_too_wide:
                    self._hidden_width[column] = self.header.sectionSize(column)
                self.setColumnHidden(column, is_too_wide)
                self.fitted.fit()
        self.fitted.end_at_edge(Column.CONDITION)

    def _least(self) -> int:
        """Return how wide the condition has to be."""
        return self.fontMetrics().horizontalAdvance(_CONDITION) + ICON_SMALL + M

    def _is_hidden(self, column: Column) -> bool:
        return self.header.isSectionHidden(column)

    def _width_of(self, column: Column) -> int:
        is_hidden = self._is_hidden(column)
        return self._hidden_width.get(column, 0) if is_hidden else self.header.sectionSize(column)

    def sort_next(self, column: int) -> None:
        """Sort as a click on a column's title does: upwards, downwards, and then as in the manifest."""
        order = Qt.SortOrder.AscendingOrder
        if self.header.sortIndicatorSection() == column:
            is_downwards = self.header.sortIndicatorOrder() is Qt.SortOrder.DescendingOrder
            order = Qt.SortOrder.AscendingOrder if is_downwards else Qt.SortOrder.DescendingOrder
            column = -1 if is_downwards else column
        self.sortByColumn(column, order)

    def selected_positions(self) -> list[int]:
        """Return the positions of the selected rows from top to bottom."""
        parts = self.chosen.selection()
        spans = (range(parts[one].top(), parts[one].bottom() + 1) for one in range(len(parts)))
        return sorted({position for span in spans for position in span})

    def visible_span(self) -> tuple[int, int]:
        """Return the first and the last position that can be seen; the last is -1 where there is none."""
        viewport, rows = self.viewport(), self.chosen.model()
        if viewport is None or rows is None:
            return 0, -1
        last = self.rowAt(viewport.height() - 1)
        return max(self.rowAt(0), 0), last if last >= 0 else rows.rowCount() - 1

    def selectionCommand(
        self, index: QModelIndex, event: QEvent | None = None
    ) -> QItemSelectionModel.SelectionFlag:
        """Return what an event does to the selection; keys without Shift and the right button do nothing."""
        if isinstance(event, QKeyEvent) and not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            return _SELECT.NoUpdate
        if isinstance(event, QMouseEvent) and event.button() == Qt.MouseButton.RightButton:
            return _SELECT.NoUpdate
        return super().selectionCommand(index, event)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Let Enter add the current row to the plot, or remove it."""
        if event is not None and event.key() in _TOGGLES and self.currentIndex().isValid():
            self.plotWanted.emit(self.currentIndex().row())
            return
        super().keyPressEvent(event)

    def keyboardSearch(self, search: str | None) -> None:
        """Give what is typed away."""
        if search and search.isprintable():
            self.typed.emit(search)

    def contextMenuEvent(self, event: QContextMenuEvent | None) -> None:
        """Ask for the menu of the row under the mouse, or of the current one."""
        wanted = menu_wanted(self, event)
        if wanted is not None:
            self.chosen.setCurrentIndex(wanted[0], _SELECT.NoUpdate)
            self.menuRequested.emit(wanted[0].row(), wanted[1])
