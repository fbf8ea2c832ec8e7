"""The room that devices and names leave on the map for another name, in pixels.

A grid of cells finds what is near: a view of 1,000 symbols tries 1,200 places for 400 names.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence

from PyQt6.QtCore import QPointF, QRectF

from papaya_gui.models.clusters import Cluster

_CELL = 64.0
# So far from a device a name stays that has to make room for it.
_ASIDE = 4.0

Box = tuple[float, float, float, float]
Cell = tuple[int, int]


class Room:
    """Symbols of devices, and the names that were placed so far."""

    def __init__(self, marks: Sequence[Cluster], degrees: tuple[float, float]) -> None:
        self._marks: dict[Cell, list[Box]] = defaultdict(list)
        self._names: dict[Cell, list[Box]] = defaultdict(list)
        for one in marks:
            x, y, radius = one.longitude / degrees[0], -one.latitude / degrees[1], one.radius
            for cell in _cells(x - radius, y - radius, x + radius, y + radius):
                self._marks[cell].append((x, y, radius, radius))

    def covers(self, spot: QRectF) -> bool:
        """Whether a device is drawn over some of an area."""
        return bool(self._over(spot))

    def asides(self, spot: QRectF) -> Sequence[QPointF]:
        """Return where to an area may move, the nearest first: not at all, else beside what covers it."""
        over = self._over(spot)
        if not over:
            return (QPointF(),)
        found = (
            QPointF(max(x + radius for x, _, radius, _ in over) + _ASIDE - spot.left(), 0),
            QPointF(min(x - radius for x, _, radius, _ in over) - _ASIDE - spot.right(), 0),
            QPointF(0, max(y + radius for _, y, radius, _ in over) + _ASIDE - spot.top()),
            QPointF(0, min(y - radius for _, y, radius, _ in over) - _ASIDE - spot.bottom()),
        )
        # A name that is far from its city seems to be that of another place.
        return sorted(found, key=QPointF.manhattanLength)

    def is_taken(self, area: QRectF) -> bool:
        """Return whether another name stands in an area."""
        left, top, right, bottom = _box(area)
        return any(
            left < other[2] and other[0] < right and top < other[3] and other[1] < bottom
            for cell in _cells(left, top, right, bottom)
            for other in self._names.get(cell, ())
        )

    def take(self, area: QRectF) -> None:
        """Let a name stand in an area."""
        box = _box(area)
        for cell in _cells(*box):
            self._names[cell].append(box)

    def _over(self, spot: QRectF) -> set[Box]:
        """Return the symbols over an area: middle and radius."""
        left, top, right, bottom = _box(spot)
        return {
            mark
            for cell in _cells(left, top, right, bottom)
            for mark in self._marks.get(cell, ())
            if math.hypot(
                max(left - mark[0], mark[0] - right, 0.0), max(top - mark[1], mark[1] - bottom, 0.0)
            )
            < mark[2]
        }


def _box(area: QRectF) -> Box:
    left, top = area.left(), area.top()
    return left, top, left + area.width(), top + area.height()


def _cells(left: float, top: float, right: float, bottom: float) -> Iterable[Cell]:
    across = range(math.floor(left / _CELL), math.floor(right / _CELL) + 1)
    along = range(math.floor(top / _CELL), math.floor(bottom / _CELL) + 1)
    return [(x, y) for x in across for y in along]
