"""A bar that tells of faults of papaya itself, above the rest of the window, until somebody has seen it."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QGuiApplication
from PyQt6.QtWidgets import QHBoxLayout, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from papaya_gui.faults import Faults
from papaya_gui.labels import plain_label
from papaya_gui.theme import Theme
from papaya_gui.tokens import LOG, XS, M, S, Tone, bar_style, inset
from papaya_gui.views.sign import FAULT, Sign

_LONGEST = 300


class FaultBar(QWidget):
    """Hidden until something goes wrong; the window stays usable while it is shown."""

    def __init__(self, faults: Faults, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("faults")
        self.setAccessibleName(self.tr("Faults of papaya"))
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._faults = faults
        self.words = plain_label()
        self.words.setObjectName("fault-words")
        self.words.setAccessibleName(self.tr("What went wrong"))
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.words.setWordWrap(True)
        self.trace = QPlainTextEdit()
        self.trace.setObjectName("fault-trace")
        self.trace.setAccessibleName(self.tr("Where it went wrong"))
        self.trace.setReadOnly(True)
        self.trace.setTabChangesFocus(True)
        self.trace.setMaximumHeight(LOG)
        self.trace.hide()
        self.details = self._button("fault-details", self.tr("Details"))
        self.details.setCheckable(True)
        self.details.toggled.connect(self.trace.setVisible)
        self.copy = self._button("fault-copy", self.tr("Copy"))
        self.copy.clicked.connect(self._on_copy)
        self.dismiss = self._button("fault-dismiss", self.tr("Dismiss"))
        self.dismiss.clicked.connect(self.hide)
        self.sign = Sign("fault-sign", self)
        line = QHBoxLayout()
        line.setSpacing(S)
        line.addWidget(self.sign)
        line.addWidget(self.words, 1)
        for button in (self.details, self.copy, self.dismiss):
            line.addWidget(button)
        layout = QVBoxLayout(self)
        inset(layout, M, XS, gap=XS)
        layout.addLayout(line)
        layout.addWidget(self.trace)
        self.set_theme(theme)
        self.hide()
        faults.faulted.connect(self._on_faulted)

    def _button(self, name: str, text: str) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(name)
        button.setAccessibleName(text)
        return button

    def set_theme(self, theme: Theme) -> None:
        """Take another look."""
        self.sign.show_icon(FAULT, theme.alarm)
        self.setStyleSheet(bar_style("faults", theme, Tone.ALARM))

    def _on_faulted(self, line: str, text: str) -> None:
        count = self._faults.counts.get(line, 1)
        times = self.tr(" – {} times").format(count) if count > 1 else ""
        short = line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"
        self.words.setText(
            self.tr("Something went wrong in papaya itself: {}{}. The window goes on; the log is {}").format(
                short, times, self._faults.path
            )
        )
        self.trace.setPlainText(text)
        self.show()

    def _on_copy(self) -> None:
        clipboard = QGuiApplication.clipboard()
        if clipboard is not None:
            clipboard.setText(self.trace.toPlainText())
