"""Asks for the length of the time window."""

from __future__ import annotations

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QLineEdit, QVBoxLayout, QWidget

from papaya_gui.models.window import parsed_span, span_text


class SpanDialog(QDialog):
    """A line to write into; `chosen(seconds)` once it makes sense and is confirmed."""

    chosen = pyqtSignal(float)

    def __init__(self, seconds: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("plot-span-dialog")
        self.setWindowTitle(self.tr("Time window"))
        self.setAccessibleName(self.windowTitle())
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        layout = QVBoxLayout(self)
        label = QLabel(self.tr("Show the &last (for example 90 s, 45 min, 2 h, 3 d):"), self)
        self.line = QLineEdit(span_text(seconds), self)
        self.line.setObjectName("plot-span")
        self.line.setAccessibleName(self.tr("Length of the time window"))
        self.line.selectAll()
        label.setBuddy(self.line)
        self.fault = QLabel(self)
        self.fault.setObjectName("plot-span-fault")
        self.fault.setWordWrap(True)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel, parent=self
        )
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        for widget in (label, self.line, self.fault, buttons):
            layout.addWidget(widget)

    def accept(self) -> None:
        """Take what is written, or say what is wrong with it."""
        seconds = parsed_span(self.line.text())
        if seconds is None:
            text = self.tr("“{text}” is no length of time: write a number and s, min, h or d.")
            self.fault.setText(text.format(text=self.line.text()))
            self.fault.setAccessibleName(self.fault.text())
            self.line.setFocus()
            return
        super().accept()
        self.chosen.emit(seconds)
