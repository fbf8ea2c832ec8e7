"""Simulated readings for every sensor of the catalog, at their intervals, with a past of any length."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import numpy as np

from papaya.sensors.condition import Condition, Health
from papaya.sensors.simulated import shape_of
from papaya.sensors.source import wall_clock
from papaya_gui.models.batch import Batch, Floats, Inbox
from papaya_gui.models.catalog import Catalog, Row
from papaya_gui.sources.supply import Past, Simulated, Span, Supply, Tell
from papaya_gui.sources.waves import Waves

_BEAT = 0.1
# So many sensors are made ready before the window gets its turn.
_PORTION = 500
# Of an interval in the past so many moments are looked at.
_LOOKS = 8
_DAY = 86_400.0


class SimulatedSupply(Supply):
    """Needs nothing: the window shows it where it is asked to, and with the packaged demo fleet."""

    name = "simulated"

    def __init__(
        self, catalog: Catalog, inbox: Inbox, tell: Tell, *, now: Callable[[], int] = wall_clock
    ) -> None:
        super().__init__(catalog, inbox, tell)
        self._now = now
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._waves = Waves()
        self._every: Floats = np.empty(0)
        self._due: Floats = np.empty(0)

    @property
    def where(self) -> str:
        """Nowhere."""
        return "simulated data"

    @property
    def simulated(self) -> Simulated:
        """All of it."""
        return Simulated.ALL

    @property
    def has_history(self) -> bool:
        """Always: a moment of the past has a value like any other."""
        return True

    def extent(self, row: Row) -> Span | None:
        """Return the last day: the past has no beginning."""
        now = self._now() / 1000
        return now - _DAY, now

    def start(self) -> None:
        """Begin to invent."""
        self._thread = threading.Thread(target=self._run, name="papaya-simulated", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(1.0)

    def history(self, row: Row, start: float, end: float, points: int) -> Past:
        """Return the values at the sensor's own times, or where there would be too many their extremes."""
        waves, place = Waves([shape_of(row.sensor, row.device)]), np.zeros(1, np.intp)
        kind = int(waves.kinds(place)[0])
        step = max(row.every, (end - start) / max(points, 1))
        times = np.arange(np.ceil(start / step) * step, end, step)
        if step == row.every or not len(times):
            return Past(times, waves.values(place, times), kind=kind)
        looks = waves.values(place, times[:, np.newaxis] + np.arange(_LOOKS) * (step / _LOOKS))
        seen = np.maximum((~np.isnan(looks)).sum(axis=1), 1)
        low, high = np.fmin.reduce(looks, axis=1), np.fmax.reduce(looks, axis=1)
        means = np.where(np.isnan(low), np.nan, np.nansum(looks, axis=1) / seen)
        return Past(times + step / 2, means, step, low, high, kind)

    def _run(self) -> None:
        self.tell(Condition(Health.LIVE, "simulated data"))
        while not self._stopping.is_set():
            self._add_rows()
            self._take_due()
            # Until all are there, the window only gets its turn.
            self._stopping.wait(_BEAT if len(self._waves) == len(self.catalog) else 0.001)

    def _add_rows(self) -> None:
        """Take the next rows of the catalog along."""
        first = len(self._waves)
        rows = [self.catalog[index] for index in range(first, min(first + _PORTION, len(self.catalog)))]
        for row in rows:
            self._waves.add(shape_of(row.sensor, row.device))
        if rows:
            self._every = np.concatenate((self._every, [row.every for row in rows]))
            # At once, and then at moments of their own: all in one beat would be seen as a jolt.
            self._due = np.concatenate((self._due, np.full(len(rows), -np.inf)))

    def _take_due(self) -> None:
        now, clock = self._now() / 1000, time.monotonic()
        rows = np.flatnonzero(self._due <= clock)
        if not len(rows):
            return
        every, due = self._every[rows], self._due[rows]
        # What has never been due, or is late by more than a round, begins anew somewhere in its interval.
        anew = clock + every * ((rows * 0.618034) % 1.0)
        self._due[rows] = np.where(clock - due > every, np.maximum(anew, clock + 1e-3), due + every)
        values = self._waves.values(rows, now)
        there = ~np.isnan(values)
        rows, values = rows[there], values[there]
        if len(rows):
            times = np.full(len(rows), now)
            self.inbox.put_columns(Batch(rows.astype(np.int32), times, values, self._waves.kinds(rows)))
