"""Calling devices through their server: what can be called, and what became of each call."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from PyQt6.QtCore import QSize, Qt, pyqtSignal
from PyQt6.QtGui import QAction, QBrush, QColor
from PyQt6.QtWidgets import QMenu, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from papaya.errors import PapayaError
from papaya.manifest.model import Json
from papaya_gui.actions import Actions
from papaya_gui.icons import icon
from papaya_gui.labels import plain_label
from papaya_gui.models.calls import Call, answer_text, failure_text, get_readings, ping, whole_answer
from papaya_gui.models.texts import shortened
from papaya_gui.sources.signing_in import words_of
from papaya_gui.station import Station
from papaya_gui.theme import Theme
from papaya_gui.tokens import COLUMN, M, S, inset
from papaya_gui.views.call_dialogs import IdentifyDialog, IntervalDialog
from papaya_gui.views.columns import Fitted
from papaya_gui.views.sign import DONE, FAILED
from papaya_gui.views.wording import tool_tip
from papaya_gui.workers import Worker

log = logging.getLogger(__name__)

# A device that does not answer takes a worker's time; so many may keep silent before others have to wait.
WORKERS = 4
_MOST, _LONGEST_NAME = 200, 60
_DEVICE, _COMMAND, _OUTCOME = 1, 2, 3
# Whether it was done, beside its words.
_SHAPE = Qt.ItemDataRole.UserRole


@dataclass(frozen=True, slots=True, eq=False)
class _Running:
    """A call that has no outcome yet, with its line in the list."""

    call: Call
    line: QTreeWidgetItem
    worker: int


@dataclass(frozen=True, slots=True)
class Called:
    """A command as it is listed; `is_done` is None as long as there is no outcome."""

    moment: str
    text: str
    outcome: str
    whole: str = ""
    icon: str = ""
    is_done: bool | None = None


class CallsView(QWidget):
    """A list of calls, the newest first; it never asks for attention by itself.

    Signals: `told(str)` with a command and its outcome in one line, for display. `ended(str, str, str, bool)`
    with the command, its outcome, the whole answer, and whether it succeeded.
    """

    told = pyqtSignal(str)
    ended = pyqtSignal(str, str, str, bool)

    def __init__(
        self, station: Station, theme: Theme, actions: Actions, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("calls")
        self.setAccessibleName(self.tr("Commands to devices"))
        self._station, self._theme, self._actions = station, theme, actions
        self._running: set[_Running] = set()
        self._workers = [Worker(f"calls-{number}", self) for number in range(WORKERS)]
        for worker in self._workers:
            worker.done.connect(self._on_done)
            worker.failed.connect(self._on_failed)
        self.hint = plain_label(
            self.tr("No commands sent yet. Right-click a device to send one, or use the menu Device.")
        )
        self.hint.setObjectName("calls-hint")
        self.hint.setAccessibleName(self.tr("How to send a command"))
        self.hint.setWordWrap(True)
        self.list = QTreeWidget()
        self.list.setObjectName("calls-list")
        self.list.setAccessibleName(self.tr("Commands and their outcomes"))
        self.list.setHeaderLabels(
            [self.tr("Time"), self.tr("Device"), self.tr("Command"), self.tr("Outcome")]
        )
        self.list.setAlternatingRowColors(True)
        # What is expanded is the outcome; the time is below its title.
        self.list.setTreePosition(_OUTCOME)
        header = self.list.header()
        if header is not None:
            header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self._fitted = Fitted(self.list, COLUMN, give=(_COMMAND, _DEVICE), least=COLUMN)
        layout = QVBoxLayout(self)
        inset(layout, S, gap=S)
        layout.addWidget(self.hint)
        layout.addWidget(self.list)
        self._methods: tuple[tuple[str, str, Callable[[str], object]], ...] = (
            ("ping", self.tr("Ping"), lambda device: self.call(ping(device))),
            (
                "readings",
                self.tr("Get readings from the device"),
                lambda device: self.call(get_readings(device)),
            ),
            ("identify", self.tr("Identify…"), self._ask_to_identify),
            ("interval", self.tr("Set interval of a sensor…"), self._ask_for_interval),
        )
        self._add_actions()
        station.deviceChanged.connect(self._on_device)
        station.conditionChanged.connect(self._on_device)
        self._on_device()

    def _add_actions(self) -> None:
        keys = {"ping": "Ctrl+P", "identify": "Ctrl+I"}
        self._acting: list[QAction] = []
        for name, text, run in self._methods:
            action = self._actions.add(
                f"call-{name}",
                text,
                partial(self._on_action, run),
                group=self.tr("Device"),
                shortcut=keys.get(name, ""),
                words="command call rpc remote device",
            )
            self._acting.append(action)
        self._tips = [action.toolTip() for action in self._acting]

    def _on_action(self, run: Callable[[str], object]) -> None:
        run(self._station.device)

    def _on_device(self) -> None:
        device = self._station.device
        objection = self._objection(device) if self._station.catalog.has_device(device) else ""
        is_possible = self._station.catalog.has_device(device) and not objection
        for action, tip in zip(self._acting, self._tips, strict=True):
            action.setEnabled(is_possible)
            action.setToolTip(objection or tip)

    def _objection(self, device: str) -> str:
        """Return why no command can be sent to a device; empty where one can."""
        if self._station.supply.remote is None:
            return self.tr("Commands need a server: connect to ThingsBoard")
        if self._station.conditions.lacks(device):
            return self.tr("{} is not on the server").format(shortened(device, _LONGEST_NAME))
        return ""

    def set_theme(self, theme: Theme) -> None:
        """Take another look; outcomes that stand there already keep their words, and get its colours."""
        self._theme = theme
        for index in range(self.list.topLevelItemCount()):
            line = self.list.topLevelItem(index)
            if line is not None:
                self._color(line)

    def stop(self) -> None:
        """Wait for no more answers."""
        for worker in self._workers:
            worker.close(0.2)

    def of(self, device: str, most: int) -> list[Called]:
        """Return the latest commands of a device, the newest first."""
        found: list[Called] = []
        for index in range(self.list.topLevelItemCount()):
            line = self.list.topLevelItem(index)
            if line is not None and line.text(_DEVICE) == device:
                shape = line.data(_OUTCOME, _SHAPE) or ""
                is_done = shape == DONE if shape else None
                moment, text, outcome = (line.text(column) for column in (0, _DEVICE + 1, _OUTCOME))
                found.append(Called(moment, text, outcome, line.toolTip(_OUTCOME), shape, is_done))
            if len(found) >= most:
                break
        return found

    # Calling

    def menu(self, device: str, parent: QWidget | None = None) -> QMenu:
        """Return what can be called on a device; without a server, the menu says why there is nothing."""
        menu = QMenu(self.tr("Commands for {}").format(device), parent or self)
        menu.setObjectName("call-menu")
        menu.setAccessibleName(self.tr("Commands for {}").format(device))
        objection = self._objection(device)
        for name, text, run in self._methods:
            action = menu.addAction(text)
            if action is not None:
                action.setObjectName(f"call-{name}")
                action.setEnabled(not objection)
                action.triggered.connect(partial(self._on_chosen, run, device))
        if objection:
            menu.addSeparator()
            reason = menu.addAction(objection)
            if reason is not None:
                reason.setEnabled(False)
        return menu

    def _on_chosen(self, run: Callable[[str], object], device: str, *_: bool) -> None:
        run(device)

    def call(self, call: Call) -> None:
        """Call a device; its outcome comes into the list."""
        remote = self._station.supply.remote
        if remote is None:
            self.told.emit(self.tr("{}: commands need a server").format(call.device))
            return
        self.hint.hide()
        moment = datetime.fromtimestamp(self._station.now()).strftime("%H:%M:%S")
        line = QTreeWidgetItem([moment, call.device, call.text, self.tr("… waiting for the device")])
        letters = self.list.fontMetrics()
        line.setSizeHint(0, QSize(letters.horizontalAdvance(moment) + M, letters.height() + S))
        self.list.insertTopLevelItem(0, line)
        self._fitted.fit()
        while self.list.topLevelItemCount() > _MOST:
            self.list.takeTopLevelItem(_MOST)
        busy = [one.worker for one in self._running]
        worker = min(range(WORKERS), key=busy.count)
        running = _Running(call, line, worker)
        self._running.add(running)
        ask = partial(remote.call, call.device, call.method, call.parameters, call.seconds)
        self._workers[worker].submit(running, partial(_timed, ask))

    def _ask_to_identify(self, device: str) -> None:
        dialog = IdentifyDialog(device, self)
        self._open(dialog, dialog.call)

    def _ask_for_interval(self, device: str) -> None:
        dialog = IntervalDialog(device, self._station.catalog.rows_of(device), self)
        self._open(dialog, dialog.call)

    def _open(self, dialog: IdentifyDialog | IntervalDialog, made: Callable[[], Call]) -> None:
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.accepted.connect(lambda: self.call(made()))
        dialog.open()

    # Outcomes

    def _on_done(self, running: _Running, result: tuple[Json, float]) -> None:
        self._end(running, DONE, answer_text(*result), whole_answer(result[0]))

    def _on_failed(self, running: _Running, error: Exception) -> None:
        if not isinstance(error, PapayaError | TimeoutError):
            log.error("calling %s of %s failed", running.call.method, running.call.device, exc_info=error)
        self._end(running, FAILED, failure_text(error, running.call), words_of(error))

    def _end(self, running: _Running, shape: str, text: str, whole: str) -> None:
        self._running.discard(running)
        running.line.setText(_OUTCOME, text)
        running.line.setData(_OUTCOME, _SHAPE, shape)
        running.line.setToolTip(_OUTCOME, tool_tip(whole))
        if whole and whole != text:
            _add_details(running.line, whole)
        self._color(running.line)
        title = f"{running.call.device} {running.call.text}"
        self.told.emit(f"{title}: {text}")
        self.ended.emit(title, text, whole, shape == DONE)

    def _color(self, line: QTreeWidgetItem) -> None:
        shape = line.data(_OUTCOME, _SHAPE)
        color = {DONE: self._theme.good, FAILED: self._theme.alarm}.get(shape, self._theme.text)
        line.setForeground(_OUTCOME, QBrush(QColor(color)))
        if shape:
            line.setIcon(_OUTCOME, icon(shape, self._theme, color))


def _add_details(line: QTreeWidgetItem, whole: str) -> None:
    """Put the whole answer below the line of a command, where it is seen once the line is expanded."""
    for text in whole.splitlines():
        below = QTreeWidgetItem(line, ["", "", "", text])
        below.setToolTip(_OUTCOME, tool_tip(text))


def _timed(ask: Callable[[], Json]) -> tuple[Json, float]:
    began = time.monotonic()
    return ask(), time.monotonic() - began
