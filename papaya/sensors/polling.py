"""Polls one source in a thread of its own, so that a driver that raises or hangs costs nobody else."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from papaya.errors import PapayaError
from papaya.manifest.model import Sensor
from papaya.sensors.backend import SensorBackend
from papaya.sensors.descriptions import descriptions_of
from papaya.sensors.drivers import close, made, readings_from
from papaya.sensors.reading import SensorReading
from papaya.sensors.source import Factory, Source

log = logging.getLogger(__name__)

LONGEST_PAUSE = 300.0
_FIRST_PAUSE = 1.0
_LONGEST_TOLD = 1_000
# A thread that hangs cannot be ended. So many may hang before the source is left alone until one comes back.
_MOST_ABANDONED = 3


Read = Callable[[Any, Source], Sequence[SensorReading]]


def _asked(backend: SensorBackend, source: Source) -> Sequence[SensorReading]:
    return readings_from(backend.get_latest_readings(), source, backend)


@dataclass(frozen=True, slots=True)
class Polled:
    """What came of one poll: readings, or the fault that kept them away."""

    poller: Poller
    attempt: int
    readings: Sequence[SensorReading] = ()
    fault: str | None = None
    # What a driver that has just been made tells of its sensors, by key.
    descriptions: Mapping[str, Sensor] = field(default_factory=dict)


class Poller:
    """One source with its backend; all methods but the thread's own are called from one thread."""

    def __init__(
        self,
        source: Source,
        factory: Factory,
        deliver: Callable[[Polled], None],
        *,
        read: Read = _asked,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.source = source
        self._factory, self._deliver, self._read, self._clock = factory, deliver, read, clock
        self._asked: queue.SimpleQueue[int | None] | None = None
        self._backend: list[object] = []
        self._attempt = 0
        self._began: float | None = None
        self._faults = 0
        self._rest_until = 0.0
        self._abandoned: list[threading.Thread] = []
        self._thread: threading.Thread | None = None

    @property
    def is_busy(self) -> bool:
        """Whether a poll is under way."""
        return self._began is not None

    @property
    def deadline(self) -> float | None:
        """When the poll that is under way has taken too long."""
        return None if self._began is None else self._began + self.source.timeout

    def poll(self) -> bool:
        """Ask for a poll; return False while one is under way or the source rests after a fault."""
        now = self._clock()
        if self._began is not None or now < self._rest_until:
            return False
        if self._asked is None and not self._start():
            return False
        self._attempt += 1
        self._began = now
        if self._asked is not None:
            self._asked.put(self._attempt)
        return True

    def ended(self, polled: Polled) -> bool:
        """Note the end of a poll; return False where it had been given up."""
        if polled.attempt != self._attempt or self._began is None:
            return False
        self._began = None
        self._count(polled.fault)
        return True

    def overdue(self) -> Polled | None:
        """Give up a poll that takes too long, and the thread that it hangs in."""
        if self.deadline is None or self._clock() < self.deadline:
            return None
        fault = f"it gave no answer within {self.source.timeout:g} s"
        self._began = None
        if self._asked is not None:
            # If the thread ever comes back, it finds this and ends.
            self._asked.put(None)
        if self._thread is not None:
            self._abandoned.append(self._thread)
        self._asked, self._thread, self._backend = None, None, []
        self._count(fault)
        return Polled(self, self._attempt, fault=fault)

    def close(self) -> None:
        """Let the thread close the backend and end; a hanging one is left behind."""
        if self._asked is not None:
            self._asked.put(None)
        self._asked, self._began = None, None

    def _start(self) -> bool:
        self._abandoned = [thread for thread in self._abandoned if thread.is_alive()]
        if len(self._abandoned) >= _MOST_ABANDONED:
            return False
        self._asked, self._backend = queue.SimpleQueue(), []
        self._thread = threading.Thread(
            target=self._serve,
            args=(self._asked, self._backend),
            name=f"sensor-{self.source.kind}",
            daemon=True,
        )
        self._thread.start()
        return True

    def _count(self, fault: str | None) -> None:
        if fault is None:
            self._faults = 0
            return
        pause = min(_FIRST_PAUSE * 2.0**self._faults, LONGEST_PAUSE)
        self._faults = min(self._faults + 1, 16)
        self._rest_until = self._clock() + pause

    def _serve(self, asked: queue.SimpleQueue[int | None], backend: list[object]) -> None:
        while (attempt := asked.get()) is not None:
            try:
                descriptions: Mapping[str, Sensor] = {}
                if not backend:
                    backend.append(made(self._factory, self.source))
                    descriptions = descriptions_of(backend[0], self.source)
                readings = self._read(backend[0], self.source)
            # A driver that calls sys.exit() ends neither this thread nor the agent.
            except (Exception, SystemExit) as error:
                log.debug("polling %s failed", self.source.title, exc_info=True)
                self._close(backend)
                self._deliver(Polled(self, attempt, fault=_words(error)))
            else:
                self._deliver(Polled(self, attempt, readings, descriptions=descriptions))
        self._close(backend)

    @staticmethod
    def _close(backend: list[object]) -> None:
        """Close the backend, so that the next poll begins afresh."""
        while backend:
            close(backend.pop())


def _words(error: BaseException) -> str:
    try:
        told = error.in_one_line if isinstance(error, PapayaError) else str(error)
        text = " ".join(told[:_LONGEST_TOLD].split())
    except Exception:
        text = ""
    if isinstance(error, PapayaError) and text:
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
