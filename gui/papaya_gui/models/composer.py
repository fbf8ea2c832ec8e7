"""Makes the picture of the selected series: the axis and look of each, what is stale, where the seams are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import tzinfo

import numpy as np

from papaya.manifest.model import Sensor
from papaya_gui.models.batch import TEXT
from papaya_gui.models.board import Board
from papaya_gui.models.curve import Aggregation, Drawn, drawn
from papaya_gui.models.looks import Looks
from papaya_gui.models.picture import LINKED, SHARED, Axis, AxisKey, Lane, Limit, Pane, Picture, Trace
from papaya_gui.models.plotted import Panel
from papaya_gui.models.scale import Scale, fitted
from papaya_gui.models.series import Series
from papaya_gui.models.texts import Texts
from papaya_gui.models.ticks import clock_text
from papaya_gui.models.words import Words

# Seams closer together than this part of the window are shown as one.
SEAM_PART = 0.05


@dataclass(frozen=True, slots=True)
class Captions:
    """The texts of the picture, as templates that can be translated."""

    words: Words = field(default_factory=Words)
    live_from: str = "live from {time}"
    warn_above: str = "local threshold: warn above {limit}"
    warn_below: str = "local threshold: warn below {limit}"
    alarm_above: str = "local threshold: alarm above {limit}"
    alarm_below: str = "local threshold: alarm below {limit}"
    false: str = "false"
    true: str = "true"
    panel: str = "Panel {number}"
    empty: str = "Drag sensors or curves here."
    nothing: str = "No data in this time range. View all: Ctrl+0"


@dataclass(slots=True)
class Wishes:
    """How curves are to be drawn: for all, hidden ones, single ones, and whether values are fitted.

    With `is_linked` axes of one unit show the same values in every panel.
    """

    aggregation: Aggregation = Aggregation.AUTO
    looks: Looks = field(default_factory=Looks)
    hidden: set[int] = field(default_factory=set)
    shows_limits: bool = True
    is_fixed: bool = False
    is_linked: bool = False
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
        self.scales: dict[AxisKey, Scale] = {}
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
        self,
        chosen: Sequence[Series],
        start: float,
        end: float,
        now: float,
        pixels: int,
        axes: int,
        *,
        panels: Sequence[Panel] | None = None,
        current: int = 0,
        is_reading: bool = False,
    ) -> Picture:
        """Return the picture of a span on so many pixels, with at most so many axes beside each area.

        Without panels everything is in one; of several, the one whose number is `current` is marked. While
        the past is being read, nothing is said of panels without data.
        """
        shown = {one.row.index: one for one in chosen if one.row.index not in self.wishes.hidden}
        if panels is None:
            panels = [Panel(0, tuple(shown))] if shown else []
        members = [[shown[row] for row in panel.rows if row in shown] for panel in panels]
        traces = {row: self._trace(series, start, end, now, pixels) for row, series in shown.items()}
        if not self.wishes.is_fixed:
            self._fit(panels, members, traces)
        panes = tuple(
            self._pane(panel, inside, traces, axes) for panel, inside in zip(panels, members, strict=True)
        )
        if not is_reading:
            panes = tuple(self._noted(pane, start, end) for pane in panes)
        if len(panes) > 1:
            panes = tuple(
                replace(
                    pane,
                    title=self._captions.panel.format(number=place + 1),
                    is_current=pane.number == current,
                )
                for place, pane in enumerate(panes)
            )
        seams = self._seams(list(shown.values()), start, end)
        return Picture(start, end, panes, seams, self.wishes.zone)

    def _noted(self, pane: Pane, start: float, end: float) -> Pane:
        """Return a panel with a note where all of its curves have nothing to show."""
        traces = [trace for area in pane.areas for axis in area for trace in axis.traces]
        traces += [lane.trace for lane in pane.lanes]
        if traces and not any(trace.drawn.has_data(start, end) for trace in traces):
            return replace(pane, note=self._captions.nothing)
        return pane

    def key_of(self, panel: int, series: Series) -> AxisKey:
        """Return the axis of a series in a panel."""
        row = series.row.index
        if row in self.wishes.looks.apart:
            return AxisKey(panel, series.sensor.unit, row)
        return AxisKey(LINKED if self.wishes.is_linked else panel, series.sensor.unit, SHARED)

    def _fit(
        self, panels: Sequence[Panel], members: Sequence[Sequence[Series]], traces: Mapping[int, Trace]
    ) -> None:
        """Fit the scale of every axis to its curves, of linked panels to those of all."""
        by_key: dict[AxisKey, list[Series]] = {}
        for panel, inside in zip(panels, members, strict=True):
            for series in inside:
                if not series.is_step:
                    by_key.setdefault(self.key_of(panel.number, series), []).append(series)
        for key, some in by_key.items():
            its = [traces[series.row.index] for series in some]
            sensors = [series.sensor for series in some]
            self.scales[key] = self._fitted(sensors, its, self.scales.get(key))

    def _pane(self, panel: Panel, members: Sequence[Series], traces: Mapping[int, Trace], axes: int) -> Pane:
        by_key: dict[AxisKey, list[Series]] = {}
        lanes = []
        for series in members:
            if series.is_step:
                lanes.append(self._lane(series, traces[series.row.index]))
            else:
                by_key.setdefault(self.key_of(panel.number, series), []).append(series)
        measured = [self._axis(key, some, traces) for key, some in by_key.items()]
        areas = tuple(tuple(measured[place : place + axes]) for place in range(0, len(measured), axes))
        note = "" if panel.rows else self._captions.empty
        return Pane(panel.number, areas, tuple(lanes), note=note, share=panel.share)

    def _trace(self, series: Series, start: float, end: float, now: float, pixels: int) -> Trace:
        row, last = series.row, series.last
        aggregation = self.wishes.looks.own.get(row.index, self.wishes.aggregation)
        return Trace(
            row.index,
            row.title,
            row.device,
            self.look(row.index),
            drawn(series, start, end, pixels, aggregation),
            last,
            self.stale(series, now),
            self.wishes.looks.colors.get(row.index, -1),
            self.wishes.looks.widths.get(row.index, 1.0),
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

    def _axis(self, key: AxisKey, members: Sequence[Series], traces: Mapping[int, Trace]) -> Axis:
        its = tuple(traces[series.row.index] for series in members)
        if key not in self.scales:
            # Values are fixed, and this axis is new.
            self.scales[key] = self._fitted([series.sensor for series in members], its, None)
        return Axis(key, self.scales[key], its, self._limits(members) if self.wishes.shows_limits else ())

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

    def _limits(self, members: Sequence[Series]) -> tuple[Limit, ...]:
        found: dict[tuple[float, bool, bool], Limit] = {}
        for series in members:
            sensor, row = series.sensor, series.row.index
            for limit, is_above, is_alarm, words in (
                (sensor.warn_above, True, False, self._captions.warn_above),
                (sensor.warn_below, False, False, self._captions.warn_below),
                (sensor.alarm_above, True, True, self._captions.alarm_above),
                (sensor.alarm_below, False, True, self._captions.alarm_below),
            ):
                if limit is None:
                    continue
                known = found.get((limit, is_above, is_alarm))
                text = words.format(limit=f"{limit:g} {sensor.unit}".strip())
                rows = (row,) if known is None else (*known.rows, row)
                found[limit, is_above, is_alarm] = Limit(limit, is_above, is_alarm, text, rows)
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
