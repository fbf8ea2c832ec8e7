"""The curves by name, with their pens and their values: a click hides a curve, the cross removes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from PyQt6.QtCore import QAbstractTableModel, QModelIndex, QPoint, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QKeyEvent
from PyQt6.QtWidgets import QAbstractItemView, QHeaderView, QStyleOptionViewItem, QTableView, QWidget

from papaya_gui.plots.pens import Look, sample
from papaya_gui.theme import Theme, edged_palette
from papaya_gui.views.wording import tool_tip

_Role = Qt.ItemDataRole
NAME, DEVICE, NOW, AT_CURSOR, DRAWN, REMOVE = range(6)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the legend."""

    row: int
    look: Look
    title: str
    device: str
    now: str
    at_cursor: str
    aggregation: str
    is_stale: bool
    is_hidden: bool


class LegendModel(QAbstractTableModel):
    """The entries; the first column is checked while the curve is drawn."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self.entries: tuple[Entry, ...] = ()
        self.ratio = 1.0

    def set_entries(self, entries: tuple[Entry, ...]) -> None:
        """Show these; as long as there are equally many, only what they say changes."""
        if len(entries) != len(self.entries):
            self.beginResetModel()
            self.entries = entries
            self.endResetModel()
        elif entries != self.entries:
            self.entries = entries
            self.dataChanged.emit(self.index(0, 0), self.index(len(entries) - 1, REMOVE))

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        """Return how many curves are chosen."""
        return 0 if parent is not None and parent.isValid() else len(self.entries)

    def columnCount(self, parent: QModelIndex | None = None) -> int:
        """Return the number of columns."""
        return 0 if parent is not None and parent.isValid() else 6

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _Role.DisplayRole) -> Any:
        """Return the names of the columns."""
        if orientation is Qt.Orientation.Horizontal and role == _Role.DisplayRole:
            names = (
                self.tr("Curve"),
                self.tr("Device"),
                self.tr("Now"),
                self.tr("At cursor"),
                self.tr("Drawn as"),
                "",
            )
            return names[section]
        return None

    def data(self, index: QModelIndex, role: int = _Role.DisplayRole) -> Any:
        """Return what an entry says in a column."""
        entry = self.entries[index.row()]
        column = index.column()
        if column == REMOVE:
            return self._remove(entry, role)
        if role in (_Role.DisplayRole, _Role.ToolTipRole):
            text = (entry.title, entry.device, entry.now, entry.at_cursor, entry.aggregation)[column]
            return text if role == _Role.DisplayRole else tool_tip(text)
        if role == _Role.AccessibleTextRole and column == NAME:
            return f"{entry.title}, {entry.device}, {entry.now}"
        if role == _Role.DecorationRole and column == NAME:
            return sample(entry.look, self.ratio)
        if role == _Role.CheckStateRole and column == NAME:
            return Qt.CheckState.Unchecked if entry.is_hidden else Qt.CheckState.Checked
        if role == _Role.ForegroundRole:
            if entry.is_hidden:
                return QColor(self.theme.muted)
            if entry.is_stale and column == NOW:
                return QColor(self.theme.stale)
        return None

    def _remove(self, entry: Entry, role: int) -> Any:
        """Return how the button looks that removes a curve."""
        if role == _Role.DisplayRole:
            return "×"
        if role == _Role.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignCenter
        if role in (_Role.ToolTipRole, _Role.AccessibleTextRole):
            return self.tr("Remove {sensor} of {device}").format(sensor=entry.title, device=entry.device)
        return None


class Legend(QTableView):
    """Shows the entries; a click anywhere in a line, or the space bar, hides its curve or shows it again.

    A click on the cross before a line, or Delete, removes its curve.

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
        above.setStretchLastSection(True)
        above.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        above.setHighlightSections(False)
        letters = self.fontMetrics().averageCharWidth()
        for column, width in enumerate((26, 11, 22, 13, 8)):
            self.setColumnWidth(column, width * letters)
        # First on the screen, so that it is reached however narrow the window is.
        above.moveSection(REMOVE, 0)
        above.setMinimumSectionSize(4 * letters)
        self.setColumnWidth(REMOVE, 4 * letters)
        size = self.iconSize()
        size.setWidth(44)
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
        across = self.horizontalScrollBar()
        below = across.sizeHint().height() if across is not None and across.maximum() else 0
        wanted = self._above.sizeHint().height() + self._line * max(len(entries), 1) + below + 4
        wanted = min(wanted, max(room, self._above.sizeHint().height() + 2 * self._line))
        if self.maximumHeight() != wanted:
            self.setFixedHeight(wanted)

    def current_row(self) -> int | None:
        """Return the row of the line that is chosen."""
        place = self.currentIndex().row()
        return self.entries.entries[place].row if 0 <= place < len(self.entries.entries) else None

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Let the space bar do what a click does, in every column."""
        row = self.current_row()
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
