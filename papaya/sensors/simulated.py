"""Invented values: smooth, the same for the same seed, plausible for the unit, with gaps and spikes."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence
from random import Random

from papaya.manifest.model import Sensor
from papaya.sensors.backend import SensorBackend
from papaya.sensors.reading import SensorReading
from papaya.sensors.source import Source

# Where the values of a unit usually lie, how long they take to come and go, and how they are rounded.
_USUAL: dict[str, tuple[float, float, float, int]] = {
    "°C": (22.0, 34.0, 3600.0, 2),
    "%": (45.0, 75.0, 5400.0, 1),
    "cm": (40.0, 320.0, 180.0, 1),
    "V": (12.2, 13.4, 1800.0, 2),
    "A": (0.3, 1.2, 240.0, 2),
    "lx": (80.0, 22_000.0, 7200.0, 0),
    "g": (0.97, 1.03, 20.0, 3),
    "µg/m³": (8.0, 38.0, 2700.0, 1),
    "hPa": (1004.0, 1019.0, 14_400.0, 1),
}
_UNKNOWN = (0.0, 100.0, 600.0, 2)
_COUNTER_SECONDS = 90.0


class SimulatedBackend(SensorBackend):
    """Sensors that need no hardware; a moment in time always has the same value for the same seed."""

    def __init__(self, source: Source) -> None:
        source.only("seed", "gaps", "spikes")
        self._source = source
        seed = source.options.get("seed", 0)
        gaps, spikes = source.number("gaps", 0.005), source.number("spikes", 0.002)
        self._curves = [(sensor, curve_of(sensor, seed, gaps, spikes)) for sensor in source.sensors]

    def get_available_sensors(self) -> Sequence[Sensor]:
        """Return all of them: nothing here can be missing."""
        return self._source.sensors

    def get_latest_readings(self) -> Sequence[SensorReading]:
        """Return the values of this moment; in a gap a sensor has none."""
        now = self._source.now()
        values = ((sensor, curve(now)) for sensor, curve in self._curves)
        return [
            SensorReading(sensor.key, value, sensor.unit, now)
            for sensor, value in values
            if value is not None
        ]


def curve_of(
    sensor: Sensor, seed: object, gaps: float = 0.005, spikes: float = 0.002
) -> Callable[[int], float | None]:
    """Return the value of a sensor as a function of time in milliseconds; None is a gap."""
    own = Random(_number(f"{seed}|{sensor.key}"))  # noqa: S311 - plausible values, no secrets
    if not sensor.unit:
        return _counter(own)
    low, high, period, digits = _span(sensor)
    phases = [own.uniform(0, math.tau) for _ in range(3)]
    # Periods that never meet, so that no day looks like the day before.
    periods = [period * own.uniform(0.8, 1.2) * factor for factor in (1.0, 0.317, 0.0713)]
    middle, reach = (low + high) / 2, (high - low) / 2
    noise = own.getrandbits(32)

    def value(now: int) -> float | None:
        seconds = now / 1000
        chance = Random(noise ^ int(seconds)).random()  # noqa: S311
        if chance < gaps:
            return None
        waves = (
            math.sin(math.tau * seconds / length + phase)
            for length, phase in zip(periods, phases, strict=True)
        )
        height = sum(wave * weight for wave, weight in zip(waves, (0.7, 0.22, 0.08), strict=True))
        if chance > 1 - spikes:
            height = math.copysign(1.6, height)
        return round(_within(middle + reach * height, sensor), digits)

    return value


def _counter(own: Random) -> Callable[[int], float | None]:
    """Return something that is counted, such as reads of a card, and only grows within a day."""
    pace = _COUNTER_SECONDS * own.uniform(0.5, 2)
    return lambda now: int((now / 1000 % 86_400) / pace)


def _span(sensor: Sensor) -> tuple[float, float, float, int]:
    low, high, period, digits = _USUAL.get(sensor.unit, _UNKNOWN)
    # Inside of its thresholds, where a healthy device is most of the time.
    floor = _first(sensor.warn_below, sensor.alarm_below, sensor.minimum)
    ceiling = _first(sensor.warn_above, sensor.alarm_above, sensor.maximum)
    if sensor.unit not in _USUAL and floor is not None and ceiling is not None:
        low, high = floor + (ceiling - floor) * 0.2, floor + (ceiling - floor) * 0.8
    if floor is not None and low <= floor:
        low = floor + (max(high, floor + 1) - floor) * 0.1
    if ceiling is not None and high >= ceiling:
        high = ceiling - (ceiling - min(low, ceiling - 1)) * 0.1
    return (low, high, period, digits) if low < high else (high, low, period, digits)


def _within(value: float, sensor: Sensor) -> float:
    if sensor.minimum is not None:
        value = max(value, sensor.minimum)
    return value if sensor.maximum is None else min(value, sensor.maximum)


def _first(*values: float | None) -> float | None:
    return next((value for value in values if value is not None), None)


def _number(text: str) -> int:
    # hash() differs from one process to the next.
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
