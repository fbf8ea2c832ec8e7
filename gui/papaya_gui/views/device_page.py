"""One device: what it is, how it is, a tile for each sensor, its alarms, and what can be done with it."""

from __future__ import annotations

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QShowEvent
from PyQt6.QtWidgets import QGridLayout, QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from papaya_gui.actions import Actions
from papaya_gui.labels import plain_label
from papaya_gui.models.alarms import age_text, severity_text, status_text
from papaya_gui.models.device_words import device_lines
from papaya_gui.sources.remote import Alarm
from papaya_gui.station import Station
from papaya_gui.theme import Theme
from papaya_gui.views.alarms import AlarmsView
from papaya_gui.views.device_tile import SensorTile
from papaya_gui.views.throttle import Throttle
from papaya_gui.views.wording import translated_words

# More tiles than that are nothing to look at; the table has all readings.
MOST_TILES = 60
_TILE_WIDTH, _REST_MILLISECONDS = 210, 500


class DevicePage(QWidget):
    """Shows the device in focus; its tiles are made when the page is first looked at.

    Signal: `plotWanted(str)` when its sensors are to be plotted.
    """

    plotWanted = pyqtSignal(str)

    def __init__(
        self,
        station: Station,
        theme: Theme,
        actions: Actions,
        alarms: AlarmsView,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("device")
        self.setAccessibleName(self.tr("Device"))
        self._station, self._theme, self._alarms = station, theme, alarms
        self._device, self._rows, self._columns = "", 0, 0
        self.tiles: list[SensorTile] = []
        self._said = translated_words()
        self._seldom = Throttle(self._bring, _REST_MILLISECONDS, self)
        self.title, self.words, self.raised = plain_label(), plain_label(), plain_label()
        for label, name in ((self.title, "title"), (self.words, "words"), (self.raised, "alarms")):
            label.setObjectName(f"device-{name}")
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.title.setStyleSheet("font-size: 20px; font-weight: bold")
        self._build(actions)
        station.ticked.connect(self._seldom.ask)
        station.deviceChanged.connect(self._seldom.ask)
        station.conditionChanged.connect(self._seldom.ask)

    def _build(self, actions: Actions) -> None:
        self.plot = self._button("plot", self.tr("Plot its sensors"))
        self.plot.clicked.connect(lambda: self.plotWanted.emit(self._device))
        self.acknowledge = self._button("acknowledge", self.tr("Acknowledge alarms"))
        self.acknowledge.clicked.connect(lambda: self._alarms.acknowledge_these(self._own_alarms()))
        self.clear = self._button("clear", self.tr("Clear alarms"))
        self.clear.clicked.connect(lambda: self._alarms.clear_these(self._own_alarms()))
        first, second = QHBoxLayout(), QHBoxLayout()
        first.addWidget(self.plot)
        for name in ("call-ping", "call-identify"):
            action = actions[name]
            button = self._button(name, action.text())
            button.setEnabled(action.isEnabled())
            button.clicked.connect(action.trigger)
            action.enabledChanged.connect(button.setEnabled)
            first.addWidget(button)
        for button in (self.acknowledge, self.clear):
            second.addWidget(button)
        self._inside = QWidget()
        self._grid = QGridLayout()
        self._grid.setSpacing(8)
        column = QVBoxLayout(self._inside)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(12)
        column.addWidget(self.title)
        column.addWidget(self.words)
        column.addLayout(first)
        column.addWidget(self.raised)
        column.addLayout(second)
        column.addLayout(self._grid)
        column.addStretch(1)
        for row in (first, second):
            row.addStretch(1)
        self.area = QScrollArea()
        self.area.setObjectName("device-area")
        self.area.setAccessibleName(self.tr("The device and its sensors"))
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QScrollArea.Shape.NoFrame)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setWidget(self._inside)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.area)

    def _button(self, name: str, text: str) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(f"device-{name}")
        button.setAccessibleName(text)
        return button

    def set_theme(self, theme: Theme) -> None:
        """Take another look."""
        self._theme = theme
        self._seldom.ask()

    def showEvent(self, event: QShowEvent | None) -> None:
        """Be up to date where one looks."""
        super().showEvent(event)
        self._bring()

    def _own_alarms(self) -> list[Alarm]:
        return [alarm for alarm in self._alarms.alarms if alarm.device == self._device]

    def _bring(self) -> None:
        if not self.isVisible():
            return
        station, name = self._station, self._station.device
        is_device = station.catalog.has_device(name)
        rows = station.catalog.rows_of(name)[:MOST_TILES] if is_device else ()
        columns = max((self.area.width() - 24) // _TILE_WIDTH, 1)
        if (name, len(rows), columns) != (self._device, self._rows, self._columns):
            self._device, self._rows, self._columns = name, len(rows), columns
            for old in self.tiles:
                old.hide()
                old.deleteLater()
            self.tiles = [SensorTile(station, row, self._inside) for row in rows]
            for number, tile in enumerate(self.tiles):
                self._grid.addWidget(tile, number // columns, number % columns)
        self.title.setText(name if is_device else self.tr("No device is chosen"))
        self.plot.setEnabled(bool(rows))
        device = station.catalog.device(name) if is_device else None
        lines = device_lines(device, rows, station.board, self._said) if device is not None else ()
        self.words.setText("\n".join(lines) or self.tr("Choose a device in the tree, or press Ctrl+K."))
        alarms = self._own_alarms()
        now = station.now()
        told = [
            f"{severity_text(one)}: {one.kind}, {age_text(now - one.created)}, {status_text(one)}"
            for one in alarms
        ]
        self.raised.setText("\n".join(told) or self.tr("No server alarms."))
        self.acknowledge.setVisible(any(not one.is_acknowledged for one in alarms))
        self.clear.setVisible(any(one.is_active for one in alarms))
        for tile in self.tiles:
            tile.bring(self._theme)
