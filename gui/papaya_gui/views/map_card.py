"""The card of one device on the map: what it is, how it is, and its way to the plot."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from papaya_gui.labels import plain_label
from papaya_gui.theme import Theme

_WIDEST = 320


class DeviceCard(QFrame):
    """Lies over the map; `plotWanted(device)` and `closed()` are its buttons."""

    plotWanted = pyqtSignal(str)
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
        plot = QPushButton(self.tr("Plot its sensors"))
        plot.setObjectName("map-card-plot")
        plot.clicked.connect(lambda: self.plotWanted.emit(self.device))
        close = QPushButton(self.tr("Close"))
        close.setObjectName("map-card-close")
        close.clicked.connect(self._on_close)
        buttons = QHBoxLayout()
        buttons.addWidget(plot)
        buttons.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(8)
        column.addWidget(self._title)
        column.addWidget(self._words)
        column.addLayout(buttons)
        self.setMaximumWidth(_WIDEST)
        self.set_theme(theme)
        self.hide()

    def set_theme(self, theme: Theme) -> None:
        """Take another look."""
        self.setStyleSheet(
            f"#map-card {{ background: {theme.base}; border: 1px solid {theme.edge}; border-radius: 4px }}"
            f" #map-card-title {{ color: {theme.text}; font-weight: bold }}"
            f" #map-card-words {{ color: {theme.text} }}"
        )

    def show_device(self, device: str, lines: Sequence[str]) -> None:
        """Show a device and what is said of it; a card that is open already follows quietly."""
        words = "\n".join(lines)
        if (device, words) == (self.device, self._words.text()) and not self.isHidden():
            return
        self.device = device
        self._title.setText(device)
        self._words.setText(words)
        self.adjustSize()
        self.show()
        self.raise_()

    def _on_close(self) -> None:
        self.hide()
        self.closed.emit()
