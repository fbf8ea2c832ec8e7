"""Columns of tables: as wide as what they hold, until a person gives them a width, and numbers aligned."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from PyQt6.QtCore import QEvent, QLocale, QModelIndex, QObject, QRect, QSize, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QFontMetrics
from PyQt6.QtWidgets import QHeaderView, QStyledItemDelegate, QStyleOptionViewItem, QTableView, QTreeView

from papaya_gui.tokens import M, S

# As wide as a digit and as a decimal point in every font: what a number lacks behind its point.
_FIGURE_SPACE, _POINT_SPACE = "\u2007", "\u2008"
_MOST_DECIMALS = 6
_END = " ("
# Of what is made narrower, about so many letters stay, and more of them while the last column has its least.
_FEWEST, READABLE = 6, 12
# Of what stands before a severity, so many letters are shown, or none.
_HEAD = 8
# More pixels than any text takes.
_ROOM = 100_000
# The last column may become so much wider than its least before names have more than that.
_MORE = 1.35
_POWER = re.compile(r"-?[0-9.]+e[+-]?[0-9]+")
_NUMBER = re.compile(r"-?[0-9][0-9,]*(?:\.([0-9]*))?")


class Fitted(QObject):
    """Sizes the columns of a table or a tree; the last one takes what is left.

    A column that a person or a layout has given a width keeps it. `fit` never makes a column narrower than
    it is, so that nothing moves while values change; `fit_anew` does. Where there is no room for all columns
    and `least` pixels of the last one, those that may `give` become narrower, the widest first, down to a few
    letters, or to what `floors` returns for a column. Where the last column has more room than it needs,
    columns that cut what they hold get it. The `optional` column, which is the last one, is hidden where
    others would be cut for it.
    """

    def __init__(
        self,
        view: QTableView | QTreeView,
        widest: int,
        give: Sequence[int] = (),
        least: int = 0,
        floors: Mapping[int, Callable[[], int]] | None = None,
        optional: int = -1,
    ) -> None:
        super().__init__(view)
        self._view, self._widest = view, widest
        self._give, self.least, self._floors, self._optional = give, least, floors or {}, optional
        self._own: set[int] = set()
        self._is_fitting = False
        self._header = _header_of(view)
        # Of ten thousand rows, those that are seen are measured.
        self._header.setResizeContentsPrecision(0)
        # Until something is there to be measured, columns are as wide as their titles.
        self._header.setDefaultSectionSize(self._header.minimumSectionSize())
        self._header.sectionResized.connect(self._on_resized)
        view.installEventFilter(self)
        viewport = view.viewport()
        if viewport is not None:
            # A scroll bar that comes or goes takes room, too.
            viewport.installEventFilter(self)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Fit once the view is seen, and where columns give room, whenever it has another size."""
        kind = None if event is None else event.type()
        if kind in (QEvent.Type.Show, QEvent.Type.Resize):
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
        self._show_optional()
        shown = [one for one in range(header.count()) if not header.isSectionHidden(one)]
        for column in shown[:-1]:
            if column in self._own:
                continue
            wanted = self.wanted(column)
            size = header.sectionSize(column)
            # What was given beyond the widest was room that nothing else needed then.
            if wanted > size or size > self._widest or may_shrink:
                header.resizeSection(column, wanted)
        if shown:
            self._make_room(shown[:-1], shown[-1])
            self.end_at_edge(shown[-1])
        self._is_fitting = False

    def end_at_edge(self, last: int) -> None:
        """Let the last column end where the view does: Qt may leave it as wide as it was before."""
        header, viewport = self._header, self._view.viewport()
        room = 0 if viewport is None else viewport.width() - header.sectionPosition(last)
        if header.stretchLastSection() and header.sectionSize(last) > room >= header.minimumSectionSize():
            header.setStretchLastSection(False)
            header.resizeSection(last, room)
            header.setStretchLastSection(True)

    def _show_optional(self) -> None:
        """Show the column that others come before, where they can be read beside it."""
        viewport, one = self._view.viewport(), self._optional
        if viewport is None or one < 0:
            return
        needed = 2 * self._header.sectionSizeHint(one) + sum(
            self.floor(other, 2 * READABLE) if other in self._give else self._held(other)
            for other in range(self._header.count())
            if other != one
        )
        if self._header.isSectionHidden(one) is not (needed > viewport.width()):
            self._view.setColumnHidden(one, needed > viewport.width())

    def _make_room(self, shown: Sequence[int], last: int) -> None:
        """Share the room between the columns that give and the last one.

        What a column has and does not need goes first, then what it can do without for the least of the last.
        """
        held = {column: self._held(column) for column in (*shown, last)}
        if self._give:
            self._narrow(held[last], held, shown)
            # Beside a column that has been hidden for it, the last is as wide as what it holds.
            is_alone = 0 <= self._optional != last
            least = held[last] if is_alone else max(self.least, self._header.sectionSizeHint(last))
            readable = {one: self.floor(one, READABLE) for one in self._give}
            self._narrow(min(held[last], round(_MORE * least)), readable, shown)
            self._narrow(least, {one: self.floor(one) for one in self._give}, shown)
        self._widen(held, shown, last)

    def wanted(self, column: int) -> int:
        """Return how wide a column is where there is room: as what it shows now, or as a person made it."""
        if column in self._own:
            return self._header.sectionSize(column)
        return min(self._held(column), self._widest)

    def floor(self, column: int, letters: int = _FEWEST) -> int:
        """Return how narrow a column that gives may become, with so many letters of a text."""
        text = self._view.fontMetrics().horizontalAdvance("n" * letters)
        least = self._floors[column]() if column in self._floors else text
        # Less than Qt would like, which leaves room for an arrow beside the title.
        return max(least, self._title_width(column))

    def _title_width(self, column: int) -> int:
        model = self._view.model()
        title = "" if model is None else str(model.headerData(column, Qt.Orientation.Horizontal) or "")
        return self._header.fontMetrics().horizontalAdvance(title) + S

    @property
    def own(self) -> frozenset[int]:
        """The columns that a person or a layout has given a width."""
        return frozenset(self._own)

    def _held(self, column: int) -> int:
        return max(self._view.sizeHintForColumn(column) + M, self._header.sectionSizeHint(column))

    def _room(self, shown: Sequence[int]) -> int:
        """Return what the columns leave of the view for the last one."""
        viewport = self._view.viewport()
        taken = sum(self._header.sectionSize(one) for one in shown)
        return (viewport.width() if viewport is not None else 0) - taken

    def _narrow(self, wanted: int, least: Mapping[int, int], shown: Sequence[int]) -> None:
        """Make columns narrower, as far as they go, until so many pixels are left for the last one."""
        header = self._header
        ends = {one: least[one] for one in self._give if one in shown and one not in self._own}
        missing = wanted - self._room(shown)
        while missing > 0:
            spare = {one: header.sectionSize(one) - end for one, end in ends.items()}
            wide = sorted((one for one in spare if spare[one] > 0), key=header.sectionSize)
            if not wide:
                return
            # The widest gives until it is as wide as the next, so that none is left with all of the room.
            column = wide[-1]
            ahead = header.sectionSize(column) - header.sectionSize(wide[-2]) if len(wide) > 1 else missing
            step = min(missing, spare[column], max(ahead, 1 + missing // (2 * len(wide))))
            header.resizeSection(column, header.sectionSize(column) - step)
            missing -= step

    def _widen(self, held: Mapping[int, int], shown: Sequence[int], last: int) -> None:
        """Give columns that cut what they hold the room that the last one does not need."""
        header = self._header
        spare = self._room(shown) - max(held[last], self.least)
        cut = {one: held[one] - header.sectionSize(one) for one in shown if one not in self._own}
        for column in sorted((one for one in cut if cut[one] > 0), key=cut.__getitem__):
            step = min(cut[column], spare)
            if step > 0:
                header.resizeSection(column, header.sectionSize(column) + step)
                spare -= step

    def _on_resized(self, column: int, before: int, now: int) -> None:
        # What is wide because it is the last has no width of its own.
        is_last = all(map(self._header.isSectionHidden, range(column + 1, self._header.count())))
        if not self._is_fitting and before and now and not is_last:
            self._own.add(column)


def _header_of(view: QTableView | QTreeView) -> QHeaderView:
    header = view.horizontalHeader() if isinstance(view, QTableView) else view.header()
    # Every view of Qt has one; only PyQt's types know of views without.
    return header or QHeaderView(Qt.Orientation.Horizontal, view)


class KeptEnd(QStyledItemDelegate):
    """Shows a text such as `kind (severity on server)` with its beginning elided where it is too long."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        """Return room for the word that says how grave it is; more is welcome."""
        text = str(index.data())
        _, mark, tail = text.rpartition(_END)
        # As if there were room for all of it, less what can be left out.
        whole = QStyleOptionViewItem(option)
        whole.rect = QRect(0, 0, _ROOM, option.rect.height())
        hint, letters = super().sizeHint(whole, index), QFontMetrics(option.font)
        cut = letters.horizontalAdvance(text) - letters.horizontalAdvance(_word_of(tail)) if mark else 0
        return QSize(hint.width() - cut, hint.height())

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

    Where there is no room for both, it is the word that says how grave it is.
    """
    least = min(letters.horizontalAdvance("n" * _HEAD), letters.horizontalAdvance(head))
    word = _word_of(tail)
    for end in (tail, f"{_END}{word})"):
        left = room - letters.horizontalAdvance(end)
        if left >= least:
            return letters.elidedText(head, Qt.TextElideMode.ElideRight, left) + end
    return head + tail if letters.horizontalAdvance(head + tail) <= room else word


def _word_of(tail: str) -> str:
    """Return the severity at the beginning of what stands in parentheses."""
    return tail.split()[0].strip("(),")


class Decimals(QStyledItemDelegate):
    """Shows numbers with their decimal points below each other; the figures are those of the model.

    Signal: `grown` when a longer text than ever was shown.
    """

    grown = pyqtSignal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._most, self._longest, self._whole, self._odd = 0, 0, 0, 0
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
            self._whole = max(self._whole, len(text) - decimals)
            padded = text + blanks(self._most - decimals, has_point=decimals > 0)
        elif _POWER.fullmatch(text):
            self._odd = max(self._odd, len(text))
        if len(padded) > self._longest:
            self._longest = len(padded)
            self._soon.start()
        return padded

    def number_width(self, letters: QFontMetrics) -> int:
        """Return how many pixels the longest number takes: a part of a number is another one."""
        return letters.horizontalAdvance("0") * max(self._whole + self._most, self._odd) + S


def decimals_of(text: str) -> int | None:
    """Return how many decimals a number has, at most six are aligned; None for what is no plain number."""
    found = _NUMBER.fullmatch(text)
    return None if found is None else min(len(found[1] or ""), _MOST_DECIMALS)


def blanks(decimals: int, *, has_point: bool) -> str:
    """Return what is as wide as so many decimals, and as a point where there is none."""
    if decimals <= 0:
        return ""
    return ("" if has_point else _POINT_SPACE) + _FIGURE_SPACE * decimals
