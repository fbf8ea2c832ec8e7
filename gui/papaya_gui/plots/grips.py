"""The handles between panels: dragged, they divide the height of two panels anew."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from PyQt6.QtCore import QPointF, QRectF
from PyQt6.QtGui import QColor, QPainter

from papaya_gui.plots.geometry import Geometry, PlacedPane
from papaya_gui.theme import Theme

# As near as the mouse has to be to take hold of one, and how wide the mark in its middle is, in pixels.
_GRIP, _WIDTH, _HEIGHT = 4.0, 36.0, 3.0


@dataclass(frozen=True, slots=True)
class Grip:
    """The handle between two panels, by their numbers: where it is, and how high their areas are."""

    upper: int
    lower: int
    y: float
    heights: tuple[float, float]

    @classmethod
    def at(cls, geometry: Geometry, place: QPointF) -> Self | None:
        """Return the handle at a place; panels whose height no share decides have none."""
        plot = geometry.plot
        if not plot.left() <= place.x() <= plot.right():
            return None
        for above, below in zip(geometry.panes, geometry.panes[1:], strict=False):
            heights = _flexible(geometry, above), _flexible(geometry, below)
            y = _between(above, below)
            if abs(place.y() - y) <= _GRIP and min(heights) > 0:
                return cls(above.pane.number, below.pane.number, y, heights)
        return None

    def part(self, y: float) -> float:
        """Return which part of the height of both the upper panel has once the handle is there."""
        return (self.heights[0] + y - self.y) / max(sum(self.heights), 1.0)


def draw_grips(painter: QPainter, geometry: Geometry, theme: Theme) -> None:
    """Mark every handle."""
    for above, below in zip(geometry.panes, geometry.panes[1:], strict=False):
        mark = QRectF(0, 0, _WIDTH, _HEIGHT)
        mark.moveCenter(QPointF(geometry.plot.center().x(), _between(above, below)))
        painter.fillRect(mark, QColor(theme.edge))


def _between(above: PlacedPane, below: PlacedPane) -> float:
    return (above.whole.bottom() + below.whole.top()) / 2


def _flexible(geometry: Geometry, placed: PlacedPane) -> float:
    """Return the height of a panel without its lanes, which have heights of their own."""
    if placed.pane.lanes and not placed.pane.areas:
        return 0.0
    lanes = sum(lane.rect.height() for lane in geometry.lanes if placed.rect.contains(lane.rect.center()))
    return max(placed.rect.height() - lanes, 0.0)
