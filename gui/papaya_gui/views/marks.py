"""Small pictures that tell conditions apart by their shape, for those who see no colours too."""

from __future__ import annotations

from enum import Enum
from functools import lru_cache

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QBrush, QColor, QIcon

from papaya_gui.icons import pixmap
from papaya_gui.theme import Theme, severity_color
from papaya_gui.tokens import ICON_SMALL

# For screens of one to three pixels a point.
_SCALES = (1, 2, 3)


class Mark(Enum):
    """What is told: octagon, triangle, struck circle, clock, dashed circle, flask, square, disc."""

    ALARM = "alarm"
    WARN = "warn"
    SILENT = "silent"
    STALE = "stale"
    NOTHING = "no data"
    SIMULATED = "simulated"
    RECORDED = "recorded"
    LIVE = "live"


_ICONS = {
    Mark.ALARM: "alert-octagon-filled",
    Mark.WARN: "alert-triangle-filled",
    Mark.SILENT: "circle-off",
    Mark.STALE: "clock",
    Mark.NOTHING: "circle-dashed",
    Mark.SIMULATED: "flask",
    Mark.RECORDED: "square-filled",
    Mark.LIVE: "point-filled",
}
# Octagon, diamond, triangle, circle, square: no two severities have the same shape.
_SEVERITIES = {
    "CRITICAL": "alert-octagon-filled",
    "MAJOR": "square-rotated-filled",
    "MINOR": "alert-triangle-filled",
    "WARNING": "alert-circle-filled",
}
_OTHER_SEVERITY = "help-square-filled"
# How much of a line's colour covers what it is drawn on: texts on it keep a contrast of 4.5 to 1.
_HATCHED = 0.85


def hatching(theme: Theme) -> QBrush:
    """Return what is drawn behind that which is stale."""
    color = QColor(theme.line)
    color.setAlphaF(_HATCHED)
    return QBrush(color, Qt.BrushStyle.BDiagPattern)


def mark_icon(mark: Mark, theme: Theme) -> QIcon:
    """Return the picture of a condition."""
    return _icon(_ICONS[mark], _color(mark, theme))


def severity_icon(severity: str, theme: Theme, *, is_active: bool = True) -> QIcon:
    """Return the picture of an alarm's severity; that of an alarm which is over has no colour of its own."""
    color = severity_color(severity, theme) if is_active else theme.muted
    return _icon(_SEVERITIES.get(severity, _OTHER_SEVERITY), color)


@lru_cache(maxsize=128)
def _icon(name: str, color: str) -> QIcon:
    icon = QIcon()
    for scale in _SCALES:
        side = ICON_SMALL * scale
        # Selected rows have a calm ground, on which the colours can be told apart as well.
        for mode in (QIcon.Mode.Normal, QIcon.Mode.Selected):
            icon.addPixmap(pixmap(name, color, side, side), mode)
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
