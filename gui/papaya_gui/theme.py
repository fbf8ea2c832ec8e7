"""The two looks of the window: colours by what they mean, with contrast, and safe for colour blindness."""

from __future__ import annotations

from dataclasses import dataclass

from PyQt6.QtGui import QColor, QFont, QPalette
from PyQt6.QtWidgets import QApplication


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours as `#rrggbb`, by role; `curves` are told apart by hue, brightness and pattern of the pen.

    `line` parts what lies beside each other, `edge` is around what a person types into or chooses from.
    `selection` is behind the rows that are selected: every other colour of a text can be read on it, too.
    `critical` to `indeterminate` are the severities of the server's alarms.
    """

    name: str
    window: str
    base: str
    alternate: str
    text: str
    muted: str
    line: str
    edge: str
    accent: str
    accent_text: str
    selection: str
    good: str
    simulated: str
    warn: str
    alarm: str
    stale: str
    warn_back: str
    alarm_back: str
    stale_back: str
    critical: str
    major: str
    minor: str
    warning: str
    indeterminate: str
    curves: tuple[str, ...]
    sea: str
    land: str
    coast: str
    border: str

    @property
    def is_dark(self) -> bool:
        """Whether text is brighter than what it stands on."""
        return luminance(self.text) > luminance(self.base)


# The curves' hues are those of Okabe and Ito (2008), made darker or brighter until they stand out.
LIGHT = Theme(
    name="light",
    window="#f3f4f6",
    base="#ffffff",
    alternate="#f7f8fa",
    text="#1b1f24",
    muted="#57606a",
    line="#d0d7de",
    edge="#6e7781",
    accent="#0a5fb4",
    accent_text="#ffffff",
    selection="#d3e5f9",
    good="#0b6b3a",
    simulated="#5d656e",
    warn="#8a5300",
    alarm="#b3261e",
    stale="#5f5a6b",
    warn_back="#fff3d6",
    alarm_back="#fde4e1",
    stale_back="#ebe9ef",
    critical="#b3261e",
    major="#9c4a00",
    minor="#756000",
    warning="#006a7d",
    indeterminate="#6b46b0",
    curves=("#0a5fb4", "#b34700", "#00755a", "#a1387d", "#6b5d00", "#3c6e91", "#7a3fb8", "#434a52"),
    sea="#dde6ee",
    land="#f6f5f0",
    coast="#8fa3b3",
    border="#a39c8d",
)
DARK = Theme(
    name="dark",
    window="#16191d",
    base="#1d2126",
    alternate="#22272d",
    text="#e8ebef",
    muted="#a6b0bb",
    line="#3b434c",
    edge="#828c98",
    accent="#6cb6ff",
    accent_text="#0d1117",
    selection="#24405c",
    good="#5fd391",
    simulated="#a3acb6",
    warn="#f2b84b",
    alarm="#ff8d85",
    stale="#b4aec4",
    warn_back="#3d3011",
    alarm_back="#47201e",
    stale_back="#2f2c38",
    critical="#ff8d85",
    major="#ffa05c",
    minor="#ebd34d",
    warning="#5fd0e6",
    indeterminate="#c9a6ff",
    curves=("#6cb6ff", "#ff9d5c", "#3fd0a4", "#f08fd0", "#e6d450", "#8fc7e8", "#c79bff", "#c9d1d9"),
    sea="#12171c",
    land="#262b31",
    coast="#4f5d6a",
    border="#6b675d",
)
THEMES = {theme.name: theme for theme in (LIGHT, DARK)}
# Around these Qt's style draws an edge in the window's colour, darkened by this much: on a dark window it
# cannot be seen, on a light one hardly.
_EDGED = (
    "QLineEdit", "QAbstractSpinBox", "QComboBox", "QCheckBox", "QRadioButton", "QPushButton", "QToolButton",
    "QScrollBar",
)  # fmt: skip
_DARKENED_BY = 140
# Of these it draws the edge in the color of selected rows while they have the keys. Buttons of tools are not
# among them: those of a calendar stand on that color.
_FOCUSED = ("QLineEdit", "QAbstractSpinBox", "QComboBox", "QCheckBox", "QPushButton")
_STYLE = "fusion"
# OpenType's name for figures of one width.
_EQUALLY_WIDE = QFont.Tag("tnum")


def severity_color(severity: str, theme: Theme) -> str:
    """Return the colour of a severity as ThingsBoard names it; of any other that of `INDETERMINATE`."""
    return {
        "CRITICAL": theme.critical,
        "MAJOR": theme.major,
        "MINOR": theme.minor,
        "WARNING": theme.warning,
    }.get(severity, theme.indeterminate)


def luminance(color: str) -> float:
    """Return the relative luminance of a colour, from 0 to 1, as WCAG 2.1 defines it."""
    parts = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, from 1 to 21, as WCAG 2.1 defines it."""
    darker, brighter = sorted((luminance(one), luminance(other)))
    return (brighter + 0.05) / (darker + 0.05)


def palette_of(theme: Theme) -> QPalette:
    """Return what Qt's own widgets are drawn with."""
    role, group = QPalette.ColorRole, QPalette.ColorGroup
    palette = QPalette()
    for roles, color in (
        ((role.Window, role.Button), theme.window),
        ((role.Base, role.ToolTipBase), theme.base),
        ((role.AlternateBase,), theme.alternate),
        ((role.WindowText, role.Text, role.ButtonText, role.ToolTipText, role.BrightText), theme.text),
        ((role.PlaceholderText,), theme.muted),
        ((role.Mid, role.Midlight, role.Dark, role.Light), theme.line),
        ((role.Link, role.Accent), theme.accent),
        ((role.Highlight,), theme.selection),
        ((role.HighlightedText,), theme.text),
    ):
        for one in roles:
            palette.setColor(one, QColor(color))
    for one in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(group.Disabled, one, QColor(theme.muted))
    return palette


def edged_palette(theme: Theme) -> QPalette:
    """Return what those of Qt's widgets are drawn with whose edges tell what they are."""
    palette = palette_of(theme)
    palette.setColor(QPalette.ColorRole.Window, QColor(theme.edge).lighter(_DARKENED_BY))
    return palette


def accented(palette: QPalette, theme: Theme) -> QPalette:
    """Return a palette that draws what is chosen, and the edge of what has the keys, in the accent."""
    palette.setColor(QPalette.ColorRole.Highlight, QColor(theme.accent))
    palette.setColor(QPalette.ColorRole.HighlightedText, QColor(theme.accent_text))
    return palette


def apply(application: QApplication, theme: Theme) -> None:
    """Give every widget a look; the style is Qt's own, so that it is the same on every desktop."""
    style = application.style()
    if style is None or style.objectName() != _STYLE:
        # Qt lays out every row of every tree again for it.
        application.setStyle(_STYLE)
    application.setPalette(palette_of(theme))
    for name in _EDGED:
        edged = edged_palette(theme)
        application.setPalette(accented(edged, theme) if name in _FOCUSED else edged, name)
    # The share of a task that is done has to be seen, a selected row only told.
    application.setPalette(accented(palette_of(theme), theme), "QProgressBar")
    font = application.font()
    if not font.featureValue(_EQUALLY_WIDE):
        # Numbers below each other align, and do not move while they change.
        font.setFeature(_EQUALLY_WIDE, 1)
        application.setFont(font)


def wanted_theme(application: QApplication, name: str | None) -> Theme:
    """Return the look of that name, else what the desktop prefers."""
    if name in THEMES:
        return THEMES[name]
    window = application.palette().color(QPalette.ColorRole.Window).name()
    return DARK if luminance(window) < 0.25 else LIGHT
