"""The rows of the legend, a curve each, as a table model of Qt."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from PyQt6.QtCore import QAbstractTableModel, QMimeData, QModelIndex, Qt
from PyQt6.QtGui import QColor
from PyQt6.QtWidgets import QWidget

from papaya_gui.plots.pens import Look, sample
from papaya_gui.theme import Theme
from papaya_gui.views.wording import tool_tip

_Role = Qt.ItemDataRole
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
NAME, PANEL, DEVICE, NOW, AT_CURSOR, LOW, HIGH, MEAN, LAST, DELTA, DRAWN, REMOVE = range(12)
# The columns of an entry; the last has the button that removes it.
_FIELDS = (
    *("title", "panel", "device", "now", "at_cursor", "low", "high", "mean", "last", "delta"),
    *("aggregation", ""),
)
# Columns of numbers, which are right-aligned.
NUMBERS = (NOW, AT_CURSOR, LOW, HIGH, MEAN, LAST, DELTA)
SAMPLE_PIXELS = 44


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
    panel: str = ""
    low: str = ""
    high: str = ""
    mean: str = ""
    last: str = ""
    delta: str = ""

    def text(self, column: int) -> str:
        """Return what it says in a column."""
        return getattr(self, _FIELDS[column], "")


class LegendModel(QAbstractTableModel):
    """The entries; the first column is checked while the curve is drawn."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self.entries: tuple[Entry, ...] = ()
        self.ratio = 1.0
        # What is dragged, made of rows by whoever knows their names.
        self.packed: Callable[[Sequence[int]], QMimeData] = lambda rows: QMimeData()

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
        return 0 if parent is not None and parent.isValid() else REMOVE + 1

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _Role.DisplayRole) -> Any:
        """Return the names of the columns."""
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == _Role.DisplayRole:
            return self.names()[section]
        if role == _Role.ToolTipRole:
            return self._hints().get(section)
        if role == _Role.TextAlignmentRole and section in NUMBERS:
            return _RIGHT
        return None

    def names(self) -> tuple[str, ...]:
        """Return the names of the columns."""
        return (
            self.tr("Curve"),
            self.tr("Panel"),
            self.tr("Device"),
            self.tr("Now"),
            self.tr("At cursor"),
            self.tr("Min"),
            self.tr("Max"),
            self.tr("Mean"),
            self.tr("Last"),
            self.tr("B – A"),
            self.tr("Drawn as"),
            "",
        )

    def _hints(self) -> dict[int, str]:
        return {
            LOW: self.tr("Lowest value of the visible time"),
            HIGH: self.tr("Highest value of the visible time"),
            MEAN: self.tr("Mean of the samples of the visible time"),
            LAST: self.tr("Last value of the visible time"),
            DELTA: self.tr("Value at cursor B less value at cursor A"),
        }

    def flags(self, index: QModelIndex) -> Qt.ItemFlag:
        """Let a curve be dragged to another panel."""
        return super().flags(index) | Qt.ItemFlag.ItemIsDragEnabled

    def mimeData(self, indexes: Iterable[QModelIndex]) -> QMimeData | None:
        """Return the curves of these lines as what is dragged."""
        return self.packed(list(dict.fromkeys(self.entries[index.row()].row for index in indexes)))

    def supportedDragActions(self) -> Qt.DropAction:
        """Let curves be copied alone: removing is done by whoever takes them."""
        return Qt.DropAction.CopyAction

    def data(self, index: QModelIndex, role: int = _Role.DisplayRole) -> Any:
        """Return what an entry says in a column."""
        entry = self.entries[index.row()]
        column = index.column()
        if column == REMOVE:
            return self._remove(entry, role)
        if role in (_Role.DisplayRole, _Role.ToolTipRole):
            text = entry.text(column)
            return text if role == _Role.DisplayRole else tool_tip(text)
        if role == _Role.AccessibleTextRole:
            name = f"{entry.title}, {entry.device}, {entry.now}"
            return name if column == NAME else f"{self.names()[column]}: {entry.text(column)}"
        if role == _Role.TextAlignmentRole and column in NUMBERS:
            return _RIGHT
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
