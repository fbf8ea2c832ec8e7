"""One device: what it is, how it is, a tile for each sensor, its alarms, and what can be done with it."""

from __future__ import annotations

import logging
from functools import partial

from PyQt6.QtCore import Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QShowEvent
from PyQt6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from papaya.errors import PapayaError
from papaya_gui.actions import Actions
from papaya_gui.labels import plain_label
from papaya_gui.models.catalog import Row
from papaya_gui.models.condition import Condition
from papaya_gui.models.device_words import declared_attributes, device_facts
from papaya_gui.sources.remote import About, Alarm
from papaya_gui.sources.signing_in import words_of
from papaya_gui.sources.supply import Past, Supply
from papaya_gui.station import Station
from papaya_gui.theme import Theme
from papaya_gui.tokens import XS, L, M, S, Type, inset, set_type
from papaya_gui.views.alarms import AlarmsView
from papaya_gui.views.calls import CallsView
from papaya_gui.views.device_actions import DeviceActions
from papaya_gui.views.device_parts import AlarmRows, Attributes, CommandRows, Facts, plain
from papaya_gui.views.device_tile import HOUR, SensorTile
from papaya_gui.views.marks import icon_name
from papaya_gui.views.sign import Sign
from papaya_gui.views.symbols import color_of
from papaya_gui.views.throttle import Throttle
from papaya_gui.views.wording import condition_words, translated_words
from papaya_gui.workers import Worker

log = logging.getLogger(__name__)

# More tiles than that are nothing to look at; the table has all readings.
MOST_TILES = 60
_TILE_WIDTH, _REST_MILLISECONDS = 210, 500
# The server is asked about a device so often while its page is looked at.
_ASK_MILLISECONDS = 15_000
_MOST_COMMANDS, _POINTS = 5, 120


class DevicePage(QWidget):
    """Shows the device in focus; it is made when it is first looked at.

    Signal: `plotWanted(str)` when its sensors are to be plotted.
    """

    plotWanted = pyqtSignal(str)

    def __init__(
        self,
        station: Station,
        theme: Theme,
        actions: Actions,
        alarms: AlarmsView,
        calls: CallsView,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("device")
        self.setAccessibleName(self.tr("Device"))
        self._station, self._theme, self._alarms, self._calls = station, theme, alarms, calls
        self._device, self._rows, self._columns = "", 0, 0
        self.tiles: list[SensorTile] = []
        self.about, self._answered, self._failure = About(), "", ""
        self._is_made = False
        self._said, self._conditions = translated_words(), condition_words()
        self.actions_ = DeviceActions(station, actions, self)
        self._seldom = Throttle(self._bring, _REST_MILLISECONDS, self)
        self._worker = Worker("device", self)
        self._worker.done.connect(self._on_done)
        self._worker.failed.connect(self._on_failed)
        self._timer = QTimer(self)
        self._timer.setInterval(_ASK_MILLISECONDS)
        self._timer.timeout.connect(self._ask)
        for signal in (station.ticked, station.deviceChanged, station.conditionChanged, calls.told):
            signal.connect(self._seldom.ask)
        alarms.changed.connect(self._seldom.ask)

    def _make(self) -> None:
        self._is_made = True
        self.sign, self.title, self.subtitle = Sign("device-sign"), plain(), plain()
        self.title.setObjectName("device-title")
        set_type(self.title, Type.TITLE)
        self.facts = Facts("device-facts", self.tr("What is known of the device"))
        self.raised = AlarmRows("device-alarms", self.tr("Server alarms of the device"))
        self.raised.acknowledgeWanted.connect(lambda alarm: self._alarms.acknowledge_these([alarm]))
        self.raised.clearWanted.connect(lambda alarm: self._alarms.clear_these([alarm]))
        self.commands = CommandRows("device-commands", self.tr("Commands sent to the device"))
        self.attributes, self.words = Attributes(self._station.now), plain()
        self.words.setObjectName("device-words")
        self.words.setWordWrap(True)
        self.plot = self.actions_.button("plot", self.tr("Plot its sensors"), "chart-line")
        self.plot.clicked.connect(lambda: self.plotWanted.emit(self._device))
        self.find_device = self.actions_.finder()
        head, buttons = QHBoxLayout(), QGridLayout()
        for row in (head, buttons):
            inset(row, 0, gap=S)
        names = QVBoxLayout()
        inset(names, 0, gap=XS)
        for label in (self.title, self.subtitle):
            names.addWidget(label)
        names.addWidget(self.find_device, 0, Qt.AlignmentFlag.AlignLeft)
        head.addWidget(self.sign, 0, Qt.AlignmentFlag.AlignTop)
        head.addLayout(names, 1)
        self._headings: list[QLabel] = []
        self._buttons, self._tools, self._across = buttons, (self.plot, *self.actions_.buttons()), 0
        self._inside = QWidget()
        self._grid = QGridLayout()
        inset(self._grid, 0, gap=S)
        column = QVBoxLayout(self._inside)
        inset(column, M, gap=S)
        column.addLayout(head)
        column.addLayout(buttons)
        for heading, part in (
            ("", self.facts),
            (self.tr("Alarms"), self.raised),
            (self.tr("Sensors"), self._grid),
            (self.tr("Commands"), self.commands),
            (self.tr("Attributes"), self.words),
            ("", self.attributes),
        ):
            if heading:
                column.addSpacing(S)
                self._headings.append(_heading(heading))
                column.addWidget(self._headings[-1])
            if isinstance(part, QWidget):
                column.addWidget(part)
            else:
                column.addLayout(part)
        column.addStretch(1)
        self.area = QScrollArea()
        self.area.setObjectName("device-area")
        self.area.setAccessibleName(self.tr("The device and its sensors"))
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QScrollArea.Shape.NoFrame)
        self.area.setWidget(self._inside)
        whole = QVBoxLayout(self)
        inset(whole, 0)
        whole.addWidget(self.area)
        self.actions_.set_theme(self._theme)

    def set_theme(self, theme: Theme) -> None:
        """Take another look."""
        self._theme = theme
        self.actions_.set_theme(theme)
        self._seldom.ask()

    def stop(self) -> None:
        """Ask for nothing more."""
        self._timer.stop()
        self._worker.close(0.2)

    def showEvent(self, event: QShowEvent | None) -> None:
        """Be up to date where one looks."""
        super().showEvent(event)
        if not self._is_made:
            self._make()
        self._bring()
        self._ask()
        self._timer.start()

    # Asking

    def _ask(self) -> None:
        """Ask the server about the device that is looked at."""
        remote, device = self._station.supply.remote, self._device
        if not self.isVisible():
            self._timer.stop()
        elif remote is not None and device:
            self._worker.submit(device, lambda: remote.about(device) if device == self._device else None)

    def _ask_for_past(self) -> None:
        """Ask for the last hour of each tile, one after the other; who turns away waits for none."""
        supply, device, now = self._station.supply, self._device, self._station.moment
        if not supply.has_history:
            return
        for tile in self.tiles:
            self._worker.submit(tile, partial(self._past_of, supply, tile.row, device, now))

    def _past_of(self, supply: Supply, row: Row, device: str, now: float) -> Past | None:
        return supply.history(row, now - HOUR, now, _POINTS) if device == self._device else None

    def _on_done(self, token: object, found: object) -> None:
        if isinstance(found, About) and token == self._device:
            self.about, self._answered, self._failure = found, self._device, ""
            self._seldom.ask()
        elif isinstance(found, Past) and token in self.tiles and isinstance(token, SensorTile):
            token.past = found
            token.bring(self._theme)

    def _on_failed(self, token: object, error: Exception) -> None:
        if not isinstance(error, PapayaError):
            log.error("asking about a device failed", exc_info=error)
        if token == self._device:
            self._failure = words_of(error)
            self._seldom.ask()

    def _words(self) -> str:
        """Return what is said above the attributes: whether they have been read, and why not."""
        if self._station.supply.remote is None:
            return ""
        if self._failure:
            told = self.tr("The server did not tell about this device: {}").format(self._failure)
            is_old = self._answered == self._device
            return f"{told}\n{self.tr('What is shown below may be out of date.')}" if is_old else told
        if self._answered != self._device:
            return self.tr("Asking the server…")
        return "" if self.about.attributes else self.tr("No attributes.")

    # Showing

    def _bring(self) -> None:
        if not self.isVisible() or not self._is_made:
            return
        station, name = self._station, self._station.device
        name = name if station.catalog.has_device(name) else ""
        self._turn_to(name)
        parts = self.facts, self.raised, self.commands, self.words, self.attributes
        for part in (*parts, *self._headings, *self._tools):
            part.setVisible(bool(name))
        self.find_device.setVisible(not name)
        if not name:
            self.title.setText(self.tr("No device is chosen"))
            self.subtitle.setText(self.tr("Choose a device in the tree, or press Ctrl+K."))
            self.sign.show_icon("", "")
            return
        self._lay_buttons()
        device, rows, now = station.catalog.device(name), station.catalog.rows_of(name), station.now()
        judged = station.judged()
        worst = Condition(int(judged.worst[judged.numbers[name]]))
        self.sign.show_icon(icon_name(worst), color_of(worst, self._theme))
        standing = judged.standing.get(judged.numbers[name], "")
        told = dict.fromkeys(filter(None, (self._conditions[worst], standing)))
        self.title.setText(name)
        self.subtitle.setText(", ".join(told))
        self.sign.setAccessibleName(self.subtitle.text())
        self.plot.setEnabled(bool(rows))
        self.facts.show_facts(
            device_facts(device, rows, station.board, self._said, self.about, now), self._theme
        )
        self.raised.show_alarms(self.own_alarms(), now, self._theme)
        self.commands.show_commands(self._calls.of(name, _MOST_COMMANDS), self._theme)
        shown = self.about.attributes or declared_attributes(device)
        self.attributes.show_attributes(shown)
        self.attributes.setVisible(bool(shown))
        self.words.setText(self._words())
        self.words.setVisible(bool(self.words.text()))
        for tile in self.tiles:
            tile.bring(self._theme)

    def _lay_buttons(self) -> None:
        """Put the buttons into one row, or into two where that is too wide."""
        needed = sum(button.sizeHint().width() + S for button in self._tools)
        across = len(self._tools) if needed <= self.area.width() - 2 * L else 3
        if across != self._across:
            self._buttons.setColumnStretch(self._across, 0)
            self._across = across
            for number, button in enumerate(self._tools):
                self._buttons.addWidget(button, number // across, number % across)
            self._buttons.setColumnStretch(across, 1)

    def own_alarms(self) -> list[Alarm]:
        """Return the server's alarms of the device that is shown."""
        return self._alarms.of(self._device)

    def _turn_to(self, name: str) -> None:
        """Make the tiles of another device, or lay them out anew."""
        rows = self._station.catalog.rows_of(name)[:MOST_TILES] if name else ()
        columns = max(min((self.area.width() - 2 * L) // _TILE_WIDTH, len(rows)), 1)
        is_other = name != self._device
        if is_other:
            self._device, self.about, self._answered, self._failure = name, About(), "", ""
            self.area.ensureVisible(0, 0)
        if is_other or len(rows) != self._rows:
            for old in self.tiles:
                old.hide()
                old.deleteLater()
            self.tiles = [SensorTile(self._station, row, self._inside) for row in rows]
            self._columns = 0
            self._ask_for_past()
        if is_other and name:
            self._ask()
        if columns != self._columns:
            self._rows, self._columns = len(rows), columns
            for column in range(max(columns, self._grid.columnCount())):
                self._grid.setColumnStretch(column, int(column < columns))
            for number, tile in enumerate(self.tiles):
                self._grid.addWidget(tile, number // columns, number % columns)


def _heading(text: str) -> QLabel:
    label = plain_label(text)
    set_type(label, Type.HEADING)
    return label
