"""Draws a picture with any painter: on the screen, into an image, into an SVG file."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from papaya_gui.models.ticks import local, time_ticks, value_ticks, zone_text
from papaya_gui.plots.geometry import AXIS_WIDTH, Geometry, PlacedAxis, PlacedLane, ys
from papaya_gui.plots.lettering import CENTRE, LEFT, RIGHT, Lettering
from papaya_gui.plots.limits import draw_limits
from papaya_gui.plots.pens import look_of
from papaya_gui.plots.strokes import draw_curves, draw_end, draw_line
from papaya_gui.theme import Theme

TICK_PIXELS, TIME_TICK_PIXELS = 42.0, 84.0


def draw(painter: QPainter, geometry: Geometry, theme: Theme, *, smooth: bool = False) -> None:
    """Draw everything of a picture but the cursor.

    On the screen, where it is drawn ten times a second, lines are one pixel wide; `smooth` ones are as wide
    as the painter's unit, and cost many times as much.
    """
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, smooth)
    lettering = Lettering(painter, theme)
    _draw_grid(painter, geometry, theme)
    for area in geometry.areas:
        for axis in area:
            draw_limits(painter, axis, lettering, theme)
    for area in geometry.areas:
        for axis in area:
            with _clipped(painter, axis.rect):
                draw_curves(painter, geometry, axis, theme, smooth=smooth)
    for lane in geometry.lanes:
        _draw_lane(painter, geometry, lane, lettering, theme)
    _draw_seams(painter, geometry, lettering, theme)
    for area in geometry.areas:
        for axis in area:
            _draw_axis(painter, axis, theme)
            for trace in axis.axis.traces:
                draw_end(painter, geometry, trace, axis, lettering, theme)
    for lane in geometry.lanes:
        draw_end(painter, geometry, lane.lane.trace, lane, lettering, theme)
    _draw_time_axis(painter, geometry, theme)


@contextlib.contextmanager
def _clipped(painter: QPainter, rect: QRectF) -> Iterator[None]:
    painter.save()
    painter.setClipRect(rect)
    yield
    painter.restore()


def _rects(geometry: Geometry) -> list[QRectF]:
    return [area[0].rect for area in geometry.areas] + [lane.rect for lane in geometry.lanes]


def _draw_grid(painter: QPainter, geometry: Geometry, theme: Theme) -> None:
    picture = geometry.picture
    most = int(geometry.plot.width() / TIME_TICK_PIXELS)
    moments = [time for time, _ in time_ticks(picture.start, picture.end, most, picture.zone)]
    painter.setPen(QPen(QColor(theme.line), 1))
    for rect in _rects(geometry):
        painter.fillRect(rect, QColor(theme.base))
        for moment in moments:
            x = round(geometry.x(moment)) + 0.5
            painter.drawLine(QPointF(x, rect.top()), QPointF(x, rect.bottom()))
    for area in geometry.areas:
        for value, _ in _ticks_of(area[0]):
            y = round(area[0].y(value)) + 0.5
            painter.drawLine(QPointF(area[0].rect.left(), y), QPointF(area[0].rect.right(), y))


def _ticks_of(axis: PlacedAxis) -> list[tuple[float, str]]:
    scale = axis.axis.scale
    return value_ticks(scale.low, scale.high, max(int(axis.rect.height() / TICK_PIXELS), 2))


def _draw_lane(
    painter: QPainter, geometry: Geometry, placed: PlacedLane, lettering: Lettering, theme: Theme
) -> None:
    rect, lane = placed.rect, placed.lane
    look = look_of(theme, lane.trace.look)
    painter.setPen(QPen(QColor(theme.line), 1))
    painter.drawRect(rect)
    painter.setPen(QColor(theme.muted))
    least = QFontMetricsF(painter.font()).height() * 0.8
    previous = rect.bottom() + least
    for place, label in enumerate(lane.labels):
        y = placed.y(place)
        if previous - y >= least:
            box = QRectF(rect.left() - AXIS_WIDTH, y - 8, AXIS_WIDTH - 7, 16)
            shown = QFontMetricsF(painter.font()).elidedText(label, Qt.TextElideMode.ElideRight, box.width())
            painter.drawText(box, RIGHT, shown)
            painter.drawLine(QPointF(rect.left() - 4, y), QPointF(rect.left(), y))
            previous = y
    drawn = lane.trace.drawn
    if len(drawn.times):
        xs, places = geometry.xs(drawn.times), ys(rect, placed.scale, drawn.values)
        # In a lane of its own a line is alone.
        with _clipped(painter, rect):
            draw_line(painter, xs, places, QPen(look.color, 1))
    title = f"{lane.trace.title} · {lane.trace.device}"
    lettering.write(rect.left() + 6, rect.top() + 2, title, look.color, rect)


def _draw_seams(painter: QPainter, geometry: Geometry, lettering: Lettering, theme: Theme) -> None:
    pen = QPen(QColor(theme.muted), 1)
    pen.setDashPattern([1, 3])
    plot = geometry.plot
    for moment, text in geometry.picture.seams:
        x = geometry.x(moment)
        if not plot.left() <= x <= plot.right():
            continue
        painter.setPen(pen)
        for rect in _rects(geometry):
            painter.drawLine(QPointF(x, rect.top()), QPointF(x, rect.bottom()))
        width = lettering.width(text)
        left = x + 5 if x + 8 + width < plot.right() else x - width - 6
        lettering.write(left, plot.top() + 9, text, QColor(theme.muted), plot, (0.0, 1.0, 2.0))


def _draw_axis(painter: QPainter, placed: PlacedAxis, theme: Theme) -> None:
    rect, is_left = placed.rect, placed.place == 0
    x = rect.left() if is_left else rect.right() + (placed.place - 1) * AXIS_WIDTH
    sign = -1 if is_left else 1
    painter.setPen(QPen(QColor(theme.muted), 1))
    painter.drawLine(QPointF(x, rect.top()), QPointF(x, rect.bottom()))
    painter.drawLine(rect.bottomLeft(), rect.bottomRight())
    painter.setPen(QColor(theme.text))
    unit = placed.axis.unit or "–"
    head = QRectF(x + 3, rect.top() - 9, AXIS_WIDTH - 4, 16)
    if is_left:
        head = QRectF(x - AXIS_WIDTH + 2, rect.top() - 9, AXIS_WIDTH - 9, 16)
    font = painter.font()
    font.setBold(True)
    painter.save()
    painter.setFont(font)
    painter.drawText(head, RIGHT if is_left else LEFT, unit)
    painter.restore()
    painter.setPen(QColor(theme.muted))
    for value, label in _ticks_of(placed):
        y = placed.y(value)
        painter.drawLine(QPointF(x, y), QPointF(x + 4 * sign, y))
        # The unit stands at the top.
        if y < rect.top() + 12:
            continue
        box = QRectF(x + 7, y - 8, AXIS_WIDTH - 10, 16)
        if is_left:
            box = QRectF(x - AXIS_WIDTH + 2, y - 8, AXIS_WIDTH - 9, 16)
        painter.drawText(box, RIGHT if is_left else LEFT, label)


def _draw_time_axis(painter: QPainter, geometry: Geometry, theme: Theme) -> None:
    picture, plot = geometry.picture, geometry.plot
    painter.setPen(QPen(QColor(theme.muted), 1))
    painter.drawLine(plot.bottomLeft(), plot.bottomRight())
    most = int(plot.width() / TIME_TICK_PIXELS)
    for moment, label in time_ticks(picture.start, picture.end, most, picture.zone):
        x = geometry.x(moment)
        painter.drawLine(QPointF(x, plot.bottom()), QPointF(x, plot.bottom() + 4))
        painter.drawText(QRectF(x - 60, plot.bottom() + 5, 120, 16), CENTRE, label)
    date = local(picture.start, picture.zone)
    below = QRectF(plot.left(), plot.bottom() + 20, plot.width(), 16)
    painter.drawText(below, LEFT, f"{date:%a} {date.day} {date:%b %Y}")
    painter.drawText(below, RIGHT, zone_text(picture.end, picture.zone))
