"""An icon that stands before a text, so that what is wrong is told by shape and colour as well."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QLabel, QWidget

from papaya_gui.icons import pixmap
from papaya_gui.tokens import ICON_SMALL

# The icons of what is told of anywhere in the window.
WARNING, FAULT, DONE, FAILED = (
    "alert-triangle-filled",
    "alert-octagon-filled",
    "circle-check-filled",
    "circle-x-filled",
)


class Sign(QLabel):
    """Shows one icon, or nothing; `icon_name` is the name of the one that is shown."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.icon_name = ""
        self._color = ""
        self.hide()

    def show_icon(self, name: str, color: str) -> None:
        """Show an icon in a colour; without a name, nothing."""
        if (name, color) == (self.icon_name, self._color):
            return
        self.icon_name, self._color = name, color
        if name:
            scale = self.devicePixelRatioF()
            side = round(ICON_SMALL * scale)
            drawn = pixmap(name, color, side, side).copy()
            drawn.setDevicePixelRatio(scale)
            self.setPixmap(drawn)
        self.setVisible(bool(name))
