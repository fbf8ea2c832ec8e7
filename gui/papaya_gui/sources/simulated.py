"""Invented readings for every sensor of the catalog, at their intervals; the past is as long as one likes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import numpy as np

from papaya.sensors.simulated import curve_of
from papaya.sensors.source import wall_clock
from papaya_gui.models.batch import NUMBER, Batch, Inbox
from papaya_gui.models.catalog import Catalog, Row
from papaya_gui.sources.supply import Condition, Health, Past, Supply, Tell

_BEAT = 0.1


class SimulatedSupply(Supply):
    """Needs nothing: the window shows it where nothing else is configured."""

    name = "simulated"

    def __init__(
        self, catalog: Catalog, inbox: Inbox, tell: Tell, *, now: Callable[[], int] = wall_clock
    ) -> None:
        super().__init__(catalog, inbox, tell)
        self._now = now
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._curves: list[Callable[[int], float | None]] = []

    @property
    def where(self) -> str:
        """Nowhere."""
        return "invented values"

    @property
    def has_history(self) -> bool:
        """Always: a moment of the past has a value like any other."""
        return True

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
        """Return the values at the sensor's own times, or at fewer where there would be too many."""
        step = max(row.every, (end - start) / max(points, 1))
        curve = curve_of(row.sensor, row.device)
        times = np.arange(np.ceil(start / step) * step, end, step)
        found = [curve(round(moment * 1000)) for moment in times]
        values = np.array([np.nan if value is None else value for value in found], np.float64)
        return Past(times, values)

    def _run(self) -> None:
        self.tell(Condition(Health.LIVE, "values are invented"))
        due: list[float] = []
        while not self._stopping.is_set():
            while len(self._curves) < len(self.catalog):
                row = self.catalog[len(self._curves)]
                self._curves.append(curve_of(row.sensor, row.device))
                due.append(0.0)
            self._take_due(due)
            self._stopping.wait(_BEAT)

    def _take_due(self, due: list[float]) -> None:
        now, clock = self._now(), time.monotonic()
        rows, values = [], []
        for index, moment in enumerate(due):
            if moment > clock:
                continue
            every = self.catalog[index].every
            due[index] = clock + every if moment == 0.0 or clock - moment > every else moment + every
            value = self._curves[index](now)
            if value is not None:
                rows.append(index)
                values.append(value)
        if rows:
            count = len(rows)
            self.inbox.put_columns(
                Batch(
                    np.array(rows, np.int32),
                    np.full(count, now / 1000),
                    np.array(values, np.float64),
                    np.full(count, NUMBER, np.int8),
                )
            )
