"""Polled sources, each in its own thread: one that hangs does not delay the others."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from papaya.counting import first_of
from papaya.foreign import ForeignValue, shown
from papaya.manifest.model import Sensor
from papaya.sensors.condition import Condition, Health
from papaya.sensors.descriptions import completed
from papaya.sensors.polling import Polled, Poller
from papaya.sensors.reading import SensorReading, Value, objection_to_time, taken
from papaya.sensors.source import Factory, Source
from papaya_gui.models.batch import Inbox
from papaya_gui.models.catalog import MOST_FOUND, Catalog, Row, is_key
from papaya_gui.models.pyramid import Summary
from papaya_gui.sources.drivers_past import PastOfDrivers
from papaya_gui.sources.left_out import LeftOut
from papaya_gui.sources.past import past_from
from papaya_gui.sources.silence import Silence
from papaya_gui.sources.supply import Past, Simulated, Span, Supply, Tell

log = logging.getLogger(__name__)

_LOOK_EVERY, _CHECK_EVERY, _FAREWELL = 0.1, 1.0, 0.5
_BY_ITSELF = "It is tried again by itself."
_MOST_STRANGERS = 1_000
Remember = Callable[[Row, float, float, int], Past]
# A summary of a row between two times.
Summarize = Callable[[Row, float, float], Summary | None]
# From when to when there are values of a row, or of all.
Reach = Callable[[Row | None], Span | None]
# What has told nothing for so long at least is a recording, and no source that is late.
_RECORDED_AFTER = 600.0


@dataclass(frozen=True, slots=True)
class DeviceReading(SensorReading):
    """A reading of a source that has those of many devices."""

    device: str
    # The sensor's name for people, where the source says one.
    title: str = ""


class FleetSource(Protocol):
    """Reads values of many devices from one place, also several values of one sensor at once."""

    def get_latest_readings(self) -> Sequence[DeviceReading]:
        """Return what is new, oldest first."""


@dataclass(frozen=True, slots=True)
class Poll:
    """One source, how its backend is made, whose it is, and every how many seconds it is asked.

    Without a `device` its readings are `DeviceReading`s, and `every` follows the window's interval.
    """

    source: Source
    factory: Factory
    device: str = ""
    every: float = 1.0


@dataclass(slots=True)
class _Job:
    poll: Poll
    poller: Poller
    due: float = 0.0
    fault: str | None = None
    descriptions: dict[str, Sensor] = field(default_factory=dict)


class PolledSupply(Supply):
    """Asks sources for their latest values; `remember` answers for the past, where there is one.

    `left_out` returns the unusable values of a source of the whole fleet. `reach` returns the first and last
    time of its values. If the last one is long ago, the source is a recording.
    """

    def __init__(
        self,
        catalog: Catalog,
        inbox: Inbox,
        tell: Tell,
        name: str,
        where: str,
        polls: Sequence[Poll],
        remember: Remember | None = None,
        left_out: LeftOut | None = None,
        reach: Reach | None = None,
        summarize: Summarize | None = None,
    ) -> None:
        super().__init__(catalog, inbox, tell)
        self.name = name
        self._where, self._remember, self._left_out = where, remember, left_out or LeftOut()
        self._reach, self._summarize, self._newest = reach, summarize, 0.0
        self._recorded: Span | None = None
        self._answers: queue.SimpleQueue[Polled] = queue.SimpleQueue()
        self._jobs = [_Job(poll, self._poller(poll)) for poll in polls]
        self._by_poller = {id(job.poller): job for job in self._jobs}
        self._past = PastOfDrivers((poll.device, poll.factory, poll.source) for poll in polls)
        self._every = 1.0
        self._last: dict[int, tuple[int, Value]] = {}
        self._strangers: Counter[str] = Counter()
        self._silence = Silence(catalog, tell)
        self._told: dict[str, Condition] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"papaya-{name}", daemon=True)

    def _poller(self, poll: Poll) -> Poller:
        if poll.device:
            return Poller(poll.source, poll.factory, self._answers.put)
        return Poller(poll.source, poll.factory, self._answers.put, read=_read_fleet)

    @property
    def where(self) -> str:
        """The file, or how many sources there are."""
        return self._where

    @property
    def simulated(self) -> Simulated:
        """How many of the sources are the manifest's simulated ones."""
        kinds = {job.poll.source.kind == "simulated" for job in self._jobs}
        if True not in kinds:
            return Simulated.NOTHING
        return Simulated.SOME if False in kinds else Simulated.ALL

    @property
    def simulated_devices(self) -> frozenset[str]:
        """The devices of which all sources are simulated ones."""
        if self.simulated is not Simulated.SOME:
            return super().simulated_devices
        real = {job.poll.device for job in self._jobs if job.poll.source.kind != "simulated"}
        return frozenset(job.poll.device for job in self._jobs) - real

    @property
    def recorded(self) -> Span | None:
        """The times of its first and last value, if the newest came long ago."""
        return self._recorded

    def extent(self, row: Row) -> Span | None:
        """Return from when to when there are values of a row."""
        if self._reach is not None:
            return self._reach(row)
        samples = self._past.samples(row, 0.0, time.time())
        return (samples[0][0] / 1000, samples[-1][0] / 1000) if samples else None

    @property
    def has_history(self) -> bool:
        """Whether a backend, or the file itself, remembers values."""
        return self._remember is not None or self._past.has_any

    def start(self) -> None:
        """Begin to ask."""
        self._become(Condition(Health.CONNECTING))
        self._thread.start()

    def close(self) -> None:
        """Ask no more; what hangs is left behind."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(_FAREWELL)
        self._past.close()

    def set_interval(self, seconds: float) -> None:
        """Ask files of the whole fleet as often as the window is brought up to date."""
        self._every = seconds

    def history(self, row: Row, start: float, end: float, points: int) -> Past:
        """Return what is remembered between two times in seconds."""
        if self._remember is not None:
            return self._remember(row, start, end, points)
        return past_from(self._past.samples(row, start, end), self.inbox.texts, row.sensor)

    def summary(self, row: Row, start: float, end: float) -> Summary | None:
        """Return a summary where the source has one; others give all their samples."""
        return None if self._summarize is None else self._summarize(row, start, end)

    def _run(self) -> None:
        next_check = 0.0
        while not self._stopping.is_set():
            try:
                self._turn()
                if time.monotonic() >= next_check:
                    next_check = time.monotonic() + _CHECK_EVERY
                    self._check_silence()
            except Exception:
                # A fault of papaya's own, or of a machine without threads and memory, ends no source.
                log.exception("asking the sources failed")
                self._stopping.wait(_CHECK_EVERY)
        for job in self._jobs:
            job.poller.close()

    def _turn(self) -> None:
        now = time.monotonic()
        for job in self._jobs:
            overdue = job.poller.overdue()
            if overdue is not None:
                self._note(job, overdue)
            if now >= job.due and job.poller.poll():
                job.due = now + (job.poll.every if job.poll.device else self._every)
        self._take_answers()

    def _check_silence(self) -> None:
        if self._told[""].health is Health.LIVE and self._recorded is None:
            self._silence.check({job.poll.device for job in self._jobs if job.fault is not None})
        else:
            self._silence.begin()

    def _take_answers(self) -> None:
        patience = _LOOK_EVERY
        while True:
            try:
                polled = self._answers.get(timeout=patience)
            except queue.Empty:
                return
            patience = 0.0
            job = self._by_poller[id(polled.poller)]
            if job.poller.ended(polled):
                self._note(job, polled)

    def _note(self, job: _Job, polled: Polled) -> None:
        job.descriptions |= polled.descriptions
        job.fault = polled.fault or self._take(job, polled.readings)
        if self._reach is not None and polled.fault is None:
            self._look_whether_recorded(self._reach)
        if job.poll.device:
            self._become(_condition_of(job.fault, job.poll.device))
        self._tell_of_all()

    def _look_whether_recorded(self, reach: Reach) -> None:
        """Note a recording: the newest value of all is older than any sensor may be late."""
        newest = max((ts for ts, _ in self._last.values()), default=0) / 1000
        if newest == self._newest:
            return
        self._newest = newest
        late = max(2 * max(self.catalog[row].every for row in self._last), _RECORDED_AFTER)
        self._recorded = reach(None) if time.time() - newest > late else None

    def _take(self, job: _Job, readings: Sequence[SensorReading]) -> str | None:
        """Put what is new into the inbox; return what is wrong with the source.

        An invalid reading is an error of its device's source. In a source of the whole fleet it is left out,
        counted and reported, unless all readings are invalid.
        """
        fault, rows, usable = None, [], 0
        for reading in readings:
            device = reading.device if isinstance(reading, DeviceReading) else job.poll.device
            if not self.catalog.has_device(device):
                stranger = shown(device)
                if stranger in self._strangers or len(self._strangers) < _MOST_STRANGERS:
                    self._strangers[stranger] += 1
                usable += 1
                continue
            try:
                row = self._put(device, reading, job.descriptions.get(reading.name))
            except ForeignValue as error:
                objection = error.message
            except Exception as error:
                # An error in a reading loses only this reading.
                log.debug("a reading of %s cannot be taken", device, exc_info=True)
                objection = f"it cannot be taken: {type(error).__name__}"
            else:
                usable += 1
                rows.extend([] if row is None else [row])
                continue
            told = f"{shown(reading.name)} of {device}: {objection}"
            if job.poll.device:
                fault = fault or told
            else:
                self._left_out.add(told)
        if rows:
            self._silence.heard(np.array(rows, np.int32))
        self._left_out.take(usable)
        return self._left_out.words if not job.poll.device and self._left_out.is_everything else fault

    def _put(self, device: str, reading: SensorReading, described: Sensor | None) -> int | None:
        """Put a reading into the inbox; return its row, None where it has been there before."""
        row = self.catalog.find(device, reading.name)
        title = reading.title if isinstance(reading, DeviceReading) else ""
        reading = taken(reading, completed(Sensor(reading.name) if row is None else row.sensor, described))
        objection = objection_to_time(reading.timestamp)
        if row is None and objection is None:
            objection = self._objection_to_key(device, reading.name)
        if objection is not None:
            raise ForeignValue(objection)
        row = row or self.catalog.add(device, Sensor(reading.name, name=title, unit=reading.unit))
        said = reading.timestamp, reading.value
        # An unchanged file has the same values again.
        if self._last.get(row.index) == said:
            return None
        self._last[row.index] = said
        self.inbox.put(row.index, *said)
        return row.index

    def _objection_to_key(self, device: str, key: str) -> str | None:
        """Return why a new sensor cannot have this key."""
        if not is_key(key):
            return f"its key has {len(key):,} characters" if key.strip() else "it has no key"
        if len(self.catalog.rows_of(device)) >= MOST_FOUND:
            return f"the device has {MOST_FOUND:,} sensors already"
        return None

    def _tell_of_all(self) -> None:
        """Tell how the source is as a whole: broken only where nothing of it can be read."""
        faults = [job.fault for job in self._jobs if job.fault is not None]
        if faults and len(faults) == len(self._jobs):
            told = (
                faults[0] if len(faults) == 1 else f"none of {len(faults)} sources can be read: {faults[0]}"
            )
            self._become(Condition(Health.FAULT, told, _BY_ITSELF))
            return
        doubts = [f"{len(faults)} of {len(self._jobs)} sources cannot be read"] if faults else []
        doubts += self._left_out.doubts
        if self._strangers:
            names, count = first_of(sorted(self._strangers)), len(self._strangers)
            doubts.append(f"values of devices that the manifest does not have ({count}): {names}")
        self._become(Condition(Health.LIVE, "; ".join(doubts)))

    def _become(self, condition: Condition) -> None:
        if self._told.get(condition.device) != condition:
            self._told[condition.device] = condition
            self.tell(condition)


def _read_fleet(source_of_many: FleetSource, source: Source) -> Sequence[DeviceReading]:
    return source_of_many.get_latest_readings()


def _condition_of(fault: str | None, device: str) -> Condition:
    if fault is None:
        return Condition(Health.LIVE, device=device)
    return Condition(Health.FAULT, fault, _BY_ITSELF, device)
