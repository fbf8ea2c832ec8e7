"""Draws the thresholds of the manifest: lines in the colors of their curves, with a strip on the bad side."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from PyQt6.QtCore import QCoreApplication, QLineF, QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QPainter, QPen

from papaya_gui.models.picture import Limit
from papaya_gui.plots.geometry import Placed
from papaya_gui.plots.lettering import Lettering
from papaya_gui.plots.pens import trace_look
from papaya_gui.theme import Theme

# A strip is so high, in lines of text, and no more than this part of its panel: other curves stay visible.
_LINES, _PART = 0.75, 0.12
# As many symbols of curves as stand before the words of a threshold that they share.
_MOST_SYMBOLS = 6


def draw_limits(painter: QPainter, axis: Placed, line: float, theme: Theme) -> None:
    """Draw the thresholds of an axis that its values have reached, or that lie within it.

    A line of text is so many pixels high.
    """
    rect, scale = axis.rect, axis.scale
    for limit, y in _shown(axis):
        is_inside = scale.low < limit.value < scale.high
        color = color_of(axis, limit, theme)
        high = min(_LINES * line, _PART * rect.height())
        band = QRectF(rect.left(), y - high if limit.is_above else y, rect.width(), high)
        _draw_hatched(painter, band, color, is_alarm=limit.is_alarm)
        if is_inside:
            pen = QPen(color, 1)
            if not limit.is_alarm:
                pen.setDashPattern([6, 4])
            painter.setPen(pen)
            painter.drawLine(QPointF(rect.left(), y), QPointF(rect.right(), y))


def write_limits(painter: QPainter, axis: Placed, lettering: Lettering, theme: Theme) -> None:
    """Write what these thresholds say."""
    for limit, y in _shown(axis):
        _write(painter, axis, limit, y, lettering, theme)


def _shown(axis: Placed) -> Iterator[tuple[Limit, float]]:
    """Return the thresholds that are drawn, each with its height in pixels."""
    rect, scale = axis.rect, axis.scale
    for limit in axis.shown.limits:
        if scale.high > limit.value if limit.is_above else scale.low < limit.value:
            yield limit, min(max(axis.y(limit.value), rect.top()), rect.bottom())


def color_of(axis: Placed, limit: Limit, theme: Theme) -> QColor:
    """Return the color of the only curve that a threshold is for; several share that of its severity."""
    traces = [trace for trace in axis.shown.traces if trace.row in limit.rows]
    if len(traces) == 1:
        return trace_look(theme, traces[0]).color
    return QColor(theme.alarm if limit.is_alarm else theme.warn)


def _write(
    painter: QPainter, axis: Placed, limit: Limit, y: float, lettering: Lettering, theme: Theme
) -> None:
    """Write what a threshold says on the side that it is about, after the symbols of its curves."""
    rect, scale = axis.rect, axis.scale
    looks = [trace_look(theme, trace) for trace in axis.shown.traces if trace.row in limit.rows]
    # If the threshold is outside the visible range, a triangle shows its direction.
    away = "" if scale.low < limit.value < scale.high else (" ▼" if limit.is_above else " ▲")
    text = limit.text + away
    if len(looks) > _MOST_SYMBOLS:
        more = QCoreApplication.translate("PlotPanel", "{text} ({count} curves)")
        text, looks = more.format(text=text, count=len(looks)), []
    blank = 1.1 * lettering.height * len(looks)
    middle = y + (-0.55 if limit.is_above else 0.55) * lettering.height
    color = color_of(axis, limit, theme)
    box = lettering.write(rect.left() + 8, middle, text, color, rect, (0.0, 1.1, -1.1), before=blank)
    for place, look in enumerate(looks):
        look.draw_symbol(painter, box.left() + (place + 0.5) * 1.1 * lettering.height, box.center().y(), 3.5)


def _draw_hatched(painter: QPainter, band: QRectF, color: QColor, *, is_alarm: bool) -> None:
    back, lines = QColor(color), QColor(color)
    back.setAlpha(24)
    lines.setAlpha(110)
    painter.fillRect(band, back)
    painter.save()
    painter.setClipRect(band, Qt.ClipOperation.IntersectClip)
    painter.setPen(QPen(lines, 1))
    # Lines and not one of Qt's patterns: those do not become larger with the image.
    step, height = (6.0, band.height()) if is_alarm else (14.0, band.height())
    strokes = []
    for left in np.arange(band.left() - height, band.right(), step):
        strokes.append(QLineF(left, band.bottom(), left + height, band.top()))
    if strokes:
        painter.drawLines(*strokes)
    painter.restore()
