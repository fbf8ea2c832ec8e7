"""Makes the picture of the selected series: the axis and look of each, what is stale, where the seams are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import tzinfo

import numpy as np

from papaya.manifest.model import Sensor
from papaya_gui.models.batch import TEXT
from papaya_gui.models.board import Board
from papaya_gui.models.curve import Aggregation, Drawn, drawn
from papaya_gui.models.picture import Axis, Lane, Limit, Picture, Trace
from papaya_gui.models.scale import Scale, fitted
from papaya_gui.models.series import Series
from papaya_gui.models.texts import Texts
from papaya_gui.models.ticks import clock_text
from papaya_gui.models.words import Words

# Seams closer together than this part of the window are shown as one.
SEAM_PART = 0.05


@dataclass(frozen=True, slots=True)
class Captions:
    """What is written into the picture, as templates, so that it can be translated."""

    words: Words = field(default_factory=Words)
    live_from: str = "live from {time}"
    warn_above: str = "local threshold: warn above {limit}"
    warn_below: str = "local threshold: warn below {limit}"
    alarm_above: str = "local threshold: alarm above {limit}"
    alarm_below: str = "local threshold: alarm below {limit}"
    false: str = "false"
    true: str = "true"


@dataclass(slots=True)
class Wishes:
    """How curves are to be drawn: for all, for one row, hidden ones, and whether values are fitted."""

    aggregation: Aggregation = Aggregation.AUTO
    own: dict[int, Aggregation] = field(default_factory=dict)
    hidden: set[int] = field(default_factory=set)
    shows_limits: bool = True
    is_fixed: bool = False
    zone: tzinfo | None = None


class Composer:
    """Remembers from one picture to the next which look a row has and which values a unit's axis shows.

    The board knows when a row's newest sample came at the latest, because the clock of a device may be ahead,
    and how old it may be.
    """

    def __init__(
        self,
        texts: Texts,
        captions: Captions | None = None,
        board: Board | None = None,
    ) -> None:
        self.wishes = Wishes()
        self.scales: dict[str, Scale] = {}
        self._looks: dict[int, int] = {}
        self._texts = texts
        self._captions = captions or Captions()
        self._board = board

    def look(self, row: int) -> int:
        """Return the number of a row's look, the lowest one that is free when it is new."""
        number = self._looks.get(row)
        if number is None:
            taken = set(self._looks.values())
            number = self._looks[row] = next(one for one in range(len(taken) + 1) if one not in taken)
        return number

    def keep(self, rows: Iterable[int]) -> None:
        """Give the looks of all other rows free."""
        chosen = set(rows)
        self._looks = {row: look for row, look in self._looks.items() if row in chosen}
        for row in sorted(chosen - self._looks.keys()):
            self.look(row)

    def compose(
        self, chosen: Sequence[Series], start: float, end: float, now: float, pixels: int, axes: int
    ) -> Picture:
        """Return the picture of a span on so many pixels, with at most so many axes beside each area."""
        shown = [series for series in chosen if series.row.index not in self.wishes.hidden]
        by_unit: dict[str, list[tuple[Series, Trace]]] = {}
        lanes = []
        for series in shown:
            trace = self._trace(series, start, end, now, pixels)
            if series.is_step:
                lanes.append(self._lane(series, trace))
            else:
                by_unit.setdefault(series.sensor.unit, []).append((series, trace))
        measured = [self._axis(unit, members) for unit, members in by_unit.items()]
        areas = tuple(tuple(measured[place : place + axes]) for place in range(0, len(measured), axes))
        seams = self._seams(shown, start, end)
        return Picture(start, end, areas, tuple(lanes), seams, self.wishes.zone)

    def _trace(self, series: Series, start: float, end: float, now: float, pixels: int) -> Trace:
        row, last = series.row, series.last
        aggregation = self.wishes.own.get(row.index, self.wishes.aggregation)
        return Trace(
            row.index,
            row.title,
            row.device,
            self.look(row.index),
            drawn(series, start, end, pixels, aggregation),
            last,
            self.stale(series, now),
        )

    def stale(self, series: Series, now: float) -> str:
        """Return words about a series that should have told something since; empty while it is live."""
        last, words = series.last, self._captions.words
        if last is None or (self._board is not None and self._board.is_recorded):
            return ""
        seen, oldest = last[0], series.gap
        if self._board is not None:
            row = series.row.index
            seen, oldest = min(seen, self._board.seen_at(row)), self._board.stale_after(row)
        return words.stale.format(age=words.age(now - seen)) if now - seen > oldest else ""

    def ahead(self, series: Series, now: float) -> str:
        """Return words about a series whose newest sample is yet to come: its curve is beyond the window."""
        return "" if series.last is None else self._captions.words.ahead_by(series.last[0] - now)

    def _lane(self, series: Series, trace: Trace) -> Lane:
        if series.kind != TEXT:
            return Lane(trace, (self._captions.false, self._captions.true))
        values = trace.drawn.values
        there = np.isfinite(values)
        numbers = np.unique(values[there])
        names = sorted((self._texts.shown(number), number) for number in numbers)
        order = np.array([number for _, number in names])
        places = np.full(len(values), np.nan)
        sorter = np.argsort(order)
        if len(order):
            places[there] = sorter[np.searchsorted(order, values[there], sorter=sorter)]
        end = None
        if trace.end is not None and trace.end[1] in order:
            end = trace.end[0], float(np.flatnonzero(order == trace.end[1])[0])
        moved = replace(trace, drawn=Drawn(trace.drawn.times, places), end=end)
        return Lane(moved, tuple(name for name, _ in names))

    def _axis(self, unit: str, members: list[tuple[Series, Trace]]) -> Axis:
        sensors = [series.sensor for series, _ in members]
        traces = tuple(trace for _, trace in members)
        limits = self._limits(sensors) if self.wishes.shows_limits else ()
        known = self.scales.get(unit)
        if known is None or not self.wishes.is_fixed:
            self.scales[unit] = self._fitted(sensors, traces, known)
        return Axis(unit, self.scales[unit], traces, limits)

    def _fitted(self, sensors: list[Sensor], traces: Sequence[Trace], before: Scale | None) -> Scale:
        """Return the scale for what is visible, else for what the sensors can measure."""
        minimum = _outermost(min, [sensor.minimum for sensor in sensors])
        maximum = _outermost(max, [sensor.maximum for sensor in sensors])
        extents = [extent for trace in traces if (extent := trace.drawn.extent()) is not None]
        if not extents:
            if before is not None:
                return before
            low = 0.0 if minimum is None else minimum
            return fitted(low, low + 1.0 if maximum is None else maximum)
        low, high = min(low for low, _ in extents), max(high for _, high in extents)
        return fitted(low, high, before, minimum=minimum, maximum=maximum)

    def _limits(self, sensors: list[Sensor]) -> tuple[Limit, ...]:
        found: dict[tuple[float, bool, bool], Limit] = {}
        for sensor in sensors:
            for limit, is_above, is_alarm, words in (
                (sensor.warn_above, True, False, self._captions.warn_above),
                (sensor.warn_below, False, False, self._captions.warn_below),
                (sensor.alarm_above, True, True, self._captions.alarm_above),
                (sensor.alarm_below, False, True, self._captions.alarm_below),
            ):
                if limit is not None:
                    text = words.format(limit=f"{limit:g} {sensor.unit}".strip())
                    found[limit, is_above, is_alarm] = Limit(limit, is_above, is_alarm, text)
        return tuple(found.values())

    def _seams(self, shown: Sequence[Series], start: float, end: float) -> tuple[tuple[float, str], ...]:
        """Return where the past ends and what came live begins, where there is a past."""
        if self._board is not None and self._board.is_recorded:
            return ()
        moments = sorted(
            series.seam
            for series in shown
            if series.seam is not None and start <= series.seam <= end and len(series.past)
        )
        seams: list[tuple[float, str]] = []
        for moment in moments:
            if not seams or moment - seams[-1][0] > SEAM_PART * (end - start):
                time = clock_text(moment, self.wishes.zone, end - start)
                seams.append((moment, self._captions.live_from.format(time=time)))
        return tuple(seams)


def _outermost(choose: Callable[[list[float]], float], bounds: list[float | None]) -> float | None:
    """Return the lowest or highest bound, None where one of the sensors has none."""
    known = [bound for bound in bounds if bound is not None]
    return choose(known) if known and len(known) == len(bounds) else None
