"""The marks of an axis and their texts: round numbers, and times of the clock."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, tzinfo

Tick = tuple[float, str]

_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0)
_MINUTES = (60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0, 10_800.0, 21_600.0, 43_200.0)
_DAY = 86_400.0
_DAYS = (1, 2, 5, 7, 14)
_MONTHS = (1, 2, 3, 6, 12, 24, 60, 120)
_MONTH = 30.4 * _DAY
# Clocks are not put forward and back again within so many seconds.
_LOOK = 6 * 3600.0


def value_ticks(low: float, high: float, most: int) -> list[Tick]:
    """Return at most so many round numbers between two others."""
    span = high - low
    if not span > 0 or not math.isfinite(span):
        return []
    rough = span / max(most, 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10, 20) if span / (power * factor) <= most)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    form = _form(step, max(abs(first), abs(last), 1))
    return [(index * step, format(index * step + 0.0, form)) for index in range(first, last + 1)]


def _form(step: float, most: int) -> str:
    """Return how multiples of a step are written, the largest of which is so many: alike, and told apart."""
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    digits = math.floor(math.log10(most)) + 2
    if decimals <= 6 and (most * step < 1e7 or 6 < digits < 16):
        return f".{decimals}f"
    return f".{min(max(digits, 4), 17)}g"


def time_ticks(start: float, end: float, most: int, zone: tzinfo | None) -> list[Tick]:
    """Return at most so many round times between two, by the clock of a zone; None is this machine's."""
    span, most = end - start, max(most, 1)
    if not 0 < span < 1e10:
        return []
    for step in _SECONDS + _MINUTES:
        if span / step <= most:
            return _clock_ticks(start, end, step, zone)
    for days in _DAYS:
        if span / (days * _DAY) <= most:
            return _day_ticks(start, end, days, zone)
    months = next((count for count in _MONTHS if span / (count * _MONTH) <= most), _MONTHS[-1])
    return _month_ticks(start, end, months, zone)


def local(moment: float, zone: tzinfo | None) -> datetime:
    """Return a moment as the clock of a zone shows it, with None of this machine."""
    shown = datetime.fromtimestamp(moment, zone)
    return shown if zone is not None else shown.astimezone()


def clock_text(moment: float, zone: tzinfo | None, span: float = 3600.0) -> str:
    """Return a moment for people, as fine as a window of so many seconds deserves."""
    shown = local(moment, zone)
    text = shown.strftime("%H:%M:%S")
    if span < 30:
        text += f".{shown.microsecond // 1000:03d}"
    return f"{shown:%d %b} {text}" if span >= 12 * 3600 else text


def zone_text(moment: float, zone: tzinfo | None) -> str:
    """Return what is said of a zone at an axis: its name and its distance from UTC."""
    shown = local(moment, zone)
    if zone is UTC:
        return "UTC"
    offset = shown.strftime("%z")
    name = shown.tzname() or ""
    return f"local time, {name} (UTC{offset[:3]}:{offset[3:5]})"


def _clock_ticks(start: float, end: float, step: float, zone: tzinfo | None) -> list[Tick]:
    """Return the times of a span at which the clock shows a multiple of a step since midnight.

    An hour that clocks show twice has its marks twice.
    """
    ticks: dict[float, str] = {}
    for first, last, offset in _steady_spans(start, end, zone):
        # Every step divides a day, so that a multiple since 1970 is one since midnight.
        index = math.ceil((first + offset) / step - 1e-6)
        while (moment := index * step - offset) <= last:
            if moment >= first:
                shown = datetime.fromtimestamp(round(index * step, 6), UTC)
                ticks[moment] = _clock_label(shown, step)
            index += 1
    return sorted(ticks.items())


def _steady_spans(start: float, end: float, zone: tzinfo | None) -> list[tuple[float, float, float]]:
    """Return the parts of a span in which clocks are not put forward or back, with the distance from UTC."""
    spans, at, offset = [], start, _offset(start, zone)
    while at < end:
        until = min(at + _LOOK, end)
        if _offset(until, zone) == offset:
            at = until
            continue
        before, after = at, until
        while after - before > 0.001:
            middle = (before + after) / 2
            before, after = (middle, after) if _offset(middle, zone) == offset else (before, middle)
        change = float(round(after))
        spans.append((start, change - 0.001, offset))
        start, at, offset = change, change, _offset(change, zone)
    return [*spans, (start, end, offset)]


def _offset(moment: float, zone: tzinfo | None) -> float:
    """Return how many seconds a clock is ahead of UTC."""
    offset = local(moment, zone).utcoffset()
    return 0.0 if offset is None else offset.total_seconds()


def _clock_label(shown: datetime, step: float) -> str:
    if step < 1:
        return f"{shown:%H:%M:%S}.{shown.microsecond // 1000:03d}"
    if step < 60:
        return f"{shown:%H:%M:%S}"
    is_midnight = shown.hour == shown.minute == 0
    return f"{shown.day} {shown:%b}" if is_midnight else f"{shown:%H:%M}"


def _day_ticks(start: float, end: float, days: int, zone: tzinfo | None) -> list[Tick]:
    ticks = []
    day = local(start, zone).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    day -= timedelta(days=day.toordinal() % days)
    while (moment := moment_of(day, zone)) <= end:
        if moment >= start:
            ticks.append((moment, f"{day.day} {day:%b}"))
        day += timedelta(days=days)
    return ticks


def _month_ticks(start: float, end: float, months: int, zone: tzinfo | None) -> list[Tick]:
    ticks: list[Tick] = []
    first = local(start, zone)
    number = (first.year * 12 + first.month - 1) // months * months
    while True:
        day = datetime(number // 12, number % 12 + 1, 1)
        moment = moment_of(day, zone)
        if moment > end:
            return ticks
        if moment >= start:
            ticks.append((moment, f"{day:%b %Y}" if months < 12 else f"{day:%Y}"))
        number += months


def moment_of(shown: datetime, zone: tzinfo | None) -> float:
    """Return when a clock shows this."""
    return shown.replace(tzinfo=zone).timestamp() if zone is not None else shown.timestamp()
