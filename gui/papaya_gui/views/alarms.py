"""The server's own alarms, and what can be done about them."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from PyQt6.QtCore import QModelIndex, Qt, QTimer, pyqtSignal
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from papaya.errors import PapayaError
from papaya.sensors.condition import Health
from papaya_gui.actions import Actions
from papaya_gui.labels import plain_label
from papaya_gui.models.alarms import ordered, summary
from papaya_gui.sources.remote import Alarm, Remote
from papaya_gui.sources.signing_in import words_of
from papaya_gui.sources.supply import Simulated
from papaya_gui.station import Station
from papaya_gui.theme import Theme
from papaya_gui.tokens import COLUMN, S, inset
from papaya_gui.views.alarm_model import AlarmModel
from papaya_gui.views.columns import Fitted
from papaya_gui.views.throttle import Throttle
from papaya_gui.workers import Worker

log = logging.getLogger(__name__)

POLL_SECONDS, LONGEST_POLL_SECONDS = 10.0, 120.0
# A server that tells of its alarms by itself leaves some of a burst out, for a minute.
TOLD_POLL_SECONDS = 30.0
_TOLD_MILLISECONDS = 200
_TOLD = "told"
Outcome = tuple[Alarm, PapayaError | None]


class AlarmsView(QWidget):
    """Shows what the server tells of its alarms; one that has to be asked is asked every few seconds.

    Signals: `changed(int)`, how many alarms are active, whenever something was told or answered;
    `deviceWanted(str)` on a double click on an alarm, or Enter.
    """

    changed = pyqtSignal(int)
    deviceWanted = pyqtSignal(str)
    # From the thread that hears of it.
    _told = pyqtSignal()

    def __init__(
        self,
        station: Station,
        theme: Theme,
        actions: Actions,
        parent: QWidget | None = None,
        *,
        poll_seconds: float = POLL_SECONDS,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("alarms")
        self.setAccessibleName(self.tr("Alarms of the server"))
        self._station, self._poll_seconds = station, poll_seconds
        self._is_asking = False
        self._remote: Remote | None = None
        self._seldom = Throttle(self._take_told, _TOLD_MILLISECONDS, self)
        self._told.connect(self._seldom.ask)
        self._model = AlarmModel(station.now, theme, self)
        self._build()
        self._add_actions(actions)
        self._worker = Worker("alarms", self)
        self._worker.done.connect(self._on_done)
        self._worker.failed.connect(self._on_failed)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.ask)
        self._timer.start(0)
        self._show_choice()

    def _build(self) -> None:
        self.words = plain_label()
        self.words.setObjectName("alarms-words")
        self.words.setAccessibleName(self.tr("Alarms in short"))
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.words.setWordWrap(True)
        self.outcome = plain_label()
        self.outcome.setObjectName("alarms-outcome")
        self.outcome.setAccessibleName(self.tr("What became of the last request"))
        self.outcome.setTextFormat(Qt.TextFormat.PlainText)
        self.outcome.setWordWrap(True)
        self.outcome.hide()
        self.table = QTableView()
        self.table.setObjectName("alarms-table")
        self.table.setAccessibleName(self.tr("Alarms"))
        self.table.setModel(self._model)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setAlternatingRowColors(True)
        self.table.setWordWrap(False)
        self.table.setShowGrid(False)
        self.table.setTabKeyNavigation(False)
        self.table.activated.connect(self._on_opened)
        columns, rows = self.table.horizontalHeader(), self.table.verticalHeader()
        if columns is not None and rows is not None:
            columns.setStretchLastSection(True)
            columns.setHighlightSections(False)
            columns.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
            rows.hide()
            rows.setDefaultSectionSize(self.table.fontMetrics().height() + S)
        give = AlarmModel.KIND, AlarmModel.DEVICE
        self._fitted = Fitted(self.table, COLUMN, give, optional=AlarmModel.DETAILS)
        chosen = self.table.selectionModel()
        if chosen is not None:
            chosen.selectionChanged.connect(self._show_choice)
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(S)
        layout = QVBoxLayout(self)
        inset(layout, S, gap=S)
        layout.addWidget(self.words)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.outcome)
        layout.addLayout(self._buttons)

    def _add_actions(self, actions: Actions) -> None:
        group = self.tr("Alarms")
        self._acting = {}
        for name, text, run, shortcut, words in (
            ("acknowledge", self.tr("Acknowledge alarm"), self.acknowledge, "Ctrl+Shift+A", "note seen"),
            ("clear", self.tr("Clear alarm"), self.clear, "Ctrl+Shift+X", "end remove"),
            ("ask", self.tr("Refresh alarms"), self.ask, "", "reload"),
        ):
            action = actions.add(f"alarms-{name}", text, run, group=group, shortcut=shortcut, words=words)
            button = QPushButton(text)
            button.setObjectName(f"alarms-{name}-button")
            button.setAccessibleName(text)
            button.setToolTip(action.toolTip())
            button.clicked.connect(action.trigger)
            action.enabledChanged.connect(button.setEnabled)
            self._buttons.addWidget(button)
            self._acting[name] = action
        self._connect = QPushButton(self.tr("Connect to ThingsBoard…"))
        self._connect.setObjectName("alarms-connect-button")
        self._connect.setAccessibleName(self._connect.text())
        # The window adds what opens things once its views are there.
        self._connect.clicked.connect(lambda: actions["open-server"].trigger())
        self._connect.hide()
        self._buttons.addWidget(self._connect)
        self._buttons.addStretch(1)

    def set_theme(self, theme: Theme) -> None:
        """Take another look."""
        self._model.set_theme(theme)

    def stop(self) -> None:
        """Ask no more."""
        self._timer.stop()
        self._worker.close(0.2)

    @property
    def alarms(self) -> Sequence[Alarm]:
        """The alarms that are shown, from top to bottom."""
        return self._model.alarms

    def of(self, device: str) -> list[Alarm]:
        """Return the alarms of one device, the gravest first."""
        return [alarm for alarm in self.alarms if alarm.device == device]

    # Asking

    def ask(self) -> None:
        """Ask the server, unless it is being asked."""
        remote = self._station.supply.remote
        self._connect.setVisible(remote is None)
        if remote is None:
            self._model.show(())
            self._station.take_alarms(())
            condition = self._station.condition
            if condition.health is Health.REFUSED:
                self.words.setText(self.tr("There are no alarms to show: {}").format(condition.reason))
            else:
                supply = self._station.supply
                # The name of simulated data is no noun.
                name = supply.where if supply.simulated is Simulated.ALL else supply.name
                told = self.tr("{} has no server alarms. Connect to ThingsBoard to see them.")
                self.words.setText(told.format(name[:1].upper() + name[1:]))
            self._again(self._poll_seconds)
        elif not self._is_asking:
            self._is_asking = True
            is_new, self._remote = remote is not self._remote, remote
            self._worker.submit(None, partial(_first, remote, self._hear) if is_new else remote.alarms)

    def _hear(self) -> None:
        # A view that is gone hears of nothing.
        with contextlib.suppress(RuntimeError):
            self._told.emit()

    def _take_told(self) -> None:
        remote = self._station.supply.remote
        if remote is not None and remote.is_told:
            self._worker.submit(_TOLD, remote.told)

    def _again(self, seconds: float) -> None:
        self._timer.start(round(seconds * 1000))

    # Acting

    def chosen(self) -> list[Alarm]:
        """Return the alarms of the selected rows."""
        selection = self.table.selectionModel()
        rows = [index.row() for index in selection.selectedRows()] if selection is not None else []
        return [self._model.alarms[row] for row in sorted(rows)]

    def acknowledge(self) -> None:
        """Acknowledge the alarms of the selected rows that nobody has yet."""
        self.acknowledge_these(self.chosen())

    def acknowledge_these(self, chosen: Sequence[Alarm]) -> None:
        """Acknowledge those of some alarms that nobody has yet."""
        alarms = [alarm for alarm in chosen if not alarm.is_acknowledged]
        self._act(alarms, self.tr("Acknowledged"), lambda remote, alarm: remote.acknowledge(alarm))

    def clear(self) -> None:
        """Clear the alarms of the selected rows that are active."""
        self.clear_these(self.chosen())

    def clear_these(self, chosen: Sequence[Alarm]) -> None:
        """Clear those of some alarms that are active."""
        alarms = [alarm for alarm in chosen if alarm.is_active]
        self._act(alarms, self.tr("Cleared"), lambda remote, alarm: remote.clear(alarm))

    def _act(self, alarms: Sequence[Alarm], done: str, act: Callable[[Remote, Alarm], None]) -> None:
        remote = self._station.supply.remote
        if remote is None:
            return
        if alarms:
            self._say(self.tr("Waiting for the server…"))
            self._worker.submit(done, partial(_carry_out, remote, alarms, act))

    def _say(self, words: str) -> None:
        self.outcome.setText(words)
        self.outcome.show()

    def _show_choice(self) -> None:
        chosen = self.chosen()
        self._acting["acknowledge"].setEnabled(any(not alarm.is_acknowledged for alarm in chosen))
        self._acting["clear"].setEnabled(any(alarm.is_active for alarm in chosen))

    def _on_opened(self, index: QModelIndex) -> None:
        self.deviceWanted.emit(self._model.alarms[index.row()].device)

    # Outcomes

    def _on_done(self, token: str | None, result: Any) -> None:
        if token not in (None, _TOLD):
            self._tell(token, result)
            self.ask()
            return
        if token is None:
            self._is_asking = False
            remote = self._station.supply.remote
            is_told = remote is not None and remote.is_told
            self._again(max(self._poll_seconds, TOLD_POLL_SECONDS) if is_told else self._poll_seconds)
        self._keep_choice(ordered(result))
        self._fitted.fit()
        self._station.take_alarms(self.alarms)
        self.words.setText(self.tr("{}: {}").format(self._station.supply.where, summary(self.alarms)))
        self.changed.emit(sum(alarm.is_active for alarm in self.alarms))

    def _tell(self, done: str, outcomes: Sequence[Outcome]) -> None:
        well = [f"{alarm.kind} ({alarm.device})" for alarm, error in outcomes if error is None]
        lines = [f"{done}: {', '.join(well)}"] if well else []
        lines += [
            self.tr("Not {}: {} ({}): {}").format(done.lower(), alarm.kind, alarm.device, words_of(error))
            for alarm, error in outcomes
            if error is not None
        ]
        self._say("\n".join(lines))

    def _on_failed(self, token: str | None, error: Exception) -> None:
        if not isinstance(error, PapayaError):
            log.error("a request about alarms failed", exc_info=error)
        if token == _TOLD:
            return
        if token is not None:
            self._say(self.tr("Not {}: {}").format(token.lower(), words_of(error)))
            return
        self._is_asking = False
        words = self.tr("The server did not tell its alarms: {}").format(words_of(error))
        if self.alarms:
            words = f"{words}\n{self.tr('What is listed below may be out of date.')}"
        self.words.setText(words)
        waited = max(self._timer.interval() / 1000, self._poll_seconds)
        self._again(min(2 * waited, max(LONGEST_POLL_SECONDS, self._poll_seconds)))

    def _keep_choice(self, alarms: Sequence[Alarm]) -> None:
        chosen = {alarm.id for alarm in self.chosen()}
        current = self.table.currentIndex()
        turned_to = self.alarms[current.row()].id if current.isValid() else ""
        column = max(current.column(), 0)
        self._model.show(alarms)
        selection = self.table.selectionModel()
        if selection is None:
            return
        flags = selection.SelectionFlag.Select | selection.SelectionFlag.Rows
        for row, alarm in enumerate(alarms):
            if alarm.id == turned_to:
                selection.setCurrentIndex(self._model.index(row, column), selection.SelectionFlag.NoUpdate)
            if alarm.id in chosen:
                selection.select(self._model.index(row, 0), flags)
        self._show_choice()


def _first(remote: Remote, on_change: Callable[[], None]) -> Sequence[Alarm]:
    """Let a server tell of its alarms by itself, where it does, and ask it."""
    with contextlib.suppress(PapayaError):
        remote.listen(on_change)
    return remote.alarms()


def _carry_out(
    remote: Remote, alarms: Sequence[Alarm], act: Callable[[Remote, Alarm], None]
) -> list[Outcome]:
    """Do one thing to each alarm, whatever becomes of the others."""
    outcomes: list[Outcome] = []
    for alarm in alarms:
        try:
            act(remote, alarm)
        except PapayaError as error:
            outcomes.append((alarm, error))
        else:
            outcomes.append((alarm, None))
    return outcomes
