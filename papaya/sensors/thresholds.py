"""Warnings and alarms: when a value crosses a limit, and when it has come back far enough."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from papaya.manifest.model import Json, Sensor

Level = Literal["clear", "warn", "alarm"]
_CLEAR: tuple[Level, str] = ("clear", "")


@dataclass(frozen=True, slots=True)
class Crossing:
    """A sensor's level has changed: `side` is `above`, `below` or empty, `limit` is what was crossed."""

    sensor: Sensor
    level: Level
    before: Level
    side: str
    limit: float | None
    value: float

    def as_json(self) -> dict[str, Json]:
        """Return the event as telemetry says it."""
        told: dict[str, Json] = {"event": self.level, "before": self.before, "value": self.value}
        if self.side:
            told |= {"side": self.side, "limit": self.limit}
        return told | ({"unit": self.sensor.unit} if self.sensor.unit else {})


class Thresholds:
    """The limits that are crossed at present, by sensor."""

    def __init__(self, levels: Mapping[str, Json] | None = None) -> None:
        self._crossed: dict[str, frozenset[str]] = {}
        self._levels: dict[str, tuple[Level, str]] = {}
        for key, names in (levels or {}).items():
            if isinstance(names, list):
                self._crossed[key] = frozenset(str(name) for name in names)
                self._levels[key] = _level(self._crossed[key])

    def check(self, sensor: Sensor, value: float) -> Crossing | None:
        """Note a value; return the event if the sensor's level changed with it."""
        back = sensor.hysteresis or 0.0
        before = self._crossed.get(sensor.key, frozenset())
        crossed = frozenset(
            name
            for name, limit, sign in _limits(sensor)
            if (value - limit) * sign > (-back if name in before else 0.0)
        )
        self._crossed[sensor.key] = crossed
        was, now = self._levels.get(sensor.key, _CLEAR), _level(crossed)
        if was == now:
            return None
        self._levels[sensor.key] = now
        limits = {name: limit for name, limit, _ in _limits(sensor)}
        name = f"{now[0]}_{now[1]}"
        return Crossing(sensor, now[0], was[0], now[1], limits.get(name), value)

    def level(self, key: str) -> Level:
        """Return a sensor's level."""
        return self._levels.get(key, _CLEAR)[0]

    def as_json(self) -> dict[str, Json]:
        """Return what must be kept so that a restart repeats no event."""
        return {key: [*sorted(names)] for key, names in self._crossed.items() if names}


def _limits(sensor: Sensor) -> list[tuple[str, float, int]]:
    limits = (
        ("warn_above", sensor.warn_above, 1),
        ("alarm_above", sensor.alarm_above, 1),
        ("warn_below", sensor.warn_below, -1),
        ("alarm_below", sensor.alarm_below, -1),
    )
    return [(name, limit, sign) for name, limit, sign in limits if limit is not None]


def _level(crossed: frozenset[str]) -> tuple[Level, str]:
    for level in ("alarm", "warn"):
        for side in ("above", "below"):
            if f"{level}_{side}" in crossed:
                return ("alarm" if level == "alarm" else "warn"), side
    return "clear", ""
