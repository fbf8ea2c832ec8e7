"""Words across a plot whose curves are simulated: on the screen and in every picture that is saved."""

from __future__ import annotations

from PyQt6.QtCore import QRectF, Qt
from PyQt6.QtGui import QColor, QFontMetricsF, QPainter

from papaya_gui.theme import Theme

_OPACITY, _SHARE, _LARGEST, _SMALLEST = 70, 0.6, 64, 12


def draw_watermark(painter: QPainter, plot: QRectF, text: str, theme: Theme) -> None:
    """Write a text across the middle of a plot, so that the curves can still be read through it."""
    painter.save()
    font = painter.font()
    font.setBold(True)
    font.setPixelSize(_LARGEST)
    wide = QFontMetricsF(font).horizontalAdvance(text)
    share = _SHARE * plot.width() / max(wide, 1.0)
    font.setPixelSize(round(min(max(_LARGEST * share, _SMALLEST), _LARGEST)))
    painter.setFont(font)
    color = QColor(theme.simulated)
    color.setAlpha(_OPACITY)
    painter.setPen(color)
    painter.drawText(plot, Qt.AlignmentFlag.AlignCenter, text)
    painter.restore()
