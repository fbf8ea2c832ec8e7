"""Warnings and alarms of every row by the manifest's thresholds, as the agent on the device tells them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from papaya.manifest.model import Sensor
from papaya_gui.models.batch import WHOLE, Batch, Floats

CLEAR, WARN, ALARM = 0, 1, 2
BELOW, WITHIN, ABOVE = -1, 0, 1

Flags = NDArray[np.bool_]
Indices = NDArray[np.intp]

# What the limits are, the one that counts most last: of two that are crossed it gives level and side.
_LIMITS = ((WARN, BELOW), (WARN, ABOVE), (ALARM, BELOW), (ALARM, ABOVE))
_SIGNS = np.array([[side] for _, side in _LIMITS], np.float64)


class Levels:
    """Columns as long as the catalog: `levels` are CLEAR, WARN or ALARM, `sides` where the limit is crossed.

    Every reading counts, in the order in which they came, because what a limit ends at depends on whether it
    was crossed before. One that is older than what the row had already does not count.
    """

    def __init__(self) -> None:
        self.levels: NDArray[np.int8] = np.empty(0, np.int8)
        self.sides: NDArray[np.int8] = np.empty(0, np.int8)
        self._limits: Floats = np.empty((4, 0))
        self._ends: Floats = np.empty((4, 0))
        self._crossed: Flags = np.empty((4, 0), np.bool_)
        self._has_limits: Flags = np.empty(0, np.bool_)

    def grow(self, sensors: Sequence[Sensor]) -> None:
        """Make room for rows of these sensors."""
        limits = np.array([_limits_of(sensor) for sensor in sensors], np.float64).reshape(-1, 4).T
        back = np.array([sensor.hysteresis or 0.0 for sensor in sensors], np.float64)
        more = len(sensors)
        self._limits = np.concatenate((self._limits, limits), axis=1)
        self._ends = np.concatenate((self._ends, np.tile(-back, (4, 1))), axis=1)
        self._crossed = np.concatenate((self._crossed, np.zeros((4, more), np.bool_)), axis=1)
        self._has_limits = np.concatenate((self._has_limits, ~np.isnan(limits).all(axis=0)))
        self.levels = np.concatenate((self.levels, np.zeros(more, np.int8)))
        self.sides = np.concatenate((self.sides, np.zeros(more, np.int8)))

    def take(self, batch: Batch, known: Floats) -> None:
        """Note readings; `known` is the time of each row's latest reading before them, NaN where none was."""
        counts = self._has_limits[batch.rows]
        counts[counts] = ~is_late(batch.rows[counts], batch.times[counts], known)
        # Truth values and texts cross nothing; what the row's numbers crossed before stays.
        counts &= batch.kinds <= WHOLE
        rows, values = batch.rows[counts], batch.values[counts]
        if not len(rows):
            return
        # Not a number is beyond no limit and short of every end, so it clears, as on the device.
        excess = (values - self._limits[:, rows]) * _SIGNS
        begins, ends = excess > 0.0, ~(excess > self._ends[:, rows])
        touched = np.unique(rows)
        for limit, crossed in enumerate(self._crossed):
            # Between its end and its beginning a limit stays as it was, so the last reading outside decides.
            decides = begins[limit] | ends[limit]
            # Of several values for one row an assignment keeps the last.
            crossed[rows[decides]] = begins[limit][decides]
        self._judge(touched)

    def _judge(self, rows: NDArray[np.int32]) -> None:
        levels, sides = np.zeros(len(rows), np.int8), np.zeros(len(rows), np.int8)
        for (level, side), crossed in zip(_LIMITS, self._crossed[:, rows], strict=True):
            levels[crossed], sides[crossed] = level, side
        self.levels[rows], self.sides[rows] = levels, sides


def is_late(rows: NDArray[np.int32], times: Floats, known: Floats) -> Flags:
    """Return which readings are older than one of the same row that came before them."""
    late: Flags = times < known[rows]
    if not (np.diff(times) < 0).any():
        return late
    order = np.argsort(rows, kind="stable")
    starts = np.diff(rows[order], prepend=-1) != 0
    # Ranks are compared instead of times: each row's lie above those of the row before, without rounding.
    ranks = np.unique(times, return_inverse=True)[1][order] + np.cumsum(starts) * len(rows)
    late[order] |= ranks < np.maximum.accumulate(ranks)
    return late


def _limits_of(sensor: Sensor) -> tuple[float, float, float, float]:
    limits = sensor.warn_below, sensor.warn_above, sensor.alarm_below, sensor.alarm_above
    return tuple(np.nan if limit is None else float(limit) for limit in limits)  # type: ignore[return-value]
