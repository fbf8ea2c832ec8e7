"""The curves as a table: their pens, values and statistics; a click hides a curve, the cross removes it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial

from PyQt6.QtCore import QModelIndex, QPoint, Qt, pyqtSignal
from PyQt6.QtGui import QAction, QKeyEvent, QKeySequence, QResizeEvent
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QHeaderView,
    QMenu,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from papaya_gui.plots.legend_model import (
    AT_CURSOR,
    DELTA,
    DEVICE,
    DRAWN,
    HIGH,
    LAST,
    LOW,
    MEAN,
    NAME,
    NOW,
    NUMBERS,
    PANEL,
    REMOVE,
    SAMPLE_PIXELS,
    Entry,
    LegendModel,
)
from papaya_gui.theme import Theme, edged_palette

# A column is as wide as its longest text, between these many letters.
_LEAST, _MOST = 5, {NAME: 30, DEVICE: 18, NOW: 26}
# Names become so much longer where there is room that nothing else needs.
_LONGEST = 80
# Columns that a person can leave out.
OPTIONAL = (DEVICE, NOW, AT_CURSOR, LOW, HIGH, MEAN, LAST, DRAWN)


class Legend(QTableView):
    """Shows the entries; a click anywhere in a line, or the space bar, hides its curve or shows it again.

    A click on the cross before a line, or Delete, removes its curve; a line is dragged to another panel.

    Signals: `toggled(row)`; `removed(row)`; `menuWanted(row, place on the screen)` when more is to be
    chosen for one curve.
    """

    toggled = pyqtSignal(int)
    removed = pyqtSignal(int)
    menuWanted = pyqtSignal(int, QPoint)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.entries = LegendModel(theme, self)
        self.setModel(self.entries)
        self.setObjectName("plot-legend")
        self.setAccessibleName(self.tr("Legend"))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._on_menu)
        self.clicked.connect(self._on_clicked)
        beside = QHeaderView(Qt.Orientation.Vertical, self)
        self._above = above = QHeaderView(Qt.Orientation.Horizontal, self)
        self.setVerticalHeader(beside)
        self.setHorizontalHeader(above)
        beside.hide()
        height = self.fontMetrics().height() + 8
        beside.setDefaultSectionSize(height)
        self._line = height
        above.setStretchLastSection(False)
        above.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        above.setHighlightSections(False)
        above.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        above.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        above.customContextMenuRequested.connect(self._on_header_menu)
        letters = self.fontMetrics().averageCharWidth()
        # First on the screen, so that it is reached however narrow the window is.
        above.moveSection(REMOVE, 0)
        above.setMinimumSectionSize(4 * letters)
        self.setColumnWidth(REMOVE, 4 * letters)
        # The widths that texts have needed so far, and which columns have been given one.
        self._widths: dict[int, int] = {}
        # What names have beyond that, of room that nothing needs.
        self._spare = {NAME: 0, DEVICE: 0}
        self._sized: set[int] = set()
        self._fitted: tuple[int, ...] = ()
        self.left_out: set[int] = {DRAWN}
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setDragEnabled(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        size = self.iconSize()
        size.setWidth(SAMPLE_PIXELS)
        self.setIconSize(size)
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Draw with other colours from now on."""
        self.entries.theme = theme
        self._edges = edged_palette(theme)

    def initViewItemOption(self, option: QStyleOptionViewItem | None) -> None:
        """Let the squares that are ticked have edges."""
        super().initViewItemOption(option)
        if option is not None:
            option.palette = self._edges

    def set_entries(self, entries: tuple[Entry, ...], room: int = 200) -> None:
        """Show these, in as much room as they need, and no more than so many pixels."""
        self.entries.ratio = self.devicePixelRatioF()
        self.entries.set_entries(entries)
        self._fit(entries)
        across = self.horizontalScrollBar()
        below = across.sizeHint().height() if across is not None and across.maximum() else 0
        wanted = self._above.sizeHint().height() + self._line * max(len(entries), 1) + below + 4
        wanted = min(wanted, max(room, self._above.sizeHint().height() + 2 * self._line))
        if self.maximumHeight() != wanted:
            self.setFixedHeight(wanted)
        # Titles of columns without a line below them say nothing.
        self.setVisible(bool(entries))

    def _fit(self, entries: tuple[Entry, ...]) -> None:
        """Hide columns that say nothing, and widen the others as far as their texts need it.

        Columns become narrower only with other curves: numbers of changing length would make them dance.
        """
        rows = tuple(entry.row for entry in entries)
        if rows != self._fitted:
            self._fitted = rows
            # A width that a person chose stays.
            self._sized -= {column for column in self._sized if self._own(column) == self._widths[column]}
            self._widths = {column: 0 for column in self._widths}
        empty = {
            PANEL: len({entry.panel for entry in entries}) < 2,
            DELTA: not any(entry.delta for entry in entries),
        }
        shown = [one for one in range(REMOVE) if not empty.get(one) and one not in self.left_out]
        grown = set()
        for column in shown:
            wanted = self._wanted(column, entries)
            if wanted > self._widths.get(column, 0):
                self._widths[column] = wanted
                grown.add(column)
        crowded = self._crowded(shown, entries)
        for column in range(REMOVE):
            is_hidden = column not in shown or column in crowded
            if is_hidden != self.isColumnHidden(column):
                self.setColumnHidden(column, is_hidden)
            if is_hidden:
                continue
            wanted = self._widths[column]
            if column not in self._sized or (column in grown and wanted > self.columnWidth(column)):
                self.setColumnWidth(column, wanted)
                if column in self._spare:
                    self._spare[column] = 0
            self._sized.add(column)
        self._spread(entries)

    def _own(self, column: int) -> int:
        """Return how wide a column is without the room that nothing else needs."""
        return self.columnWidth(column) - self._spare.get(column, 0)

    def _spread(self, entries: tuple[Entry, ...]) -> None:
        """Give names the room that nothing needs, until they are seen whole."""
        viewport, shown = self.viewport(), [one for one in range(REMOVE + 1) if not self.isColumnHidden(one)]
        room = (viewport.width() if viewport is not None else 0) - sum(map(self._own, shown))
        for column in self._spare:
            # A width that a person chose stays.
            if column in shown and self._own(column) == self._widths.get(column):
                cut = self._wanted(column, entries, _LONGEST) - self._widths[column]
                extra = max(min(cut, room), 0)
                room -= extra
                if extra != self._spare[column]:
                    self._spare[column] = extra
                    self.setColumnWidth(column, self._widths[column] + extra)

    def _wanted(self, column: int, entries: tuple[Entry, ...], most: int = 0) -> int:
        """Return how wide a column is that shows all its texts, up to so many letters."""
        metrics = self.fontMetrics()
        letter = metrics.averageCharWidth()
        texts = {entry.text(column)[: most or _MOST.get(column, 22)] for entry in entries}
        texts.add(self.entries.names()[column])
        if column in NUMBERS:
            # Digits are about as wide as each other: the longest number is the widest.
            texts = {max(texts, key=len)}
        wanted = max(metrics.horizontalAdvance(text) for text in texts) + 2 * letter + 4
        return max(wanted + (SAMPLE_PIXELS + 26 if column == NAME else 0), _LEAST * letter)

    def _crowded(self, shown: Sequence[int], entries: tuple[Entry, ...]) -> set[int]:
        """Return the columns for which there is no room; first those that say what is seen elsewhere, too."""
        viewport = self.viewport()
        room = viewport.width() if viewport is not None else 0
        needed = self.columnWidth(REMOVE)
        needed += sum(max(self._widths[one], self._own(one)) for one in shown)
        is_one = len({entry.device for entry in entries}) < 2
        found: set[int] = set()
        for column in (*((DEVICE,) if is_one else ()), AT_CURSOR, PANEL, NOW):
            if needed > room and column in shown:
                found.add(column)
                needed -= max(self._widths[column], self._own(column))
        return found

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Show as many columns as there is room for now."""
        super().resizeEvent(event)
        self._fit(self.entries.entries)

    def set_left_out(self, columns: Iterable[int]) -> None:
        """Leave these columns out from now on."""
        self.left_out = set(columns) & set(OPTIONAL)
        self._fit(self.entries.entries)

    def table_text(self) -> str:
        """Return what is to be seen as lines of cells divided by tabs, with the names of the columns."""
        shown = [column for column in range(REMOVE) if not self.isColumnHidden(column)]
        lines = [[self.entries.names()[column] for column in shown]]
        lines += [[entry.text(column) for column in shown] for entry in self.entries.entries]
        return "\n".join("\t".join(cell.replace("\t", " ") for cell in line) for line in lines)

    def copy(self) -> None:
        """Copy the table to the clipboard."""
        clipboard = QApplication.clipboard()
        if clipboard is not None and self.entries.entries:
            clipboard.setText(self.table_text())

    def _on_header_menu(self, position: QPoint) -> None:
        menu = self.columns_menu()
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self._above.mapToGlobal(position))

    def columns_menu(self) -> QMenu:
        """Return the menu that chooses columns."""
        menu = QMenu(self.tr("Columns"), self)
        menu.setObjectName("plot-columns-menu")
        menu.setAccessibleName(self.tr("Columns"))
        for column in OPTIONAL:
            action = QAction(self.entries.names()[column], menu)
            action.setCheckable(True)
            action.setChecked(column not in self.left_out)
            action.toggled.connect(partial(self._show_column, column))
            menu.addAction(action)
        return menu

    def _show_column(self, column: int, is_shown: bool) -> None:
        self.set_left_out(self.left_out - {column} if is_shown else self.left_out | {column})

    def current_row(self) -> int | None:
        """Return the row of the line that is chosen."""
        place = self.currentIndex().row()
        return self.entries.entries[place].row if 0 <= place < len(self.entries.entries) else None

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Let the space bar do what a click does, in every column."""
        row = self.current_row()
        if event is not None and event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
            return
        if event is not None and event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return) and row is not None:
            self.toggled.emit(row)
            return
        if event is not None and event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and row is not None:
            self.removed.emit(row)
            return
        super().keyPressEvent(event)

    def _on_clicked(self, index: QModelIndex) -> None:
        row = self.entries.entries[index.row()].row
        (self.removed if index.column() == REMOVE else self.toggled).emit(row)

    def _on_menu(self, position: QPoint) -> None:
        index = self.indexAt(position)
        row = self.entries.entries[index.row()].row if index.isValid() else self.current_row()
        viewport = self.viewport()
        if row is not None and viewport is not None:
            self.menuWanted.emit(row, viewport.mapToGlobal(position))
