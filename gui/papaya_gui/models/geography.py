"""The places of a fleet's devices."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from papaya.manifest.model import Fleet, Location
from papaya_gui.models.batch import Floats

# Devices at one point are spread around it, in degrees: a State's far, those on one pole by some metres.
STATE_SPREAD, OWN_SPREAD = 0.02, 0.0001
# A turn by this angle from one to the next fills a disc evenly.
_GOLDEN_ANGLE = np.pi * (3 - np.sqrt(5))


class Geography:
    """The devices of a fleet by number: `longitudes` and `latitudes` in degrees, NaN if unknown.

    `is_own` says whether a device's own coordinates are known; else they are those of its State.
    """

    def __init__(self, fleet: Fleet) -> None:
        known = {device.name: device for device in fleet.devices()}
        self.devices = tuple(known)
        self.numbers = {name: number for number, name in enumerate(self.devices)}
        states = {(country.name, state.name): state.location for country, state in fleet.states()}
        found: list[Location | None] = []
        own = []
        for device in known.values():
            location = device.location if isinstance(device.location, Location) else None
            own.append(location is not None)
            found.append(location or states.get((device.country, device.state)))
        self.is_own = np.array(own, np.bool_)
        self.longitudes = np.array([np.nan if one is None else one.longitude for one in found], np.float64)
        self.latitudes = np.array([np.nan if one is None else one.latitude for one in found], np.float64)
        _spread(self.longitudes, self.latitudes, np.where(self.is_own, OWN_SPREAD, STATE_SPREAD))

    @property
    def is_located(self) -> NDArray[np.bool_]:
        """Which devices can be shown on a map."""
        return ~np.isnan(self.longitudes)


def _spread(longitudes: Floats, latitudes: Floats, distances: Floats) -> None:
    """Move devices that share a point apart from each other, always in the same way; the first one stays."""
    points = np.column_stack((longitudes, latitudes, distances))
    located = np.flatnonzero(~np.isnan(longitudes))
    _, groups = np.unique(points[located], axis=0, return_inverse=True)
    groups = groups.ravel()
    order = np.argsort(groups, kind="stable")
    starts = np.flatnonzero(np.diff(groups[order], prepend=-1))
    within = np.arange(len(order)) - np.repeat(starts, np.diff(np.append(starts, len(order))))
    devices = located[order]
    radius = distances[devices] * np.sqrt(within)
    # Towards the poles degrees of longitude are shorter.
    narrow = np.maximum(np.cos(np.radians(latitudes[devices])), 0.1)
    longitudes[devices] += radius * np.cos(within * _GOLDEN_ANGLE) / narrow
    latitudes[devices] += radius * np.sin(within * _GOLDEN_ANGLE)
