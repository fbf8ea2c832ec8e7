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
    across, along = np.floor(places / _SQUARE).astype(np.int64).T
    along -= along.min()
    # One number for each square, and in the order of their places.
    _, groups = np.unique(across * (along.max() + 1) + along, return_inverse=True)
    while True:
        counts = np.bincount(groups)
        middles = np.column_stack([np.bincount(groups, places[:, axis]) / counts for axis in (0, 1)])
        joined = _joined(middles, counts)
        if joined is None:
            break
        _, groups = np.unique(joined[groups], return_inverse=True)
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
    ones, others = _overlapping(middles, radius_of(counts))
    if not len(ones):
        return None
    starts = np.searchsorted(ones, np.arange(len(counts) + 1)).tolist()
    taken_by = np.arange(len(counts))
    is_free = np.ones(len(counts), np.bool_)
    for one in np.lexsort((middles[:, 0], -counts)).tolist():
        if not is_free[one] or starts[one] == starts[one + 1]:
            continue
        near = others[starts[one] : starts[one + 1]]
        near = near[is_free[near]]
        if len(near):
            taken_by[near] = one
            # Who took somebody in has moved, and waits for the next round.
            is_free[near] = is_free[one] = False
    return taken_by


def _overlapping(middles: Floats, radii: Floats) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return every pair of clusters that overlap, in both directions, in the order of the first of each."""
    by_place = np.argsort(middles[:, 0], kind="stable")
    across, along, reach = *middles[by_place].T, radii[by_place] + _GAP
    # Only what is near in one direction can overlap, so each is compared with few others.
    lasts = np.searchsorted(across, across + reach + float(radii.max()))
    counts = lasts - np.arange(len(lasts)) - 1
    ones = np.repeat(np.arange(len(lasts)), counts)
    others = np.arange(len(ones)) - np.repeat(np.cumsum(counts) - counts, counts) + ones + 1
    apart = np.hypot(across[ones] - across[others], along[ones] - along[others])
    close = apart < reach[ones] + radii[by_place][others]
    ones, others = by_place[ones[close]], by_place[others[close]]
    ones, others = np.concatenate((ones, others)), np.concatenate((others, ones))
    order = np.argsort(ones, kind="stable")
    return ones[order], others[order]
