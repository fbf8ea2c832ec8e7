"""Invented values: smooth, the same for the same seed, plausible for the unit, with gaps and spikes."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
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
# The share of seconds in which there is no value, and in which it leaps.
GAPS, SPIKES = 0.005, 0.002
SPIKE, WEIGHTS, DAY = 1.6, (0.7, 0.22, 0.08), 86_400
# Odd numbers whose products spread small differences over all 64 bits.
NOISE_STEP, SECOND_STEP = 0x9E3779B97F4A7C15, 0xD1B54A32D192ED03
MIXERS = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
_WORD = 2**64 - 1


class SimulatedBackend(SensorBackend):
    """Sensors that need no hardware; a moment in time always has the same value for the same seed."""

    def __init__(self, source: Source) -> None:
        source.only("seed", "gaps", "spikes")
        self._source = source
        # Without a seed of their own, devices do not all have the same values.
        seed = source.options.get("seed", source.device or 0)
        gaps, spikes = source.number("gaps", GAPS), source.number("spikes", SPIKES)
        self._curves = [(sensor, curve_of(sensor, seed, gaps, spikes)) for sensor in source.sensors]

    def get_available_sensors(self) -> Sequence[str]:
        """Return the keys of all of them: nothing here can be missing."""
        return self._source.keys

    def get_latest_readings(self) -> Mapping[str, SensorReading]:
        """Return the values of this moment; in a gap a sensor has none."""
        now = self._source.now()
        values = ((sensor, curve(now)) for sensor, curve in self._curves)
        return {
            sensor.key: SensorReading(sensor.key, value, sensor.unit, now)
            for sensor, value in values
            if value is not None
        }


@dataclass(frozen=True, slots=True)
class Shape:
    """What a simulated sensor does, as numbers: three waves around a middle, or something that is counted.

    `pace` is in seconds for one more, and 0 for waves; periods are in seconds, phases in radians.
    """

    middle: float = 0.0
    reach: float = 0.0
    periods: tuple[float, float, float] = (1.0, 1.0, 1.0)
    phases: tuple[float, float, float] = (0.0, 0.0, 0.0)
    digits: int = 0
    minimum: float = -math.inf
    maximum: float = math.inf
    noise: int = 0
    pace: float = 0.0


def shape_of(sensor: Sensor, seed: object) -> Shape:
    """Return the shape of a sensor's values, always the same for a seed."""
    own = Random(_number(f"{seed}|{sensor.key}"))  # noqa: S311 - plausible values, no secrets
    if not sensor.unit:
        return Shape(pace=_COUNTER_SECONDS * own.uniform(0.5, 2))
    low, high, period, digits = _span(sensor)
    phases = own.uniform(0, math.tau), own.uniform(0, math.tau), own.uniform(0, math.tau)
    # Periods that never meet, so that no day looks like the day before.
    first, second, third = (period * own.uniform(0.8, 1.2) * factor for factor in (1.0, 0.317, 0.0713))
    return Shape(
        (low + high) / 2,
        (high - low) / 2,
        (first, second, third),
        phases,
        digits,
        -math.inf if sensor.minimum is None else sensor.minimum,
        math.inf if sensor.maximum is None else sensor.maximum,
        own.getrandbits(32),
    )


def curve_of(
    sensor: Sensor, seed: object, gaps: float = GAPS, spikes: float = SPIKES
) -> Callable[[int], float | None]:
    """Return the value of a sensor as a function of time in milliseconds; None is a gap."""
    shape = shape_of(sensor, seed)
    if shape.pace:
        # Such as reads of a card: it only grows within a day.
        return lambda now: int((now / 1000 % DAY) / shape.pace)

    def value(now: int) -> float | None:
        seconds = now / 1000
        chance = chance_of(shape.noise, int(seconds))
        if chance < gaps:
            return None
        waves = (
            weight * math.sin(math.tau * seconds / period + phase)
            for weight, period, phase in zip(WEIGHTS, shape.periods, shape.phases, strict=True)
        )
        height = sum(waves)
        if chance > 1 - spikes:
            height = math.copysign(SPIKE, height)
        reached = shape.middle + shape.reach * height
        return round(min(max(reached, shape.minimum), shape.maximum), shape.digits)

    return value


def chance_of(noise: int, second: int) -> float:
    """Return what chance has in store for a sensor in a second, from 0 up to 1: a mix of all their bits."""
    bits = (noise * NOISE_STEP + second * SECOND_STEP) & _WORD
    bits = ((bits ^ (bits >> 30)) * MIXERS[0]) & _WORD
    bits = ((bits ^ (bits >> 27)) * MIXERS[1]) & _WORD
    return (bits ^ (bits >> 31)) / 2.0**64


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


def _first(*values: float | None) -> float | None:
    return next((value for value in values if value is not None), None)


def _number(text: str) -> int:
    # hash() differs from one process to the next.
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
