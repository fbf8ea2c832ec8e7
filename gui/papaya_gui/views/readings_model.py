"""Qt's way to the readings table: positions, texts, pictures and colours, and what has changed, told once."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from PyQt6.QtCore import QAbstractTableModel, QMimeData, QModelIndex, QObject, Qt
from PyQt6.QtGui import QBrush, QColor, QFont

from papaya_gui.dragged import FORMAT, dragged
from papaya_gui.models.alarms import severity_text
from papaya_gui.models.board import NOTHING, STALE, Board
from papaya_gui.models.condition import GRAVE, SLIGHT, Condition
from papaya_gui.models.table import Column, Indices, Table
from papaya_gui.models.texts import bounded
from papaya_gui.theme import Theme
from papaya_gui.views.marks import hatching, mark_icon
from papaya_gui.views.symbols import color_of
from papaya_gui.views.wording import tool_tip

_DISPLAY, _TOOL_TIP = int(Qt.ItemDataRole.DisplayRole), int(Qt.ItemDataRole.ToolTipRole)
_FONT, _ALIGNMENT = int(Qt.ItemDataRole.FontRole), int(Qt.ItemDataRole.TextAlignmentRole)
_FOREGROUND, _BACKGROUND = int(Qt.ItemDataRole.ForegroundRole), int(Qt.ItemDataRole.BackgroundRole)
_DECORATION = int(Qt.ItemDataRole.DecorationRole)
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_UNIT, _SENSOR = int(Column.UNIT), int(Column.SENSOR)
_JUDGED = (int(Column.VALUE), int(Column.CONDITION))
_ALIGNED_NUMBER = (None, None, _RIGHT, None, _RIGHT, None)
_ALIGNED_WORD = (None, None, None, None, _RIGHT, None)
# The cells of a row from left to right by what Qt asks of them.
_Look = dict[int, Sequence[Any]]
_ROOT = QModelIndex()
# So many of the server's alarms are told with their whole text.
_MOST_ALARMS = 3


class ReadingsModel(QAbstractTableModel):
    """The rows of a `Table`; `bring` follows it, and `redraw` says what is to be painted anew."""

    def __init__(self, table: Table, board: Board, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.table, self._board = table, board
        self._looks: dict[int, _Look] = {}
        self._shown: Indices = table.rows
        self._titles = (
            self.tr("Device"), self.tr("Sensor"), self.tr("Value"), self.tr("Unit"), self.tr("Age"),
            self.tr("Condition"),
        )  # fmt: skip
        self._plotted: frozenset[int] = frozenset()
        self._italic, self._bold, self._both = QFont(), QFont(), QFont()
        for font in (self._italic, self._both):
            font.setItalic(True)
        for font in (self._bold, self._both):
            font.setBold(True)
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Take other colours."""
        self._theme = theme
        self._looks.clear()
        self._stale_back = hatching(theme)
        self._slight_back, self._grave_back = (
            QBrush(QColor(theme.warn_back)),
            QBrush(QColor(theme.alarm_back)),
        )
        self._severity_inks = {
            int(one): QBrush(QColor(color_of(one, theme))) for one in Condition if one >= SLIGHT
        }
        self._muted, self._stale = QBrush(QColor(theme.muted)), QBrush(QColor(theme.stale))

    # Rows

    def rowCount(self, parent: QModelIndex = _ROOT) -> int:
        """Return how many rows are shown."""
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: QModelIndex = _ROOT) -> int:
        """Return how many columns there are, hidden ones too."""
        return 0 if parent.isValid() else len(Column)

    def catalog_row(self, position: int) -> int:
        """Return the index in the catalog of what stands at a position."""
        return int(self._shown[position])

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column, with -1 as in the manifest."""
        self.table.sort(Column(column) if column >= 0 else None, order is Qt.SortOrder.DescendingOrder)
        self.bring()

    def bring(self) -> bool:
        """Bring the rows up to date; return whether there are others or in other order."""
        self._looks.clear()
        if not self.table.refresh():
            return False
        rows, before = self.table.rows, self._shown
        was, will = np.zeros(self.table.total, np.bool_), np.zeros(self.table.total, np.bool_)
        was[before], will[rows] = True, True
        kept, gone, new = rows[was[rows]], before[~will[before]], rows[~was[rows]]
        # What goes leaves at the end, and what comes is added there, so that Qt is told of each once.
        if len(gone):
            self._permute(np.concatenate((kept, gone)))
            self.beginRemoveRows(_ROOT, len(kept), len(before) - 1)
            self._show(kept)
            self.endRemoveRows()
        if len(new):
            self.beginInsertRows(_ROOT, len(kept), len(rows) - 1)
            self._show(np.concatenate((self._shown, new)))
            self.endInsertRows()
        self._permute(rows)
        return True

    def _permute(self, rows: Indices) -> None:
        if np.array_equal(rows, self._shown):
            return
        self.layoutAboutToBeChanged.emit([], self.LayoutChangeHint.VerticalSortHint)
        held = self.persistentIndexList()
        places = np.empty(self.table.total, np.intp)
        places[rows] = np.arange(len(rows))
        now = [self.index(int(places[self._shown[one.row()]]), one.column()) for one in held]
        self._show(rows)
        self.changePersistentIndexList(held, now)
        self.layoutChanged.emit([], self.LayoutChangeHint.VerticalSortHint)

    def _show(self, rows: Indices) -> None:
        self._shown = rows
        self._looks.clear()

    def redraw(self, first: int, last: int) -> None:
        """Say that rows from one position to another have changed."""
        last = min(last, len(self._shown) - 1)
        if 0 <= first <= last:
            self.dataChanged.emit(self.index(first, 0), self.index(last, len(Column) - 1))

    def show_plotted(self, rows: Iterable[int]) -> None:
        """Show from the next drawing on which rows are plotted."""
        self._plotted = frozenset(rows)
        self._looks.clear()

    # Dragging

    def flags(self, index: QModelIndex) -> Qt.ItemFlag:
        """Return that a row can be dragged, too."""
        flags = super().flags(index)
        return flags | Qt.ItemFlag.ItemIsDragEnabled if index.isValid() else flags

    def mimeTypes(self) -> list[str]:
        """Return what is dragged: sensors."""
        return [FORMAT]

    def mimeData(self, indexes: Iterable[QModelIndex]) -> QMimeData | None:
        """Return the rows of these cells."""
        positions = dict.fromkeys(index.row() for index in indexes)
        return dragged(self.table.catalog, map(self.catalog_row, positions))

    def as_text(self, positions: Sequence[int], columns: Sequence[Column]) -> str:
        """Return rows for people to paste elsewhere, under the titles of their columns."""
        rows = [self.catalog_row(position) for position in positions]
        titles = "\t".join(self._titles[column] for column in columns)
        return f"{titles}\n{self.table.as_text(rows, columns)}\n"

    # Cells

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Return the title of a column, aligned as its cells are."""
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == _DISPLAY:
            return self._titles[section]
        if role == _ALIGNMENT:
            is_right = section in (Column.VALUE, Column.AGE)
            return _RIGHT if is_right else Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        return None

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what a cell shows, or how."""
        look = self._looks.get(index.row()) or self._look(index.row())
        cells = look.get(role)
        if cells is not None:
            return cells[index.column()]
        return self._tool_tip(self.catalog_row(index.row())) if role == _TOOL_TIP else None

    def _look(self, position: int) -> _Look:
        """Return a row as it looks until the next tick: Qt asks for each of its cells seven times."""
        row, board = self.catalog_row(position), self._board
        worst, freshness = board.worst_of(row), int(board.freshness[row])
        mark = mark_icon(self._mark(row, worst, freshness), self._theme)
        look: _Look = {
            _DISPLAY: [self.table.cell(row, column) for column in range(len(Column))],
            _ALIGNMENT: _ALIGNED_NUMBER if self.table.is_number(row) else _ALIGNED_WORD,
            _DECORATION: (None, None, None, None, None, mark),
            _FOREGROUND: self._inks(worst, freshness),
        }
        if freshness == STALE:
            look[_FONT], look[_BACKGROUND] = (self._italic,) * len(Column), (self._stale_back,) * len(Column)
        elif worst:
            look[_BACKGROUND] = _judged(self._grave_back if worst >= GRAVE else self._slight_back, None)
        if row in self._plotted:
            fonts = list(look.get(_FONT, (None,) * len(Column)))
            fonts[_SENSOR] = self._both if freshness == STALE else self._bold
            look[_FONT] = fonts
        self._looks[position] = look
        return look

    def _inks(self, worst: int, freshness: int) -> Sequence[QBrush | None]:
        """Return what each cell is written with: by how grave it is, and how fresh."""
        rest = self._stale if freshness == STALE else self._muted if freshness == NOTHING else None
        inks = list(_judged(self._severity_inks.get(worst) or rest, rest))
        inks[_UNIT] = rest or self._muted
        return inks

    def _mark(self, row: int, worst: int, freshness: int) -> Condition:
        if worst:
            return Condition(worst)
        if freshness == STALE:
            return Condition.STALE
        if freshness == NOTHING:
            return Condition.NOTHING
        if self.table.is_simulated(row):
            return Condition.SIMULATED
        return Condition.RECORDED if self._board.is_recorded else Condition.ONLINE

    def _tool_tip(self, row: int) -> str:
        one = self.table.catalog_row(row)
        lines = [one.title, f"{one.path} · {one.sensor.key}"]
        if self._board.freshness[row] != NOTHING:
            moment = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(self._board.times[row]))
            lines.append(f"{self._board.text(row)} {one.sensor.unit}".rstrip() + f" · {moment}")
            lines.append(self.table.cell(row, Column.CONDITION))
        raised = self._board.raised.of_row(one)
        lines += [f"{severity_text(alarm)}: {bounded(alarm.kind)}" for alarm in raised[:_MOST_ALARMS]]
        if row in self._plotted:
            lines.append(self.tr("Plotted"))
        return tool_tip("\n".join(lines))


def _judged(there: QBrush | None, elsewhere: QBrush | None) -> Sequence[QBrush | None]:
    """Return one thing for the cells that a threshold judges, another for the rest."""
    return tuple(there if column in _JUDGED else elsewhere for column in range(len(Column)))
