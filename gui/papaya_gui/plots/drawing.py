"""Draws what pyqtgraph has no items for: reduced curves, hatched thresholds, steps, seams, stale ends."""

from __future__ import annotations

from PyQt6.QtCore import QPointF, Qt
from PyQt6.QtGui import QColor, QPainter, QPen

from papaya_gui.plots.geometry import Geometry, Placed
from papaya_gui.plots.lettering import Lettering
from papaya_gui.plots.limits import draw_limits, write_limits
from papaya_gui.plots.pens import trace_look
from papaya_gui.plots.strokes import draw_bands, draw_curves, draw_end, draw_line
from papaya_gui.theme import Theme


def draw(geometry: Geometry, theme: Theme, smooth: bool, painter: QPainter) -> None:
    """Draw everything of a picture between its axes.

    On the screen, which is drawn ten times a second, lines are one pixel wide. With `smooth` they are as wide
    as the painter's unit, which costs many times as much.
    """
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, smooth)
    lettering = Lettering(painter, theme)
    for area in geometry.areas:
        painter.save()
        painter.setClipRect(area[0].rect)
        for axis in area:
            draw_limits(painter, axis, lettering.height, theme)
        for axis in area:
            draw_bands(painter, geometry, axis, theme)
        for axis in area:
            draw_curves(painter, geometry, axis, theme, smooth=smooth)
        # Words are read across curves, not the other way round.
        for axis in area:
            write_limits(painter, axis, lettering, theme)
        painter.restore()
    painter.setPen(QColor(theme.muted))
    for one in geometry.panes:
        if one.pane.note:
            painter.drawText(one.rect, Qt.AlignmentFlag.AlignCenter, one.pane.note)
    for lane in geometry.lanes:
        _draw_lane(painter, geometry, lane, lettering, theme)
    _draw_seams(painter, geometry, lettering, theme)
    for placed in geometry.placed:
        for trace in placed.shown.traces:
            draw_end(painter, geometry, trace, placed, lettering, theme)


def _draw_lane(
    painter: QPainter, geometry: Geometry, lane: Placed, lettering: Lettering, theme: Theme
) -> None:
    for trace in lane.shown.traces:
        color, title = trace_look(theme, trace).color, f"{trace.title} · {trace.device}"
        if len(trace.drawn.times):
            painter.save()
            painter.setClipRect(lane.rect)
            # A line that is alone in its lane needs no pattern.
            xs, places = geometry.xs(trace.drawn.times), lane.ys(trace.drawn.values)
            draw_line(painter, xs, places, QPen(color, 1))
            painter.restore()
        lettering.write(lane.rect.left() + 6, lane.rect.top() + 2, title, color, lane.rect)


def _draw_seams(painter: QPainter, geometry: Geometry, lettering: Lettering, theme: Theme) -> None:
    pen, plot = QPen(QColor(theme.muted), 1), geometry.plot
    pen.setDashPattern([1, 3])
    for moment, text in geometry.picture.seams:
        x = geometry.x(moment)
        if plot.left() <= x <= plot.right():
            painter.setPen(pen)
            for placed in geometry.placed:
                painter.drawLine(QPointF(x, placed.rect.top()), QPointF(x, placed.rect.bottom()))
            width = lettering.width(text)
            left = x + 5 if x + 8 + width < plot.right() else x - width - 6
            lettering.write(left, plot.top() + 9, text, pen.color(), plot, (0.0, 1.0, 2.0))
