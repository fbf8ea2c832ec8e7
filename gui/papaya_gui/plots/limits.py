"""Draws the thresholds of the manifest: a line for each, and a hatched band on the side that is not well."""

from __future__ import annotations

import numpy as np
from PyQt6.QtCore import QLineF, QPointF, QRectF
from PyQt6.QtGui import QColor, QPainter, QPen

from papaya_gui.plots.geometry import Placed
from papaya_gui.plots.lettering import Lettering
from papaya_gui.theme import Theme


def draw_limits(painter: QPainter, axis: Placed, lettering: Lettering, theme: Theme) -> None:
    """Draw the thresholds of an axis, as far as it reaches them."""
    rect, scale = axis.rect, axis.scale
    for limit in axis.shown.limits:
        if not (scale.high > limit.value if limit.is_above else scale.low < limit.value):
            continue
        y = min(max(axis.y(limit.value), rect.top()), rect.bottom())
        band = QRectF(rect)
        if limit.is_above:
            band.setBottom(y)
        else:
            band.setTop(y)
        pen = QPen(QColor(theme.alarm if limit.is_alarm else theme.warn), 1)
        _draw_hatched(painter, band, pen.color(), is_alarm=limit.is_alarm)
        if scale.low < limit.value < scale.high:
            if not limit.is_alarm:
                pen.setDashPattern([6, 4])
            painter.setPen(pen)
            painter.drawLine(QPointF(rect.left(), y), QPointF(rect.right(), y))
            # What it says stands on the side that it is about.
            middle = y + (-0.55 if limit.is_above else 0.55) * lettering.height
            lettering.write(rect.left() + 8, middle, limit.text, pen.color(), rect, (0.0, 1.1, -1.1))


def _draw_hatched(painter: QPainter, band: QRectF, color: QColor, *, is_alarm: bool) -> None:
    back, lines = QColor(color), QColor(color)
    back.setAlpha(16)
    lines.setAlpha(44)
    painter.fillRect(band, back)
    painter.save()
    painter.setClipRect(band)
    painter.setPen(QPen(lines, 1))
    # Lines and not one of Qt's patterns: those do not become larger with the image.
    step, height = (9.0, band.height()) if is_alarm else (18.0, band.height())
    strokes = []
    for left in np.arange(band.left() - height, band.right(), step):
        strokes.append(QLineF(left, band.bottom(), left + height, band.top()))
    if strokes:
        painter.drawLines(*strokes)
    painter.restore()
