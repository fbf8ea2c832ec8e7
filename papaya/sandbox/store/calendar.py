"""Intervals of a calendar: weeks, months and quarters in a time zone."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

MILLISECONDS = "MILLISECONDS"
_DAY_MS = 86_400_000
# The duration of each kind that the server assumes when it counts the intervals of a query.
NOMINAL_MS = {
    "WEEK": 7 * _DAY_MS,
    "WEEK_ISO": 7 * _DAY_MS,
    "MONTH": 30 * _DAY_MS,
    "QUARTER": 90 * _DAY_MS,
}
_OFFSET = re.compile(r"(?:UTC|GMT|UT)?([+-])(\d{1,2})(?::?([0-5]\d))?", re.ASCII)


def zone_of(name: str | None) -> tzinfo:
    """Return a time zone by its name or its offset; for unknown names, this machine's time zone."""
    if name:
        offset = _OFFSET.fullmatch(name)
        if offset is not None and int(offset[2]) <= 18:
            span = timedelta(hours=int(offset[2]), minutes=int(offset[3] or 0))
            return timezone(-span if offset[1] == "-" else span)
        try:
            return ZoneInfo(name)
        except (OSError, ValueError, KeyError):
            pass
    return datetime.now(UTC).astimezone().tzinfo or UTC


def interval_end(ts: int, kind: str, zone: tzinfo) -> int:
    """Return the end of the interval that a moment is in, both in milliseconds.

    Moments that no calendar of Python reaches have intervals of the nominal length.
    """
    try:
        day = datetime.fromtimestamp(ts / 1000, zone).replace(hour=0, minute=0, second=0, microsecond=0)
        return round(_following(day, kind).timestamp() * 1000)
    except (OverflowError, ValueError, OSError):
        return ts + NOMINAL_MS[kind]


def _following(day: datetime, kind: str) -> datetime:
    if kind == "WEEK":
        return day + timedelta(days=7 - day.isoweekday() % 7)
    if kind == "WEEK_ISO":
        return day + timedelta(days=8 - day.isoweekday())
    months = 1 if kind == "MONTH" else 3
    first = day.month if kind == "MONTH" else day.month - (day.month - 1) % 3
    after = first - 1 + months
    return day.replace(year=day.year + after // 12, month=after % 12 + 1, day=1)
