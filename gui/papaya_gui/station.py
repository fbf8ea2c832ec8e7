"""What lives as long as a fleet is open in the window, and the beat at which views are brought up to date."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from papaya.manifest.model import Fleet
from papaya.sensors.condition import Condition, Health
from papaya_gui.models.absent import Told
from papaya_gui.models.batch import Inbox
from papaya_gui.models.board import NOTHING, STALE, Board
from papaya_gui.models.catalog import Catalog
from papaya_gui.models.conditions import DeviceConditions
from papaya_gui.models.levels import ALARM
from papaya_gui.models.plotted import Plotted
from papaya_gui.models.series import Series
from papaya_gui.models.tape import Tape, texts_in
from papaya_gui.models.texts import HEAVY, Texts, bounded
from papaya_gui.sources.remote import Alarm
from papaya_gui.sources.supply import Span, Supply, Tell

log = logging.getLogger(__name__)

# Readings are taken off the sources' hands so often, however seldom the views are brought up to date.
DRAIN_MILLISECONDS = 50
SHORTEST, LONGEST, USUAL = 0.1, 60.0, 0.5
# So many rows that are no longer plotted keep their samples ready, for whoever goes back and forth.
_MOST_UNSEEN = 8
# What must not be overlooked is looked for so often, however seldom the views are brought up to date.
WATCH_MILLISECONDS = 500
# So often it is looked whether texts weigh too much.
_WEIGH_MILLISECONDS = 10_000
# While a file is being read, its past is asked for anew so often.
_DOUBT_SECONDS = 1.5

MakeSupply = Callable[[Catalog, Inbox, Tell], Supply]


class Station(QObject):
    """The fleet, its readings and what is selected of them: every view is given one, and draws when it ticks.

    Signals: `ticked` asks the views to redraw. `conditionChanged`: the source or its devices have a new
    condition. `selectionChanged`: other rows are plotted. `pausedChanged(bool)` and `intervalChanged(float)`,
    in seconds. `deviceChanged(str)` and `placeChanged(tuple)`: another device or place is in focus, or none.
    `catalogChanged`: the catalog has more rows. `recordedChanged`: the source is a recording, or continues
    after all. `plotFull`: the plot has no room for all requested rows.
    """

    ticked = pyqtSignal()
    conditionChanged = pyqtSignal()
    selectionChanged = pyqtSignal()
    pausedChanged = pyqtSignal(bool)
    intervalChanged = pyqtSignal(float)
    deviceChanged = pyqtSignal(str)
    placeChanged = pyqtSignal(tuple)
    catalogChanged = pyqtSignal()
    recordedChanged = pyqtSignal()
    plotFull = pyqtSignal()
    # Conditions come from the sources' threads, thousands at once where a fleet falls silent; a queued signal
    # says that there are some.
    _told = pyqtSignal()

    def __init__(
        self,
        fleet: Fleet,
        make_supply: MakeSupply,
        *,
        clock: Callable[[], float] = time.time,
        board: Board | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.board = board or Board(Catalog(fleet), Texts())
        self.catalog, self.texts = self.board.catalog, self.board.known_texts
        self.inbox = Inbox(self.texts)
        self.tape = Tape()
        self.conditions = Told(Condition(Health.CONNECTING))
        self.recorded: Span | None = None
        self._reading: float | None = None
        self._doubted = 0.0
        self.interval = USUAL
        self.device = ""
        self.place: tuple[str, ...] = ()
        self._clock = clock
        self._series: dict[int, Series] = {}
        self.plotted = Plotted()
        self._alarms: Sequence[Alarm] = ()
        self._seen = 0
        self._paused_at: int | None = None
        self._told.connect(self._on_told)
        self._news: deque[Condition] = deque()
        self.supply = make_supply(self.catalog, self.inbox, self._tell)
        self._devices = DeviceConditions(self.catalog, self.supply.simulated_devices)
        self._is_judged = False
        self._drain = QTimer(self)
        self._drain.setInterval(DRAIN_MILLISECONDS)
        self._drain.timeout.connect(self.drain)
        self._beat = QTimer(self)
        self._beat.setInterval(round(self.interval * 1000))
        self._beat.timeout.connect(self.tick)
        self._watch = QTimer(self)
        self._watch.setInterval(WATCH_MILLISECONDS)
        self._watch.timeout.connect(self.watch)
        self._is_heavy = False
        self._weigh = QTimer(self)
        self._weigh.setInterval(_WEIGH_MILLISECONDS)
        self._weigh.timeout.connect(self.weigh)

    # Life

    def start(self) -> None:
        """Start the source and the beat."""
        self.supply.start()
        self._drain.start()
        self._beat.start()
        self._watch.start()
        self._weigh.start()

    def close(self) -> None:
        """End both."""
        self._drain.stop()
        self._beat.stop()
        self._watch.stop()
        self._weigh.stop()
        self.supply.close()

    # Time

    def now(self) -> float:
        """Return the time in seconds since 1970."""
        return self._clock()

    @property
    def moment(self) -> float:
        """The newest moment that can be shown: now, or the end of a recording."""
        return self.now() if self.recorded is None else self.recorded[1]

    def set_interval(self, seconds: float) -> None:
        """Bring the views up to date so often, from 0.1 to 60 seconds."""
        self.interval = min(max(seconds, SHORTEST), LONGEST)
        self._beat.setInterval(round(self.interval * 1000))
        self.supply.set_interval(self.interval)
        self.intervalChanged.emit(self.interval)

    def drain(self) -> None:
        """Take what has come off the source's hands."""
        self.tape.append(self.inbox.drain())

    def tick(self) -> None:
        """Bring models and views up to date; while paused, only what has come meanwhile is counted."""
        self.drain()
        if self._paused_at is None:
            self._take(self.tape.end)
            self._age()
            self.board.raised.show(self._alarms)
            self._is_judged = False
        self.ticked.emit()

    def watch(self) -> None:
        """Let the views draw between two beats if something has become stale or alarming since they did.

        So they do where a row has said something for the first time: nobody waits a minute for a first look.
        """
        if self.is_paused or self._beat.interval() <= WATCH_MILLISECONDS:
            return
        fresh, levels = self.board.freshness, self.board.levels.copy()
        self.drain()
        self._take(self.tape.end)
        self._age()
        known, self._is_judged = len(levels), False
        is_worse = (self.board.freshness[:known] == STALE) & (fresh != STALE)
        is_worse |= (self.board.levels[:known] == ALARM) & (levels != ALARM)
        is_first = (fresh == NOTHING) & (self.board.freshness[:known] != NOTHING)
        if is_worse.any() or is_first.any() or len(self.board.freshness) > known:
            self.ticked.emit()

    def take_alarms(self, alarms: Sequence[Alarm]) -> None:
        """Take what the server says about its alarms: views show it at once, while paused afterwards."""
        self._alarms = alarms
        if not self.is_paused and self.board.raised.show(alarms):
            self._is_judged = False
            self.ticked.emit()

    def _age(self) -> None:
        self.board.asked_every = self.supply.asked_every
        self._doubt_past()
        recorded = self.supply.recorded
        if recorded != self.recorded:
            self.recorded = recorded
            self.board.is_recorded = recorded is not None
            self.recordedChanged.emit()
        self.board.tick(self.now())

    def _doubt_past(self) -> None:
        """Let the past be asked for again while a file is being read, and when all of it is there."""
        reading = self.supply.reading
        if reading != self._reading and (
            reading is None or time.monotonic() - self._doubted > _DOUBT_SECONDS
        ):
            self._reading, self._doubted = reading, time.monotonic()
            for series in self._series.values():
                series.doubt()

    def weigh(self, heavy: int = HEAVY) -> threading.Thread | None:
        """Let texts leave that nothing holds, where they weigh more than so many bytes; return who does it.

        Where that was not enough the time before, the tape is shortened: what it holds are mostly texts that
        never came twice.
        """
        if self.texts.weight <= heavy:
            self._is_heavy = False
            return None
        if self._is_heavy:
            self.tape.shorten((self.tape.end - self.tape.start) // 2)
        self._is_heavy = True
        tape = self.tape.batches()
        shown = [self.board.texts(), *(series.texts() for series in self._series.values())]

        def retire() -> None:
            self.texts.retire(np.concatenate((texts_in(tape), *shown)))

        # Beside the window: there may be a million of them.
        thread = threading.Thread(target=retire, name="papaya-texts", daemon=True)
        thread.start()
        return thread

    def _take(self, until: int) -> None:
        known = len(self.board.times)
        self.board.take(self.tape.since(self._seen, until), self.now())
        self._seen = until
        for index in self.plotted.rows:
            self._series[index].catch_up(until)
        if len(self.board.times) != known:
            self.catalogChanged.emit()

    # Pause

    @property
    def is_paused(self) -> bool:
        """Whether the views stand still."""
        return self._paused_at is not None

    @property
    def missed(self) -> int:
        """How many readings have come since the pause began."""
        return 0 if self._paused_at is None else self.tape.end - self._paused_at

    def set_paused(self, paused: bool) -> None:
        """Let the views stand still, or catch up; what comes meanwhile is kept, every reading of it."""
        if paused == self.is_paused:
            return
        self.drain()
        if paused:
            self._take(self.tape.end)
            self._paused_at = self.tape.kept_from = self.tape.end
        else:
            self._paused_at = self.tape.kept_from = None
        self.pausedChanged.emit(paused)
        self.tick()

    # Selection

    @property
    def selection(self) -> Sequence[int]:
        """The rows that are plotted, in the order in which they were chosen."""
        return self.plotted.rows

    def select(self, rows: Iterable[int]) -> None:
        """Plot these rows and no others."""
        self.rearrange(lambda plotted: plotted.replace(rows))

    def begin(self, rows: Iterable[int]) -> None:
        """Plot these rows at the start, so that there is nothing to undo."""
        self.rearrange(lambda plotted: plotted.begin(rows))

    def add(self, rows: Iterable[int]) -> None:
        """Plot these rows too, as long as there are no more than can be told apart."""
        self.rearrange(lambda plotted: plotted.add(rows))

    def rearrange(self, change: Callable[[Plotted], bool]) -> None:
        """Change panels and what is in them, or undo it; the change returns whether anything is other now."""
        self.plotted.left_out = 0
        if change(self.plotted):
            self._on_plotted()
        if self.plotted.left_out:
            self.plotFull.emit()

    def remove(self, rows: Iterable[int]) -> None:
        """Plot these rows no longer."""
        gone = set(rows)
        self.select([row for row in self.selection if row not in gone])

    def _on_plotted(self) -> None:
        chosen = self.plotted.rows
        for index in chosen:
            # Last in the order in which they are forgotten.
            series = self.series(index)
            del self._series[index]
            self._series[index] = series
        self._forget_series()
        self.supply.watch(chosen)
        self.selectionChanged.emit()

    def series(self, index: int) -> Series:
        """Return the samples of a row, as far as the views have come."""
        series = self._series.get(index)
        if series is None:
            series = self._series[index] = Series(self.catalog[index], self.tape)
        series.catch_up(self._seen)
        return series

    def _forget_series(self) -> None:
        """Forget the samples of rows that were looked at long ago; tape and source still have them."""
        unseen = [index for index in self._series if index not in self.plotted.rows]
        for index in unseen[:-_MOST_UNSEEN]:
            del self._series[index]

    def focus(self, device: str) -> None:
        """Turn to one device, or with an empty name to the whole fleet."""
        self._turn_to(device, ())

    def focus_place(self, *names: str) -> None:
        """Turn to a Country, or to a State by its Country's name and its own; without names to the fleet."""
        self._turn_to("", names)

    def _turn_to(self, device: str, place: tuple[str, ...]) -> None:
        before = self.device, self.place
        self.device, self.place = device, place
        if device != before[0]:
            self.deviceChanged.emit(device)
        if place != before[1]:
            self.placeChanged.emit(place)

    @property
    def scope(self) -> tuple[str, ...]:
        """What is in focus as names of Country, State and device, as many as say it; empty for the fleet."""
        if not self.device:
            return self.place
        owner = self.catalog.device(self.device)
        return owner.country, owner.state, owner.name

    # Condition

    def judged(self) -> DeviceConditions:
        """Return how each device is by now: judged once after each change, whoever asks."""
        if not self._is_judged:
            self._is_judged = True
            self._devices.bring(self.board, self.silent, self.conditions.missing)
        return self._devices

    def stand(self, standing: Mapping[str, str], missing: Collection[str]) -> None:
        """Say what a plan found of devices, and which of them its server lacks."""
        self._devices.stand(standing, missing)
        if not set(missing).issuperset(self.conditions.missing):
            self.supply.look()
        self._is_judged = False
        self.conditionChanged.emit()

    @property
    def condition(self) -> Condition:
        """How the source is."""
        return self.conditions[""]

    @property
    def silent(self) -> list[str]:
        """The names of the devices that are silent."""
        return [name for name, one in self.conditions.items() if name and one.health is Health.SILENT]

    def _tell(self, condition: Condition) -> None:
        """Take a condition from any thread; what a server says in it may be of any length."""
        reason, remedy = bounded(condition.reason), bounded(condition.remedy)
        if (reason, remedy) != (condition.reason, condition.remedy):
            condition = replace(condition, reason=reason, remedy=remedy)
        self._news.append(condition)
        self._told.emit()

    def _on_told(self) -> None:
        if not self._news:
            # An earlier turn took it along.
            return
        while self._news:
            condition = self._news.popleft()
            self.conditions.take(condition)
            if not condition.device:
                log.info("%s: %s", self.supply.name, condition.health.value)
        self._is_judged = False
        self.conditionChanged.emit()
