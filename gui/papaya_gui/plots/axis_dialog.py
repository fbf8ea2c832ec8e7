"""Asks for the lowest and the highest value of an axis."""

from __future__ import annotations

import math

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QIcon
from PyQt6.QtWidgets import QDialog, QDialogButtonBox, QFormLayout, QLineEdit, QWidget

from papaya_gui.labels import plain_label
from papaya_gui.models.scale import Scale
from papaya_gui.tokens import NARROW


class AxisDialog(QDialog):
    """Two lines to write into; `chosen(Scale)` once they make sense and are confirmed."""

    chosen = pyqtSignal(object)

    def __init__(self, unit: str, scale: Scale, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("plot-axis-dialog")
        self.setWindowTitle(self.tr("Range of the Y axis"))
        self.setAccessibleName(self.windowTitle())
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        form = QFormLayout(self)
        self.high = self._line("plot-axis-high", self.tr("Highest value"), scale.high)
        self.low = self._line("plot-axis-low", self.tr("Lowest value"), scale.low)
        ending = f" ({unit})" if unit else ""
        form.addRow(self.high.accessibleName() + ending, self.high)
        form.addRow(self.low.accessibleName() + ending, self.low)
        self.fault = plain_label(parent=self)
        self.fault.setObjectName("plot-axis-fault")
        self.fault.setWordWrap(True)
        self.fault.hide()
        form.addRow(self.fault)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel, parent=self
        )
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        for button in buttons.buttons():
            # The style's pictures are made for light windows.
            button.setIcon(QIcon())
        form.addRow(buttons)
        self.setMinimumWidth(NARROW)
        self.high.selectAll()

    def _line(self, name: str, text: str, value: float) -> QLineEdit:
        line = QLineEdit(f"{value:.6g}", self)
        line.setObjectName(name)
        line.setAccessibleName(text)
        return line

    def accept(self) -> None:
        """Take what is written, or say what is wrong with it."""
        low, high = _number(self.low.text()), _number(self.high.text())
        if low is None or high is None:
            self._say(self.tr("Write two numbers, for example 0 and 25.5."))
        elif not low < high:
            self._say(self.tr("The highest value must be above the lowest."))
        else:
            super().accept()
            self.chosen.emit(Scale(low, high).moved(0.0))

    def _say(self, text: str) -> None:
        self.fault.setText(text)
        self.fault.setAccessibleName(text)
        self.fault.show()
        # A text of several lines needs more height than the dialog had.
        layout = self.layout()
        if layout is not None:
            layout.activate()
            self.resize(self.width(), max(self.height(), layout.totalHeightForWidth(self.width())))


def _number(text: str) -> float | None:
    try:
        number = float(text.strip().replace(",", "."))
    except ValueError:
        return None
    return number if math.isfinite(number) else None
