"""The shapes and colours of conditions, on the map and everywhere else: each is told by both."""

from __future__ import annotations

import math

from PyQt6.QtCore import QPointF
from PyQt6.QtGui import QPainterPath, QPolygonF

from papaya_gui.models.condition import GRAVE, SLIGHT, Condition
from papaya_gui.theme import Theme

_HOLLOW = (
    Condition.NO_SENSORS, Condition.NOTHING, Condition.STALE, Condition.SILENT, Condition.MISSING,
    Condition.DRIFTED,
)  # fmt: skip


# Corners, and how far they are turned: the shapes that the icons of the same conditions have.
_CORNERS = {
    Condition.CRITICAL: (8, math.pi / 8),
    Condition.MAJOR: (4, 0.0),
    Condition.MINOR: (3, -math.pi / 2),
    Condition.INDETERMINATE: (4, math.pi / 4),
    Condition.SIMULATED: (6, 0.0),
    Condition.RECORDED: (4, math.pi / 4),
}
_LINES: dict[Condition, tuple[tuple[tuple[float, float], ...], ...]] = {
    # A clock: what it said last is old.
    Condition.STALE: (((0.0, -0.3), (0.0, 0.0), (0.25, 0.15)),),
    Condition.SILENT: (((-0.35, 0.35), (0.35, -0.35)),),
    Condition.MISSING: (((-0.4, -0.4), (0.4, 0.4)), ((-0.4, 0.4), (0.4, -0.4))),
    # Not equal.
    Condition.DRIFTED: (
        ((-0.42, -0.16), (0.42, -0.16)),
        ((-0.42, 0.18), (0.42, 0.18)),
        ((0.2, -0.45), (-0.2, 0.45)),
    ),
    Condition.NO_SENSORS: (((-0.3, 0.0), (0.3, 0.0)),),
}
_RINGED = (Condition.STALE, Condition.SILENT)


def color_of(condition: Condition, theme: Theme) -> str:
    """Return the colour of a condition."""
    return {
        Condition.NO_SENSORS: theme.muted,
        Condition.NOTHING: theme.muted,
        Condition.ONLINE: theme.good,
        Condition.SIMULATED: theme.simulated,
        Condition.RECORDED: theme.muted,
        Condition.DRIFTED: theme.accent,
        Condition.STALE: theme.stale,
        Condition.SILENT: theme.stale,
        Condition.MISSING: theme.stale,
        Condition.INDETERMINATE: theme.indeterminate,
        Condition.WARNING: theme.warning,
        Condition.MINOR: theme.minor,
        Condition.MAJOR: theme.major,
        Condition.CRITICAL: theme.critical,
    }[condition]


def is_filled(condition: Condition) -> bool:
    """Whether the shape is filled: what is not to be heard is hollow."""
    return condition not in _HOLLOW


def size_of(condition: Condition) -> int:
    """Return how many pixels wide the shape is on the map: the graver, the larger."""
    return 16 if condition >= GRAVE else 14 if condition >= SLIGHT else 11


def symbol_of(condition: Condition) -> QPainterPath:
    """Return the shape in a square of side 1 around the origin."""
    path = QPainterPath()
    if condition in _CORNERS:
        corners, turned = _CORNERS[condition]
        path.addPolygon(_polygon(corners, turned))
        path.closeSubpath()
    elif condition in _LINES:
        for line in _LINES[condition]:
            path.moveTo(*line[0])
            for point in line[1:]:
                path.lineTo(*point)
        if condition in _RINGED:
            path.addEllipse(QPointF(0, 0), 0.5, 0.5)
    else:
        path.addEllipse(QPointF(0, 0), 0.5, 0.5)
    if condition >= SLIGHT:
        # What is written into the icons elsewhere is a hole here.
        path.addEllipse(QPointF(0, 0), 0.09, 0.22 if condition > SLIGHT else 0.09)
    return path


def _polygon(corners: int, turned: float) -> QPolygonF:
    angles = [turned + 2 * math.pi * corner / corners for corner in range(corners)]
    return QPolygonF([QPointF(0.5 * math.cos(angle), 0.5 * math.sin(angle)) for angle in angles])
