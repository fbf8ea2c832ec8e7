"""What of the past a source has to be asked for, so that a window can be drawn as finely as it has pixels."""

from __future__ import annotations

import math
from dataclasses import dataclass

from papaya_gui.models.series import Series

# So much beside the window is asked for too: moving on a little needs nothing new.
MARGIN = 0.25
# What is missing at the newest end is not worth a request before it is so much of the window.
LEAST_PART = 0.05


@dataclass(frozen=True, slots=True)
class Request:
    """The past of one row between two times, in about so many points."""

    row: int
    start: float
    end: float
    points: int


def request_for(series: Series, start: float, end: float, now: float, points: int) -> Request | None:
    """Return what to ask for a window of so many points, None where everything is known finely enough."""
    until = min(end, series.held_from, now)
    step = (end - start) / points
    missing = series.history.missing(start, until, step)
    if missing is None or missing[1] - missing[0] < min(until - start, least(series, end - start)):
        return None
    margin = MARGIN * (end - start)
    first, last = missing
    first = first - margin if first <= start else first
    last = min(last + margin, series.held_from, now) if last >= until else last
    return Request(series.row.index, first, last, max(math.ceil((last - first) / step), 2))


def least(series: Series, span: float) -> float:
    """Return how much has to be missing in a window of so many seconds for a request to be worth it."""
    return max(series.gap, LEAST_PART * span)
