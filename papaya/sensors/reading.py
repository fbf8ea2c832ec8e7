"""One value of one sensor, and what makes it nonsense."""

from __future__ import annotations

import math
from dataclasses import dataclass

from papaya.manifest.model import Sensor

Value = bool | int | float | str

LONGEST_TEXT = 16_384
# What the server can keep as a whole number.
_LARGEST = 2**63
# From the year 2000 to the year 2200: whatever lies outside is seconds, nanoseconds or noise.
EARLIEST, LATEST = 946_684_800_000, 7_258_118_400_000


@dataclass(frozen=True, slots=True)
class SensorReading:
    """A value: `name` is the sensor's key, `timestamp` is in milliseconds since 1970 in UTC."""

    name: str
    value: Value
    unit: str
    timestamp: int


def objection_to(reading: SensorReading, sensor: Sensor) -> str | None:
    """Return why a reading cannot have come from a working sensor; None where nothing speaks against it."""
    value: object = reading.value
    if not isinstance(value, bool | int | float | str):
        return f"it returned a {type(value).__name__} where a number, a text or a truth value belongs"
    if isinstance(value, str):
        return objection_to_text(value)
    if not math.isfinite(value):
        return f"it returned {value}, which is no number"
    if abs(value) >= _LARGEST:
        return f"it returned {value:.3g}, which is too large to be stored"
    return None if isinstance(value, bool) else _objection_to_size(value, sensor)


def objection_to_time(timestamp: object, *, is_early_too: bool = False) -> str | None:
    """Return why a time cannot be milliseconds since 1970; early ones are those before 2000."""
    if isinstance(timestamp, bool) or not isinstance(timestamp, int):
        return "the time of its value is no whole number of milliseconds"
    if not (0 if is_early_too else EARLIEST) <= timestamp <= LATEST:
        return f"the time of its value, {timestamp}, is not in milliseconds since 1970"
    return None


def objection_to_text(value: str) -> str | None:
    """Return why a text cannot be sent."""
    if len(value) > LONGEST_TEXT:
        return f"it returned a text of {len(value):,} characters, more than {LONGEST_TEXT:,}"
    try:
        value.encode()
    except UnicodeEncodeError:
        return "it returned a text that is not Unicode"
    return None


def _objection_to_size(value: float, sensor: Sensor) -> str | None:
    least, most = sensor.minimum, sensor.maximum
    if (least is not None and value < least) or (most is not None and value > most):
        range_ = f"{'…' if least is None else f'{least:g}'} to {'…' if most is None else f'{most:g}'}"
        return f"it returned {value:g}, outside of what it can measure ({range_})"
    return None
