"""The points of a series to draw in a time span, and its value at a moment."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np

from papaya_gui.models.batch import Floats
from papaya_gui.models.pyramid import Buckets, Sample
from papaya_gui.models.series import Series

# A bucket of means is so many pixels wide, and never narrower than a round number of seconds.
BUCKET_PIXELS = 4
# As many samples are drawn one by one, when that is asked for, as still can be drawn several times a second.
MOST_RAW = 100_000


class Aggregation(Enum):
    """How many samples become few points."""

    AUTO = "auto"
    RAW = "raw"
    MEAN = "mean"
    RANGE = "min-max"


@dataclass(frozen=True, slots=True)
class Drawn:
    """A line by times and values, NaN where it breaks; with `low` and `high` also the band around it."""

    times: Floats
    values: Floats
    low: Floats | None = None
    high: Floats | None = None

    def has_data(self, start: float, end: float) -> bool:
        """Return whether there is a value in a span, or a line through it."""
        first, last = np.searchsorted(self.times, (start, end))
        # The samples next to a span are also drawn, because a line may connect them.
        some = self.values[max(int(first) - 1, 0) : int(last) + 1]
        there = np.isfinite(some)
        return bool(np.isfinite(self.values[first:last]).any() or (len(some) > 1 and there.all()))

    def extent(self) -> tuple[float, float] | None:
        """Return the lowest and the highest value, or None without values."""
        lows = self.values if self.low is None else self.low
        highs = self.values if self.high is None else self.high
        if not np.isfinite(lows).any():
            return None
        return float(np.nanmin(lows)), float(np.nanmax(highs))


NOTHING: Floats = np.empty(0)


class Telling(Enum):
    """The value of a series at a moment, for display."""

    VALUE = "value"
    NO_DATA = "no data"
    NOT_YET = "not yet"


def drawn(series: Series, start: float, end: float, pixels: int, aggregation: Aggregation) -> Drawn:
    """Return what to draw of a series on so many pixels; steps are never averaged."""
    if series.is_step or aggregation in (Aggregation.AUTO, Aggregation.RAW):
        return _line(series, start, end, pixels, raw=aggregation is Aggregation.RAW)
    width = _round_up((end - start) / pixels * BUCKET_PIXELS)
    past = series.history.curve(series.held_from, extremes=aggregation is Aggregation.RANGE)
    before, after = past.buckets(start, end, width), series.live.buckets(start, end, width, gap=series.gap)
    if aggregation is Aggregation.MEAN:
        return Drawn(*_joined(series, before.times, before.mean, after.times, after.mean))
    # The mean of two extremes is not the mean of what they stand for.
    means = series.past.buckets(start, end, width).mean
    return _band(series, before, means, after)


def _line(series: Series, start: float, end: float, pixels: int, *, raw: bool) -> Drawn:
    # Columns begin at multiples of their width, so that a line that scrolls does not change its shape.
    # The length of a window that moves on changes in its last digits; its columns must not.
    width = float(f"{(end - start) / pixels:.6g}")
    first = int(start // width)
    past, live = series.scrolls()
    if raw:
        start, end = first * width, (first + pixels + 1) * width
        before = past.pyramid.view(start, end, MOST_RAW // 2)
        after = live.pyramid.view(start, end, MOST_RAW // 2, gap=series.gap)
    else:
        before, after = past.view(first, pixels + 1, width), live.view(first, pixels + 1, width)
    times, values = _joined(series, *before, *after)
    return Drawn(*stepped(times, values, series.gap)) if series.is_step else Drawn(times, values)


def _band(series: Series, before: Buckets, middle: Floats, after: Buckets) -> Drawn:
    times, values = _joined(series, before.times, middle, after.times, after.mean)
    _, low = _joined(series, before.times, before.low, after.times, after.low)
    _, high = _joined(series, before.times, before.high, after.times, after.high)
    return Drawn(times, values, low, high)


def _joined(
    series: Series, times: Floats, values: Floats, more_times: Floats, more: Floats
) -> tuple[Floats, Floats]:
    """Return the past and what came live as one line, broken between them where there is a pause."""
    if not len(times) or not len(more_times):
        return (times, values) if len(times) else (more_times, more)
    if more_times[0] - times[-1] > max(series.gap, series.history.limit()):
        times, values = np.append(times, times[-1]), np.append(values, np.nan)
    return np.concatenate((times, more_times)), np.concatenate((values, more))


def stepped(times: Floats, values: Floats, gap: float) -> tuple[Floats, Floats]:
    """Return a line by steps: each value holds until the next one, or before a break for as long as a gap."""
    if not len(times):
        return times, values
    following = np.append(times[1:], times[-1] + gap)
    broken = np.isnan(values)
    until = np.where(np.append(broken[1:], True), times + gap, following)
    breaks = np.flatnonzero(broken)
    begins = times.copy()
    begins[breaks] = until[breaks] = until[breaks - 1]
    return np.column_stack((begins, until)).ravel(), np.repeat(values, 2)


@dataclass(frozen=True, slots=True)
class Sampled:
    """What can be said of a series at a moment: a sample with its own time; NaN where there is none."""

    telling: Telling
    time: float = np.nan
    value: float = np.nan


def nearest(series: Series, moment: float, reach: float = 0.0) -> Sampled:
    """Return the sample that is nearest to a moment, of a step the one that holds.

    In a pause, before the first sample and after the last one, a sample is told only within `reach` seconds.
    """
    before, after, broken = _around(series, moment)
    if before is not None and series.is_step and moment - before[0] <= series.gap:
        return Sampled(Telling.VALUE, *before)
    around = [one for one in (before, after) if one is not None]
    is_between = len(around) == 2 and not broken and not series.is_step
    close = [one for one in around if is_between or abs(one[0] - moment) <= reach]
    if close:
        return Sampled(Telling.VALUE, *min(close, key=lambda one: abs(one[0] - moment)))
    if before is not None and after is None and moment - before[0] <= series.gap:
        return Sampled(Telling.NOT_YET)
    return Sampled(Telling.NO_DATA)


def shown_at(
    series: Series, line: Drawn, aggregation: Aggregation, moment: float, reach: float = 0.0
) -> Sampled:
    """Return what is shown of a series at a moment: the nearest mean where means are drawn, else a sample."""
    found = nearest(series, moment, reach)
    averaged = aggregation in (Aggregation.MEAN, Aggregation.RANGE) and not series.is_step
    if found.telling is not Telling.VALUE or not averaged:
        return found
    there = np.flatnonzero(np.isfinite(line.values))
    if not len(there):
        return found
    place = there[np.argmin(np.abs(line.times[there] - moment))]
    return Sampled(Telling.VALUE, float(line.times[place]), float(line.values[place]))


def _around(series: Series, moment: float) -> tuple[Sample | None, Sample | None, bool]:
    """Return the samples before and after a moment and whether the line between them is broken."""
    past, live = series.past, series.live
    if not len(live) or moment < series.held_from:
        before, after, broken = past.neighbours(moment)
        if after is None and len(live):
            after = live.neighbours(moment)[1]
            limit = max(series.gap, series.history.limit())
            broken = before is not None and after is not None and after[0] - before[0] > limit
        return before, after, broken
    before, after, broken = live.neighbours(moment)
    paused = before is not None and after is not None and after[0] - before[0] > series.gap
    return before, after, broken or paused


def _round_up(seconds: float) -> float:
    """Return the next larger one of 1, 2, 5, 10, 20, ... seconds, or of its tenths."""
    power = 10.0 ** np.floor(np.log10(seconds))
    return float(next(power * step for step in (1, 2, 5, 10) if power * step >= seconds * 0.999))
