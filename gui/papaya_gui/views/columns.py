"""Columns of tables: as wide as what they hold, until a person gives them a width, and numbers aligned."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from PyQt6.QtCore import QEvent, QLocale, QModelIndex, QObject, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QFontMetrics
from PyQt6.QtWidgets import QHeaderView, QStyledItemDelegate, QStyleOptionViewItem, QTableView, QTreeView

from papaya_gui.tokens import M, S

# As wide as a digit and as a decimal point in every font: what a number lacks behind its point.
_FIGURE_SPACE, _POINT_SPACE = "\u2007", "\u2008"
_MOST_DECIMALS = 6
_END = " ("
# Of what is made narrower, about so many letters stay.
_FEWEST = 8
_NUMBER = re.compile(r"-?[0-9][0-9,]*(?:\.([0-9]*))?")


class Fitted(QObject):
    """Sizes the columns of a table or a tree; the last one takes what is left.

    A column that a person or a layout has given a width keeps it. `fit` never makes a column narrower than
    it is, so that nothing moves while values change; `fit_anew` does. Where there is no room for all columns
    and `least` pixels of the last one, those that may `give` become narrower, first to last.
    """

    def __init__(
        self, view: QTableView | QTreeView, widest: int, give: Sequence[int] = (), least: int = 0
    ) -> None:
        super().__init__(view)
        self._view, self._widest = view, widest
        self._give, self.least = give, least
        self._own: set[int] = set()
        self._is_fitting = False
        self._header = _header_of(view)
        # Of ten thousand rows, those that are seen are measured.
        self._header.setResizeContentsPrecision(0)
        # Until something is there to be measured, columns are as wide as their titles.
        self._header.setDefaultSectionSize(self._header.minimumSectionSize())
        self._header.sectionResized.connect(self._on_resized)
        view.installEventFilter(self)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Fit once the view is seen, and where columns give room, whenever it has another size."""
        kind = None if event is None else event.type()
        if kind is QEvent.Type.Show or (kind is QEvent.Type.Resize and self._give):
            QTimer.singleShot(0, self.fit)
        return super().eventFilter(watched, event)

    def fit(self) -> None:
        """Make columns as wide as what they show now, where that is wider."""
        self._fit(may_shrink=False)

    def fit_anew(self) -> None:
        """Make columns as wide as what they show now: there are other rows."""
        self._fit(may_shrink=True)

    def _fit(self, *, may_shrink: bool) -> None:
        header = self._header
        if not self._view.isVisible():
            # Without a size of its own it would measure every row.
            return
        self._is_fitting = True
        for column in range(header.count() - 1):
            if column in self._own or header.isSectionHidden(column):
                continue
            held = self._view.sizeHintForColumn(column) + M
            wanted = min(max(held, header.sectionSizeHint(column)), self._widest)
            if wanted > header.sectionSize(column) or may_shrink:
                header.resizeSection(column, wanted)
        self._make_room()
        self._is_fitting = False

    def _make_room(self) -> None:
        """Let columns give what they do not need for all of the last one, then for the least of it."""
        if not self._give:
            return
        last = self._header.count() - 1
        held = {column: self._view.sizeHintForColumn(column) + M for column in (*self._give, last)}
        letters = self._view.fontMetrics().horizontalAdvance("n" * _FEWEST)
        self._narrow(held[last], held)
        self._narrow(self.least, dict.fromkeys(self._give, letters))

    def _narrow(self, wanted: int, least: Mapping[int, int]) -> None:
        """Make columns narrower, as far as they go, until so many pixels are left for the last one."""
        header, viewport = self._header, self._view.viewport()
        shown = [one for one in range(header.count() - 1) if not header.isSectionHidden(one)]
        room = viewport.width() if viewport is not None else 0
        missing = sum(header.sectionSize(one) for one in shown) + wanted - room
        for column in self._give:
            size, end = header.sectionSize(column), max(least[column], header.sectionSizeHint(column))
            if missing > 0 and column in shown and column not in self._own and size > end:
                header.resizeSection(column, max(size - missing, end))
                missing -= size - header.sectionSize(column)

    def _on_resized(self, column: int, before: int, now: int) -> None:
        if not self._is_fitting and before and now and column < self._header.count() - 1:
            self._own.add(column)


def _header_of(view: QTableView | QTreeView) -> QHeaderView:
    header = view.horizontalHeader() if isinstance(view, QTableView) else view.header()
    # Every view of Qt has one; only PyQt's types know of views without.
    return header or QHeaderView(Qt.Orientation.Horizontal, view)


class KeptEnd(QStyledItemDelegate):
    """Shows a text such as `kind (severity on server)` with its beginning elided where it is too long."""

    def initStyleOption(self, option: QStyleOptionViewItem | None, index: QModelIndex) -> None:
        """Elide what stands before the last parenthesis, or shorten the parenthesis to its first word."""
        super().initStyleOption(option, index)
        if option is None:
            return
        head, mark, tail = (option.text or "").rpartition(_END)
        if mark:
            picture = 0 if option.icon.isNull() else option.decorationSize.width() + S
            option.text = ended(head, mark + tail, option.rect.width() - picture - S, option.fontMetrics)


def ended(head: str, tail: str, room: int, letters: QFontMetrics) -> str:
    """Return a text in so many pixels: its head elided, with as much of its tail as leaves room for that.

    Where there is no room for both, it is the whole text: its icon and color say how grave it is.
    """
    least = min(letters.horizontalAdvance("n" * _FEWEST), letters.horizontalAdvance(head))
    word = tail.split()[0].rstrip("),")
    for end in (tail, f" {word})"):
        left = room - letters.horizontalAdvance(end)
        if left >= least:
            return letters.elidedText(head, Qt.TextElideMode.ElideRight, left) + end
    return head + tail


class Decimals(QStyledItemDelegate):
    """Shows numbers with their decimal points below each other; the figures are those of the model.

    Signal: `grown` when a longer text than ever was shown.
    """

    grown = pyqtSignal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._most, self._longest = 0, 0
        # Within painting, nothing may be sized.
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self.grown)

    def displayText(self, value: Any, locale: QLocale) -> str:
        """Return a number with blanks for the decimals that it lacks, any other text as it is."""
        padded = text = str(value)
        decimals = decimals_of(text)
        if decimals is not None:
            self._most = max(self._most, decimals)
            padded = text + blanks(self._most - decimals, has_point=decimals > 0)
        if len(padded) > self._longest:
            self._longest = len(padded)
            self._soon.start()
        return padded


def decimals_of(text: str) -> int | None:
    """Return how many decimals a number has, at most six are aligned; None for what is no plain number."""
    found = _NUMBER.fullmatch(text)
    return None if found is None else min(len(found[1] or ""), _MOST_DECIMALS)


def blanks(decimals: int, *, has_point: bool) -> str:
    """Return what is as wide as so many decimals, and as a point where there is none."""
    if decimals <= 0:
        return ""
    return ("" if has_point else _POINT_SPACE) + _FIGURE_SPACE * decimals
