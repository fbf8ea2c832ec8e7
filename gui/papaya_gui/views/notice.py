"""A bar above the plot that says what is wrong and what to do, until it is over or put away."""

from __future__ import annotations

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QPushButton, QToolButton, QWidget

from papaya.remedies import DEVICES_MISSING
from papaya.sensors.condition import Health
from papaya_gui.icons import icon
from papaya_gui.labels import plain_label
from papaya_gui.models.absent import some_not_there
from papaya_gui.sources.make import THINGSBOARD
from papaya_gui.sources.signing_in import in_window
from papaya_gui.station import Station
from papaya_gui.theme import Theme
from papaya_gui.tokens import XS, M, S, Tone, bar_style, inset
from papaya_gui.views.sign import FAULT, Sign

_TROUBLE = (Health.DOWN, Health.REFUSED, Health.FAULT)


class NoticeBar(QWidget):
    """Shows the condition of the source while it is in trouble, and whatever else it is given.

    Signals: `signInWanted` where the server refuses who is signed in, or nobody is; `planWanted` where the
    server lacks devices of the manifest; `againWanted` where the server was away when it was opened.
    """

    signInWanted = pyqtSignal()
    planWanted = pyqtSignal()
    againWanted = pyqtSignal()

    def __init__(self, station: Station, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("noticeBar")
        self.setAccessibleName(self.tr("Notice"))
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._station = station
        self._theme, self._is_about_source, self._is_fault = theme, False, False
        self._missing, self._is_about_missing = list[str](), False
        self._told = station.condition
        self.text = plain_label(parent=self)
        self.text.setObjectName("noticeText")
        self.text.setAccessibleName(self.tr("Notice"))
        self.text.setWordWrap(True)
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.close_button = QToolButton(self)
        self.close_button.setObjectName("noticeClose")
        self.close_button.setToolTip(self.tr("Dismiss"))
        self.close_button.setAccessibleName(self.tr("Put the notice away"))
        self.close_button.setAutoRaise(True)
        self.close_button.clicked.connect(self.hide)
        self.sign_in = self._button("noticeSignIn", self.tr("Sign in…"), self.tr("Sign in to the server"))
        self.sign_in.clicked.connect(self.signInWanted)
        self.plan = self._button("noticePlan", self.tr("Show plan"), self.tr("Show the plan of the manifest"))
        self.plan.clicked.connect(self.planWanted)
        self.sign = Sign("noticeSign", self)
        row = QHBoxLayout(self)
        inset(row, M, XS, gap=S)
        row.addWidget(self.sign)
        row.addWidget(self.text, 1)
        self.again = self._button("noticeAgain", self.tr("Try again"), self.tr("Connect to the server again"))
        self.again.clicked.connect(self.againWanted)
        row.addWidget(self.plan)
        row.addWidget(self.again)
        row.addWidget(self.sign_in)
        row.addWidget(self.close_button)
        self.set_theme(theme)
        self.hide()
        station.conditionChanged.connect(self._show_condition)

    def _button(self, name: str, text: str, heard: str) -> QPushButton:
        button = QPushButton(text, self)
        button.setObjectName(name)
        button.setAccessibleName(heard)
        button.hide()
        return button

    def set_theme(self, theme: Theme) -> None:
        """Take the colours of another look."""
        self._theme = theme
        tone = Tone.ALARM if self._is_about_source or self._is_fault else Tone.INFO
        if tone is Tone.ALARM:
            self.sign.show_icon(FAULT, theme.alarm)
        else:
            self.sign.show_icon("info-circle", theme.accent)
        self.close_button.setIcon(icon("x", theme))
        self.setStyleSheet(bar_style("noticeBar", theme, tone))

    def say(self, text: str, *, is_fault: bool = False) -> None:
        """Show something that is not about the source, or what went wrong."""
        self._is_about_source, self._is_fault, self._is_about_missing = False, is_fault, False
        self._show(text)

    def _show(self, text: str) -> None:
        is_refused = self._is_about_source and self._station.condition.health is Health.REFUSED
        self.again.setVisible(self._station.supply.is_away)
        self.sign_in.setVisible(is_refused and self._station.supply.name == THINGSBOARD)
        is_unapplied = self._is_about_source and self._station.condition.remedy == DEVICES_MISSING
        # Without a manifest there is nothing to plan.
        has_manifest = bool(self._station.catalog.fleet.digest)
        self.plan.setVisible(has_manifest and (is_unapplied or self._is_about_missing))
        self.set_theme(self._theme)
        self.text.setText(text)
        self.text.setAccessibleName(text)
        self.show()

    def _show_condition(self) -> None:
        condition = self._station.condition
        if condition == self._told:
            # It may have been put away, and a device of the source has nothing to do with it.
            self._show_missing()
            return
        self._told = condition
        if condition.health in _TROUBLE:
            self._is_about_source, self._is_about_missing = True, False
            parts = (f"{self._station.supply.name}: {condition.health.value}", condition.reason)
            told = " – ".join(part.rstrip(".") for part in parts if part)
            self._show(in_window(f"{told}.\n{condition.remedy}".rstrip()))
        else:
            if self._is_about_source:
                # What was told of devices before the trouble is told again.
                self._is_about_source, self._missing = False, []
                self.hide()
            self._show_missing()

    def _show_missing(self) -> None:
        """Say which devices the server lacks, where it has others, whenever that has changed."""
        missing = self._station.conditions.missing
        total = len(self._station.catalog.devices)
        is_told = self._station.condition.health in _TROUBLE or len(missing) >= total > 0
        if missing == self._missing or is_told:
            return
        self._missing = missing
        if missing:
            self._is_about_source, self._is_about_missing = False, True
            self._show(in_window(f"{some_not_there(missing, total)}.\n{DEVICES_MISSING}"))
        elif self._is_about_missing:
            self._is_about_missing = False
            self.hide()
