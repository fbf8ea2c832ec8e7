"""Times that do not stand for themselves: dates whose day and month may be swapped, and times from 0.

`05/11/2026` is 5 November or 11 May. A file proves which one if another of its dates has a part above 12.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from papaya.sensors.backend import SensorFault

DAY_FIRST, MONTH_FIRST = "day-first", "month-first"
ORDERS = (DAY_FIRST, MONTH_FIRST)
_DATE = r"(\d{1,2})[/-](\d{1,2})[/-](\d{4})"
_DATES = re.compile(rf"(?<![\d/-]){_DATE}(?!\d)", re.ASCII)
_MOMENT = re.compile(rf"{_DATE}(?:[ T,]+(\d{{1,2}}:.*))?", re.ASCII).fullmatch
_ELAPSED = re.compile(r"[tT] ?\+ ?(?:(?:(\d{1,6}):)?(\d{1,6}):)?(\d{1,12}(?:\.\d+)?) ?s?", re.ASCII).fullmatch
# What one of a unit is in milliseconds.
_UNITS = {"us": 1e-3, "µs": 1e-3, "ms": 1.0, "s": 1e3, "sec": 1e3, "seconds": 1e3, "min": 6e4, "h": 3.6e6}
_LOOKED_AT = 64 * 1024
_REMEDY = (
    "Choose which comes first under Dates in the dialog, or write file:PATH?dates=day-first or "
    "file:PATH?dates=month-first."
)


class TwoDays(SensorFault):
    """Dates of a file may mean two days, and nothing in it proves which."""

    def __init__(self, shown: str) -> None:
        super().__init__(f"its dates may mean two days, such as {shown}", remedy=_REMEDY)


@dataclass(frozen=True, slots=True)
class Elapsed:
    """A time that counts from 0, in milliseconds."""

    milliseconds: float

    def since_midnight(self, written: int) -> int:
        """Return it in milliseconds since 1970: 0 is midnight of the day when the file was written."""
        return round(midnight(written) + self.milliseconds)


def order_in(text: str) -> str:
    """Return the order of day and month that dates in a text prove; empty where they prove none."""
    if not _DATES.search(text, 0, _LOOKED_AT):
        return ""
    found = {(int(one[1]) > 12, int(one[2]) > 12) for one in _DATES.finditer(text)}
    is_day_first, is_month_first = (True, False) in found, (False, True) in found
    if is_day_first == is_month_first:
        return ""
    return DAY_FIRST if is_day_first else MONTH_FIRST


def as_iso(text: str, order: str) -> str:
    """Return a date with slashes or dashes as one in ISO 8601 by its order; another text as it is."""
    found = _MOMENT(text.strip())
    if found is None or not order:
        return text
    first, second, year, clock = found.groups()
    day, month = (first, second) if order == DAY_FIRST else (second, first)
    date = f"{year}-{month:0>2}-{day:0>2}"
    return f"{date}T{clock}" if clock else date


def may_mean_two_days(text: str) -> bool:
    """Return whether a text is a date that begins with day or month."""
    return _MOMENT(text.strip()) is not None


def elapsed_in(text: object, scale: float = 0.0) -> Elapsed | None:
    """Return what a text such as `t+12.5` or `t+00:00:12.5`, or a number with a scale, counts from 0.

    `scale` is how many milliseconds one is, 0 where numbers are no such times.
    """
    if scale and isinstance(text, int | float) and not isinstance(text, bool):
        return Elapsed(float(text) * scale)
    found = _ELAPSED(text.strip()) if isinstance(text, str) else None
    if found is None:
        return None
    hours, minutes, seconds = (float(part or 0) for part in found.groups())
    return Elapsed(((hours * 60 + minutes) * 60 + seconds) * 1000)


def scale_of(unit: str) -> float:
    """Return how many milliseconds one of a unit is; seconds where it is none of time."""
    return _UNITS.get(unit.strip().casefold(), 1e3)


def midnight(written: int) -> int:
    """Return midnight of a moment's day by this machine's clock; both in milliseconds since 1970."""
    day = datetime.fromtimestamp(written / 1000).replace(hour=0, minute=0, second=0, microsecond=0)
    return round(day.timestamp() * 1000)


def place_of(said: str) -> tuple[str, str]:
    """Return the path and the order of dates of `PATH?dates=ORDER`; raises SensorFault for another order."""
    path, mark, order = said.partition("?dates=")
    if mark and order not in ORDERS:
        raise SensorFault(
            f"?dates={order} is no order of dates", remedy=f"Write ?dates={' or ?dates='.join(ORDERS)}."
        )
    return path, order
