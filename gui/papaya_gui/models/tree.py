"""The fleet as a tree on plain arrays, with what is wrong below each node counted up to its root."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from papaya_gui.models.board import Board
from papaya_gui.models.catalog import Catalog
from papaya_gui.models.condition import GRAVE, SLIGHT, Condition, Conditions
from papaya_gui.models.conditions import Count, DeviceConditions, Flags, Indices, Online
from papaya_gui.models.shape import ROOT, Kind
from papaya_gui.models.words import Words
from papaya_gui.sources.remote import Alarm


class Only(IntEnum):
    """Which devices are shown; SILENT are all that were heard and are not heard now."""

    ALL = 0
    ALARM = 1
    WARN = 2
    SILENT = 3


class Tree:
    """Nodes by number: the fleet, Countries, States, devices, so that the children of each are neighbours.

    `shown` are the nodes that the search leaves, `matches` how many devices are among them. `counts` has a
    row for each `Count` and a column for each node. For each node, `online` is the `Online` of its device,
    and `worsts` is the worst `Condition` at or below it. `is_simulated` tells the devices whose readings are
    simulated, and places that have no others.
    """

    def __init__(
        self,
        catalog: Catalog,
        words: Words | None = None,
        simulated: Collection[str] = frozenset(),
        conditions: DeviceConditions | None = None,
    ) -> None:
        self.words = words or Words()
        self.conditions = conditions or DeviceConditions(catalog, simulated)
        self.only, self.is_worst_first = Only.ALL, False
        self._catalog = catalog
        self._shape = shape = catalog.shape
        self.paths, self.kinds, self.parents = shape.paths, shape.kinds, shape.parents
        self._begin, self._spans = shape.begin, shape.spans
        self.is_simulated = self._simulated()
        self.online = np.zeros(len(self.paths), np.int8)
        self.counts = np.zeros((len(Count), len(self.paths)), np.int64)
        self.worsts = np.zeros(len(self.paths), np.int8)
        self._raised: Mapping[int, tuple[Alarm, ...]] = {}
        self._standing: Mapping[int, str] = {}
        self._unlike: Indices = np.empty(0, np.intp)
        self.search("")

    def __len__(self) -> int:
        return len(self.paths)

    def name(self, node: int) -> str:
        """Return what a node is called."""
        path = self.paths[node]
        return path[-1] if path else self._catalog.fleet.name

    # Shape

    def search(self, text: str) -> None:
        """Show only nodes that are known by each word of a text, and all that is above and below them."""
        self._searched_for = self._found(text)
        self.arrange()

    def show_only(self, only: Only) -> None:
        """Show only devices in such a condition, and the places above them."""
        self.only = only
        self.arrange()

    def set_worst_first(self, is_so: bool) -> None:
        """Order what is below each place by its condition, or as in the manifest."""
        self.is_worst_first = is_so
        self.arrange()

    def is_out_of_order(self) -> bool:
        """Whether `arrange` would show something else, or in another order."""
        is_as_declared = self.only is Only.ALL and not self.is_worst_first
        return not is_as_declared and not np.array_equal(self.shown, self._arranged())

    def arrange(self) -> None:
        """Choose and order anew by the conditions of now."""
        self.shown = self._arranged()
        self.matches = int(np.count_nonzero(self.kinds[self.shown] == Kind.DEVICE))
        self._place_shown()

    def _arranged(self) -> Indices:
        found = self._searched_for.copy()
        if self.only is not Only.ALL:
            found &= (self.kinds < Kind.DEVICE) & (self.number_of(self.only) > 0) | self.holds(self.only)
        found[ROOT] = True
        shown: Indices = np.flatnonzero(found)
        if self.is_worst_first:
            # The order of the manifest decides between equals.
            shown = shown[np.lexsort((-self.worsts[shown], self.parents[shown]))]
        return shown

    def holds(self, only: Only) -> Flags:
        """Return which nodes are devices in such a condition."""
        is_so: Flags = self.kinds == Kind.DEVICE
        if only is Only.ALARM:
            is_so &= self.worsts >= GRAVE
        elif only is Only.WARN:
            is_so &= (self.worsts >= SLIGHT) & (self.worsts < GRAVE)
        elif only is Only.SILENT:
            is_so &= self.online >= Online.STALE
        return is_so

    def number_of(self, only: Only) -> NDArray[np.int64]:
        """Return for each node how many devices in such a condition are below it."""
        running = np.append(0, np.cumsum(self.holds(only)[self._begin :]))
        places = running[self._spans[1]] - running[self._spans[0]]
        return np.concatenate((places, np.zeros(len(self.paths) - self._begin, np.int64)))

    def _found(self, text: str) -> Flags:
        found: Flags = np.ones(len(self.paths), np.bool_)
        for word in text.casefold().split():
            found &= np.array([word in searched for searched in self._shape.searched], np.bool_)
        # Nodes know the names above them, so what is below a match is one too; ancestors are added upwards.
        for kind in (Kind.DEVICE, Kind.STATE, Kind.COUNTRY):
            found[self.parents[np.flatnonzero(found & (self.kinds == kind))]] = True
        return found

    def _place_shown(self) -> None:
        above = self.parents[self.shown]
        nodes = np.arange(len(self.paths))
        self._first = np.searchsorted(above, nodes, side="left")
        self._children = np.searchsorted(above, nodes, side="right") - self._first
        self._positions = np.full(len(self.paths), -1, np.intp)
        self._positions[self.shown] = np.arange(len(self.shown)) - self._first[above]
        self._positions[ROOT] = 0

    def children(self, node: int) -> int:
        """Return how many nodes are shown right below a node."""
        return int(self._children[node])

    def child(self, node: int, position: int) -> int:
        """Return the node at a position below another."""
        return int(self.shown[self._first[node] + position])

    def position(self, node: int) -> int:
        """Return where a node stands below its parent, -1 where it is not shown."""
        return int(self._positions[node])

    def is_next(self, node: int, other: int) -> bool:
        """Whether another node stands right after one, below the same parent."""
        is_sibling = self.parents[node] == self.parents[other]
        return bool(is_sibling and self._positions[other] == self._positions[node] + 1)

    def parent(self, node: int) -> int:
        """Return the node above; the root has none, which is -1."""
        return int(self.parents[node])

    def find(self, path: tuple[str, ...]) -> int | None:
        """Return the node of a path as names of Country, State and device; the empty path is the fleet's."""
        return self._shape.find(path)

    # Condition

    def tick(self, board: Board, silent: Iterable[str] = ()) -> Flags:
        """Judge and count anew; return whether each node changed. `silent` are devices that are missed."""
        self.conditions.bring(board, silent)
        return self.follow()

    def follow(self) -> Flags:
        """Count what the conditions are by now up to the fleet; return whether each node changed."""
        found = self.conditions
        counts = np.concatenate((self._count_places(found.holds), found.sensors), axis=1)
        worsts = np.concatenate((self._worst_of_places(found.worst), found.worst))
        everywhere = np.concatenate((np.zeros(self._begin, np.int8), found.online))
        changed: Flags = (counts != self.counts).any(axis=0) | (everywhere != self.online)
        changed |= worsts != self.worsts
        others = _others(self._raised, found.raised) | _others(self._standing, found.standing)
        changed[[self._begin + number for number in others]] = True
        if found.standing != self._standing:
            changed[: self._begin] = True
        self.counts, self.online, self.worsts = counts, everywhere, worsts
        self._raised, self._standing = found.raised, found.standing
        self._unlike = np.array(sorted(found.standing), np.intp)
        return changed

    @property
    def is_recorded(self) -> bool:
        """Whether what is shown is a recording."""
        return self.conditions.is_recorded

    def standing(self, node: int) -> str:
        """Return how a device stands on the server, or at a place how many do not stand as declared."""
        if self.kinds[node] == Kind.DEVICE:
            return self.conditions.standing.get(node - self._begin, "")
        first, last = np.searchsorted(self._unlike, self._spans[:, node])
        count = int(last - first)
        return self.words.unlike_manifest.format(count=f"{count:,}") if count else ""

    def alarms(self, node: int) -> tuple[Alarm, ...]:
        """Return the active alarms that the server has of a device, the gravest first."""
        return self.conditions.raised.get(node - self._begin, ())

    def _count_places(self, devices: Flags) -> NDArray[np.int64]:
        """Return for the fleet, each Country and each State how many of its devices are so."""
        running = np.zeros((len(Count), devices.shape[1] + 1), np.int64)
        np.cumsum(devices, axis=1, out=running[:, 1:])
        return running[:, self._spans[1]] - running[:, self._spans[0]]

    def _worst_of_places(self, devices: Conditions) -> Conditions:
        """Return the gravest condition below the fleet, each Country and each State."""
        found = np.maximum.reduceat(np.append(devices, np.int8(0)), self._spans.T.ravel())[::2]
        # Of a place without devices it is that of the next place.
        return np.where(self._spans[0] == self._spans[1], Condition.NO_SENSORS, found).astype(np.int8)

    def _simulated(self) -> Flags:
        """Return which nodes are simulated devices, or places whose devices all are."""
        is_device = self.conditions.is_simulated
        running = np.cumsum(np.append(0, is_device))
        first, last = self._spans
        is_place = (running[last] - running[first] == last - first) & (last > first)
        return np.concatenate((is_place, is_device))

    def is_offline(self, node: int) -> bool:
        """Whether a node is a device that has been heard, and is not heard now."""
        return bool(self.online[node] >= Online.STALE)

    # Words

    def worst(self, node: int) -> Condition:
        """Return the gravest condition at or below a node: what its picture tells."""
        return Condition(int(self.worsts[node]))

    def text(self, node: int) -> str:
        """Return how a node is, in words: `3 stale, 1 alarm of 43`, with a device's own state before it."""
        counts, words, total = self.counts[:, node], self.words, int(self.counts[Count.TOTAL, node])
        if self.kinds[node] != Kind.DEVICE:
            told = self._said(node, (Count.ALARM, Count.WARN, Count.SILENT, Count.STALE, Count.NOTHING))
            onlines = words.recordeds if self.is_recorded else words.onlines
            onlines = words.simulateds if self.is_simulated[node] else onlines
            everything = onlines.format(count=f"{counts[Count.ONLINE]:,}")
            said = (
                words.of.format(parts=told or everything, total=f"{total:,}") if total else words.no_devices
            )
        else:
            raised, said = len(self.alarms(node)), self._text_of_device(node, total)
            said = f"{words.count_raised(raised)}, {said}" if raised else said
        standing = self.standing(node)
        return f"{standing}, {said}" if standing else said

    def _text_of_device(self, node: int, total: int) -> str:
        words = self.words
        if not total:
            return words.no_sensors
        online = Online(self.online[node])
        # Of a device that is not online it needs no saying that its sensors are stale.
        kinds = (Count.ALARM, Count.WARN, Count.STALE, Count.NOTHING)
        told = self._said(node, kinds if online is Online.ONLINE else kinds[:2])
        heard = words.recorded if self.is_recorded else words.online
        heard = words.simulated if self.is_simulated[node] else heard
        said = (words.no_data, heard, words.offline, words.silent)[online]
        if online is Online.SILENT and self.worst(node) is Condition.MISSING and not self.standing(node):
            said = words.missing
        return f"{said}: {words.of.format(parts=told, total=f'{total:,}')}" if told else said

    def _said(self, node: int, kinds: Sequence[Count]) -> str:
        words, counts = self.words, self.counts[:, node]
        said = {
            Count.ALARM: words.alarm if counts[Count.ALARM] == 1 else words.alarms,
            Count.WARN: words.warning if counts[Count.WARN] == 1 else words.warnings,
            Count.SILENT: words.silents,
            Count.STALE: words.stales,
            Count.NOTHING: words.nothings,
        }
        return ", ".join(said[kind].format(count=f"{counts[kind]:,}") for kind in kinds if counts[kind])


def _others(before: Mapping[int, object], now: Mapping[int, object]) -> set[int]:
    """Return the keys under which there is something else than before."""
    return {key for key in before.keys() | now.keys() if before.get(key) != now.get(key)}
