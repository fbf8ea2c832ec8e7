"""The icons of the window: shapes of one set (Tabler Icons), in the colours of the theme, at any scale."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from PyQt6.QtCore import QByteArray, QPoint, QRect, QSize, Qt
from PyQt6.QtGui import QIcon, QIconEngine, QPainter, QPixmap
from PyQt6.QtSvg import QSvgRenderer

from papaya_gui.theme import Theme

_FRAME = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="24" height="24" viewBox="0 0 24 24" {look}>{shape}</svg>'
)
_LINES = 'fill="none" stroke="{color}" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"'
_AREA = 'fill="{color}"'
_FILLED = "-filled"


@cache
def _data() -> Mapping[str, Any]:
    read: Mapping[str, Any] = json.loads(
        files("papaya_gui").joinpath("data", "icons.json").read_text(encoding="utf-8")
    )
    return read


def origin() -> Mapping[str, str]:
    """Return the package that the icons are from: `package`, `version`, `license`."""
    found: Mapping[str, str] = _data()["origin"]
    return found


def names() -> tuple[str, ...]:
    """Return the name of every icon; those that end with `-filled` are areas, the others lines."""
    return tuple(_data()["shapes"])


@lru_cache(maxsize=1024)
def pixmap(name: str, color: str, width: int, height: int) -> QPixmap:
    """Return an icon in a colour, in pixels of the screen; raise a KeyError for a name that is unknown."""
    shape = _data()["shapes"][name].replace("currentColor", color)
    look = (_AREA if name.endswith(_FILLED) else _LINES).format(color=color)
    drawn = QPixmap(width, height)
    drawn.fill(Qt.GlobalColor.transparent)
    painter = QPainter(drawn)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    QSvgRenderer(QByteArray(_FRAME.format(look=look, shape=shape).encode())).render(painter)
    painter.end()
    return drawn


class _Engine(QIconEngine):
    """Draws an icon when it is first seen, at the size and scale that is wanted then."""

    def __init__(self, name: str, color: str, disabled: str, on_name: str, on_color: str) -> None:
        super().__init__()
        self._given = name, color, disabled, on_name, on_color

    def clone(self) -> QIconEngine:
        """Return another one that draws the same."""
        return _Engine(*self._given)

    def paint(self, painter: QPainter | None, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        """Draw into a square of device-independent pixels."""
        if painter is None:
            return
        device = painter.device()
        scale = device.devicePixelRatio() if device is not None else 1.0
        drawn = self.pixmap(rect.size() * scale, mode, state)
        painter.drawPixmap(rect, drawn)

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        """Return the picture in pixels of the screen."""
        name, color, disabled, on_name, on_color = self._given
        if state is QIcon.State.On:
            name, color = on_name, on_color
        if mode is QIcon.Mode.Disabled:
            color = disabled
        return pixmap(name, color, max(size.width(), 1), max(size.height(), 1))


@lru_cache(maxsize=512)
def icon(name: str, theme: Theme, color: str = "", *, on: str = "", on_color: str = "") -> QIcon:
    """Return an icon in the colour of text or another; `on` and `on_color` while what it is on is checked."""
    if name not in _data()["shapes"]:
        raise KeyError(name)
    color = color or theme.text
    return QIcon(_Engine(name, color, theme.muted, on or name, on_color or color))


def draw(painter: QPainter, name: str, color: str, place: QPoint, side: int) -> None:
    """Draw an icon with its upper left corner at a place, `side` device-independent pixels wide."""
    device = painter.device()
    scale = device.devicePixelRatio() if device is not None else 1.0
    drawn = pixmap(name, color, round(side * scale), round(side * scale))
    painter.drawPixmap(QRect(place, QSize(side, side)), drawn)
