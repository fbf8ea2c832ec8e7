"""When each sensor is due; sensors with equal intervals are due together."""

from __future__ import annotations

import math
from collections.abc import Mapping


class Schedule:
    """Due times on a clock that never jumps; a time that was missed is not made up for."""

    def __init__(self) -> None:
        self._every: dict[str, float] = {}
        self._due: dict[str, float] = {}

    def set(self, intervals: Mapping[str, float], now: float) -> None:
        """Take new intervals: sensors whose interval has changed, and new ones, are due at once."""
        self._due = {
            key: self._due[key] if self._every.get(key) == every else now for key, every in intervals.items()
        }
        self._every = dict(intervals)

    def interval(self, key: str) -> float | None:
        """Return a sensor's interval."""
        return self._every.get(key)

    def due(self, now: float) -> list[str]:
        """Return the sensors that are due."""
        return [key for key, at in self._due.items() if at <= now]

    def done(self, key: str, now: float) -> None:
        """Set the next time of a sensor, on the grid of its interval."""
        every = self._every[key]
        self._due[key] = (math.floor(now / every + 1e-6) + 1) * every

    def next(self) -> float | None:
        """Return when the next sensor is due."""
        return min(self._due.values(), default=None)
