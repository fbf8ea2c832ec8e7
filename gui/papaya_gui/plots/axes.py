"""Draws the axes: a unit with its numbers beside an area, and the time below all of them."""

from __future__ import annotations

from PyQt6.QtCore import QPointF, QRectF
from PyQt6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

from papaya_gui.models.ticks import Tick, local, time_ticks, value_ticks, zone_text
from papaya_gui.plots.geometry import AXIS_WIDTH, Geometry, PlacedAxis
from papaya_gui.plots.lettering import CENTRE, LEFT, RIGHT
from papaya_gui.plots.pens import look_of
from papaya_gui.theme import Theme

TICK_PIXELS, TIME_TICK_PIXELS = 32.0, 84.0
SYMBOL_WIDTH = 11.0


def time_ticks_of(geometry: Geometry) -> list[Tick]:
    """Return where the time axis has marks."""
    picture = geometry.picture
    most = int(geometry.plot.width() / TIME_TICK_PIXELS)
    return time_ticks(picture.start, picture.end, most, picture.zone)


def ticks_of(axis: PlacedAxis) -> list[Tick]:
    """Return where an axis has marks."""
    scale = axis.axis.scale
    return value_ticks(scale.low, scale.high, max(int(axis.rect.height() / TICK_PIXELS), 2))


def draw_axis(painter: QPainter, placed: PlacedAxis, theme: Theme) -> None:
    """Draw an axis of values."""
    rect, is_left = placed.rect, placed.place == 0
    x = rect.left() if is_left else rect.right() + (placed.place - 1) * AXIS_WIDTH
    sign = -1 if is_left else 1
    painter.setPen(QPen(QColor(theme.muted), 1))
    painter.drawLine(QPointF(x, rect.top()), QPointF(x, rect.bottom()))
    painter.drawLine(rect.bottomLeft(), rect.bottomRight())
    _draw_head(painter, placed, x, theme)
    painter.setPen(QColor(theme.muted))
    for value, label in ticks_of(placed):
        y = placed.y(value)
        painter.drawLine(QPointF(x, y), QPointF(x + 4 * sign, y))
        # The unit stands at the top.
        if y < rect.top() + 12:
            continue
        box = QRectF(x + 7, y - 8, AXIS_WIDTH - 10, 16)
        if is_left:
            box = QRectF(x - AXIS_WIDTH + 2, y - 8, AXIS_WIDTH - 9, 16)
        painter.drawText(box, RIGHT if is_left else LEFT, label)


def _draw_head(painter: QPainter, placed: PlacedAxis, x: float, theme: Theme) -> None:
    """Write the unit above an axis, with the symbols of its curves as far as there is room for them."""
    unit, top, is_left = placed.axis.unit or "–", placed.rect.top() - 1, placed.place == 0
    font = QFont(painter.font())
    font.setBold(True)
    painter.save()
    painter.setFont(font)
    painter.setPen(QColor(theme.text))
    head = QRectF(x + 3, top - 8, AXIS_WIDTH - 4, 16)
    if is_left:
        head = QRectF(x - AXIS_WIDTH + 2, top - 8, AXIS_WIDTH - 9, 16)
    painter.drawText(head, RIGHT if is_left else LEFT, unit)
    painter.restore()
    used = QFontMetricsF(font).horizontalAdvance(unit) + 12
    for number, trace in enumerate(placed.axis.traces):
        offset = used + number * SYMBOL_WIDTH
        if offset > AXIS_WIDTH - 8:
            return
        place = head.right() - offset if is_left else head.left() + offset
        look_of(theme, trace.look).draw_symbol(painter, place, top, 3.5)


def draw_time_axis(painter: QPainter, geometry: Geometry, theme: Theme) -> None:
    """Draw the time below everything, with the date and the zone."""
    picture, plot = geometry.picture, geometry.plot
    painter.setPen(QPen(QColor(theme.muted), 1))
    painter.drawLine(plot.bottomLeft(), plot.bottomRight())
    for moment, label in time_ticks_of(geometry):
        x = geometry.x(moment)
        painter.drawLine(QPointF(x, plot.bottom()), QPointF(x, plot.bottom() + 4))
        painter.drawText(QRectF(x - 60, plot.bottom() + 5, 120, 16), CENTRE, label)
    date = local(picture.start, picture.zone)
    below = QRectF(plot.left(), plot.bottom() + 20, plot.width(), 16)
    painter.drawText(below, LEFT, f"{date:%a} {date.day} {date:%b %Y}")
    painter.drawText(below, RIGHT, zone_text(picture.end, picture.zone))
