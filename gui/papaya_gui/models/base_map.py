"""The world behind the devices: land, coasts, borders, names of countries and cities, without a network.

The data is Natural Earth at 1:110m, 1:50m and 1:10m (public domain) and cities of GeoNames (CC BY 4.0);
`docs/base_map.py` packs both into one file of the package.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from papaya_gui.models.batch import Floats

# The finest detail that still pays at so many degrees a pixel.
_DETAILS: Final = ((0.08, "110m"), (0.012, "50m"), (0.0, "10m"))
_WIDTHS: Final = {"110m": 20, "50m": 10, "10m": 5}
_SCALE = 1000
# The limit on labels that are considered for one picture, largest first, before placement.
_MOST_LABELS = 400


class View(NamedTuple):
    """A part of the map in degrees."""

    west: float
    south: float
    east: float
    north: float


class Label(NamedTuple):
    """A name at a place; `population` is 0 for a country."""

    name: str
    longitude: float
    latitude: float
    population: int


@dataclass(frozen=True, eq=False)
class _Lines:
    """Lines one after the other: `points` of (longitude, latitude), where each line starts, and its box."""

    points: Floats
    starts: NDArray[np.int64]
    boxes: Floats

    def line(self, number: int) -> Floats:
        """Return one line's points."""
        return self.points[self.starts[number] : self.starts[number + 1]]

    def within(self, view: View) -> NDArray[np.intp]:
        """Return the lines whose boxes touch a view."""
        west, south, east, north = self.boxes.T
        return np.flatnonzero(
            (west <= view.east) & (east >= view.west) & (south <= view.north) & (north >= view.south)
        )


class Detail:
    """The world at one scale; what is drawn of it is found by tile and by line."""

    def __init__(self, name: str, data: dict[str, NDArray[Any]]) -> None:
        self.name, self.width = name, _WIDTHS[name]
        self._land = _unpacked(data, f"land-{name}")
        self._lines = _unpacked(data, f"line-{name}")
        self._is_border = data[f"line-{name}-borders"]
        self._tiles: dict[tuple[int, int], list[int]] = {}
        for piece, (west, south) in enumerate(data[f"land-{name}-tiles"].tolist()):
            self._tiles.setdefault((west, south), []).append(piece)

    def tiles(self, view: View) -> Iterator[tuple[int, int]]:
        """Yield the tiles with land that touch a view, by their south-western corners in degrees."""
        for west, south in self._tiles:
            if view.west - self.width <= west <= view.east and view.south - self.width <= south <= view.north:
                yield west, south

    def rings(self, tile: tuple[int, int]) -> Iterator[Floats]:
        """Yield the rings of a tile's land; where an even number of them overlap there is none."""
        for piece in self._tiles[tile]:
            yield self._land.line(piece)

    def lines(self, view: View) -> Iterator[tuple[int, bool]]:
        """Yield the numbers of the lines that touch a view, and whether each is a border (else a coast)."""
        for number in self._lines.within(view).tolist():
            yield number, bool(self._is_border[number])

    def line(self, number: int) -> Floats:
        """Return one line's points."""
        return self._lines.line(number)


class BaseMap:
    """The world at every scale, read when it is asked for."""

    def __init__(self, data: dict[str, NDArray[Any]]) -> None:
        self._data = data
        self._details: dict[str, Detail] = {}
        self._city_names = bytes(data["city-names"]).decode().split("\n")
        self._cities = data["city-places"].astype(np.float64)
        self._populations = data["city-populations"]
        self._country_names = bytes(data["country-names"]).decode().split("\n")
        self._countries = data["country-places"].astype(np.float64)

    def detail(self, degrees: float) -> Detail:
        """Return the scale that fits a picture with so many degrees a pixel."""
        name = next(name for least, name in _DETAILS if degrees >= least)
        if name not in self._details:
            self._details[name] = Detail(name, self._data)
        return self._details[name]

    def unpack(self) -> None:
        """Make every scale ready; from any thread, so that the finest does not hold up who zooms in."""
        for degrees, _ in _DETAILS:
            self.detail(degrees)

    def cities(self, view: View) -> Iterator[Label]:
        """Yield the largest cities of a view, the largest first."""
        inside = _inside(self._cities, view)[:_MOST_LABELS]
        for number in inside.tolist():
            longitude, latitude = self._cities[number].tolist()
            yield Label(self._city_names[number], longitude, latitude, int(self._populations[number]))

    def countries(self, view: View, least: float) -> Iterator[Label]:
        """Yield the countries with their middle in a view that are at least so many degrees wide."""
        inside = _inside(self._countries[:, :2], view)
        for number in inside[self._countries[inside, 2] >= least].tolist():
            longitude, latitude, _ = self._countries[number].tolist()
            yield Label(self._country_names[number], longitude, latitude, 0)


@cache
def base_map() -> BaseMap:
    """Return the world as the package ships it."""
    with files("papaya_gui").joinpath("data", "base-map.npz").open("rb") as file:
        found = np.load(file, allow_pickle=False)
        return BaseMap({name: found[name] for name in found.files})


def _inside(places: Floats, view: View) -> NDArray[np.intp]:
    east, north = places.T
    return np.flatnonzero(
        (east >= view.west) & (east <= view.east) & (north >= view.south) & (north <= view.north)
    )


def _unpacked(data: dict[str, NDArray[Any]], name: str) -> _Lines:
    sizes = data[f"{name}-sizes"].astype(np.int64)
    starts = np.concatenate(([0], np.cumsum(sizes)))
    steps = np.empty((int(starts[-1]), 2), np.int64)
    is_begin = np.zeros(len(steps), np.bool_)
    is_begin[starts[:-1]] = True
    begins = data[f"{name}-begins"].astype(np.int64)
    steps[~is_begin] = data[f"{name}-steps"]
    # A step from the end of one line to the begin of the next makes one sum of all.
    steps[is_begin] = 0
    ends = begins + np.add.reduceat(steps, starts[:-1])
    steps[is_begin] = begins - np.concatenate((np.zeros((1, 2), np.int64), ends[:-1]))
    points = np.cumsum(steps, axis=0) / _SCALE
    boxes = np.hstack((np.minimum.reduceat(points, starts[:-1]), np.maximum.reduceat(points, starts[:-1])))
    return _Lines(points, starts, boxes)
