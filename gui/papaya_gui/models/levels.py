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

# What the limits are, the one that counts most last: of two that are crossed it gives level and side.
_LIMITS = ((WARN, BELOW), (WARN, ABOVE), (ALARM, BELOW), (ALARM, ABOVE))
# Level and side by which limits are crossed, each limit a bit.
_JUDGED = np.array([(CLEAR, WITHIN)] + [_LIMITS[bits.bit_length() - 1] for bits in range(1, 16)], np.int8)


class Levels:
    """Columns as long as the catalog: `levels` are CLEAR, WARN or ALARM, `sides` where the limit is crossed.

    Every reading counts, in the order in which they came, because what a limit ends at depends on whether it
    was crossed before. One that is older than what the row had already does not count.
    """

    def __init__(self) -> None:
        self.levels: NDArray[np.int8] = np.empty(0, np.int8)
        self.sides: NDArray[np.int8] = np.empty(0, np.int8)
        self._limits: Floats = np.empty((4, 0))
        self._ends: Floats = np.empty(0)
        self._crossed: Flags = np.empty((4, 0), np.bool_)
        self._has_limits: Flags = np.empty(0, np.bool_)
        self._used: tuple[int, ...] = ()

    def grow(self, sensors: Sequence[Sensor]) -> None:
        """Make room for rows of these sensors."""
        limits = np.array([_limits_of(sensor) for sensor in sensors], np.float64).reshape(-1, 4).T
        back = np.array([sensor.hysteresis or 0.0 for sensor in sensors], np.float64)
        more = len(sensors)
        self._limits = np.concatenate((self._limits, limits), axis=1)
        self._ends = np.concatenate((self._ends, -back))
        self._crossed = np.concatenate((self._crossed, np.zeros((4, more), np.bool_)), axis=1)
        self._has_limits = np.asarray(~np.isnan(self._limits).all(axis=0))
        self._used = tuple(np.flatnonzero(~np.isnan(self._limits).all(axis=1)).tolist())
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
        ends = self._ends[rows]
        for limit in self._used:
            # Not a number is beyond no limit and short of every end, so it clears, as on the device.
            excess = (values - self._limits[limit, rows]) * _LIMITS[limit][1]
            begins = excess > 0.0
            # Between its end and its beginning a limit stays as it was, so the last reading outside decides;
            # of several values for one row an assignment keeps the last.
            decides = begins | ~(excess > ends)
            self._crossed[limit, rows[decides]] = begins[decides]
        bits = np.zeros(len(rows), np.intp)
        for limit in self._used:
            bits |= self._crossed[limit, rows].astype(np.intp) << limit
        self.levels[rows], self.sides[rows] = _JUDGED[bits, 0], _JUDGED[bits, 1]


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
