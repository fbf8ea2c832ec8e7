"""The line below everything: the source and its condition, what comes from it, the server, the manifest."""

from __future__ import annotations

import time

from PyQt6.QtCore import Qt, QTimer
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from papaya.remedies import DEVICES_MISSING
from papaya.sensors.condition import Condition, Health
from papaya_gui.labels import plain_label
from papaya_gui.models.rate import Rate, rate_text
from papaya_gui.models.texts import shortened
from papaya_gui.sources.supply import Simulated
from papaya_gui.station import Station
from papaya_gui.theme import Theme
from papaya_gui.tokens import XS, S, Type, ink_style, inset, set_type
from papaya_gui.views.sign import WARNING, Sign
from papaya_gui.views.wording import tool_tip

# A shape for each condition, so that nobody has to tell colours apart.
SIGNS = {
    Health.CONNECTING: "circle-dashed",
    Health.LIVE: "point-filled",
    Health.POLLING: "refresh",
    Health.DOWN: "plug-connected-x",
    Health.REFUSED: "lock",
    Health.SILENT: "circle-off",
    Health.FAULT: "alert-octagon-filled",
    Health.CLOSED: "square-filled",
}
_DIGEST_LENGTH = 8
_PULSE_MILLISECONDS = 1000
# Of a long name or path so many letters are shown, else the window could not be narrower than it.
_SHOWN = 36


class StatusLine(QWidget):
    """Fields; the first says how the source is, in words, with cause and remedy as its tooltip."""

    def __init__(self, station: Station, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("statusLine")
        self.setAccessibleName(self.tr("Status line"))
        self._station, self._theme, self._rate = station, theme, Rate()
        row = QHBoxLayout(self)
        inset(row, S, XS, gap=S)
        self.sign, self.odd = Sign("conditionSign", self), Sign("conditionOdd", self)
        row.addWidget(self.sign)
        self.condition = self._field(row, "condition", self.tr("Source and its condition"))
        set_type(self.condition, Type.STRONG)
        row.addWidget(self.odd)
        self.reason = self._field(row, "reason", self.tr("What is odd about it"))
        self.silent = self._field(row, "silentDevices", self.tr("Silent devices"))
        self.missing = self._field(row, "missingDevices", self.tr("Devices that are not on the server"))
        self.rate = self._field(row, "rate", self.tr("Readings a second"))
        self.missed = self._field(row, "missed", self.tr("Readings during the pause"))
        row.addStretch(1)
        self.server = self._field(row, "server", self.tr("Server"))
        self.manifest = self._field(row, "manifest", self.tr("Manifest"))
        self.clock = self._field(row, "clock", self.tr("Time"))
        for label in (self.server, self.manifest):
            label.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        fleet = station.catalog.fleet
        digest = f" @ {fleet.digest[:_DIGEST_LENGTH]}" if fleet.digest else ""
        self.manifest.setText(f"{_shortened(fleet.name)}{digest}")
        told = self.tr("The fleet and the beginning of its manifest's SHA-256")
        self.manifest.setToolTip(tool_tip(f"{fleet.name}\n{told}"))
        self._show_server()
        station.conditionChanged.connect(self._show_condition)
        station.recordedChanged.connect(self._show_condition)
        station.ticked.connect(self.update_fields)
        # However seldom the views are drawn: the time goes on, and what comes during a pause is counted.
        pulse = QTimer(self)
        pulse.timeout.connect(self.update_fields)
        pulse.start(_PULSE_MILLISECONDS)
        self._show_condition()
        self.update_fields()

    def set_theme(self, theme: Theme) -> None:
        """Take the colours of another look."""
        self._theme = theme
        self._show_condition()

    def update_fields(self) -> None:
        """Show what changes from beat to beat."""
        station = self._station
        now = station.now()
        rate = self._rate.note(now, station.tape.end)
        self.rate.setText(self.tr("%1 readings/s").replace("%1", rate_text(rate)))
        self.rate.setToolTip(
            self.tr("%1 readings since the window was opened").replace("%1", f"{station.tape.end:,}")
        )
        self.missed.setVisible(station.is_paused)
        self.missed.setText(self.tr("paused, %1 new").replace("%1", f"{station.missed:,}"))
        self._show_server()
        self.clock.setText(time.strftime("%H:%M:%S", time.localtime(now)))

    def _show_server(self) -> None:
        where = self._station.supply.where
        self.server.setText(_shortened(where))
        self.server.setToolTip(tool_tip(where))

    def _show_condition(self) -> None:
        condition = self._station.condition
        sign = SIGNS[condition.health]
        text = f"{self._station.supply.name}: {self._words(condition)}"
        if self._is_simulated and condition.health is Health.LIVE:
            text, sign = self.tr("simulated data"), "flask"
        elif self._is_recorded and condition.health is Health.LIVE:
            text, sign = f"{self._station.supply.name}: {self._recorded_words()}", "square-filled"
        # Most of it comes, and something is odd all the same. Of simulated data a banner tells.
        is_fault = condition.health is Health.FAULT
        is_odd = condition.health is Health.LIVE and bool(condition.reason) and not self._is_simulated
        self.odd.show_icon(WARNING if is_odd else "", self._theme.warn)
        is_odd = is_odd or is_fault
        self.reason.setText(shortened(condition.reason, _SHOWN) if is_odd else "")
        self.reason.setVisible(is_odd)
        self.sign.show_icon(sign, self._color(condition.health))
        self.condition.setText(text)
        told = "\n".join(part for part in (condition.reason, condition.remedy) if part)
        self.condition.setToolTip(tool_tip(told))
        self.reason.setToolTip(tool_tip(told))
        look = ink_style(self._color(condition.health))
        if look != self.condition.styleSheet():
            self.condition.setStyleSheet(look)
        lacking = len(self._station.conditions.missing)
        self.missing.setVisible(bool(lacking))
        self.missing.setText(self.tr("not on the server: %1").replace("%1", f"{lacking:,}"))
        self.missing.setToolTip(DEVICES_MISSING)
        # All but that of the source itself.
        troubled = len(self._station.conditions) - 1 - lacking
        self.silent.setVisible(bool(troubled))
        self.silent.setText(self.tr("silent: %1").replace("%1", f"{troubled:,}"))
        self.silent.setToolTip(
            self.tr("Devices that say nothing, or cannot be read: turn to one of them to see what to do")
        )

    @property
    def _is_simulated(self) -> bool:
        return self._station.supply.simulated is Simulated.ALL

    @property
    def _is_recorded(self) -> bool:
        return self._station.recorded is not None

    def _recorded_words(self) -> str:
        return self.tr("recorded, %1").replace("%1", span_words(*(self._station.recorded or (0.0, 0.0))))

    def _words(self, condition: Condition) -> str:
        words = {
            Health.CONNECTING: self.tr("connecting"),
            Health.LIVE: self.tr("live"),
            Health.POLLING: self.tr("polling"),
            Health.DOWN: self.tr("server down"),
            Health.REFUSED: self.tr("authentication refused"),
            Health.SILENT: self.tr("device silent"),
            Health.FAULT: self.tr("fault"),
            Health.CLOSED: self.tr("closed"),
        }
        return words[condition.health]

    def _color(self, health: Health) -> str:
        if health in (Health.LIVE, Health.POLLING):
            if self._is_recorded:
                return self._theme.muted
            return self._theme.simulated if self._is_simulated else self._theme.good
        return self._theme.muted if health in (Health.CONNECTING, Health.CLOSED) else self._theme.alarm

    def _field(self, row: QHBoxLayout, name: str, title: str) -> QLabel:
        label = plain_label(parent=self)
        label.setObjectName(name)
        label.setAccessibleName(title)
        label.setTextFormat(Qt.TextFormat.PlainText)
        row.addWidget(label)
        return label


def span_words(start: float, end: float) -> str:
    """Return from when to when something was recorded: `26 Nov 10:00–10:20`, with years where they differ."""
    first, last, now = time.localtime(start), time.localtime(end), time.localtime()
    year = " %Y" if first.tm_year != now.tm_year or last.tm_year != first.tm_year else ""
    if first[:3] == last[:3]:
        day = time.strftime(f"{first.tm_mday} %b{year}", first)
        return f"{day} {time.strftime('%H:%M', first)}–{time.strftime('%H:%M', last)}"
    told = (time.strftime(f"{one.tm_mday} %b{year} %H:%M", one) for one in (first, last))
    return " – ".join(told)


def _shortened(text: str) -> str:
    """Return a text with its middle left out where it is long."""
    half = _SHOWN // 2
    return text if len(text) <= _SHOWN else f"{text[:half]}…{text[1 - half :]}"
