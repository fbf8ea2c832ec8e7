"""A curve of any length, drawn with about two points for each pixel that it covers.

Above the samples stand levels of blocks, each with the lowest and the highest value of `BLOCK` entries of the
level below. Appending changes only the newest blocks. A view reads a few entries for each pixel column, for
any number of samples. A spike of one sample stays visible without a scan of all samples.

The line breaks at a pause longer than the caller's `gap`, and at samples that are not finite numbers. Those
samples are not stored; the next sample gets a mark instead. A minimum over NaN would be NaN, and the blank
would be far wider than the missing part.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from papaya_gui.models.extremes import BLOCK, Floats, Indices, extreme
from papaya_gui.models.growing import Growing

LEVELS = 3
# So few samples are read one by one sooner than through the levels.
FEW = 8192

Flags = NDArray[np.bool_]
Sample = tuple[float, float]
# Five rows, with an entry for each column. Two are the times of its first and last sample. Two are the values
# at which the line enters and leaves it, which are its extremes. The last is 1 if the line breaks before it.
Columns = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Buckets:
    """Lowest value, mean and highest value by time, in columns of one length; NaN where the line breaks."""

    times: Floats
    low: Floats
    mean: Floats
    high: Floats


@dataclass(frozen=True, slots=True)
class Summary:
    """How many samples a span has, the lowest and the highest of them, their sum, and the newest."""

    count: int = 0
    low: float = np.inf
    high: float = -np.inf
    total: float = 0.0
    last: Sample | None = None


class Pyramid:
    """The samples of one curve in order of time, with extremes at several resolutions.

    With a `capacity` at least that many of the newest samples are kept, and never more than twice as many;
    `forgotten` counts those that are gone.
    """

    def __init__(self, capacity: int | None = None) -> None:
        if capacity is not None and capacity < 1:
            raise ValueError("capacity must be at least 1")
        self._capacity = capacity
        self._newest = -np.inf
        self.forgotten = 0
        self._interrupted = False
        self._forget_samples()

    def __len__(self) -> int:
        """Return how many samples are kept."""
        return len(self._times.items)

    @property
    def times(self) -> Floats:
        """All kept times, read-only."""
        return _read_only(self._times.items)

    @property
    def values(self) -> Floats:
        """All kept values, read-only."""
        return _read_only(self._low[0].items)

    def append(self, times: ArrayLike, values: ArrayLike) -> None:
        """Add samples at the end; their times must not go back."""
        new_times = np.atleast_1d(np.asarray(times, dtype=np.float64))
        new_values = np.atleast_1d(np.asarray(values, dtype=np.float64))
        if new_times.shape != new_values.shape or new_times.ndim != 1:
            raise ValueError("times and values must be two lists of the same length")
        if not new_times.size:
            return
        if not np.isfinite(new_times).all():
            raise ValueError("a time must be a finite number")
        if (np.diff(new_times) < 0).any() or new_times[0] < self._newest:
            raise ValueError("times must not go back")
        self._newest = float(new_times[-1])
        usable = np.isfinite(new_values)
        # True where at least one unusable sample stands since the usable one before.
        skipped = np.cumsum(~usable)[usable]
        breaks = np.diff(skipped, prepend=-1 if self._interrupted else 0) > 0
        self._interrupted = not usable[-1] or (self._interrupted and not usable.any())
        self._store(new_times[usable], new_values[usable], breaks)
        if self._capacity is not None and len(self) > 2 * self._capacity:
            self._keep_newest(self._capacity)

    def take_back(self, moment: float) -> tuple[Floats, Floats]:
        """Remove the samples after a moment, and return them with a NaN wherever the line breaks.

        What has come late can then be added in its place, at the cost of what comes after it.
        """
        first = int(np.searchsorted(self._times.items, moment, side="right"))
        times, values = self._whole(first, len(self), None)
        if first < len(self) and self._breaks.items[first]:
            times, values = np.insert(times, 0, times[0]), np.insert(values, 0, np.nan)
        if self._interrupted:
            times, values = np.append(times, self._newest), np.append(values, np.nan)
        self._interrupted = False
        self._breaks.shorten(first)
        self._times.shorten(first)
        self._sums.shorten(first // BLOCK)
        self._newest = float(self._times.items[-1]) if first else -np.inf
        for level in range(LEVELS + 1):
            self._low[level].shorten(first // BLOCK**level)
            self._high[level].shorten(first // BLOCK**level)
        return times, values

    def view(
        self, start: float, end: float, pixels: int, *, gap: float | None = None
    ) -> tuple[Floats, Floats]:
        """Return times and values to draw on so many pixels, with a NaN wherever the line breaks.

        The sample before the span and the one after it are included, so that the line reaches both edges.
        Every pixel column keeps the lowest and the highest value of its samples.
        """
        if not start < end or pixels < 1:
            raise ValueError("a view needs a start before its end and at least one pixel")
        inside, outside = self._span(start, end)
        first, last = max(inside - 1, 0), min(outside + 1, len(self))
        if last - first <= 2 * pixels:
            return self._whole(first, last, gap)
        moments = np.linspace(start, end, pixels + 1)[1:-1]
        edges = np.searchsorted(self._times.items[inside:outside], moments) + inside
        starts, stops = _ranges(np.concatenate(([first, inside], edges, [outside, last])))
        return self._reduced(starts, stops, gap)

    def buckets(self, start: float, end: float, width: float, *, gap: float | None = None) -> Buckets:
        """Return what lies in the buckets of so many seconds that touch a span; empty ones are left out.

        Buckets begin at multiples of their width, so that a span that moves on does not change their values.
        """
        if not start < end or not width > 0:
            raise ValueError("buckets need a start before its end and a width")
        edges = width * np.arange(np.floor(start / width) - 1, np.ceil(end / width) + 2)
        starts, stops = _ranges(np.searchsorted(self._times.items, edges))
        if not starts.size:
            return Buckets(*np.empty((4, 0)))
        times, values = self._times.items, self._low[0].items
        with np.errstate(over="ignore", invalid="ignore"):
            sums = np.add.reduceat(values[: stops[-1]], starts)
        low, high = self._extremes(starts, stops)
        columns = ((times[starts] + times[stops - 1]) / 2, low, sums / (stops - starts), high)
        breaks = np.flatnonzero(self._breaks_before(starts[1:], gap)) + 1
        moments = np.insert(columns[0], breaks, columns[0][breaks - 1])
        return Buckets(moments, *(np.insert(column, breaks, np.nan) for column in columns[1:]))

    def summary(self, start: float, end: float) -> Summary:
        """Return a summary of the samples of a span, both ends included, without reading all of them."""
        first, stop = self._span(start, end)
        if first >= stop:
            return Summary()
        low, high = self._extremes(np.array([first]), np.array([stop]))
        last = self._sample(stop - 1)
        return Summary(stop - first, float(low[0]), float(high[0]), self._sum(first, stop), last)

    def _sum(self, first: int, stop: int) -> float:
        """Return the sum of a range, from whole blocks where there are some."""
        values, head, tail = self._low[0].items, -(-first // BLOCK), stop // BLOCK
        with np.errstate(over="ignore", invalid="ignore"):
            if head >= tail:
                return float(values[first:stop].sum())
            inside = self._sums.items[head:tail].sum()
            return float(inside + values[first : head * BLOCK].sum() + values[tail * BLOCK : stop].sum())

    @property
    def newest(self) -> float:
        """The time of the newest sample, were it of use or not; minus infinity where there was none."""
        return self._newest

    def whole(self) -> tuple[Floats, Floats]:
        """Return times and values of all kept samples, with a NaN wherever the line breaks."""
        return self._whole(0, len(self), None)

    @property
    def last(self) -> Sample | None:
        """The newest sample, if there is any."""
        return self._sample(len(self) - 1) if len(self) else None

    def neighbours(self, time: float) -> tuple[Sample | None, Sample | None, bool]:
        """Return the last sample up to a moment, the first after it, and whether the line breaks there."""
        after = int(np.searchsorted(self._times.items, time, side="right"))
        before = after - 1
        return (
            self._sample(before) if before >= 0 else None,
            self._sample(after) if after < len(self) else None,
            after < len(self) and bool(self._breaks.items[after]),
        )

    def _sample(self, index: int) -> Sample:
        return float(self._times.items[index]), float(self._low[0].items[index])

    def _span(self, start: float, end: float) -> tuple[int, int]:
        """Return the range of the samples from a start up to an end, both included."""
        times = self._times.items
        return int(np.searchsorted(times, start)), int(np.searchsorted(times, end, side="right"))

    def _whole(self, first: int, last: int, gap: float | None) -> tuple[Floats, Floats]:
        """Return every sample of a range, with its breaks."""
        positions = np.arange(first + 1, last)
        breaks = np.flatnonzero(self._breaks_before(positions, gap)) + 1
        times, values = self._times.items[first:last], self._low[0].items[first:last]
        return np.insert(times, breaks, times[breaks - 1]), np.insert(values, breaks, np.nan)

    def _reduced(self, starts: Indices, stops: Indices, gap: float | None) -> tuple[Floats, Floats]:
        """Return two points for each range of samples, none of them empty, with the breaks between ranges."""
        return woven(self.columns(starts, stops, gap))

    def columns(self, starts: Indices, stops: Indices, gap: float | None) -> Columns:
        """Return what is drawn of each of several ranges end to end, none empty."""
        times, values = self._times.items, self._low[0].items
        low, high = self._extremes(starts, stops)
        # The line between two columns is shortest when a column is left in the direction of its samples.
        falling = values[stops - 1] < values[starts]
        columns = np.empty((5, starts.size))
        columns[:2] = times[starts], times[stops - 1]
        columns[2:4] = np.where(falling, high, low), np.where(falling, low, high)
        # The very first sample has none before it.
        columns[4] = self._breaks_before(np.maximum(starts, 1), gap) & (starts > 0) if len(self) > 1 else 0.0
        return columns

    def _extremes(self, starts: Indices, stops: Indices) -> tuple[Floats, Floats]:
        """Return the lowest and the highest value of each of several ranges end to end, none empty."""
        if starts.size and stops[-1] - starts[0] < FEW:
            some = self._low[0].items[starts[0] : stops[-1]]
            return np.minimum.reduceat(some, starts - starts[0]), np.maximum.reduceat(
                some, starts - starts[0]
            )
        return (
            extreme(np.minimum, [level.items for level in self._low], starts, stops),
            extreme(np.maximum, [level.items for level in self._high], starts, stops),
        )

    def _breaks_before(self, positions: Indices, gap: float | None) -> Flags:
        """Return where the line breaks between a sample and the one before it."""
        broken: Flags = self._breaks.items[positions]
        if gap is None:
            return broken
        paused: Flags = self._times.items[positions] - self._times.items[positions - 1] > gap
        return broken | paused

    def _store(self, times: Floats, values: Floats, breaks: Flags) -> None:
        """Add usable samples and complete the blocks above them."""
        self._times.extend(times)
        self._breaks.extend(breaks)
        self._low[0].extend(values)
        for level in range(LEVELS):
            done = len(self._low[level + 1].items) * BLOCK
            complete = len(self._low[level].items) // BLOCK * BLOCK
            if done == complete:
                break
            lows = self._low[level].items[done:complete].reshape(-1, BLOCK)
            highs = self._high[level].items[done:complete].reshape(-1, BLOCK)
            if level == 0:
                with np.errstate(over="ignore", invalid="ignore"):
                    self._sums.extend(lows.sum(axis=1))
            self._low[level + 1].extend(lows.min(axis=1))
            self._high[level + 1].extend(highs.max(axis=1))

    def _keep_newest(self, count: int) -> None:
        """Forget all but the newest samples; the blocks are built again, as their borders have moved."""
        self.forgotten += len(self) - count
        times, values = self._times.items[-count:].copy(), self._low[0].items[-count:].copy()
        breaks = self._breaks.items[-count:].copy()
        self._forget_samples()
        self._store(times, values, breaks)

    def _forget_samples(self) -> None:
        """Start with no samples."""
        self._times = Growing(np.float64)
        self._breaks = Growing(np.bool_)
        samples = Growing(np.float64)
        # The sums of the blocks of the lowest level.
        self._sums = Growing(np.float64)
        self._low = [samples, *(Growing(np.float64) for _ in range(LEVELS))]
        self._high = [samples, *(Growing(np.float64) for _ in range(LEVELS))]


def woven(columns: Columns) -> tuple[Floats, Floats]:
    """Return the line through columns: two points for each, and a NaN wherever it breaks."""
    times, values = columns[:2].T.ravel(), columns[2:4].T.ravel()
    breaks = 2 * np.flatnonzero(columns[4, 1:]) + 2
    if not breaks.size:
        return times, values
    return np.insert(times, breaks, times[breaks - 1]), np.insert(values, breaks, np.nan)


def _ranges(bounds: Indices) -> tuple[Indices, Indices]:
    """Return the starts and stops of the ranges between bounds in order, the empty ones left out."""
    starts, stops = bounds[:-1], bounds[1:]
    filled = starts < stops
    return starts[filled], stops[filled]


def _read_only(items: NDArray[Any]) -> Floats:
    """Return a view that cannot be written through."""
    view = items.view()
    view.flags.writeable = False
    return view
