"""The past of one row from its source: stretches of different resolution, joined to one curve."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from papaya_gui.models.batch import Floats
from papaya_gui.models.pyramid import Pyramid

Span = tuple[float, float]

# The step of what came live: nothing that a source tells of that time is better.
LIVE = -1.0
# As many samples are remembered as make a curve of any use.
CAPACITY = 1_000_000
# A stretch serves where it was asked for at most so much more coarsely.
TOLERANCE = 1.5


@dataclass(frozen=True, slots=True)
class Stretch:
    """What was found from `start` up to `end` when it was asked for each `step` seconds; 0 is every sample.

    `interval` is how many seconds lie between values where they are fewer than the samples, which may be more
    than was asked for. `low` and `high` are the extremes of what each value stands for, None for samples.
    """

    start: float
    end: float
    step: float
    times: Floats
    values: Floats
    low: Floats | None = None
    high: Floats | None = None
    interval: float = 0.0

    def part(self, start: float, end: float) -> Stretch:
        """Return what lies from a start up to and without an end."""
        chosen = slice(*np.searchsorted(self.times, (start, end)))
        return replace(
            self,
            start=start,
            end=end,
            times=self.times[chosen],
            values=self.values[chosen],
            low=None if self.low is None else self.low[chosen],
            high=None if self.high is None else self.high[chosen],
        )


class History:
    """Stretches that do not overlap: where two were found, the finer one stays, else the newer one."""

    def __init__(self, gap: float, capacity: int = CAPACITY) -> None:
        self._gap, self._capacity = gap, capacity
        self._stretches: list[Stretch] = []
        self._curves: dict[tuple[float, bool], Pyramid] = {}

    @property
    def stretches(self) -> tuple[Stretch, ...]:
        """The known samples, in order of time."""
        return tuple(self._stretches)

    def missing(self, start: float, end: float, step: float) -> Span | None:
        """Return the span that has to be asked for until all of this one is known so finely."""
        unknown = [(start, end)] if start < end else []
        for one in self._stretches:
            if one.step <= TOLERANCE * step:
                unknown = _without(unknown, (one.start, one.end))
        return (unknown[0][0], unknown[-1][1]) if unknown else None

    def doubt(self) -> None:
        """Let everything be asked for again, because the source has more by now; it is shown until then."""
        self._stretches = [one if one.step == LIVE else replace(one, step=np.inf) for one in self._stretches]

    def add(self, new: Stretch) -> None:
        """Note what was found; its samples may be in any order."""
        new = _in_order(new)
        kept: list[Stretch] = []
        fresh = [(new.start, new.end)]
        for old in self._stretches:
            if old.step < new.step:
                kept.append(old)
                fresh = _without(fresh, (old.start, old.end))
            else:
                kept += [old.part(*span) for span in _without([(old.start, old.end)], (new.start, new.end))]
        kept += [new.part(*span) for span in fresh]
        self._stretches = sorted(kept, key=lambda one: one.start)
        self._forget_far_from(new)
        self._curves.clear()

    def _forget_far_from(self, new: Stretch) -> None:
        """Forget what lies farthest from where somebody looks now, but nothing that came live."""
        while sum(len(one.times) for one in self._stretches) > self._capacity:
            far = [one for one in self._stretches if one.step != LIVE and _distance(one, new) > 0]
            if not far:
                return
            self._stretches.remove(max(far, key=lambda one: _distance(one, new)))

    def curve(self, until: float = np.inf, *, extremes: bool = True) -> Pyramid:
        """Return the samples before a moment; with `extremes` the lowest and highest of what was condensed.

        The line is broken already: what is a pause depends on how fine a stretch is.
        """
        known = self._curves.get((until, extremes))
        if known is None:
            if len(self._curves) >= 4:
                self._curves.clear()
            known = self._curves[until, extremes] = self._made(until, extremes)
        return known

    def limit(self) -> float:
        """Return the longest pause after its end that does not break the line."""
        return self._limit(self._stretches[-1]) if self._stretches else self._gap

    def _limit(self, stretch: Stretch) -> float:
        return max(self._gap, 2 * stretch.interval)

    def _made(self, until: float, extremes: bool) -> Pyramid:
        pyramid = Pyramid()
        parts = [_samples(one.part(one.start, min(one.end, until)), extremes) for one in self._stretches]
        if not parts:
            return pyramid
        times = np.concatenate([part[0] for part in parts])
        values = np.concatenate([part[1] for part in parts])
        counts = [len(part[0]) for part in parts]
        limits = np.repeat([self._limit(one) for one in self._stretches], counts)
        paused = np.flatnonzero(np.diff(times) > np.maximum(limits[1:], limits[:-1])) + 1
        pyramid.append(np.insert(times, paused, times[paused]), np.insert(values, paused, np.nan))
        return pyramid


def _distance(one: Stretch, other: Stretch) -> float:
    return max(other.start - one.end, one.start - other.end)


def _samples(stretch: Stretch, extremes: bool) -> tuple[Floats, Floats]:
    """Return times and values, two for each that has extremes."""
    if not extremes or stretch.low is None or stretch.high is None:
        return stretch.times, stretch.values
    return np.repeat(stretch.times, 2), np.column_stack((stretch.low, stretch.high)).ravel()


def _in_order(stretch: Stretch) -> Stretch:
    """Return a stretch with its samples in order of time, none of them twice and none outside of it.

    Several values of one time are kept: a file that tells seconds may have ten in each of them.
    """
    chosen = np.argsort(stretch.times, kind="stable")
    times, values = stretch.times[chosen], stretch.values[chosen]
    wanted = (times >= stretch.start) & (times < stretch.end)
    wanted[1:] &= (times[1:] != times[:-1]) | (values[1:] != values[:-1])
    chosen = chosen[wanted]
    return replace(
        stretch,
        times=stretch.times[chosen],
        values=stretch.values[chosen],
        low=None if stretch.low is None else stretch.low[chosen],
        high=None if stretch.high is None else stretch.high[chosen],
    )


def _without(spans: list[Span], taken: Span) -> list[Span]:
    """Return what is left of spans in order when another is taken away."""
    left: list[Span] = []
    for start, end in spans:
        left += [one for one in ((start, min(end, taken[0])), (max(start, taken[1]), end)) if one[0] < one[1]]
    return left
