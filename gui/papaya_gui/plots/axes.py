"""Draws the axes: a unit with its numbers beside an area, and the time below all of them."""

from __future__ import annotations

from PyQt6.QtCore import QPointF, QRectF
from PyQt6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

from papaya_gui.models.ticks import Tick, local, time_ticks, value_ticks, zone_text
from papaya_gui.plots.geometry import Geometry, PlacedAxis
from papaya_gui.plots.lettering import CENTRE, LEFT, RIGHT
from papaya_gui.plots.pens import look_of
from papaya_gui.theme import Theme

# Marks are at least so many heights of a line apart.
TICK_LINES, TIME_TICK_LINES = 2.1, 5.6
SYMBOL_WIDTH = 11.0


def time_ticks_of(geometry: Geometry) -> list[Tick]:
    """Return where the time axis has marks."""
    picture = geometry.picture
    most = int(geometry.plot.width() / (TIME_TICK_LINES * geometry.measures.line))
    return time_ticks(picture.start, picture.end, most, picture.zone)


def ticks_of(axis: PlacedAxis) -> list[Tick]:
    """Return where an axis has marks."""
    scale = axis.axis.scale
    return value_ticks(
        scale.low, scale.high, max(int(axis.rect.height() / (TICK_LINES * axis.measures.line)), 2)
    )


def draw_axis(painter: QPainter, placed: PlacedAxis, theme: Theme) -> None:
    """Draw an axis of values."""
    rect, is_left, line = placed.rect, placed.place == 0, placed.measures.line
    x = rect.left() if is_left else placed.left
    painter.setPen(QPen(QColor(theme.muted), 1))
    painter.drawLine(QPointF(x, rect.top()), QPointF(x, rect.bottom()))
    painter.drawLine(rect.bottomLeft(), rect.bottomRight())
    _draw_head(painter, placed, theme)
    painter.setPen(QColor(theme.muted))
    for value, label in ticks_of(placed):
        y = placed.y(value)
        painter.drawLine(QPointF(x, y), QPointF(x - 4 if is_left else x + 4, y))
        # The unit stands at the top.
        if y >= rect.top() + 0.8 * line:
            painter.drawText(_room(placed, y), RIGHT if is_left else LEFT, label)


def _room(placed: PlacedAxis, y: float) -> QRectF:
    """Return the room for a text of an axis at a height, beside its marks."""
    left = placed.left + (2 if placed.place == 0 else 7)
    return QRectF(left, y - placed.measures.line / 2, placed.measures.axis - 9, placed.measures.line)


def _draw_head(painter: QPainter, placed: PlacedAxis, theme: Theme) -> None:
    """Write the unit above an axis, with the symbols of its curves as far as there is room for them."""
    unit, is_left = placed.axis.unit or "–", placed.place == 0
    head = _room(placed, placed.rect.top() - 1)
    font = QFont(painter.font())
    font.setBold(True)
    painter.save()
    painter.setFont(font)
    painter.setPen(QColor(theme.text))
    painter.drawText(head, RIGHT if is_left else LEFT, unit)
    painter.restore()
    used = QFontMetricsF(font).horizontalAdvance(unit) + 10
    for number, trace in enumerate(placed.axis.traces):
        offset = used + number * SYMBOL_WIDTH
        if offset > head.width() - 2:
            return
        place = head.right() - offset if is_left else head.left() + offset
        look_of(theme, trace.look).draw_symbol(painter, place, head.center().y(), 3.5)


def draw_time_axis(painter: QPainter, geometry: Geometry, theme: Theme) -> None:
    """Draw the time below everything, with the date and the zone."""
    picture, plot, line = geometry.picture, geometry.plot, geometry.measures.line
    painter.setPen(QPen(QColor(theme.muted), 1))
    painter.drawLine(plot.bottomLeft(), plot.bottomRight())
    for moment, label in time_ticks_of(geometry):
        x = geometry.x(moment)
        painter.drawLine(QPointF(x, plot.bottom()), QPointF(x, plot.bottom() + 4))
        painter.drawText(QRectF(x - 60, plot.bottom() + 5, 120, line), CENTRE, label)
    date = local(picture.start, picture.zone)
    below = QRectF(plot.left(), plot.bottom() + 5 + line, plot.width(), line)
    painter.drawText(below, LEFT, f"{date:%a} {date.day} {date:%b %Y}")
    painter.drawText(below, RIGHT, zone_text(picture.end, picture.zone))
