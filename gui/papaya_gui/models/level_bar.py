"""A bar from the least to the most that a sensor is expected to say, with its thresholds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from papaya.manifest.model import Sensor
from papaya_gui.models.condition import Condition


@dataclass(frozen=True, slots=True)
class LevelBar:
    """`zones` are parts of the bar from 0 to 1 with their condition, and cover all of it."""

    low: float
    high: float
    zones: Sequence[tuple[float, float, Condition]]

    def place(self, value: float) -> float:
        """Return where a value is, from 0 to 1; one that is beyond the bar is at its end."""
        return min(max((value - self.low) / (self.high - self.low), 0.0), 1.0)


def level_bar(sensor: Sensor) -> LevelBar | None:
    """Return the bar of a sensor; None where neither range nor thresholds are declared."""
    limits = [
        float(limit)
        for limit in (sensor.alarm_below, sensor.warn_below, sensor.warn_above, sensor.alarm_above)
        if limit is not None
    ]
    ends = [float(end) for end in (sensor.minimum, sensor.maximum) if end is not None]
    if not limits and len(ends) < 2:
        return None
    known = [*limits, *ends]
    # Beyond the last threshold there is room for what crosses it.
    margin = 0.25 * (max(known) - min(known) or abs(max(known)) or 1.0)
    low, high = min(known) - margin, max(known) + margin
    # Where no threshold is, values are usual: from zero on, and as far on the other side.
    if sensor.alarm_below is None and sensor.warn_below is None:
        low = min(low, 2 * min(known), 0.0)
    if sensor.alarm_above is None and sensor.warn_above is None:
        high = max(high, 2 * max(known), 0.0)
    low = float(sensor.minimum) if sensor.minimum is not None else low
    high = float(sensor.maximum) if sensor.maximum is not None else high
    if not low < high or not math.isfinite(high - low):
        return None
    cuts = sorted({low, high, *(limit for limit in limits if low < limit < high)})
    zones = [
        ((first - low) / (high - low), (last - low) / (high - low), _condition((first + last) / 2, sensor))
        for first, last in zip(cuts[:-1], cuts[1:], strict=True)
    ]
    return LevelBar(low, high, zones)


def _condition(value: float, sensor: Sensor) -> Condition:
    if _is_beyond(value, sensor.alarm_below, sensor.alarm_above):
        return Condition.CRITICAL
    if _is_beyond(value, sensor.warn_below, sensor.warn_above):
        return Condition.WARNING
    return Condition.ONLINE


def _is_beyond(value: float, below: float | None, above: float | None) -> bool:
    return (below is not None and value < below) or (above is not None and value > above)
