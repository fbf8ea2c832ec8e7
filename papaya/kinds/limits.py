"""The limits of a sensor as the alarms of a server need them: where an alarm begins, and where it ends."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from decimal import Decimal
from typing import Final

from papaya.manifest.model import Json, Sensor

# In the order of the fields of `Limits`; also the ends of the attributes' keys and the names of arguments.
LIMIT_NAMES: Final = ("warnAbove", "alarmAbove", "clearAbove", "warnBelow", "alarmBelow", "clearBelow")
LIMIT_PREFIX: Final = "papaya.limit."
# What stands for "no limit" in an attribute. The server has no other word for it that its comparisons take:
# a missing attribute without a default blocks a whole alarm rule (measured on 4.3.1.3).
NO_LIMIT: Final = 1_000_000_000_000


@dataclass(frozen=True, slots=True)
class Limits:
    """Values in the sensor's unit, None where a sensor has no such limit.

    An alarm begins above `warn_above` or `alarm_above` or below `warn_below` or `alarm_below`. It ends at a
    value that is not above `clear_above` and not below `clear_below`.
    """

    warn_above: float | None = None
    alarm_above: float | None = None
    clear_above: float | None = None
    warn_below: float | None = None
    alarm_below: float | None = None
    clear_below: float | None = None

    @property
    def by_name(self) -> dict[str, float | None]:
        """Return the limits by their names."""
        return dict(zip(LIMIT_NAMES, astuple(self), strict=True))

    @property
    def is_empty(self) -> bool:
        """Whether nothing raises an alarm."""
        return self == Limits()

    @property
    def can_end(self) -> bool:
        """Whether some value is low enough and high enough to end the alarm."""
        if self.clear_above is None or self.clear_below is None:
            return True
        return self.clear_below <= self.clear_above


def limits_of(sensor: Sensor) -> Limits:
    """Return the limits of a sensor; its hysteresis, 0 where it has none, says where an alarm ends."""
    back = sensor.hysteresis or 0.0
    above = _given(sensor.warn_above, sensor.alarm_above)
    below = _given(sensor.warn_below, sensor.alarm_below)
    return Limits(
        warn_above=sensor.warn_above,
        alarm_above=sensor.alarm_above,
        clear_above=_moved(min(above), -back) if above else None,
        warn_below=sensor.warn_below,
        alarm_below=sensor.alarm_below,
        clear_below=_moved(max(below), back) if below else None,
    )


def limit_key(sensor: str, name: str) -> str:
    """Return the key of the server attribute that holds one limit of a sensor."""
    return f"{LIMIT_PREFIX}{sensor}.{name}"


def limit_attributes(sensor: str, limits: Limits) -> dict[str, Json]:
    """Return the server attributes of a device whose limits are its own: all six, never a part.

    If some were missing, they would come from the rule's defaults. An alarm might then begin by the limits of
    one device and never end by those of another.
    """
    return {limit_key(sensor, name): or_no_limit(name, value) for name, value in limits.by_name.items()}


def or_no_limit(name: str, value: float | None) -> float:
    """Return a limit, or the number that stands for none.

    `clearAbove` is as high and `clearBelow` as low as can be, so that an alarm whose limits were taken away
    ends (measured on 4.3.1.3: with the signs reversed it stays for good).
    """
    if value is not None:
        return value
    return NO_LIMIT if name.endswith("Above") else -NO_LIMIT


def plain_number(value: float) -> str:
    """Return a number as digits: a server reads `1e12` in a default value as text."""
    return format(Decimal(repr(value)).normalize(), "f")


def _given(*values: float | None) -> list[float]:
    return [value for value in values if value is not None]


def _moved(value: float, by: float) -> float:
    # In decimal, as a person reckons: 0.3 - 0.1 is 0.2 and nothing below it.
    moved = float(Decimal(repr(value)) + Decimal(repr(by)))
    return int(moved) if moved.is_integer() else moved
