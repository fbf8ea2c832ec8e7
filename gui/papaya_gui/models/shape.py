"""The shape of a fleet: its places and devices as numbered nodes, and the words that find each of them."""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from papaya.manifest.model import Fleet

ROOT = 0


class Kind(IntEnum):
    """What a node is; the fleet itself is the root."""

    FLEET = 0
    COUNTRY = 1
    STATE = 2
    DEVICE = 3


class Shape:
    """Nodes by number: the fleet, Countries, States, devices, so that the children of each are neighbors.

    `begin` is the node of the first device. `spans` has two rows and a column for each place: the numbers of
    its first device and of the one after its last. `searched` are the words that find a node, in lower case.
    """

    def __init__(self, fleet: Fleet) -> None:
        self.paths, self.searched = _listed(fleet)
        self.kinds = np.array([len(path) for path in self.paths], np.int8)
        self._by_path = {path: node for node, path in enumerate(self.paths)}
        self.parents = np.array([self._by_path[path[:-1]] if path else -1 for path in self.paths], np.intp)
        self.begin = int(np.count_nonzero(self.kinds < Kind.DEVICE))
        self.spans = _spans_of_places(fleet)

    def find(self, path: tuple[str, ...]) -> int | None:
        """Return the node of a path as names of Country, State and device; the empty path is the fleet's."""
        return self._by_path.get(path)

    def span(self, path: tuple[str, ...]) -> tuple[int, int]:
        """Return the numbers of the first device of a path and of the one after its last."""
        node = self._by_path.get(path)
        if node is None:
            return 0, 0
        if node >= self.begin:
            return node - self.begin, node - self.begin + 1
        return int(self.spans[0, node]), int(self.spans[1, node])


def _listed(fleet: Fleet) -> tuple[list[tuple[str, ...]], list[str]]:
    """Return the path of every node, and the words that find it: its own and those of the places above."""
    levels: tuple[list[tuple[tuple[str, ...], str]], ...] = ([((), "")], [], [], [])
    for country in fleet.countries:
        known = "\n".join((country.name, country.label or "", *country.aliases))
        levels[Kind.COUNTRY].append(((country.name,), known))
        for state in country.states:
            known_there = "\n".join((known, state.name, state.label or "", *state.aliases))
            levels[Kind.STATE].append(((country.name, state.name), known_there))
            for device in state.devices:
                own = "\n".join((known_there, device.name, device.label or "", device.serial or ""))
                levels[Kind.DEVICE].append(((country.name, state.name, device.name), own))
    nodes = [node for level in levels for node in level]
    return [path for path, _ in nodes], [known.casefold() for _, known in nodes]


def _spans_of_places(fleet: Fleet) -> NDArray[np.intp]:
    """Return where each place's devices begin and end among all of them: they are neighbors."""
    ends = np.cumsum([0, *(len(state.devices) for _, state in fleet.states())])
    states = [(int(first), int(last)) for first, last in zip(ends[:-1], ends[1:], strict=True)]
    numbers = np.cumsum([0, *(len(country.states) for country in fleet.countries)])
    countries = [
        (int(ends[first]), int(ends[last])) for first, last in zip(numbers[:-1], numbers[1:], strict=True)
    ]
    return np.array([(0, int(ends[-1])), *countries, *states], np.intp).T
