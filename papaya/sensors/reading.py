"""One value of one sensor, and why a value cannot have come from a working sensor."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from datetime import datetime
from typing import overload

from papaya.foreign import ForeignValue, Unusable, described, plain_number
from papaya.manifest.model import Sensor

Value = bool | int | float | str

LONGEST_TEXT = 16_384
# As JSON, with escapes: the server closes the connection of a device that sends 65,536 bytes in one message.
_MOST_TEXT_BYTES = 56_000
# What the server can keep as a whole number.
_LARGEST = 2**63
# The server keeps a number with more decimals as text (JsonConverter), which no alarm rule compares.
_MOST_DECIMALS = 16
# From the year 2000 to the year 2200: whatever lies outside is seconds, nanoseconds or noise.
EARLIEST, LATEST = 946_684_800_000, 7_258_118_400_000


@dataclass(frozen=True, slots=True, init=False)
class SensorReading:
    """A value with its unit and its time.

    `timestamp` is in milliseconds since 1970 in UTC. An aware datetime is converted, and None is the time at
    which papaya asked. `name` is the sensor's key where a reading does not stand in a mapping:

        SensorReading(21.5, "°C", 1763900000000)
        SensorReading(value=21.5, unit="°C", timestamp=datetime.now(UTC))
        SensorReading("temperature.celsius", 21.5, "°C", 1763900000000)
    """

    # It says where a reading belongs, as the key of a mapping does, and not what was read.
    name: str = field(compare=False)
    value: Value
    unit: str
    timestamp: int

    @overload
    def __init__(self, name: str, value: Value, unit: str, timestamp: int | datetime | None, /) -> None: ...

    @overload
    def __init__(
        self, value: Value, unit: str = "", timestamp: int | datetime | None = None, *, name: str = ""
    ) -> None: ...

    def __init__(self, *given: object, **named: object) -> None:
        order = ("name", "value", "unit", "timestamp")
        with_name = len(given) + len(named) > 3 and "name" not in named
        values = dict(zip(order if with_name else order[1:], given, strict=False))
        twice = values.keys() & named.keys()
        values = {"name": "", "unit": "", "timestamp": None, **values, **named}
        if twice or len(given) > len(order) or "value" not in values or values.keys() - {*order}:
            raise TypeError("SensorReading takes value, unit, timestamp, or name, value, unit, timestamp")
        timestamp = values["timestamp"]
        if isinstance(timestamp, datetime) and timestamp.utcoffset() is not None:
            values["timestamp"] = milliseconds(timestamp)
        for member in order:
            object.__setattr__(self, member, values[member])


def milliseconds(moment: datetime) -> int:
    """Return an aware time in milliseconds since 1970."""
    return round(moment.timestamp() * 1000)


def is_numeric(sensor: Sensor) -> bool:
    """Return whether a sensor has a range or a threshold, with which only numbers can be compared."""
    limits = (sensor.minimum, sensor.maximum, sensor.warn_above, sensor.warn_below)
    return any(limit is not None for limit in (*limits, sensor.alarm_above, sensor.alarm_below))


def taken(reading: SensorReading, sensor: Sensor) -> SensorReading:
    """Return a reading as it is stored, shown and compared; raise ForeignValue with what is wrong with it.

    Of a sensor with a range or a threshold, text that is a plain number is that number, and other text is a
    fault: nothing could compare it. A number keeps 16 decimals.
    """
    value = reading.value
    if isinstance(value, str) and is_numeric(sensor):
        number = plain_number(value)
        if number is None:
            raise ForeignValue(f"it returned {described(value)}, which is not a number")
        value = number
    if isinstance(value, float) and math.isfinite(value):
        value = round(value, _MOST_DECIMALS)
    if value is not reading.value:
        reading = SensorReading(value, reading.unit, reading.timestamp, name=reading.name)
    objection = objection_to(reading, sensor)
    if objection is not None:
        raise ForeignValue(objection)
    return reading


def objection_to(reading: SensorReading, sensor: Sensor) -> str | None:
    """Return why a reading cannot have come from a working sensor; None where nothing speaks against it."""
    value: object = reading.value
    if isinstance(value, Unusable):
        return f"it returned {value}, which is not a usable number"
    if not isinstance(value, bool | int | float | str):
        return f"it returned a {type(value).__name__} where a number, a text or a truth value belongs"
    if isinstance(value, str):
        return objection_to_text(value)
    if isinstance(value, float) and not math.isfinite(value):
        return f"it returned {value}, which is no number"
    if abs(value) >= _LARGEST:
        told = described(value) if isinstance(value, int) else f"{value:.3g}"
        return f"it returned {told}, which is too large to be stored"
    return None if isinstance(value, bool) else _objection_to_size(value, sensor)


def objection_to_time(timestamp: object, *, is_early_too: bool = False) -> str | None:
    """Return why a time cannot be milliseconds since 1970; early ones are those before 2000."""
    if isinstance(timestamp, bool) or not isinstance(timestamp, int):
        return "the time of its value is no whole number of milliseconds"
    if not (0 if is_early_too else EARLIEST) <= timestamp <= LATEST:
        return f"the time of its value, {described(timestamp)}, is not in milliseconds since 1970"
    return None


def objection_to_text(value: str) -> str | None:
    """Return why a text cannot be sent."""
    if len(value) > LONGEST_TEXT:
        return f"it returned a text of {len(value):,} characters, more than {LONGEST_TEXT:,}"
    try:
        size = len(json.dumps(value, ensure_ascii=False).encode())
    except UnicodeEncodeError:
        return "it returned a text that is not Unicode"
    if size > _MOST_TEXT_BYTES:
        return f"it returned a text of {size:,} bytes as JSON, more than {_MOST_TEXT_BYTES:,}"
    # PostgreSQL, where the server keeps it, has no such character.
    return "it returned a text with the character U+0000" if "\0" in value else None


def _objection_to_size(value: float, sensor: Sensor) -> str | None:
    least, most = sensor.minimum, sensor.maximum
    if (least is not None and value < least) or (most is not None and value > most):
        range_ = f"{'…' if least is None else f'{least:g}'} to {'…' if most is None else f'{most:g}'}"
        return f"it returned {value:g}, outside of what it can measure ({range_})"
    return None
