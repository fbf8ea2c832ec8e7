"""Where the devices of a fleet are, and how each of them is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from papaya.manifest.model import Location
from papaya_gui.models.batch import Floats
from papaya_gui.models.board import LIVE, STALE
from papaya_gui.models.catalog import Catalog
from papaya_gui.models.levels import ALARM, WARN
from papaya_gui.models.raised import level_of
from papaya_gui.sources.remote import Alarm

Indices = NDArray[np.intp]
Conditions = NDArray[np.int8]

# Devices at one point are spread around it, in degrees: a State's far, those on one pole by some metres.
STATE_SPREAD, OWN_SPREAD = 0.02, 0.0001
# A turn by this angle from one to the next fills a disc evenly.
_GOLDEN_ANGLE = np.pi * (3 - np.sqrt(5))


class Condition(IntEnum):
    """How a device is, the gravest last."""

    NOTHING = 0
    ONLINE = 1
    SIMULATED = 2
    RECORDED = 3
    STALE = 4
    SILENT = 5
    WARN = 6
    ALARM = 7


class Geography:
    """The devices of a catalog by number: `longitudes` and `latitudes` in degrees, NaN where nobody knows.

    `is_own` says whether a device's own coordinates are known; else they are those of its State. `simulated`
    are the devices whose readings are: none of them is shown as online.
    """

    def __init__(self, catalog: Catalog, simulated: Collection[str] = frozenset()) -> None:
        self._catalog = catalog
        self.devices = tuple(catalog.devices)
        self.numbers = {name: number for number, name in enumerate(self.devices)}
        self._is_simulated = np.array([name in simulated for name in self.devices], np.bool_)
        self._owners: Indices = np.empty(0, np.intp)
        states = {(country.name, state.name): state.location for country, state in catalog.fleet.states()}
        found: list[Location | None] = []
        own = []
        for name in self.devices:
            device = catalog.device(name)
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

    def conditions(
        self,
        freshness: Conditions,
        levels: Conditions,
        silent: Iterable[str] = (),
        raised: Mapping[str, Sequence[Alarm]] | None = None,
        *,
        is_recorded: bool = False,
    ) -> Conditions:
        """Return the gravest condition of each device, from columns as long as the catalog.

        `levels` are those of the manifest's thresholds; `silent` are devices that the source misses, and
        `raised` are the server's active alarms by device.
        """
        self._grow(len(freshness))
        found = np.zeros(len(self.devices), np.int8)
        found[self._owners[freshness == LIVE]] = Condition.ONLINE
        found[(found == Condition.ONLINE) & self._is_simulated] = Condition.SIMULATED
        if is_recorded:
            found[found == Condition.ONLINE] = Condition.RECORDED
        found[self._owners[freshness == STALE]] = Condition.STALE
        found[[self.numbers[name] for name in silent if name in self.numbers]] = Condition.SILENT
        found[self._owners[levels == WARN]] = Condition.WARN
        found[self._owners[levels == ALARM]] = Condition.ALARM
        for name, alarms in (raised or {}).items():
            if name in self.numbers:
                worst = Condition.ALARM if level_of(alarms) == ALARM else Condition.WARN
                found[self.numbers[name]] = max(found[self.numbers[name]], worst)
        return found

    def _grow(self, rows: int) -> None:
        if len(self._owners) < rows:
            more = [self.numbers[self._catalog[row].device] for row in range(len(self._owners), rows)]
            self._owners = np.concatenate((self._owners, np.array(more, np.intp)))


def counts(conditions: Conditions) -> dict[Condition, int]:
    """Return how many devices are in each condition, the gravest first."""
    found = np.bincount(conditions, minlength=len(Condition))
    return {one: int(found[one]) for one in sorted(Condition, reverse=True) if found[one]}


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
