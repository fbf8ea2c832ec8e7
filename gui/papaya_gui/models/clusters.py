"""Devices of a map that lie on each other at some scale, as clusters that do not overlap."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from papaya_gui.models.batch import Floats

# Devices in one square of this many pixels begin as one cluster.
_SQUARE = 24.0
_LEAST_RADIUS, _MOST_RADIUS = 8.0, 24.0
# So many pixels stay free between two symbols.
_GAP = 1.0


@dataclass(frozen=True, eq=False, slots=True)
class Cluster:
    """Devices that are shown as one symbol: its place in degrees, its radius in pixels, who they are."""

    longitude: float
    latitude: float
    radius: float
    devices: NDArray[np.intp]

    @property
    def count(self) -> int:
        """How many devices it has."""
        return len(self.devices)


def radius_of(counts: NDArray[np.int64]) -> Floats:
    """Return how many pixels the symbols of so many devices reach from their middle."""
    grown: Floats = _LEAST_RADIUS + 4.0 * np.log10(np.maximum(counts, 1).astype(np.float64))
    # One device has no number in it.
    return np.where(counts == 1, _LEAST_RADIUS, np.minimum(grown + 3.0, _MOST_RADIUS))


def clusters(
    longitudes: Floats, latitudes: Floats, devices: NDArray[np.intp], degrees: tuple[float, float]
) -> list[Cluster]:
    """Return the clusters of some devices, the largest first; no two of them overlap.

    `devices` are numbers into the coordinates, which must be known; `degrees` is how much longitude and how
    much latitude a pixel covers. The squares that devices start in are those of the world, so that clusters
    stay as they are while the map is moved.
    """
    if not len(devices):
        return []
    places = np.column_stack((longitudes[devices], latitudes[devices])) / degrees
    squares = np.floor(places / _SQUARE).astype(np.int64)
    _, groups = np.unique(squares, axis=0, return_inverse=True)
    groups = groups.ravel()
    while True:
        counts = np.bincount(groups)
        middles = np.column_stack([np.bincount(groups, places[:, axis]) / counts for axis in (0, 1)])
        joined = _joined(middles, counts)
        if joined is None:
            break
        _, groups = np.unique(joined[groups], return_inverse=True)
        groups = groups.ravel()
    order = np.argsort(groups, kind="stable")
    members = np.split(devices[order], np.cumsum(counts)[:-1])
    radii = radius_of(counts)
    return [
        Cluster(
            float(middles[one, 0] * degrees[0]),
            float(middles[one, 1] * degrees[1]),
            float(radii[one]),
            members[one],
        )
        for one in np.argsort(-counts, kind="stable").tolist()
    ]


def _joined(middles: Floats, counts: NDArray[np.int64]) -> NDArray[np.intp] | None:
    """Return for each cluster the one that takes it in, or None where no two overlap.

    The larger of two takes the smaller in; one that is taken in takes in nobody in the same round.
    """
    radii = radius_of(counts)
    taken_by = np.arange(len(counts))
    is_free = np.ones(len(counts), np.bool_)
    # Only what is near in one direction can overlap, so each looks at few others.
    by_place = np.argsort(middles[:, 0], kind="stable")
    across = middles[by_place, 0]
    for one in np.lexsort((middles[:, 0], -counts)).tolist():
        if not is_free[one]:
            continue
        reach = radii[one] + _MOST_RADIUS + _GAP
        first, last = np.searchsorted(across, (middles[one, 0] - reach, middles[one, 0] + reach))
        others = by_place[first:last]
        distances = np.hypot(*(middles[others] - middles[one]).T)
        near = others[distances < radii[one] + radii[others] + _GAP]
        near = near[is_free[near] & (near != one)]
        if len(near):
            taken_by[near] = one
            # Who took somebody in has moved, and waits for the next round.
            is_free[near] = is_free[one] = False
    return None if is_free.all() else taken_by
