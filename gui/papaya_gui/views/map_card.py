"""The card of one device on the map: what it is, how it is, and its way to the plot."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import Qt, pyqtBoundSignal, pyqtSignal
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from papaya_gui.labels import plain_label
from papaya_gui.theme import Theme

_WIDEST = 320


class DeviceCard(QFrame):
    """Lies over the map; its buttons are signals with the device, and `closed()`."""

    plotWanted = pyqtSignal(str)
    pageWanted = pyqtSignal(str)
    acknowledgeWanted = pyqtSignal(str)
    clearWanted = pyqtSignal(str)
    closed = pyqtSignal()

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("map-card")
        self.setAccessibleName(self.tr("Device on the map"))
        self.device = ""
        self._title = plain_label()
        self._title.setObjectName("map-card-title")
        self._words = plain_label()
        self._words.setObjectName("map-card-words")
        for label in (self._title, self._words):
            # Names come from a manifest or a server, and may hold anything.
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
        self._words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        buttons, others = QHBoxLayout(), QHBoxLayout()
        self._acknowledge = self._button("acknowledge", self.tr("Acknowledge"), self.acknowledgeWanted)
        self._clear = self._button("clear", self.tr("Clear"), self.clearWanted)
        for row, button in (
            (buttons, self._button("page", self.tr("Device page"), self.pageWanted)),
            (buttons, self._button("plot", self.tr("Plot its sensors"), self.plotWanted)),
            (others, self._acknowledge),
            (others, self._clear),
        ):
            row.addWidget(button)
        close = QPushButton(self.tr("Close"))
        close.setObjectName("map-card-close")
        close.clicked.connect(self._on_close)
        buttons.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(8)
        column.addWidget(self._title)
        column.addWidget(self._words)
        column.addLayout(others)
        column.addLayout(buttons)
        self.setMaximumWidth(_WIDEST)
        self.set_theme(theme)
        self.hide()

    def _button(self, name: str, text: str, wanted: pyqtBoundSignal) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(f"map-card-{name}")
        button.clicked.connect(lambda: wanted.emit(self.device))
        return button

    def set_theme(self, theme: Theme) -> None:
        """Take another look."""
        self.setStyleSheet(
            f"#map-card {{ background: {theme.base}; border: 1px solid {theme.edge}; border-radius: 4px }}"
            f" #map-card-title {{ color: {theme.text}; font-weight: bold }}"
            f" #map-card-words {{ color: {theme.text} }}"
        )

    def show_device(self, device: str, lines: Sequence[str], *, has_alarms: bool = False) -> None:
        """Show a device and what is said of it; a card that is open already follows quietly."""
        words = "\n".join(lines)
        shown = self.device, self._words.text(), self._acknowledge.isVisibleTo(self)
        if (device, words, has_alarms) == shown and not self.isHidden():
            return
        self._acknowledge.setVisible(has_alarms)
        self._clear.setVisible(has_alarms)
        self.device = device
        self._title.setText(device)
        self._words.setText(words)
        self.adjustSize()
        self.show()
        self.raise_()

    def _on_close(self) -> None:
        self.hide()
        self.closed.emit()
