"""Spans of time that have a name on the calendar: today, yesterday, this week, this month."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from papaya_gui.models.ticks import local, moment_of


@dataclass(frozen=True, slots=True)
class CalendarSpan:
    """A name, and its start and end in seconds since 1970."""

    name: str
    start: float
    end: float


def calendar_spans(now: float, zone: tzinfo | None, first_day: int = 0) -> Sequence[CalendarSpan]:
    """Return the spans around a moment by the clock of a zone; weeks begin on a day, 0 for Monday."""
    today = local(now, zone).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    week = today - timedelta(days=(today.weekday() - first_day) % 7)
    month = today.replace(day=1)
    before = (month - timedelta(days=1)).replace(day=1)
    after = (month + timedelta(days=32)).replace(day=1)

    def days(name: str, start: datetime, count: int) -> CalendarSpan:
        # Counted on the calendar: a day on which clocks change has 23 or 25 hours.
        return CalendarSpan(name, moment_of(start, zone), moment_of(start + timedelta(days=count), zone))

    return (
        days("today", today, 1),
        days("yesterday", today - timedelta(days=1), 1),
        days("day before yesterday", today - timedelta(days=2), 1),
        days("this week", week, 7),
        days("last week", week - timedelta(days=7), 7),
        days("this month", month, (after - month).days),
        days("last month", before, (month - before).days),
    )


def range_text(start: float, end: float, zone: tzinfo | None) -> str:
    """Return a span for people, as short as it stays clear: `26 Nov 10:00 – 10:20`."""
    first, last = local(start, zone), local(end, zone)
    span = end - start
    is_exact = span < 60 or (span < 3600 and bool(first.second or last.second))
    form = "%H:%M:%S" if is_exact else "%H:%M"
    year = f" {first.year}" if first.year != last.year else ""
    beginning = f"{first.day} {first:%b}{year} {first:{form}}"
    if first.date() == last.date():
        return f"{beginning} – {last:{form}}"
    return f"{beginning} – {last.day} {last:%b}{f' {last.year}' if year else ''} {last:{form}}"
