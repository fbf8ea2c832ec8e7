"""Labels that show a text as it stands: Qt's own take what looks like HTML for such."""

from __future__ import annotations

import html
import re

from PyQt6.QtCore import QSize, Qt
from PyQt6.QtGui import (
    QClipboard,
    QContextMenuEvent,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PyQt6.QtWidgets import QLabel, QMenu, QWidget

# So many letters of a text that is elided are always seen.
_FEWEST = 8
# A longer word widens the page, because Qt breaks lines only between words. So it may be broken after so many
# letters, at a space without width.
_LONG_WORD = re.compile(r"\S{40,}")
_PART = re.compile(r"\S{20}(?=\S)")
_BREAK = "\u200b"
# A name that is written from right to left begins where the others do.
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignAbsolute | Qt.AlignmentFlag.AlignVCenter


class PlainLabel(QLabel):
    """A label for plain text, which it breaks within long words; `text` is what it was given.

    What is copied of it has no breaks.
    """

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

    def selectedText(self) -> str:
        """Return what is selected, as it was given."""
        if not self.hasSelectedText():
            return ""
        return given(self._text, self.selectionStart(), _units(super().selectedText()))

    def copy(self, mode: QClipboard.Mode = QClipboard.Mode.Clipboard) -> None:
        """Copy what is selected, as it was given."""
        clipboard = QGuiApplication.clipboard()
        if clipboard is not None and self.hasSelectedText():
            clipboard.setText(self.selectedText(), mode)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Copy by the usual keys."""
        if event is not None and event.matches(QKeySequence.StandardKey.Copy) and self.hasSelectedText():
            self.copy()
            event.accept()
            return
        super().keyPressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        """Offer what is selected to the middle button, where the desktop has that."""
        super().mouseReleaseEvent(event)
        clipboard = QGuiApplication.clipboard()
        if clipboard is not None and clipboard.supportsSelection():
            self.copy(QClipboard.Mode.Selection)

    def contextMenuEvent(self, event: QContextMenuEvent | None) -> None:
        """Show a menu that copies."""
        if event is None or not self.textInteractionFlags() & Qt.TextInteractionFlag.TextSelectableByMouse:
            super().contextMenuEvent(event)
            return
        menu = self.menu()
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(event.globalPos())

    def menu(self) -> QMenu:
        """Return the menu that copies what is selected, or selects everything."""
        menu = QMenu(self)
        copy = menu.addAction(self.tr("Copy"))
        everything = menu.addAction(self.tr("Select all"))
        if copy is not None and everything is not None:
            copy.setEnabled(self.hasSelectedText())
            copy.triggered.connect(lambda: self.copy())
            everything.triggered.connect(lambda: self.setSelection(0, _units(breakable(self._text))))
        return menu


class ElidedLabel(PlainLabel):
    """A label of one line that elides what it has no room for; its tool tip then has the whole text."""

    def minimumSizeHint(self) -> QSize:
        """Return room for a few letters: a long name does not widen the window."""
        hint = super().minimumSizeHint()
        return QSize(min(hint.width(), self.fontMetrics().horizontalAdvance("n" * _FEWEST)), hint.height())

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Have a tool tip where the text is cut."""
        super().resizeEvent(event)
        is_cut = self.fontMetrics().horizontalAdvance(self._text) > self.contentsRect().width()
        # A tool tip takes what looks like HTML for such.
        self.setToolTip(f"<qt>{html.escape(self._text)}</qt>" if is_cut else "")

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Draw the text, elided at its end."""
        painter, area = QPainter(self), self.contentsRect()
        shown = self.fontMetrics().elidedText(self._text, Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, self.alignment().value, shown)
        painter.end()


def breakable(text: str) -> str:
    """Return a text in which a line can be broken within long words."""
    return _LONG_WORD.sub(lambda found: _PART.sub(rf"\g<0>{_BREAK}", found[0]), text)


def given(text: str, start: int, length: int) -> str:
    """Return the part of a text that a part of its breakable form stands for.

    Start and length are in UTF-16 units, as Qt counts.
    """
    told, place, at = list[str](), 0, 0
    for letter in breakable(text):
        is_own = place < len(text) and text[place] == letter
        if is_own:
            place += 1
            if start <= at < start + length:
                told.append(letter)
        at += _units(letter)
    return "".join(told)


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def plain_label(text: str = "", parent: QWidget | None = None) -> PlainLabel:
    """Return a label for plain text, which may be a name that somebody else gave."""
    return PlainLabel(text, parent)
