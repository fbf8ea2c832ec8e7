"""Writes on the plot so that it can be read whatever lies behind, and no text on another."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import QRectF, Qt
from PyQt6.QtGui import QColor, QFontMetricsF, QPainter

from papaya_gui.theme import Theme

# A font may be larger than the room for it.
_WHOLE = int(Qt.TextFlag.TextDontClip)
LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter) | _WHOLE
# A text that stands in the way of another is moved by so many of its heights.
_BESIDE = (0.0, -1.0, 1.0, -2.0, 2.0, -3.0, 3.0)


class Lettering:
    """Remembers for one picture where something is written already."""

    def __init__(self, painter: QPainter, theme: Theme) -> None:
        self._painter = painter
        self._metrics = QFontMetricsF(painter.font())
        self._plate = QColor(theme.base)
        self._plate.setAlpha(205)
        self._taken: list[QRectF] = []

    @property
    def height(self) -> float:
        """The height of a line of text."""
        return self._metrics.height()

    def width(self, text: str) -> float:
        """Return how wide a text is."""
        return self._metrics.horizontalAdvance(text)

    def write(
        self,
        left: float,
        middle: float,
        text: str,
        color: QColor,
        bounds: QRectF,
        shifts: Sequence[float] = _BESIDE,
        before: float = 0.0,
    ) -> QRectF:
        """Write on a plate of the background, beside what is there already, and within bounds.

        Return the plate, on which so many pixels before the text are left blank. A text that is wider than
        the bounds is elided.
        """
        text = self._metrics.elidedText(text, Qt.TextElideMode.ElideRight, max(bounds.width() - before, 0.0))
        box = self._free(left, middle, self.width(text) + before, bounds, shifts)
        self._taken.append(box)
        self._painter.fillRect(box.adjusted(-2, 0, 2, 0), self._plate)
        self._painter.setPen(color)
        self._painter.drawText(box.adjusted(before, 0, 1, 0), Qt.AlignmentFlag.AlignLeft, text)
        return box

    def _free(
        self, left: float, middle: float, width: float, bounds: QRectF, shifts: Sequence[float]
    ) -> QRectF:
        height = self.height
        left = min(max(left, bounds.left()), max(bounds.right() - width, bounds.left()))
        tried = []
        for shift in shifts:
            top = middle + (shift - 0.5) * height
            top = min(max(top, bounds.top()), max(bounds.bottom() - height, bounds.top()))
            box = QRectF(left, top, width, height)
            if not any(box.intersects(other) for other in self._taken):
                return box
            tried.append(box)
        return tried[0]


def with_end(text: str, end: str, room: float, metrics: QFontMetricsF) -> str:
    """Return a text in so many pixels: what stands before its end is elided, for the end is what is read."""
    if metrics.horizontalAdvance(text) <= room:
        return text
    elide = Qt.TextElideMode.ElideRight
    left = room - metrics.horizontalAdvance(end)
    head = metrics.elidedText(text.removesuffix(end), elide, max(left, 0.0))
    return metrics.elidedText(head + end, elide, room)
