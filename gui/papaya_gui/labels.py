"""Labels that show a text as it stands: Qt's own take what looks like HTML for such."""

from __future__ import annotations

import re

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QLabel, QWidget

# A longer word makes a page as wide as itself: Qt breaks lines between words alone. So it may be broken after
# so many letters, at a space without width.
_LONG_WORD = re.compile(r"\S{40,}")
_PART = re.compile(r"\S{20}(?=\S)")
_BREAK = "\u200b"
# A name that is written from right to left begins where the others do.
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignAbsolute | Qt.AlignmentFlag.AlignVCenter


class PlainLabel(QLabel):
    """A label for plain text, which it breaks within long words; `text` is what it was given."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = ""
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setAlignment(_LEFT)
        self.setText(text)

    def setText(self, text: str | None) -> None:
        """Show a text."""
        self._text = text or ""
        super().setText(breakable(self._text))

    def text(self) -> str:
        """Return what is shown."""
        return self._text


def breakable(text: str) -> str:
    """Return a text in which a line can be broken within long words."""
    return _LONG_WORD.sub(lambda found: _PART.sub(rf"\g<0>{_BREAK}", found[0]), text)


def plain_label(text: str = "", parent: QWidget | None = None) -> QLabel:
    """Return a label for plain text, which may be a name that somebody else gave."""
    return PlainLabel(text, parent)
