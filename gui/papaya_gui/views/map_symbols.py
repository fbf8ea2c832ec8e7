"""The shapes and colours of devices on the map: each condition is told by both."""

from __future__ import annotations

import math

from PyQt6.QtCore import QPointF
from PyQt6.QtGui import QPainterPath, QPolygonF

from papaya_gui.models.geography import Condition
from papaya_gui.theme import Theme


def color_of(condition: Condition, theme: Theme) -> str:
    """Return the colour of a condition."""
    return {
        Condition.NOTHING: theme.muted,
        Condition.ONLINE: theme.good,
        Condition.SIMULATED: theme.simulated,
        Condition.RECORDED: theme.muted,
        Condition.STALE: theme.stale,
        Condition.SILENT: theme.stale,
        Condition.WARN: theme.warn,
        Condition.ALARM: theme.alarm,
    }[condition]


def is_filled(condition: Condition) -> bool:
    """Whether the shape is filled: what is not to be heard is hollow."""
    return condition not in (Condition.NOTHING, Condition.STALE, Condition.SILENT)


def size_of(condition: Condition) -> int:
    """Return how many pixels wide the shape is: the graver, the larger."""
    return {Condition.ALARM: 15, Condition.WARN: 14}.get(condition, 11)


def symbol_of(condition: Condition) -> QPainterPath:
    """Return the shape in a square of side 1 around the origin."""
    path = QPainterPath()
    if condition is Condition.ALARM:
        path.addPolygon(_polygon(8, math.pi / 8))
        path.closeSubpath()
    elif condition is Condition.WARN:
        path.addPolygon(_polygon(3, -math.pi / 2))
        path.closeSubpath()
    elif condition is Condition.SIMULATED:
        path.addPolygon(_polygon(4, 0.0))
        path.closeSubpath()
    elif condition is Condition.RECORDED:
        path.addPolygon(_polygon(4, math.pi / 4))
        path.closeSubpath()
    elif condition is Condition.STALE:
        # A clock: what it said last is old.
        path.addEllipse(QPointF(0, 0), 0.5, 0.5)
        path.moveTo(0, -0.3)
        path.lineTo(0, 0)
        path.lineTo(0.25, 0.15)
    elif condition is Condition.SILENT:
        path.addEllipse(QPointF(0, 0), 0.5, 0.5)
        path.moveTo(-0.35, 0.35)
        path.lineTo(0.35, -0.35)
    else:
        path.addEllipse(QPointF(0, 0), 0.5, 0.5)
    return path


def _polygon(corners: int, turned: float) -> QPolygonF:
    angles = [turned + 2 * math.pi * corner / corners for corner in range(corners)]
    return QPolygonF([QPointF(0.5 * math.cos(angle), 0.5 * math.sin(angle)) for angle in angles])
