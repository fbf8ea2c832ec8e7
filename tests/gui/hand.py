"""A source that tests play by hand, and waiting for what Qt does in its own time."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np
from papaya_gui.models.catalog import Row
from papaya_gui.sources.supply import Past, Supply
from PyQt6.QtCore import QCoreApplication
from PyQt6.QtTest import QTest

from papaya.sensors.condition import Condition, Health
from papaya.sensors.reading import Value


class HandClock:
    """The time of day, which stands still at `seconds` since 1970 once a test has set them."""

    seconds: float | None = None

    def __call__(self) -> float:
        """Return the time."""
        return time.time() if self.seconds is None else self.seconds


class HandSupply(Supply):
    """Says what a test puts in, and remembers what a test gives it to remember."""

    name = "by hand"
    remembered: Past | None = None
    waits = 0.0

    def start(self) -> None:
        """Be there."""
        self.tell(Condition(Health.LIVE))

    def close(self) -> None:
        """Hold nothing."""

    @property
    def asked_every(self) -> float:
        """How long the test lets it wait between two questions."""
        return self.waits

    @property
    def has_history(self) -> bool:
        """Where the test gave something."""
        return self.remembered is not None

    def history(self, row: Row, start: float, end: float, points: int) -> Past:
        """Return what the test gave, as far as it was asked for."""
        assert self.remembered is not None
        inside = (self.remembered.times >= start) & (self.remembered.times < end)
        return Past(self.remembered.times[inside], self.remembered.values[inside])

    def say(self, row: int, seconds: float, value: Value) -> None:
        """Put one reading in; the time is in seconds since 1970."""
        self.inbox.put(row, round(seconds * 1000), value)

    def say_all(self, row: int, seconds: Sequence[float], values: Sequence[float]) -> None:
        """Put many readings of one row in."""
        for second, value in zip(np.asarray(seconds), np.asarray(values), strict=True):
            self.say(row, float(second), float(value))


def pause(seconds: float) -> None:
    """Let Qt work for so long."""
    # PyQt's types take this static method for one of an instance.
    QTest.qWait(round(seconds * 1000))  # type: ignore[call-arg, arg-type]


def wait_until(holds: Callable[[], bool], seconds: float = 60.0, why: str = "it did not happen") -> None:
    """Let Qt work until something holds."""
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, why
        pause(0.005)
    QCoreApplication.processEvents()
