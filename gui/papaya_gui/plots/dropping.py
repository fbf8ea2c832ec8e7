"""Drop targets on the canvas: a panel, or the space between two panels for a new one."""

from __future__ import annotations

from dataclasses import dataclass

from PyQt6.QtCore import QRectF

from papaya_gui.models.plotted import MOST_PANELS
from papaya_gui.plots.geometry import Geometry

# So much of a panel's height, in parts and in pixels, makes a new panel above or below it.
_EDGE_PART, _LEAST_EDGE, _MOST_EDGE = 0.18, 14.0, 40.0


@dataclass(frozen=True, slots=True)
class Target:
    """The effect of a drop: `number` is its panel, None for a new one at `place` from the top."""

    rect: QRectF
    number: int | None
    place: int


def target_at(geometry: Geometry, y: float, whole: QRectF) -> Target:
    """Return what a drop at a height does, with the rectangle that is to be marked."""
    pane = geometry.pane_at(y)
    if pane is None:
        return Target(whole.adjusted(1.5, 1.5, -1.5, -1.5), None, 0)
    place = geometry.panes.index(pane)
    if len(geometry.panes) < MOST_PANELS:
        rect = pane.whole
        edge = min(max(_EDGE_PART * rect.height(), _LEAST_EDGE), _MOST_EDGE)
        for is_there, middle, new in (
            (y < rect.top() + edge, rect.top(), place),
            (y > rect.bottom() - edge, rect.bottom(), place + 1),
        ):
            if is_there:
                strip = QRectF(whole.left() + 2, middle - edge / 2, whole.width() - 4, edge)
                strip.moveTop(min(max(strip.top(), whole.top() + 2), whole.bottom() - edge - 2))
                return Target(strip, None, new)
    rect = QRectF(whole.left() + 1.5, pane.whole.top(), whole.width() - 3, pane.whole.height())
    return Target(rect, pane.pane.number, place)
