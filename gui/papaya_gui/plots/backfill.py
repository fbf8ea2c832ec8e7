"""Asks the source for the past that the window needs: in a thread, and once the window has come to rest."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from papaya_gui.models.catalog import Row
from papaya_gui.models.refetch import Request, request_for
from papaya_gui.models.series import Series
from papaya_gui.sources.supply import Past, Span, Supply
from papaya_gui.station import Station
from papaya_gui.workers import Worker

REST_MILLISECONDS = 180
# After a failure a row is asked for again by itself after so many seconds, then twice as many.
FIRST_PATIENCE, LONGEST_PATIENCE = 5.0, 120.0


class Backfill(QObject):
    """Keeps the histories of the selected series filled.

    Signals: `changed` when something came or began, `failed(Series, exception)`, `reached(start, end)` with
    from when to when there is something, once it was asked for.
    """

    changed = pyqtSignal()
    reached = pyqtSignal(float, float)
    failed = pyqtSignal(object, object)

    def __init__(
        self,
        station: Station,
        parent: QObject | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(parent)
        self._station, self._clock = station, clock
        self._worker = Worker("papaya-history", self)
        self._worker.done.connect(self._on_done)
        self._worker.failed.connect(self._on_failed)
        self._asking = Worker("papaya-extent", self)
        self._asking.done.connect(self._on_extent)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MILLISECONDS)
        self._rest.timeout.connect(self._ask)
        self._wish: tuple[tuple[Series, ...], float, float, int] = ((), 0.0, 1.0, 1)
        self._asked: dict[int, Request] = {}
        self._extents: list[Row] = []
        self._patience: dict[int, tuple[float, float]] = {}

    @property
    def is_busy(self) -> bool:
        """Whether an answer is awaited."""
        return bool(self._asked) or self._rest.isActive()

    def want(
        self, chosen: Sequence[Series], start: float, end: float, points: int, *, rests: bool = True
    ) -> None:
        """Wish for what a window needs; with `rests` it is asked for once the window has come to rest."""
        self._wish = (tuple(chosen), start, end, points)
        if not self._station.supply.has_history:
            return
        for series in chosen:
            series.break_off()
        if not self._needed():
            return
        if rests or not self._rest.isActive():
            self._rest.start()

    def retry(self) -> None:
        """Ask again at once for what has failed."""
        self._patience.clear()
        self._ask()

    def ask_extent(self, chosen: Sequence[Series]) -> None:
        """Ask the source from when to when it has values of some series."""
        supply = self._station.supply
        rows = [series.row for series in chosen]
        if rows and supply.has_history:
            self._extents = rows
            self._asking.submit(rows, lambda: [supply.extent(row) for row in rows])

    def _on_extent(self, rows: list[Row], found: list[Span | None]) -> None:
        spans = [span for span in found if span is not None]
        if rows is self._extents and spans:
            self.reached.emit(min(first for first, _ in spans), max(last for _, last in spans))

    def close(self) -> None:
        """End the threads."""
        self._extents = []
        self._asking.close(0.02)
        self._rest.stop()
        self._asked.clear()
        self._worker.close(0.2)

    def _needed(self) -> list[tuple[Series, Request]]:
        """Return what is missing and not on its way already."""
        chosen, start, end, points = self._wish
        found = []
        for series in chosen:
            request = request_for(series, start, end, self._station.now(), points)
            if request is None or self._is_coming(request) or self._clock() < self._not_before(request.row):
                continue
            found.append((series, request))
        return found

    def _is_coming(self, request: Request) -> bool:
        asked = self._asked.get(request.row)
        if asked is None:
            return False
        covers = asked.start <= request.start + 1e-6 and request.end <= asked.end + 1.0
        length, asked_length = request.end - request.start, asked.end - asked.start
        return covers and asked.points / asked_length >= request.points / length * 0.66

    def _not_before(self, row: int) -> float:
        return self._patience.get(row, (0.0, 0.0))[0]

    def _ask(self) -> None:
        needed = self._needed()
        if not needed or not self._station.supply.has_history:
            return
        wanted = {series.row.index for series in self._wish[0]}
        for row in self._asked.keys() - wanted:
            del self._asked[row]
        for series, request in needed:
            self._asked[request.row] = request
            self._worker.submit((series, request), self._work(self._station.supply, series, request))
        self.changed.emit()

    def _work(self, supply: Supply, series: Series, request: Request) -> Callable[[], Past | None]:
        def work() -> Past | None:
            # While it waited for its turn something else may have been wished for.
            if self._asked.get(request.row) is not request:
                return None
            return supply.history(series.row, request.start, request.end, request.points)

        return work

    def _on_done(self, token: tuple[Series, Request], past: Past | None) -> None:
        series, request = token
        if self._asked.get(request.row) is request:
            del self._asked[request.row]
        if past is None:
            return
        self._patience.pop(request.row, None)
        series.remember(
            request.start,
            request.end,
            request.points,
            past.times,
            past.values,
            interval=past.interval,
            low=past.low,
            high=past.high,
            kind=past.kind,
        )
        self.changed.emit()

    def _on_failed(self, token: tuple[Series, Request], error: Exception) -> None:
        series, request = token
        if self._asked.get(request.row) is request:
            del self._asked[request.row]
        _, waited = self._patience.get(request.row, (0.0, FIRST_PATIENCE / 2))
        patience = min(2 * waited, LONGEST_PATIENCE)
        self._patience[request.row] = (self._clock() + patience, patience)
        self.failed.emit(series, error)
        self.changed.emit()
