"""Small pictures that tell conditions apart by their shape, for those who see no colours too."""

from __future__ import annotations

from functools import lru_cache

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QBrush, QColor, QIcon, QPixmap

from papaya_gui.icons import pixmap
from papaya_gui.models.condition import Condition, of_severity
from papaya_gui.theme import Theme
from papaya_gui.tokens import ICON_SMALL
from papaya_gui.views.symbols import color_of

# For screens of one to three pixels a point.
_SCALES = (1, 2, 3)


_ICONS = {
    Condition.NO_SENSORS: "minus",
    Condition.ONLINE: "point-filled",
    Condition.SIMULATED: "flask-filled",
    Condition.RECORDED: "square-filled",
    Condition.NOTHING: "circle-dashed",
    Condition.DRIFTED: "git-compare",
    Condition.STALE: "clock",
    Condition.SILENT: "circle-off",
    Condition.MISSING: "circle-x",
    # Octagon, diamond, triangle, circle, square: no two severities have the same shape.
    Condition.CRITICAL: "alert-octagon-filled",
    Condition.MAJOR: "square-rotated-filled",
    Condition.MINOR: "alert-triangle-filled",
    Condition.WARNING: "alert-circle-filled",
    Condition.INDETERMINATE: "help-square-filled",
}
# How much of a line's colour covers what it is drawn on: texts on it keep a contrast of 4.5 to 1.
_HATCHED = 0.85


def hatching(theme: Theme) -> QBrush:
    """Return what is drawn behind that which is stale."""
    color = QColor(theme.line)
    color.setAlphaF(_HATCHED)
    return QBrush(color, Qt.BrushStyle.BDiagPattern)


def mark_icon(condition: Condition, theme: Theme) -> QIcon:
    """Return the picture of a condition."""
    return _icon(_ICONS[condition], color_of(condition, theme))


def icon_name(condition: Condition) -> str:
    """Return the name of a condition's icon."""
    return _ICONS[condition]


def mark_pixmap(condition: Condition, theme: Theme, side: int) -> QPixmap:
    """Return the picture of a condition, so many pixels of the screen wide."""
    return pixmap(_ICONS[condition], color_of(condition, theme), side, side)


def severity_icon(severity: str, theme: Theme, *, is_active: bool = True) -> QIcon:
    """Return the picture of an alarm's severity; that of an alarm which is over has no colour of its own."""
    condition = of_severity(severity)
    return _icon(_ICONS[condition], color_of(condition, theme) if is_active else theme.muted)


@lru_cache(maxsize=128)
def _icon(name: str, color: str) -> QIcon:
    icon = QIcon()
    for scale in _SCALES:
        side = ICON_SMALL * scale
        # Selected rows have a calm ground, on which the colours can be told apart as well.
        for mode in (QIcon.Mode.Normal, QIcon.Mode.Selected):
            icon.addPixmap(pixmap(name, color, side, side), mode)
    return icon
