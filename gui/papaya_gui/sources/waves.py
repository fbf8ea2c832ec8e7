"""The values of many simulated sensors at once, as columns: those of `papaya.sensors.simulated`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from papaya.sensors.simulated import (
    DAY,
    GAPS,
    MIXERS,
    NOISE_STEP,
    SECOND_STEP,
    SPIKE,
    SPIKES,
    WEIGHTS,
    Shape,
)
from papaya_gui.models.batch import NUMBER, WHOLE, Floats, Kinds

# 256 sensors or moments more before columns are made longer.
_ROOM = 256


class Waves:
    """Shapes as columns; a sensor is known by its place among them."""

    def __init__(self, shapes: Iterable[Shape] = ()) -> None:
        self._count = 0
        self._numbers: NDArray[np.float64] = np.empty((0, 11))
        self._noise: NDArray[np.uint64] = np.empty(0, np.uint64)
        for shape in shapes:
            self.add(shape)

    def __len__(self) -> int:
        return self._count

    def add(self, shape: Shape) -> None:
        """Add a sensor at the end."""
        if self._count == len(self._numbers):
            more = max(_ROOM, self._count)
            self._numbers = np.concatenate((self._numbers, np.zeros((more, 11))))
            self._noise = np.concatenate((self._noise, np.zeros(more, np.uint64)))
        self._numbers[self._count] = (
            shape.middle,
            shape.reach,
            *shape.periods,
            *shape.phases,
            10.0**shape.digits,
            shape.minimum,
            shape.maximum,
        )
        if shape.pace:
            self._numbers[self._count, :3] = np.nan, np.nan, shape.pace
        self._noise[self._count] = shape.noise
        self._count += 1

    def kinds(self, places: NDArray[np.intp]) -> Kinds:
        """Return what the values of sensors are."""
        return np.where(np.isnan(self._numbers[places, 0]), WHOLE, NUMBER).astype(np.int8)

    def values(self, places: NDArray[np.intp], seconds: Any) -> Floats:
        """Return the values of sensors at moments in seconds since 1970; NaN is a gap."""
        places, moments = np.broadcast_arrays(places, np.asarray(seconds, np.float64))
        middle, reach, *others = np.moveaxis(self._numbers[places], -1, 0)
        periods, phases, (scale, minimum, maximum) = others[:3], others[3:6], others[6:]
        height = np.zeros(moments.shape)
        for weight, period, phase in zip(WEIGHTS, periods, phases, strict=True):
            height += weight * np.sin(2 * np.pi * moments / period + phase)
        chance = _chances(self._noise[places], moments)
        height = np.where(chance > 1 - SPIKES, np.copysign(SPIKE, height), height)
        found = np.clip(middle + reach * height, minimum, maximum)
        found = np.where(chance < GAPS, np.nan, np.round(found * scale) / scale)
        return np.where(np.isnan(middle), np.floor(moments % DAY / periods[0]), found)


def _chances(noise: NDArray[np.uint64], seconds: Floats) -> Floats:
    # Integers of numpy wrap around, as is wanted here.
    bits = noise * np.uint64(NOISE_STEP) + seconds.astype(np.uint64) * np.uint64(SECOND_STEP)
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(MIXERS[0])
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(MIXERS[1])
    mixed: Floats = (bits ^ (bits >> np.uint64(31))).astype(np.float64)
    return mixed / 2.0**64
