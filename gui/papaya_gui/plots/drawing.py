"""Draws a picture with any painter: on the screen, into an image, into an SVG file."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from papaya_gui.plots.axes import draw_axis, draw_time_axis, ticks_of, time_ticks_of
from papaya_gui.plots.geometry import Geometry, PlacedLane, ys
from papaya_gui.plots.lettering import RIGHT, Lettering
from papaya_gui.plots.limits import draw_limits
from papaya_gui.plots.pens import look_of
from papaya_gui.plots.strokes import draw_bands, draw_curves, draw_end, draw_line
from papaya_gui.theme import Theme


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
        with _clipped(painter, area[0].rect):
            for axis in area:
                draw_bands(painter, geometry, axis, theme)
            for axis in area:
                draw_curves(painter, geometry, axis, theme, smooth=smooth)
    for lane in geometry.lanes:
        _draw_lane(painter, geometry, lane, lettering, theme)
    _draw_seams(painter, geometry, lettering, theme)
    for area in geometry.areas:
        for axis in area:
            draw_axis(painter, axis, theme)
            for trace in axis.axis.traces:
                draw_end(painter, geometry, trace, axis, lettering, theme)
    for lane in geometry.lanes:
        draw_end(painter, geometry, lane.lane.trace, lane, lettering, theme)
    draw_time_axis(painter, geometry, theme)


@contextlib.contextmanager
def _clipped(painter: QPainter, rect: QRectF) -> Iterator[None]:
    painter.save()
    painter.setClipRect(rect)
    yield
    painter.restore()


def _rects(geometry: Geometry) -> list[QRectF]:
    return [area[0].rect for area in geometry.areas] + [lane.rect for lane in geometry.lanes]


def _draw_grid(painter: QPainter, geometry: Geometry, theme: Theme) -> None:
    moments = [time for time, _ in time_ticks_of(geometry)]
    painter.setPen(QPen(QColor(theme.line), 1))
    for rect in _rects(geometry):
        painter.fillRect(rect, QColor(theme.base))
        for moment in moments:
            x = round(geometry.x(moment)) + 0.5
            painter.drawLine(QPointF(x, rect.top()), QPointF(x, rect.bottom()))
    for area in geometry.areas:
        for value, _ in ticks_of(area[0]):
            y = round(area[0].y(value)) + 0.5
            painter.drawLine(QPointF(area[0].rect.left(), y), QPointF(area[0].rect.right(), y))


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
            box = QRectF(rect.left() - placed.measures.axis, y - 8, placed.measures.axis - 7, 16)
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
