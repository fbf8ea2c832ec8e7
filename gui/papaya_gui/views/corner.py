"""The upper right corner of the window: where readings come from, and whether they are shown as they come."""

from __future__ import annotations

from PyQt6.QtCore import QSize, Qt, pyqtSignal
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QApplication, QHBoxLayout, QToolButton, QWidget

from papaya.sensors.condition import Health
from papaya_gui.icons import icon
from papaya_gui.models.texts import shortened
from papaya_gui.sources.supply import Simulated
from papaya_gui.station import Station
from papaya_gui.theme import Theme
from papaya_gui.tokens import ICON_SMALL, XS, S, Type, inset, pill_style, set_type
from papaya_gui.views.wording import tool_tip

_SHOWN = 24


class Corner(QWidget):
    """A button that names the source, and one that says live or paused and changes it.

    Signals: `sourceWanted` to choose another source, `pauseWanted(bool)`.
    """

    sourceWanted = pyqtSignal()
    pauseWanted = pyqtSignal(bool)

    def __init__(self, station: Station, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("corner")
        self.setAccessibleName(self.tr("Source and state"))
        self._station, self._theme = station, theme
        self._told: object = None
        self.source = self._button("cornerSource")
        self.source.clicked.connect(lambda: self.sourceWanted.emit())
        self.state = self._button("cornerState")
        set_type(self.state, Type.STRONG)
        self.state.clicked.connect(lambda: self.pauseWanted.emit(not self._station.is_paused))
        row = QHBoxLayout(self)
        inset(row, S, XS // 2, gap=S)
        # A menu bar gives its corner another width only when the bar itself gets one.
        row.addStretch(1)
        row.addWidget(self.source)
        row.addWidget(self.state)
        for changed in (station.conditionChanged, station.recordedChanged, station.pausedChanged):
            changed.connect(self._show)
        self._show()

    def _button(self, name: str) -> QToolButton:
        button = QToolButton(self)
        button.setObjectName(name)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setIconSize(QSize(ICON_SMALL, ICON_SMALL))
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def set_theme(self, theme: Theme) -> None:
        """Take the colours of another look."""
        self._theme = theme
        self._show()

    def _show(self) -> None:
        theme, supply = self._theme, self._station.supply
        # Conditions of devices come by the thousand, and change nothing here.
        told = (theme.name, supply.where, supply.name, self._station.is_paused, self._state())
        if told == self._told:
            return
        self._told = told
        where = shortened(supply.where or supply.name, _SHOWN)
        self.source.setText(where)
        self.source.setIcon(icon("server", theme))
        self.source.setAccessibleName(self.tr("Source: %1. Choose another").replace("%1", where))
        self.source.setToolTip(tool_tip(f"{supply.where}\n{self.tr('Choose another source')}"))
        self.source.setStyleSheet(pill_style("cornerSource", theme, theme.muted, is_filled=False))
        name, words, color, is_filled = self._state()
        self.state.setText(words)
        self.state.setIcon(icon(name, theme, theme.base if is_filled else color))
        what = self.tr("Resume") if self._station.is_paused else self.tr("Pause")
        self.state.setAccessibleName(f"{words}. {what}")
        self.state.setToolTip(f"{what} ({self.tr('Space')})")
        self.state.setStyleSheet(pill_style("cornerState", theme, color, is_filled=is_filled))
        bar = self.parentWidget()
        if bar is not None:
            # A menu bar gives its corner other room only when it has another size itself.
            QApplication.postEvent(bar, QResizeEvent(bar.size(), bar.size()))

    def _state(self) -> tuple[str, str, str, bool]:
        """Return the icon of the state, its words, its colour, and whether it must not be overlooked."""
        theme, station = self._theme, self._station
        health = station.condition.health
        if station.is_paused:
            return "player-pause-filled", self.tr("Paused"), theme.warn, True
        if health is Health.CONNECTING:
            return "circle-dashed", self.tr("Connecting"), theme.muted, False
        if health not in (Health.LIVE, Health.POLLING):
            return "alert-octagon-filled", self.tr("No data"), theme.alarm, True
        if station.recorded is not None:
            return "square-filled", self.tr("Recorded"), theme.muted, False
        if station.supply.simulated is Simulated.ALL:
            return "flask", self.tr("Simulated"), theme.simulated, False
        if health is Health.POLLING:
            return "refresh", self.tr("Polling"), theme.good, False
        return "point-filled", self.tr("Live"), theme.good, False
