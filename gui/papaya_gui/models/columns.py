"""The columns of a scrolling curve: the next drawing reuses the columns of the last one.

A window that follows the time shows the same columns again, one pixel further left, and a new one. As long as
columns are equally wide and begin at multiples of their width, only those are made that have samples since.
"""

from __future__ import annotations

import numpy as np

from papaya_gui.models.batch import Floats
from papaya_gui.models.extremes import Indices
from papaya_gui.models.pyramid import Columns, Pyramid, woven


class Scroll:
    """Draws a pyramid on columns of pixels like its `view` does, and remembers them."""

    def __init__(self, pyramid: Pyramid, gap: float | None) -> None:
        self._pyramid, self._gap = pyramid, gap
        self._width = 0.0
        self._numbers: Indices = np.empty(0, np.intp)
        self._columns: Columns = np.empty((5, 0))
        self._from, self._until, self._forgotten = 0, 0, 0

    @property
    def pyramid(self) -> Pyramid:
        """What is drawn."""
        return self._pyramid

    def view(self, first: int, count: int, width: float) -> tuple[Floats, Floats]:
        """Return the line on so many columns of a width in seconds, beginning with the one of that number.

        The sample before the first column and the one after the last are included.
        """
        times = self._pyramid.times
        if not len(times):
            return times, times
        start, end = first * width, (first + count) * width
        inside, outside = np.searchsorted(times, (start, end))
        if outside - inside <= 2 * count:
            return self._pyramid.view(start, end, count, gap=self._gap)
        self._bring_up(first, first + count, width)
        low, high = np.searchsorted(self._numbers, (first, first + count))
        columns = [self._columns[:, low:high]]
        if inside > 0:
            columns.insert(0, self._one(inside - 1))
        if outside < len(times):
            columns.append(self._one(outside))
        return woven(np.concatenate(columns, axis=1))

    def _one(self, index: int) -> Columns:
        place: Indices = np.array([index])
        return self._pyramid.columns(place, place + 1, self._gap)

    def _bring_up(self, first: int, last: int, width: float) -> None:
        """Make the columns up to a number that are not there yet, and anew those that have samples since."""
        pyramid = self._pyramid
        if width != self._width or self._forgotten != pyramid.forgotten or first < self._from:
            self._numbers, self._columns = np.empty(0, np.intp), np.empty((5, 0))
            self._width, self._from, self._until = width, first, first
            self._forgotten = pyramid.forgotten
        if len(self._numbers) > 4 * (last - first):
            kept = slice(int(np.searchsorted(self._numbers, first)), None)
            self._numbers, self._columns, self._from = self._numbers[kept], self._columns[:, kept], first
        if last <= self._until:
            return
        done, times = self._until, pyramid.times
        edges = np.searchsorted(times, np.arange(done, last + 1) * width)
        filled = np.flatnonzero(edges[:-1] < edges[1:])
        made = pyramid.columns(edges[:-1][filled], edges[1:][filled], self._gap)
        known = int(np.searchsorted(self._numbers, done))
        self._numbers = np.concatenate((self._numbers[:known], done + filled))
        self._columns = np.concatenate((self._columns[:, :known], made), axis=1)
        # Before the column of the newest sample nothing can come any more.
        self._until = max(min(last, int(times[-1] // width) - 1), done)
