"""Writes on the plot so that it can be read whatever lies behind."""

from __future__ import annotations

from PyQt6.QtCore import QRectF, Qt
from PyQt6.QtGui import QColor, QFontMetricsF, QPainter

from papaya_gui.theme import Theme

LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
CENTRE = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop


def draw_text(
    painter: QPainter, rect: QRectF, flags: Qt.AlignmentFlag, text: str, color: QColor, theme: Theme
) -> QRectF:
    """Write on a plate of the background, so that nothing behind it disturbs; return where it stands."""
    metrics = QFontMetricsF(painter.font())
    width, height = metrics.horizontalAdvance(text), metrics.height()
    left = rect.left() if flags & Qt.AlignmentFlag.AlignLeft else rect.right() - width
    top = rect.center().y() - height / 2
    plate = QColor(theme.base)
    plate.setAlpha(205)
    painter.fillRect(QRectF(left - 2, top, width + 4, height), plate)
    painter.setPen(color)
    painter.drawText(QRectF(left, top, width + 1, height), Qt.AlignmentFlag.AlignLeft, text)
    return QRectF(left, top, width, height)
