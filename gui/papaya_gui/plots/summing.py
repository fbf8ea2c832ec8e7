"""Asks the source for the exact statistics of what it has condensed, once the window has come to rest."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from papaya_gui.models.pyramid import Summary
from papaya_gui.models.series import Exact, Series
from papaya_gui.sources.supply import Span
from papaya_gui.station import Station
from papaya_gui.workers import Worker

REST_MILLISECONDS = 250


class Summing(QObject):
    """Keeps the statistics of the curves of a standing window exact.

    If the source has none, the statistics of the drawn samples stay. Signal: `changed` when some came.
    """

    changed = pyqtSignal()

    def __init__(self, station: Station, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._station = station
        self._wish: tuple[tuple[Series, ...], Span] = ((), (0.0, 1.0))
        # What is asked for, or cannot be had, so that it is asked for once.
        self._asked: dict[int, Span] = {}
        self._worker = Worker("papaya-summing", self)
        self._worker.done.connect(self._on_done)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MILLISECONDS)
        self._rest.timeout.connect(self._ask)

    def want(self, chosen: Sequence[Series], start: float, end: float) -> None:
        """Wish for the statistics of a span."""
        wish = (tuple(chosen), (start, end))
        has_moved, self._wish = wish != self._wish, wish
        # The same wish, which comes with every tick, does not put it off.
        if self._needed() and (has_moved or not self._rest.isActive()):
            self._rest.start()

    def close(self) -> None:
        """End the thread."""
        self._rest.stop()
        self._worker.close(0.2)

    def _needed(self) -> list[Series]:
        chosen, span = self._wish
        if self._station.supply.reading is not None:
            return []
        is_over = self._station.recorded is not None
        return [
            series
            for series in chosen
            if (is_over or span[1] < series.held_from)
            and series.is_condensed(*span)
            and (series.exact is None or series.exact.span != span)
            and self._asked.get(series.row.index) != span
        ]

    def _ask(self) -> None:
        span = self._wish[1]
        for series in self._needed():
            self._asked[series.row.index] = span
            self._worker.submit((series, span), self._work(series, span))

    def _work(self, series: Series, span: Span) -> Callable[[], tuple[bool, Summary | None]]:
        supply = self._station.supply

        def work() -> tuple[bool, Summary | None]:
            # While it waited for its turn something else may have been wished for.
            is_asked = self._wish[1] == span
            return is_asked, supply.summary(series.row, *span) if is_asked else None

        return work

    def _on_done(self, token: tuple[Series, Span], result: tuple[bool, Summary | None]) -> None:
        series, span = token
        was_asked, found = result
        if (found is not None or not was_asked) and self._asked.get(series.row.index) == span:
            # To be asked again where the source has more by then, or where the span is wished for again.
            del self._asked[series.row.index]
        if found is not None:
            series.exact = Exact(span, found)
            self.changed.emit()
        elif not was_asked and self._needed():
            self._rest.start()
