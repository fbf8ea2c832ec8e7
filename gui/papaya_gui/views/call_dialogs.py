"""Dialogs for commands that need parameters: how to blink, how often to read."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtGui import QIcon
from PyQt6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFormLayout,
    QSpinBox,
    QWidget,
)

from papaya_gui.models.calls import COLORS, Call, identify, set_interval
from papaya_gui.models.catalog import Row
from papaya_gui.views.heard import name_parts

SHORTEST_INTERVAL, LONGEST_INTERVAL = 0.1, 86_400.0


class _CallDialog(QDialog):
    """Fields, and buttons that call or do not; stays beside the window without holding it up."""

    def __init__(self, name: str, title: str, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setWindowTitle(title)
        self.setAccessibleName(title)
        self.form = QFormLayout(self)
        self.buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        self.buttons.setObjectName(f"{name}-buttons")
        self.buttons.setAccessibleName(self.tr("Send or cancel"))
        ok = self.buttons.button(QDialogButtonBox.StandardButton.Ok)
        if ok is not None:
            ok.setText(self.tr("Send"))
        for button in self.buttons.buttons():
            # The style's pictures are made for light windows.
            button.setIcon(QIcon())
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)

    def row(self, name: str, title: str, field: QWidget) -> None:
        """Add a field."""
        field.setObjectName(name)
        field.setAccessibleName(title)
        self.form.addRow(title, field)
        name_parts(self)


class IdentifyDialog(_CallDialog):
    """How a device is to show where it is."""

    def __init__(self, device: str, parent: QWidget | None = None) -> None:
        super().__init__("identify", "", parent)
        self.setWindowTitle(self.tr("Identify {}").format(device))
        self._device = device
        self.color = QComboBox()
        self.color.addItems(COLORS)
        self.on, self.off = self._milliseconds(), self._milliseconds()
        self.brightness = QSpinBox()
        self.brightness.setRange(0, 255)
        self.brightness.setValue(255)
        self.row("identify-color", self.tr("Color"), self.color)
        self.row("identify-on", self.tr("On for"), self.on)
        self.row("identify-off", self.tr("Off for"), self.off)
        self.row("identify-brightness", self.tr("Brightness"), self.brightness)
        self.form.addRow(self.buttons)

    def _milliseconds(self) -> QSpinBox:
        field = QSpinBox()
        field.setRange(1, 10_000)
        field.setSingleStep(100)
        field.setValue(500)
        field.setSuffix(" ms")
        return field

    def call(self) -> Call:
        """Return the call as it was filled in."""
        return identify(
            self._device, self.color.currentText(), self.on.value(), self.off.value(), self.brightness.value()
        )


class IntervalDialog(_CallDialog):
    """How often a sensor is to be read."""

    def __init__(self, device: str, rows: Sequence[Row], parent: QWidget | None = None) -> None:
        super().__init__("set-interval", "", parent)
        self.setWindowTitle(self.tr("Interval of a sensor of {}").format(device))
        self._device = device
        self.sensor = QComboBox()
        for row in rows:
            self.sensor.addItem(f"{row.title} ({row.sensor.key})", row)
        self.seconds = QDoubleSpinBox()
        self.seconds.setRange(SHORTEST_INTERVAL, LONGEST_INTERVAL)
        self.seconds.setDecimals(1)
        self.seconds.setSuffix(" s")
        self.own = QCheckBox(self.tr("Interval from the manifest"))
        self.own.toggled.connect(self.seconds.setDisabled)
        self.sensor.currentIndexChanged.connect(self._on_sensor)
        self.row("set-interval-sensor", self.tr("Sensor"), self.sensor)
        self.row("set-interval-seconds", self.tr("Read every"), self.seconds)
        self.row("set-interval-own", "", self.own)
        self.own.setAccessibleName(self.own.text())
        self.form.addRow(self.buttons)
        ok = self.buttons.button(QDialogButtonBox.StandardButton.Ok)
        if ok is not None:
            ok.setEnabled(bool(rows))
        self._on_sensor()

    def _on_sensor(self) -> None:
        row = self.sensor.currentData()
        if isinstance(row, Row):
            self.seconds.setValue(row.every)

    def call(self) -> Call:
        """Return the call as it was filled in."""
        row = self.sensor.currentData()
        key = row.sensor.key if isinstance(row, Row) else ""
        return set_interval(self._device, key, None if self.own.isChecked() else self.seconds.value())
