"""Spacing, type, sizes and surfaces: what every view takes instead of numbers of its own.

Colours are in `theme`, icons in `icons`. Sizes are device-independent pixels; type is told in shares of the
desktop's own font, so that it grows with it.
"""

from __future__ import annotations

from enum import Enum

from PyQt6.QtGui import QFont
from PyQt6.QtWidgets import QApplication, QLayout, QWidget

from papaya_gui.theme import Theme

# Space between what belongs together, between neighbors, inside of surfaces, between groups.
XS, S, M, L = 4, 8, 12, 16
# An icon in a table or a line of text, on a button, on a page that has nothing else to show.
ICON_SMALL, ICON, ICON_LARGE = 16, 20, 32
# What is clicked is at least so high.
CONTROL = 28
# The round of a corner, the line around a surface, the edge that tells what a surface is about.
RADIUS, HAIRLINE, EDGE = 4, 1, 4
# Curves, and lines that mark a place, on a screen of any scale.
STROKE, STRONG_STROKE = 1.5, 2.5


# How wide things are that have no size of their own: a list beside a page, a button among many, a bar that
# shows progress, a card over the window. How high a text that is unfolded is, and room for a message.
LIST, BUTTON, PROGRESS, NARROW, LOG, WORDS = 152, 216, 240, 380, 160, 64
# The widest that a column of a table becomes by itself.
COLUMN = 240
# Dialogs at first, in both directions: to ask, and to read.
DIALOG, READING = (640, 420), (820, 560)


# The share of a screen that a window takes at first, what it has at least where there is room, and what the
# desktop's frame takes of the height. What the fleet beside a page needs, and what is enough.
_SHARE, _USUAL, _FRAME = 0.85, (1280, 800), 40
_LEAST_LEFT, _USUAL_LEFT = 372, 480


class Type(Enum):
    """How large and how heavy a text is: a share of the desktop's font, and whether it is bold."""

    SMALL = (0.875, False)
    BODY = (1.0, False)
    STRONG = (1.0, True)
    HEADING = (1.25, True)
    TITLE = (1.5, True)
    # A value on a tile, and one that is read from across a room.
    FIGURE = (1.75, True)
    WALL = (3.0, True)


class Tone(Enum):
    """What a bar is about."""

    INFO = "info"
    WARN = "warn"
    ALARM = "alarm"


def tabular(font: QFont) -> QFont:
    """Return a font whose figures are all equally wide, so that numbers below each other align."""
    made = QFont(font)
    made.setFeature(QFont.Tag("tnum"), 1)
    return made


def first_size(width: int, height: int) -> tuple[int, int]:
    """Return how large a window is at first on a screen with so much room for it."""
    # A small screen is filled but for the desktop's frame, a large one is left in part to other windows.
    wide = min(max(round(width * _SHARE), _USUAL[0]), width - L)
    high = min(max(round(height * _SHARE), _USUAL[1]), height - _FRAME)
    return max(wide, 1), max(high, 1)


def left_width(width: int) -> int:
    """Return how wide the fleet and its readings are at first: 22 to 30 % of a window with room for them."""
    return round(max(_LEAST_LEFT, min(0.3 * width, max(_USUAL_LEFT, 0.22 * width))))


def font_of(role: Type, base: QFont | None = None) -> QFont:
    """Return the font of a role, from the application's font unless another is given."""
    size, is_bold = role.value
    made = tabular(base if base is not None else QApplication.font())
    if made.pointSizeF() > 0:
        made.setPointSizeF(made.pointSizeF() * size)
    else:
        made.setPixelSize(round(made.pixelSize() * size))
    made.setBold(is_bold)
    return made


def set_type(widget: QWidget, role: Type) -> None:
    """Give a widget the font of a role."""
    widget.setFont(font_of(role))


def inset(layout: QLayout, across: int = 0, down: int | None = None, *, gap: int = 0) -> None:
    """Set what is around the contents of a layout, and between them."""
    high = across if down is None else down
    layout.setContentsMargins(across, high, across, high)
    layout.setSpacing(gap)


def bar_style(name: str, theme: Theme, tone: Tone) -> str:
    """Return the look of a bar across the window, by its object's name."""
    back, edge = {
        Tone.INFO: (theme.base, theme.accent),
        Tone.WARN: (theme.warn_back, theme.warn),
        Tone.ALARM: (theme.alarm_back, theme.alarm),
    }[tone]
    return (
        f"#{name} {{ background: {back}; border-bottom: {HAIRLINE}px solid {edge}; }}"
        f" #{name} QLabel {{ color: {theme.text}; background: transparent; }}"
    )


def card_style(name: str, theme: Theme, edge: str = "", *, line: str = "") -> str:
    """Return the look of a card, by its object's name; `edge` is the colour that tells what it is about."""
    left = f" border-left: {EDGE}px solid {edge};" if edge else ""
    return (
        f"#{name} {{ background: {theme.base}; border: {HAIRLINE}px solid {line or theme.line};{left}"
        f" border-radius: {RADIUS}px; }}"
    )


def frame_style(name: str, theme: Theme) -> str:
    """Return the look of a window that has no frame of the desktop's, by its object's name."""
    return f"#{name} {{ background: {theme.window}; border: {HAIRLINE}px solid {theme.accent}; }}"


def ink_style(color: str) -> str:
    """Return the look of a text in a colour."""
    return f"color: {color}"


def choice_style(theme: Theme) -> str:
    """Return the look of buttons one of which is chosen: Qt's own look alike in a dark window."""
    return (
        f"QPushButton, QToolButton {{ background: {theme.base}; color: {theme.text};"
        f" border: {HAIRLINE}px solid {theme.edge}; border-radius: {RADIUS}px;"
        f" padding: {XS // 2}px {XS + 1}px; }}"
        f" QPushButton:hover, QToolButton:hover {{ border-color: {theme.text}; }}"
        f" QPushButton:focus, QToolButton:focus {{ border-color: {theme.accent}; }}"
        f" QPushButton:checked, QToolButton:checked {{ background: {theme.selection};"
        f" border: {2 * HAIRLINE}px solid {theme.accent}; padding: {XS // 2 - 1}px {XS}px; }}"
    )


def menu_bar_style(theme: Theme) -> str:
    """Return the look of a menu bar that is as high as the buttons in its corner."""
    return (
        f"QMenuBar {{ background: {theme.window}; color: {theme.text}; }}"
        f" QMenuBar::item {{ padding: {S - 1}px {S}px; background: transparent; }}"
        f" QMenuBar::item:selected {{ background: {theme.selection}; }}"
    )


def pill_style(name: str, theme: Theme, color: str, *, is_filled: bool) -> str:
    """Return the look of a button that tells a state: filled while people must not overlook it."""
    back, text = (color, theme.base) if is_filled else (theme.base, color)
    return (
        f"#{name} {{ background: {back}; color: {text}; border: {HAIRLINE}px solid {color};"
        f" border-radius: {RADIUS}px; padding: {XS // 2}px {S}px; }}"
        f" #{name}:focus, #{name}:hover {{ border: {HAIRLINE}px solid {theme.text}; }}"
    )
