"""Statistics of a row over a span of time: lowest, highest and mean value, and the last one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from papaya_gui.models.batch import NUMBER, Floats
from papaya_gui.models.board import value_text
from papaya_gui.models.pyramid import Summary
from papaya_gui.models.series import Series
from papaya_gui.models.texts import Texts

# So many of the newest samples tell with how many decimals a sensor measures.
_LOOKED_AT = 16
MOST_DECIMALS = 6


@dataclass(frozen=True, slots=True)
class Statistics:
    """Values of a span, NaN where there is none; steps have a last value alone."""

    low: float = np.nan
    high: float = np.nan
    mean: float = np.nan
    last: float = np.nan


def statistics_of(series: Series, start: float, end: float) -> Statistics:
    """Return the statistics of what is known of a span.

    For values that the source has aggregated, the extremes count. The weight of a mean is the number of
    samples that it stands for, by the sensor's interval. Otherwise an hour of means would weigh less than a
    minute of live readings. What the source itself says of the whole span is exact, and goes before.
    """
    exact = series.exact
    if exact is not None and exact.span == (start, end) and exact.summary.last and not series.is_step:
        known = exact.summary
        return Statistics(known.low, known.high, known.total / known.count, exact.summary.last[1])
    live = series.live.summary(start, end)
    past = series.past.summary(start, end)
    last = live.last or past.last
    if last is None:
        return Statistics()
    if series.is_step:
        return Statistics(last=last[1])
    edges = _edges(series, start, end) if past.count else past
    total, count = live.total + past.total, float(live.count + past.count)
    for stretch in series.history.stretches if past.count else ():
        if stretch.low is None:
            continue
        part = stretch.part(start, min(float(np.nextafter(end, np.inf)), series.held_from))
        weight = max(stretch.interval / series.row.every, 1.0) - 1.0
        total += weight * float(part.values.sum())
        count += weight * len(part.values)
    return Statistics(min(live.low, edges.low), max(live.high, edges.high), total / count, last[1])


def _edges(series: Series, start: float, end: float) -> Summary:
    return series.history.curve(series.held_from).summary(start, end)


def decimals_of(values: Floats) -> int | None:
    """Return with how many decimals the newest values are told; None where they need more than six."""
    some = values[-2 * _LOOKED_AT :]
    if not len(some) or np.abs(some).max() >= 1e9:
        return None
    for decimals in range(MOST_DECIMALS + 1):
        if np.abs(some - np.round(some, decimals)).max() <= 1e-12 * max(1.0, float(np.abs(some).max())):
            return decimals
    return None


class Digits:
    """Remembers with how many decimals each row is told: all of its values are written alike."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts
        self._known: dict[int, tuple[int, int | None]] = {}

    def decimals(self, series: Series) -> int | None:
        """Return the decimals of a series: those that are declared, else those that its samples have.

        They are looked for anew once many samples have come.
        """
        if series.sensor.decimals is not None:
            return series.sensor.decimals
        # Of what the source has condensed, the extremes are samples, and the means are not.
        live, past = series.live, series.history.curve(series.held_from)
        part = (len(live) + len(past)) // _LOOKED_AT
        known = self._known.get(series.row.index)
        if known is None or known[0] != part:
            some = np.concatenate((past.values[-_LOOKED_AT:], live.values[-_LOOKED_AT:]))
            found = decimals_of(some)
            if known is not None and found is not None and known[1] is not None:
                # A value that happens to be round does not make the sensor coarser.
                found = max(found, known[1])
            known = self._known[series.row.index] = part, found
        return known[1]

    def text(self, series: Series, value: float, *, more: int = 0) -> str:
        """Return a value for people without its unit, with so many more decimals than the sensor tells."""
        decimals = None if series.is_step else self.decimals(series)
        if decimals is None or not abs(value) < 1e15:
            return value_text(value, max(series.kind, NUMBER), self._texts)
        if series.sensor.decimals is None and not more:
            # A maximum of 24.5 is no 24 because the sensor last said 24.
            decimals = max(decimals, decimals_of(np.array([value])) or 0)
        return f"{value:.{max(decimals, min(decimals + more, MOST_DECIMALS))}f}"

    def with_unit(self, series: Series, value: float) -> str:
        """Return a value for people with its unit."""
        text = self.text(series, value)
        return text if series.is_step or not series.sensor.unit else f"{text} {series.sensor.unit}"
