"""The cursor: a line at a moment, a symbol on each curve, and a box with the values."""

from __future__ import annotations

from dataclasses import dataclass

from PyQt6.QtCore import QCoreApplication, QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from papaya_gui.plots.lettering import with_end
from papaya_gui.plots.pens import Look
from papaya_gui.theme import Theme

MOST_LINES = 14
# The box has at least this share of the plot for names, and so much beside its texts.
_BOX, _MARGINS = 0.7, 36


@dataclass(frozen=True, slots=True)
class Point:
    """The text of the cursor about one curve: its words, and the sample of its panel of which they are true.

    `end` is the part of the text that is never left out: the value.
    """

    look: Look
    text: str
    x: float
    y: float | None
    pane: int = 0
    end: str = ""


def draw_cursor(
    plot: QRectF,
    inside: tuple[QRectF, int],
    theme: Theme,
    x: float,
    heading: str,
    points: tuple[Point, ...],
    painter: QPainter,
) -> None:
    """Draw the cursor through every panel, with the values of the one it is in, which is given by number."""
    area, number = inside
    painter.setPen(QPen(QColor(theme.text), 1, Qt.PenStyle.DashLine))
    painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()))
    for point in points:
        if point.y is not None:
            point.look.draw_symbol(painter, point.x, point.y, 4.5)
    here = tuple(point for point in points if point.pane == number)
    shown = here[:MOST_LINES]
    metrics = QFontMetricsF(painter.font())
    room = max(plot.right() - x - 12, x - 12, plot.width() * _BOX) - _MARGINS
    lines = [heading, *(with_end(point.text, point.end, room, metrics) for point in shown)]
    if len(here) > MOST_LINES:
        more = QCoreApplication.translate("PlotPanel", "… and {count} more, in the legend")
        lines.append(more.format(count=len(here) - MOST_LINES))
    width = max(metrics.horizontalAdvance(line) for line in lines) + _MARGINS
    height = metrics.height() + 2
    left = x + 12 if x + 12 + width <= plot.right() else x - 12 - width
    tall = height * len(lines) + 8
    # A low panel has no room for many lines: the box then reaches over its neighbors.
    top = max(min(area.top() + 22, area.bottom() - tall - 2, plot.bottom() - tall), plot.top())
    box = QRectF(max(min(left, plot.right() - width), 2.0), top, width, tall)
    plate = QColor(theme.base)
    plate.setAlpha(235)
    painter.setPen(QPen(QColor(theme.line), 1))
    painter.setBrush(plate)
    painter.drawRect(box)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for place, line in enumerate(lines):
        top = box.top() + 4 + place * height
        painter.setPen(QColor(theme.text))
        painter.drawText(QRectF(box.left() + 26, top, width, height), Qt.AlignmentFlag.AlignVCenter, line)
        if 0 < place <= len(shown):
            shown[place - 1].look.draw_symbol(painter, box.left() + 13, top + height / 2, 4.0)
