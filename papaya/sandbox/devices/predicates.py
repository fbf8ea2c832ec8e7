"""Predicates of alarm rules of both models, on values as they are stored."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_NUMERIC: Mapping[str, Callable[[float, float], bool]] = {
    "EQUAL": operator.eq,
    "NOT_EQUAL": operator.ne,
    "GREATER": operator.gt,
    "LESS": operator.lt,
    "GREATER_OR_EQUAL": operator.ge,
    "LESS_OR_EQUAL": operator.le,
}
_STRING: Mapping[str, Callable[[str, str], bool]] = {
    "EQUAL": operator.eq,
    "NOT_EQUAL": operator.ne,
    "STARTS_WITH": str.startswith,
    "ENDS_WITH": str.endswith,
    "CONTAINS": operator.contains,
    "NOT_CONTAINS": lambda text, part: part not in text,
    "IN": lambda text, words: text in _words(words),
    "NOT_IN": lambda text, words: text not in _words(words),
}
UNITS = {"SECONDS": 1000, "MINUTES": 60_000, "HOURS": 3_600_000, "DAYS": 86_400_000}
Resolve = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Reading:
    """A value that a rule looks at, and when it was measured."""

    value: Any
    ts: int


def _words(text: str) -> list[str]:
    return [word.strip().strip("'\"") for word in text.split(",")]


def number_of(value: Any) -> float | None:
    """Return a value as a number, or None if it is not a number; booleans are 1 and 0."""
    if not isinstance(value, (bool, int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def holds(predicate: Mapping[str, Any], reading: Reading, resolve: Resolve, now: int) -> bool:
    """Tell whether a predicate is true of a reading; `resolve` returns what it is compared with."""
    kind, operation = predicate["type"], predicate.get("operation")
    if kind == "COMPLEX":
        parts = (holds(each, reading, resolve, now) for each in predicate["predicates"])
        return any(parts) if operation == "OR" else all(parts)
    if kind == "NO_DATA":
        patience = number_of(resolve(predicate["duration"]))
        return patience is not None and now - reading.ts > patience * UNITS[predicate["unit"]]
    wanted = resolve(predicate["value"])
    if kind == "NUMERIC":
        left, right = number_of(reading.value), number_of(wanted)
        return left is not None and right is not None and _NUMERIC[str(operation)](left, right)
    if wanted is None:
        return False
    if kind == "BOOLEAN":
        equal = _truth(reading.value) == _truth(wanted)
        return equal if operation == "EQUAL" else not equal
    one, two = _text(reading.value), _text(wanted)
    if predicate.get("ignoreCase"):
        one, two = one.lower(), two.lower()
    return _STRING[str(operation)](one, two)


def _truth(value: Any) -> bool:
    return value.lower() == "true" if isinstance(value, str) else bool(value)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def is_within(schedule: Mapping[str, Any] | None, now: int) -> bool:
    """Tell whether a schedule is active; no schedule always is."""
    if not schedule or schedule.get("type") == "ANY_TIME":
        return True
    try:
        zone: Any = ZoneInfo(str(schedule.get("timezone")))
    except (ZoneInfoNotFoundError, ValueError):
        zone = UTC
    moment = datetime.fromtimestamp(now / 1000, zone)
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    passed = (moment - midnight) // timedelta(milliseconds=1)
    if schedule["type"] == "SPECIFIC_TIME":
        days = schedule.get("daysOfWeek") or ()
        if days and moment.isoweekday() not in days:
            return False
        return _between(passed, schedule.get("startsOn") or 0, schedule.get("endsOn") or 0)
    for item in schedule.get("items") or ():
        if item.get("dayOfWeek") == moment.isoweekday():
            starts, ends = item.get("startsOn") or 0, item.get("endsOn") or 0
            return bool(item.get("enabled")) and _between(passed, starts, ends)
    return False


def _between(passed: int, starts: int, ends: int) -> bool:
    """Tell whether a time of day is between two others; an end before its start is on the next day."""
    if ends == 0:
        ends = UNITS["DAYS"]
    return starts <= passed < ends if starts <= ends else passed >= starts or passed < ends
