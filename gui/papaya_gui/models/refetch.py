"""Decides which part of the past a source is asked for, for a window with so many pixels."""

from __future__ import annotations

import math
from dataclasses import dataclass

from papaya_gui.models.series import Series

# So much beside the window is asked for too: moving on a little needs nothing new.
MARGIN = 0.25
# Next to live readings, request the past only if at least this many seconds are missing, and at least this
# part of the window.
LEAST_SECONDS, LEAST_PART = 30.0, 0.25


@dataclass(frozen=True, slots=True)
class Request:
    """The past of one row between two times, in about so many points."""

    row: int
    start: float
    end: float
    points: int


def request_for(series: Series, start: float, end: float, now: float, points: int) -> Request | None:
    """Return what to ask for a window of so many points, None where everything is known finely enough."""
    until, step = min(end, series.held_from, now), (end - start) / points
    missing = series.history.missing(start, until, step)
    if missing is None:
        return None
    first, last = missing
    is_newest = first > start and last >= min(series.held_from, now)
    if is_newest and last - first < max(series.gap, LEAST_SECONDS, LEAST_PART * (end - start)):
        return None
    margin = MARGIN * (end - start)
    first = first - margin if first <= start else first
    last = min(last + margin, series.held_from, now) if last >= until else last
    return Request(series.row.index, first, last, max(math.ceil((last - first) / step), 2))
