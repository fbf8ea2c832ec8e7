"""Small pictures that tell conditions apart by their shape, for those who see no colours too."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from functools import lru_cache

from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QBrush, QColor, QIcon, QPainter, QPen, QPixmap, QPolygonF

from papaya_gui.theme import Theme

# Drawn on a square of 16, for screens of one to three pixels a point.
_SIDE = 16
_SCALES = (1, 2, 3)


class Mark(Enum):
    """What is told: octagon, triangle, barred circle, broken circle, empty circle, diamond, square, disc."""

    ALARM = "alarm"
    WARN = "warn"
    SILENT = "silent"
    STALE = "stale"
    NOTHING = "no data"
    SIMULATED = "simulated"
    RECORDED = "recorded"
    LIVE = "live"


# How much of a line's colour covers what it is drawn on: texts on it keep a contrast of 4.5 to 1.
_HATCHED = 0.85


def hatching(theme: Theme) -> QBrush:
    """Return what is drawn behind that which is stale."""
    color = QColor(theme.line)
    color.setAlphaF(_HATCHED)
    return QBrush(color, Qt.BrushStyle.BDiagPattern)


@lru_cache(maxsize=64)
def mark_icon(mark: Mark, theme: Theme) -> QIcon:
    """Return the picture of a condition, with one that stands out where a row is selected."""
    icon = QIcon()
    for mode, color, ink in (
        (QIcon.Mode.Normal, _color(mark, theme), theme.base),
        (QIcon.Mode.Selected, theme.accent_text, theme.accent),
    ):
        for scale in _SCALES:
            icon.addPixmap(_pixmap(mark, QColor(color), QColor(ink), scale), mode)
    return icon


def _color(mark: Mark, theme: Theme) -> str:
    return {
        Mark.ALARM: theme.alarm,
        Mark.WARN: theme.warn,
        Mark.SILENT: theme.stale,
        Mark.STALE: theme.stale,
        Mark.NOTHING: theme.muted,
        Mark.SIMULATED: theme.simulated,
        Mark.RECORDED: theme.muted,
        Mark.LIVE: theme.good,
    }[mark]


def _pixmap(mark: Mark, color: QColor, ink: QColor, scale: int) -> QPixmap:
    pixmap = QPixmap(_SIDE * scale, _SIDE * scale)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.scale(scale, scale)
    painter.setPen(QPen(color, 1.6))
    _DRAW[mark](painter, color, ink)
    painter.end()
    return pixmap


def _alarm(painter: QPainter, color: QColor, ink: QColor) -> None:
    low, near, far, high = 1.5, 5.0, 11.0, 14.5
    corners = (
        (near, low), (far, low), (high, near), (high, far),
        (far, high), (near, high), (low, far), (low, near),
    )  # fmt: skip
    painter.setBrush(color)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.drawPolygon(QPolygonF([QPointF(*corner) for corner in corners]))
    _exclaim(painter, ink, 4.5, 9.0, 11.5)


def _warn(painter: QPainter, color: QColor, ink: QColor) -> None:
    painter.setBrush(color)
    painter.setPen(QPen(color, 1.2, join=Qt.PenJoinStyle.RoundJoin))
    painter.drawPolygon(QPolygonF([QPointF(8, 2), QPointF(14.6, 13.8), QPointF(1.4, 13.8)]))
    _exclaim(painter, ink, 6.0, 9.6, 12.0)


def _exclaim(painter: QPainter, ink: QColor, top: float, bottom: float, dot: float) -> None:
    painter.setPen(QPen(ink, 1.8, cap=Qt.PenCapStyle.RoundCap))
    painter.drawLine(QPointF(8, top), QPointF(8, bottom))
    painter.drawPoint(QPointF(8, dot))


def _silent(painter: QPainter, color: QColor, ink: QColor) -> None:
    painter.drawEllipse(QRectF(2.5, 2.5, 11, 11))
    painter.drawLine(QPointF(4.4, 11.6), QPointF(11.6, 4.4))


def _stale(painter: QPainter, color: QColor, ink: QColor) -> None:
    pen = QPen(color, 1.6)
    pen.setDashPattern([1.8, 1.3])
    painter.setPen(pen)
    painter.drawEllipse(QRectF(2.5, 2.5, 11, 11))
    painter.setPen(QPen(color, 1.6, cap=Qt.PenCapStyle.RoundCap))
    painter.drawPolyline(QPolygonF([QPointF(8, 5.2), QPointF(8, 8.4), QPointF(10.4, 9.8)]))


def _nothing(painter: QPainter, color: QColor, ink: QColor) -> None:
    painter.drawEllipse(QRectF(3.5, 3.5, 9, 9))


def _simulated(painter: QPainter, color: QColor, ink: QColor) -> None:
    painter.setBrush(color)
    painter.drawPolygon(QPolygonF([QPointF(8, 3.5), QPointF(12.5, 8), QPointF(8, 12.5), QPointF(3.5, 8)]))


def _recorded(painter: QPainter, color: QColor, ink: QColor) -> None:
    painter.setBrush(color)
    painter.drawRect(QRectF(4.5, 4.5, 7, 7))


def _live(painter: QPainter, color: QColor, ink: QColor) -> None:
    painter.setBrush(color)
    painter.drawEllipse(QRectF(4.5, 4.5, 7, 7))


_DRAW: dict[Mark, Callable[[QPainter, QColor, QColor], None]] = {
    Mark.ALARM: _alarm,
    Mark.WARN: _warn,
    Mark.SILENT: _silent,
    Mark.STALE: _stale,
    Mark.NOTHING: _nothing,
    Mark.SIMULATED: _simulated,
    Mark.RECORDED: _recorded,
    Mark.LIVE: _live,
}
