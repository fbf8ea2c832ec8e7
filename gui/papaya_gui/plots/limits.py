"""Draws the thresholds of the manifest: a line for each, and a hatched band on the side that is not well."""

from __future__ import annotations

import numpy as np
from PyQt6.QtCore import QLineF, QPointF, QRectF
from PyQt6.QtGui import QColor, QPainter, QPen

from papaya_gui.models.picture import Limit
from papaya_gui.plots.geometry import PlacedAxis
from papaya_gui.plots.lettering import Lettering
from papaya_gui.theme import Theme


def draw_limits(painter: QPainter, axis: PlacedAxis, lettering: Lettering, theme: Theme) -> None:
    """Draw the thresholds of an axis, as far as it reaches them."""
    rect, scale = axis.rect, axis.axis.scale
    for limit in axis.axis.limits:
        reaches = scale.high > limit.value if limit.is_above else scale.low < limit.value
        if not reaches:
            continue
        y = min(max(axis.y(limit.value), rect.top()), rect.bottom())
        band = QRectF(rect.left(), rect.top(), rect.width(), y - rect.top())
        if not limit.is_above:
            band = QRectF(rect.left(), y, rect.width(), rect.bottom() - y)
        color = QColor(theme.alarm if limit.is_alarm else theme.warn)
        _draw_hatched(painter, band, color, is_alarm=limit.is_alarm)
        if scale.low < limit.value < scale.high:
            _draw_limit_line(painter, axis, limit, color, y, lettering)


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


def _draw_limit_line(
    painter: QPainter, axis: PlacedAxis, limit: Limit, color: QColor, y: float, lettering: Lettering
) -> None:
    pen = QPen(color, 1)
    if not limit.is_alarm:
        pen.setDashPattern([6, 4])
    painter.setPen(pen)
    painter.drawLine(QPointF(axis.rect.left(), y), QPointF(axis.rect.right(), y))
    # What it says stands on the side that it is about.
    middle = y + (-0.55 if limit.is_above else 0.55) * lettering.height
    lettering.write(axis.rect.left() + 8, middle, limit.text, color, axis.rect, (0.0, 1.1, -1.1))
