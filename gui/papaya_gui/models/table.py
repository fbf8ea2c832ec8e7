"""The rows of the readings table: which of the catalog's are shown, and in what order."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from enum import Enum, IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from papaya_gui.models.batch import TEXT, TRUTH
from papaya_gui.models.board import NOTHING, STALE, Board
from papaya_gui.models.catalog import Catalog, Row
from papaya_gui.models.condition import GRAVE
from papaya_gui.models.words import Words

Indices = NDArray[np.intp]
Flags = NDArray[np.bool_]
_DIGITS = re.compile(r"(\d+)")


class Column(IntEnum):
    """The columns from left to right."""

    DEVICE = 0
    SENSOR = 1
    VALUE = 2
    UNIT = 3
    AGE = 4
    CONDITION = 5


# Looked up once, for what is asked for at every cell that is drawn.
_DEVICE, _SENSOR, _VALUE, _UNIT, _AGE, _CONDITION = (int(column) for column in Column)


class Show(Enum):
    """Which readings are shown, by how they are to be read."""

    ALL = "all"
    STALE = "stale"
    NOTHING = "no data"
    WARN = "warn"
    ALARM = "alarm"


class Table:
    """Rows of the catalog by filter and order; `rows` are their indices from top to bottom.

    Everything that does not depend on the readings is computed once. A refresh costs a few array operations,
    with any filter and any sort column.
    """

    def __init__(
        self,
        catalog: Catalog,
        board: Board,
        words: Words | None = None,
        simulated: Collection[str] = frozenset(),
    ) -> None:
        self.words, self._simulated = words or Words(), simulated
        self.catalog, self._board = catalog, board
        self.text = ""
        self.scope: tuple[str, ...] = ()
        self.show = Show.ALL
        self.column: Column | None = None
        self.is_descending = False
        self.rows: Indices = np.empty(0, np.intp)
        self._known = 0
        self._ranks: dict[Column, Indices] = {}
        self._matching: Flags | None = None
        self._positions: Indices = np.empty(0, np.intp)
        self.refresh()

    # What is asked for

    def filter(
        self, text: str | None = None, scope: tuple[str, ...] | None = None, show: Show | None = None
    ) -> None:
        """Show only rows that contain each word of a text, of a place or device, in a condition.

        Filters that are not given stay as they are. A scope has as many names of Country, State and device
        as it needs.
        """
        self.text = self.text if text is None else text
        self.scope = self.scope if scope is None else scope
        self.show = self.show if show is None else show
        self._matching = None

    def sort(self, column: Column | None, descending: bool = False) -> None:
        """Order by a column, equal ones as in the manifest; without a column all as in the manifest."""
        self.column, self.is_descending = column, descending

    def refresh(self) -> bool:
        """Bring the rows up to date with the board; return whether there are others or in other order."""
        self._grow()
        if self._matching is None:
            self._matching = self._matches()
        rows = np.flatnonzero(self._matching & self._is_shown())
        if self.column is not None:
            rows = rows[self._order(self.column, rows)]
        if np.array_equal(rows, self.rows):
            return False
        self.rows = rows
        self._positions = np.full(self._known, -1, np.intp)
        self._positions[rows] = np.arange(len(rows))
        return True

    # What is to be seen

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def total(self) -> int:
        """How many rows there are without any filter."""
        return self._known

    def row(self, position: int) -> Row:
        """Return the row of the catalog that stands at a position."""
        return self.catalog_row(int(self.rows[position]))

    def catalog_row(self, row: int) -> Row:
        """Return a row of the catalog by its index."""
        return self.catalog[row]

    def position(self, row: int) -> int:
        """Return where a row of the catalog stands, -1 where it is not shown."""
        return int(self._positions[row]) if row < len(self._positions) else -1

    def is_simulated(self, row: int) -> bool:
        """Whether a row's readings come from no device."""
        return self.catalog[row].device in self._simulated

    def is_number(self, row: int) -> bool:
        """Whether a row's value is a number, or may yet become one."""
        return bool(self._board.kinds[row] < TRUTH)

    def cell(self, row: int, column: int) -> str:
        """Return the text of a cell, by the index of its row in the catalog."""
        if column == _VALUE:
            return self._board.text(row)
        if column == _AGE:
            return self.words.age(self._age(row))
        if column == _CONDITION:
            return self._condition(row)
        return _fixed(self.catalog[row], column)

    def as_text(self, rows: Sequence[int], columns: Sequence[Column]) -> str:
        """Return rows as lines of cells with tabs between them, for people to paste elsewhere."""
        return "\n".join("\t".join(self.cell(row, column) for column in columns) for row in rows)

    def _condition(self, row: int) -> str:
        board = self._board
        said = self.words.condition(
            int(board.freshness[row]),
            int(board.levels[row]),
            int(board.sides[row]),
            self._age(row),
            board.ahead(row),
        )
        if said == self.words.live and self.is_simulated(row):
            said = self.words.simulated
        elif said == self.words.live and board.is_recorded:
            said = self.words.recorded
        if not board.raised.worst[row]:
            return said
        return f"{self.words.raised_by(board.raised.of_row(self.catalog[row]))}, {said}"

    def _age(self, row: int) -> float:
        return float(self._board.now - self._board.seen[row])

    # How it is found

    def _grow(self) -> None:
        # The board's length counts: the catalog may have been given rows that no reading has reached yet.
        wanted = len(self._board.times)
        if self._known == wanted:
            return
        self._known = wanted
        self._ranks.clear()
        self._matching = None

    def _matches(self) -> Flags:
        matching = np.ones(self._known, np.bool_)
        if self.scope:
            first, last = self.catalog.shape.span(self.scope)
            owners = np.array(self.catalog.owners[: self._known], np.intp)
            matching &= (owners >= first) & (owners < last)
        for word in self.text.casefold().split():
            found = (word in searched for searched in self.catalog.searched)
            matching &= np.fromiter(found, np.bool_, self._known)
        return matching

    def _is_shown(self) -> Flags:
        board = self._board
        shown: Flags = np.ones(len(board.times), np.bool_)
        if self.show is Show.STALE:
            shown = board.freshness == STALE
        elif self.show is Show.NOTHING:
            shown = board.freshness == NOTHING
        elif self.show is Show.WARN:
            shown = board.worst > 0
        elif self.show is Show.ALARM:
            shown = board.worst >= GRAVE
        return shown

    def _order(self, column: Column, rows: Indices) -> Indices:
        keys = self._key(column)[rows]
        keys = -keys if self.is_descending else keys
        # Not a number stands last in either direction: what has no value is no extreme.
        kinds = self._board.kinds[rows]
        if column is not Column.VALUE or not (kinds >= TRUTH).any():
            return np.argsort(keys, kind="stable")
        # Numbers, truth values, texts, and last of all nothing: in this order in either direction.
        classes = np.where(np.isnan(keys), TEXT + 1, np.where(kinds < TRUTH, 0, kinds))
        return np.lexsort((keys, classes))

    def _key(self, column: Column) -> NDArray[Any]:
        board = self._board
        if column is Column.VALUE:
            return self._comparable_values()
        if column is Column.AGE:
            return -board.seen
        if column is Column.CONDITION:
            # The severities, stale, no data, live: the worst is the greatest.
            freshness = np.array([1, 0, 2], np.int8)[board.freshness]
            return (board.worst * np.int8(4) + freshness).astype(np.int8)
        if column not in self._ranks:
            self._ranks[column] = ranks_of([_fixed(row, column) for row in self.catalog][: self.total])
        return self._ranks[column]

    def _comparable_values(self) -> NDArray[np.float64]:
        board = self._board
        texts = np.flatnonzero(board.kinds == TEXT)
        if not len(texts):
            return board.values
        values = board.values.copy()
        known, places = np.unique(values[texts], return_inverse=True)
        values[texts] = ranks_of([self._board.text_of(number) for number in known])[places]
        return values


def natural(text: str) -> tuple[tuple[int, int, str], ...]:
    """Return what a text is sorted by: numbers in it count as such, upper and lower case are the same."""
    parts = _DIGITS.split(text.casefold())
    return tuple((0, int(part[:300]), "") if part.isdecimal() else (1, 0, part) for part in parts if part)


def ranks_of(texts: Sequence[str]) -> Indices:
    """Return the place of each text among all of them in natural order; equal ones share one."""
    places = {text: place for place, text in enumerate(sorted(sorted(set(texts)), key=natural))}
    return np.array([places[text] for text in texts], np.intp)


def _fixed(row: Row, column: int) -> str:
    if column == _DEVICE:
        return row.device
    return row.title if column == _SENSOR else row.sensor.unit
