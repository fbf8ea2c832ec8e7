"""Says in words that the past could not be read, and what to do about it; the plot goes on without."""

from __future__ import annotations

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from papaya.errors import PapayaError
from papaya_gui.labels import plain_label
from papaya_gui.models.series import Series
from papaya_gui.models.texts import bounded
from papaya_gui.sources.signing_in import in_window
from papaya_gui.theme import Theme
from papaya_gui.tokens import XS, M, S, Tone, bar_style, inset
from papaya_gui.views.sign import FAULT, Sign


class Trouble(QWidget):
    """A line with the cause, the remedy and two buttons; `retried` when a person wants to try again."""

    retried = pyqtSignal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("plot-trouble")
        self.setAccessibleName(self.tr("History could not be read"))
        layout = QHBoxLayout(self)
        inset(layout, M, XS, gap=S)
        self.sign = Sign("plot-trouble-sign", self)
        layout.addWidget(self.sign)
        self.text = plain_label(parent=self)
        self.text.setObjectName("plot-trouble-text")
        self.text.setWordWrap(True)
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        layout.addWidget(self.text, 1)
        self.again = QPushButton(self.tr("Try again"), self)
        self.again.setObjectName("plot-trouble-again")
        self.again.setAccessibleName(self.tr("Try to read the history again"))
        self.again.clicked.connect(self._on_again)
        layout.addWidget(self.again)
        close = QPushButton(self.tr("Dismiss"), self)
        close.setObjectName("plot-trouble-dismiss")
        close.setAccessibleName(self.tr("Dismiss this message"))
        close.clicked.connect(self.hide)
        layout.addWidget(close)
        self.setAutoFillBackground(True)
        self.set_theme(theme)
        self.hide()

    def set_theme(self, theme: Theme) -> None:
        """Use other colours from now on."""
        self.sign.show_icon(FAULT, theme.alarm)
        self.setStyleSheet(bar_style("plot-trouble", theme, Tone.ALARM))

    def show_failure(self, series: Series, error: Exception) -> None:
        """Say what happened to the history of a series."""
        message, remedy = error_words(error)
        text = self.tr("The history of {title} of {device} could not be read: {message}.").format(
            title=series.row.title, device=series.row.device, message=message.rstrip(".")
        )
        text = f"{text} {remedy}".strip()
        self.text.setText(text)
        self.text.setAccessibleName(text)
        self.show()

    def _on_again(self) -> None:
        self.hide()
        self.retried.emit()


def error_words(error: Exception) -> tuple[str, str]:
    """Return what happened and what to do about it."""
    if isinstance(error, PapayaError):
        return bounded(in_window(error.message)), bounded(in_window(error.remedy))
    return bounded(f"{type(error).__name__}: {error}"), ""
