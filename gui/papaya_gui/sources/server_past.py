"""The past of one row on a ThingsBoard server: its samples, or where there are too many their extremes."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from papaya.api.feed import DeviceFeed
from papaya.sensors.reading import Value
from papaya_gui.models.catalog import Row
from papaya_gui.models.pyramid import Summary
from papaya_gui.models.texts import Texts
from papaya_gui.sources.past import FEW_SAMPLES, MOST_SAMPLES, past_from
from papaya_gui.sources.supply import Past

# The server refuses more, and looks into its database once for each.
MOST_INTERVALS = 700
SHORTEST_INTERVAL = 1_000


def past_of(device: DeviceFeed, row: Row, start: float, end: float, points: int, texts: Texts) -> Past:
    """Return what is remembered between two times in seconds; truth values and texts as they were sent."""
    first, last, key = round(start * 1000), round(end * 1000), row.sensor.key
    if last <= first:
        return past_from((), texts)
    few = min(max(FEW_SAMPLES, points), MOST_SAMPLES)
    is_wide = (end - start) / row.every > few
    # Of a wide window one sample tells whether it may be condensed at all.
    samples = device.history(key, first, last, 1 if is_wide else few + 1, newest=True)
    is_all = len(samples) <= (0 if is_wide else few)
    if is_all:
        return past_from(samples, texts, row.sensor)
    if isinstance(samples[-1][1], bool | str):
        return past_from(device.history(key, first, last, MOST_SAMPLES, newest=True), texts, row.sensor)
    return _condensed(device, key, first, last, min(max(points, 1), MOST_INTERVALS))


def summary_of(device: DeviceFeed, row: Row, start: float, end: float) -> Summary | None:
    """Return what the server says of all numbers between two times, as one interval."""
    first, last, key = math.ceil(start * 1000 - 1e-6), math.floor(end * 1000 + 1e-6) + 1, row.sensor.key
    if last - first < SHORTEST_INTERVAL:
        return None
    found = {}
    for how in ("COUNT", "MIN", "AVG", "MAX"):
        points = device.condensed(key, first, last, last - first, how)
        numbers = [float(value) for _, value in points if not isinstance(value, bool | str)]
        if len(numbers) != 1:
            return None
        found[how] = numbers[0]
    newest = device.history(key, first, last, 1, newest=True)
    if not newest or isinstance(newest[0][1], bool | str):
        return None
    count, (moment, value) = round(found["COUNT"]), newest[0]
    total = found["AVG"] * count
    return Summary(count, found["MIN"], found["MAX"], total, (moment / 1000, float(value)))


def _condensed(device: DeviceFeed, key: str, start: int, end: int, points: int) -> Past:
    interval = max(-(-(end - start) // points), SHORTEST_INTERVAL)
    low = _numbers(device.condensed(key, start, end, interval, "MIN"))
    mean = _numbers(device.condensed(key, start, end, interval, "AVG"))
    high = _numbers(device.condensed(key, start, end, interval, "MAX"))
    # Something may have come between the three answers.
    times = sorted(low.keys() & mean.keys() & high.keys())
    columns = (np.array([one[ts] for ts in times], np.float64) for one in (mean, low, high))
    values, lowest, highest = columns
    return Past(np.array(times, np.float64) / 1000, values, interval / 1000, lowest, highest)


def _numbers(points: Sequence[tuple[int, Value]]) -> dict[int, float]:
    return {ts: float(value) for ts, value in points if not isinstance(value, bool | str)}
