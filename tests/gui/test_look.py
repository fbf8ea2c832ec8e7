"""The visual system: one set of icons, five severities that nobody confuses, and colours that can be read."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import numpy as np
import papaya_gui
import pytest
from papaya_gui.actions import Actions
from papaya_gui.icons import icon, names, origin, pixmap
from papaya_gui.models.alarms import SEVERITIES
from papaya_gui.theme import (
    LIGHT,
    THEMES,
    Theme,
    accented,
    contrast,
    edged_palette,
    palette_of,
    severity_color,
)
from papaya_gui.tokens import Type, first_size, font_of, left_width
from papaya_gui.views.action_icons import ICONS, give_icons
from papaya_gui.views.columns import Decimals, decimals_of
from papaya_gui.views.marks import severity_icon
from papaya_gui.views.status_line import SIGNS
from PyQt6.QtCore import QLocale, QSize
from PyQt6.QtGui import QFont, QFontMetricsF, QIcon, QImage, QPalette
from PyQt6.QtWidgets import QApplication

from papaya.sensors.condition import Health

themes = pytest.mark.parametrize("theme", THEMES.values(), ids=lambda theme: theme.name)
VIEWS = [
    path
    for folder in ("views", "plots")
    for path in sorted((Path(papaya_gui.__file__).parent / folder).glob("*.py"))
]


def shape_of(image: QImage) -> bytes:
    """Return where an image is covered, whatever its colours."""
    alpha = image.convertToFormat(QImage.Format.Format_Alpha8)
    bits = alpha.constBits()
    assert bits is not None
    return bytes(byte > 128 for byte in bits.asstring(alpha.sizeInBytes()))


def lab(color: str) -> np.ndarray:
    """Return a colour in CIE L*a*b*, in which distances are as people see them."""
    parts = np.array([int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)])
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    matrix = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    x, y, z = np.cbrt(matrix @ linear / np.array([0.9505, 1.0, 1.089]))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@themes
def test_every_colour_of_text_can_be_read_on_every_ground(theme: Theme) -> None:
    inks = (
        "text", "muted", "accent", "good", "simulated", "warn", "alarm", "stale",
        "critical", "major", "minor", "warning", "indeterminate",
    )  # fmt: skip
    grounds = (
        "window", "base", "alternate", "selection", "warn_back", "alarm_back", "stale_back", "sea", "land",
    )  # fmt: skip
    pairs = [(ink, ground) for ink in inks for ground in grounds]
    pairs.append(("accent_text", "accent"))
    # Filled pills have the color of their condition behind the color of a page.
    pairs += [("base", filled) for filled in ("warn", "alarm", "good", "muted")]
    faint = [pair for pair in pairs if contrast(getattr(theme, pair[0]), getattr(theme, pair[1])) < 4.5]
    assert faint == []
    assert [curve for curve in theme.curves if contrast(curve, theme.base) < 4.5] == []


@themes
def test_texts_of_the_palette_can_be_read_enabled_disabled_and_selected(theme: Theme) -> None:
    role, faint = QPalette.ColorRole, []
    for made in (palette_of(theme), edged_palette(theme), accented(edged_palette(theme), theme)):
        for group in (
            QPalette.ColorGroup.Active,
            QPalette.ColorGroup.Inactive,
            QPalette.ColorGroup.Disabled,
        ):
            for ink, ground in (
                (role.WindowText, theme.window),
                (role.ButtonText, theme.window),
                (role.Text, theme.base),
                (role.Text, theme.alternate),
                (role.PlaceholderText, theme.base),
                (role.ToolTipText, theme.base),
                (role.Link, theme.base),
                (role.HighlightedText, made.color(group, role.Highlight).name()),
            ):
                found = contrast(made.color(group, ink).name(), ground)
                if found < 4.5:
                    faint.append((group.name, ink.name, ground, round(found, 1)))
    assert faint == []


@themes
def test_the_five_severities_differ_in_shape_and_in_colour(theme: Theme) -> None:
    shapes = {shape_of(severity_icon(one, theme).pixmap(QSize(16, 16)).toImage()) for one in SEVERITIES}
    assert len(shapes) == len(SEVERITIES) == 5
    near = [
        (one, other)
        for one, other in itertools.combinations(SEVERITIES, 2)
        if np.linalg.norm(lab(severity_color(one, theme)) - lab(severity_color(other, theme))) < 25
    ]
    assert near == []


@themes
def test_a_selection_is_calm_and_still_seen(theme: Theme) -> None:
    assert 1.2 <= contrast(theme.selection, theme.base) <= 2.0


def test_every_icon_draws_something_in_its_colour(application: QApplication) -> None:
    assert origin()["license"] == "MIT"
    empty = [name for name in names() if not any(shape_of(pixmap(name, "#000000", 24, 24).toImage()))]
    assert empty == []
    image = icon("circle-filled", LIGHT, "#ff0000").pixmap(QSize(16, 16)).toImage()
    assert image.pixelColor(8, 8).name() == "#ff0000"
    disabled = icon("circle-filled", LIGHT).pixmap(QSize(16, 16), QIcon.Mode.Disabled).toImage()
    assert disabled.pixelColor(8, 8).name() == LIGHT.muted


def test_an_icon_is_as_fine_as_the_screen(application: QApplication) -> None:
    fine = icon("map", LIGHT).pixmap(QSize(20, 20), 2.0)
    assert (fine.width(), fine.devicePixelRatio()) == (40, 2.0)


def test_actions_have_icons_that_exist(application: QApplication) -> None:
    assert {one for pair in ICONS.values() for one in pair if one} <= set(names())
    actions = Actions()
    pause = actions.add("pause", "Pause", lambda on: None, group="Time", checkable=True)
    give_icons(actions, LIGHT)
    off, on = (pause.icon().pixmap(QSize(20, 20), QIcon.Mode.Normal, state) for state in QIcon.State)
    assert shape_of(off.toImage()) != shape_of(on.toImage())


def test_figures_are_equally_wide_in_every_role(application: QApplication) -> None:
    for role in Type:
        font = font_of(role, QFont("Sans Serif", 10))
        assert font.featureValue(QFont.Tag("tnum")) == 1
        assert font.pointSizeF() == 10 * role.value[0]


COLOUR = re.compile(r"""["'][^"']*#[0-9a-fA-F]{6}""")


# Sizes other than nothing and a single pixel, and type in stylesheets.
SIZE = re.compile(
    r"""\.(?:setContentsMargins|setSpacing|addSpacing|setMargin|setFixed\w+|setM(?:in|ax)imum(?:Width|Height|Size)"""
    r"""|setPixelSize|setPointSize\w*|self\.resize)\([^()]*\b(?:[2-9]|\d\d+)\b|font-size|\dpx|self\.resize\(\d"""
)
# What is drawn at a size that depends on its text or its room, and what is yet to be changed.
OWN_SIZES = {
    "axes",
    "bar",
    "canvas",
    "device_page",
    "device_tile",
    "legend",
    "map_card",
    "map_marks",
    "panel",
    "watermark",
}


@pytest.mark.parametrize("path", VIEWS, ids=lambda path: path.stem)
def test_no_view_has_sizes_of_its_own(path: Path) -> None:
    found = SIZE.findall(path.read_text(encoding="utf-8"))
    assert found == [] or path.stem in OWN_SIZES


@pytest.mark.parametrize("path", VIEWS, ids=lambda path: path.stem)
def test_no_view_has_a_colour_of_its_own(path: Path) -> None:
    assert COLOUR.findall(path.read_text(encoding="utf-8")) == []


# What is in every font that has letters; the symbols are those of curves beside their axis.
KNOWN = re.compile("[^\x00-\xff–—…’“”●■▲◆▼]")


@pytest.mark.parametrize("path", VIEWS, ids=lambda path: path.stem)
def test_what_is_written_needs_no_glyph_that_a_font_may_lack(path: Path) -> None:
    assert KNOWN.findall(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "room", [(1024, 600), (1366, 768), (1440, 900), (1920, 1080), (1280, 720), (800, 480)]
)
def test_the_first_window_fits_on_the_screen_and_uses_it(room: tuple[int, int]) -> None:
    wide, high = first_size(*room)
    assert wide <= room[0] and high <= room[1] - 40
    assert wide * high >= 0.7 * room[0] * room[1]


def test_the_fleet_takes_less_than_a_third_of_a_usual_window() -> None:
    assert [left_width(width) for width in (1024, 1366, 1920, 2560)] == [372, 410, 480, 563]


@pytest.mark.parametrize("text", ["abc", "1.2e-9", "", "1.2.3", "true"])
def test_what_is_no_plain_number_has_no_decimals(text: str) -> None:
    assert decimals_of(text) is None


def test_decimal_points_are_below_each_other(application: QApplication) -> None:
    delegate, locale = Decimals(), QLocale.c()
    delegate.displayText("13.25", locale)
    shown = [delegate.displayText(text, locale) for text in ("13.25", "190.6", "-7", "n/a")]
    assert [text.strip() for text in shown] == ["13.25", "190.6", "-7", "n/a"]
    metrics = QFontMetricsF(font_of(Type.BODY))
    behind = [
        metrics.horizontalAdvance(text) - metrics.horizontalAdvance(text.partition(".")[0].strip())
        for text in shown[:3]
    ]
    assert max(behind) - min(behind) <= 1.0


def test_every_condition_of_a_source_has_an_icon_that_exists() -> None:
    assert set(SIGNS) == set(Health)
    assert set(SIGNS.values()) <= set(names())
