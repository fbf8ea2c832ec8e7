"""The field above a list that is searched with it: keys lead from one to the other."""

from __future__ import annotations

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import QLineEdit, QToolButton, QWidget


class SearchLine(QLineEdit):
    """Escape clears it.

    Signals: `listWanted` on the arrow down, `entered` on Enter.
    """

    listWanted = pyqtSignal()
    entered = pyqtSignal()

    def __init__(self, name: str, title: str, hint: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setPlaceholderText(hint)
        self.setClearButtonEnabled(True)
        for button in self.findChildren(QToolButton):
            button.setAccessibleName(self.tr("Clear: {}").format(title))

    def begin(self) -> None:
        """Take the keys for another search."""
        self.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.selectAll()

    def type_on(self, text: str) -> None:
        """Take the keys, and what was typed into the list."""
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        self.setText(self.text() + text)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Let the arrow down lead to the list, Enter to what is found, and Escape clear it."""
        key = event.key() if event is not None else None
        if key == Qt.Key.Key_Escape and self.text():
            self.clear()
        elif key == Qt.Key.Key_Down:
            self.listWanted.emit()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.entered.emit()
        else:
            super().keyPressEvent(event)
