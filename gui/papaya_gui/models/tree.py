"""The fleet as a tree on plain arrays, with what is wrong below each node counted up to its root."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from papaya_gui.models.board import LIVE, NOTHING, STALE, Board
from papaya_gui.models.catalog import Catalog
from papaya_gui.models.levels import ALARM, WARN
from papaya_gui.models.raised import level_of
from papaya_gui.models.words import Words
from papaya_gui.sources.remote import Alarm

Indices = NDArray[np.intp]
Flags = NDArray[np.bool_]
ROOT = 0


class Kind(IntEnum):
    """What a node is; the fleet itself is the root."""

    FLEET = 0
    COUNTRY = 1
    STATE = 2
    DEVICE = 3


class Online(IntEnum):
    """How a device is to be heard."""

    NOTHING = 0
    ONLINE = 1
    STALE = 2
    SILENT = 3


class Count(IntEnum):
    """What is counted: at a place its devices, each under all that holds of it; at a device its sensors."""

    TOTAL = 0
    ALARM = 1
    WARN = 2
    STALE = 3
    SILENT = 4
    NOTHING = 5
    ONLINE = 6


class Only(IntEnum):
    """Which devices are shown; SILENT are all that were heard and are not heard now."""

    ALL = 0
    ALARM = 1
    WARN = 2
    SILENT = 3


class Tree:
    """Nodes by number: the fleet, Countries, States, devices, so that the children of each are neighbours.

    `shown` are the nodes that the search leaves, `matches` how many devices are among them. `counts` has a
    row for each `Count` and a column for each node; `online` is each device's `Online`, by node too.
    `is_simulated` tells the devices whose readings are simulated, and places that have no others.
    """

    def __init__(
        self, catalog: Catalog, words: Words | None = None, simulated: Collection[str] = frozenset()
    ) -> None:
        self.words = words or Words()
        self.only, self.is_worst_first = Only.ALL, False
        self._catalog = catalog
        self.paths, self._searched = _listed(catalog)
        self.kinds = np.array([len(path) for path in self.paths], np.int8)
        self._by_path = {path: node for node, path in enumerate(self.paths)}
        self.parents = np.array([self._by_path[path[:-1]] if path else -1 for path in self.paths], np.intp)
        self._begin = int(np.count_nonzero(self.kinds < Kind.DEVICE))
        self._by_device = {path[-1]: number for number, path in enumerate(self.paths[self._begin :])}
        self._spans = self._spans_of_places()
        self._owners: Indices = np.empty(0, np.intp)
        self.is_simulated = self._simulated(simulated)
        self.is_recorded = False
        self.online = np.zeros(len(self.paths), np.int8)
        self.counts = np.zeros((len(Count), len(self.paths)), np.int64)
        # The worst that holds at or below each node, as a `Count`.
        self.worsts = np.full(len(self.paths), Count.NOTHING, np.int8)
        # What a plan said of devices, by their number.
        self._standing: dict[int, str] = {}
        self._unlike: Indices = np.empty(0, np.intp)
        # The server's alarms by the number of their device.
        self._raised: dict[int, tuple[Alarm, ...]] = {}
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
            # A `Count` is the smaller the graver it is; the order of the manifest decides between equals.
            shown = shown[np.lexsort((self.worsts[shown], self.parents[shown]))]
        return shown

    def holds(self, only: Only) -> Flags:
        """Return which nodes are devices in such a condition."""
        is_so: Flags = self.kinds == Kind.DEVICE
        if only is Only.ALARM:
            is_so &= self.worsts == Count.ALARM
        elif only is Only.WARN:
            is_so &= self.worsts == Count.WARN
        elif only is Only.SILENT:
            is_so &= self.online >= Online.STALE
        return is_so

    def number_of(self, only: Only) -> NDArray[np.int64]:
        """Return for each node how many devices in such a condition are below it."""
        running = np.append(0, np.cumsum(self.holds(only)[self._begin :]))
        places = running[self._spans[1]] - running[self._spans[0]]
        return np.concatenate((places, np.zeros(len(self._by_device), np.int64)))

    def _found(self, text: str) -> Flags:
        found: Flags = np.ones(len(self.paths), np.bool_)
        for word in text.casefold().split():
            found &= np.array([word in searched for searched in self._searched], np.bool_)
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
        return self._by_path.get(path)

    # Condition

    def tick(self, board: Board, silent: Iterable[str] = ()) -> Flags:
        """Count anew; return whether each node changed. `silent` are devices that the source misses."""
        self.is_recorded = board.is_recorded
        self._grow(len(board.times))
        sensors = self._count_sensors(board)
        online = np.where(sensors[Count.STALE] > 0, Online.STALE, Online.NOTHING)
        online[sensors[Count.ONLINE] > 0] = Online.ONLINE
        online[[self._by_device[name] for name in silent if name in self._by_device]] = Online.SILENT
        devices = sensors > 0
        devices[Count.TOTAL] = True
        devices[Count.SILENT] = online == Online.SILENT
        devices[Count.STALE] &= online != Online.SILENT
        # A device without sensors has nothing to say.
        devices[Count.NOTHING] = (online == Online.NOTHING) & (sensors[Count.TOTAL] > 0)
        devices[Count.ONLINE] = online == Online.ONLINE
        raised = {
            self._by_device[name]: alarms
            for name, alarms in board.raised.by_device.items()
            if name in self._by_device
        }
        for number, alarms in raised.items():
            devices[Count.ALARM if level_of(alarms) == ALARM else Count.WARN, number] = True
        counts = np.concatenate((self._count_places(devices), sensors), axis=1)
        everywhere = np.concatenate((np.zeros(self._begin, np.int8), online.astype(np.int8)))
        changed: Flags = (counts != self.counts).any(axis=0) | (everywhere != self.online)
        others = raised.items() ^ self._raised.items()
        changed[[self._begin + number for number, _ in others]] = True
        self.counts, self.online, self._raised = counts, everywhere, raised
        self.worsts = self._judge()
        return changed

    def stand(self, standing: Mapping[str, str]) -> None:
        """Say of devices how they stand on the server: they are not there, or somebody changed them."""
        numbers = ((self._by_device.get(name), said) for name, said in standing.items())
        self._standing = {number: said for number, said in numbers if number is not None}
        self._unlike = np.array(sorted(self._standing), np.intp)

    def standing(self, node: int) -> str:
        """Return how a device stands on the server, or at a place how many do not stand as declared."""
        if self.kinds[node] == Kind.DEVICE:
            return self._standing.get(node - self._begin, "")
        first, last = np.searchsorted(self._unlike, self._spans[:, node])
        count = int(last - first)
        return self.words.unlike_manifest.format(count=count) if count else ""

    def alarms(self, node: int) -> tuple[Alarm, ...]:
        """Return the active alarms that the server has of a device, the gravest first."""
        return self._raised.get(node - self._begin, ())

    def _grow(self, rows: int) -> None:
        if len(self._owners) < rows:
            more = [self._by_device[self._catalog[row].device] for row in range(len(self._owners), rows)]
            self._owners = np.concatenate((self._owners, np.array(more, np.intp)))

    def _count_sensors(self, board: Board) -> NDArray[np.int64]:
        """Return for each device how many of its sensors are in each condition."""
        size = len(self._by_device)
        counts = np.zeros((len(Count), size), np.int64)
        counts[Count.TOTAL] = np.bincount(self._owners, minlength=size)
        for count, holds in (
            (Count.ALARM, board.levels == ALARM),
            (Count.WARN, board.levels == WARN),
            (Count.STALE, board.freshness == STALE),
            (Count.NOTHING, board.freshness == NOTHING),
            (Count.ONLINE, board.freshness == LIVE),
        ):
            counts[count] = np.bincount(self._owners[holds], minlength=size)
        return counts

    def _count_places(self, devices: Flags) -> NDArray[np.int64]:
        """Return for the fleet, each Country and each State how many of its devices are so."""
        running = np.zeros((len(Count), devices.shape[1] + 1), np.int64)
        np.cumsum(devices, axis=1, out=running[:, 1:])
        return running[:, self._spans[1]] - running[:, self._spans[0]]

    def _spans_of_places(self) -> Indices:
        """Return where each place's devices begin and end among all of them: they are neighbours."""
        fleet = self._catalog.fleet
        ends = np.cumsum([0, *(len(state.devices) for _, state in fleet.states())])
        states = [(int(first), int(last)) for first, last in zip(ends[:-1], ends[1:], strict=True)]
        numbers = np.cumsum([0, *(len(country.states) for country in fleet.countries)])
        countries = [
            (int(ends[first]), int(ends[last])) for first, last in zip(numbers[:-1], numbers[1:], strict=True)
        ]
        return np.array([(0, int(ends[-1])), *countries, *states], np.intp).T

    def _simulated(self, devices: Collection[str]) -> Flags:
        """Return which nodes are simulated devices, or places whose devices all are."""
        is_device: Flags = np.array([name in devices for name in self._by_device], np.bool_)
        running = np.cumsum(np.append(0, is_device))
        first, last = self._spans
        is_place = (running[last] - running[first] == last - first) & (last > first)
        return np.concatenate((is_place, is_device))

    def is_offline(self, node: int) -> bool:
        """Whether a node is a device that has been heard, and is not heard now."""
        return bool(self.online[node] >= Online.STALE)

    # Words

    def worst(self, node: int) -> Count:
        """Return the worst that holds at or below a node: what its picture tells."""
        return Count(int(self.worsts[node]))

    def _judge(self) -> NDArray[np.int8]:
        """Return the worst of each node, from readings, silence and the server's alarms together."""
        counts, online = self.counts, self.online
        # A sensor that never said anything leaves a device that does online.
        is_missing = np.where(self.kinds == Kind.DEVICE, online == Online.NOTHING, counts[Count.NOTHING] > 0)
        found = np.where(is_missing | (counts[Count.ONLINE] == 0), Count.NOTHING, Count.ONLINE)
        found[counts[Count.STALE] > 0] = Count.STALE
        found[(counts[Count.SILENT] > 0) | (online == Online.SILENT)] = Count.SILENT
        found[counts[Count.WARN] > 0] = Count.WARN
        found[counts[Count.ALARM] > 0] = Count.ALARM
        for number, alarms in self._raised.items():
            level = Count.ALARM if level_of(alarms) == ALARM else Count.WARN
            found[self._begin + number] = min(int(found[self._begin + number]), level)
        return found.astype(np.int8)

    def text(self, node: int) -> str:
        """Return how a node is, in words: `3 stale, 1 alarm of 43`, with a device's own state before it."""
        counts, words, total = self.counts[:, node], self.words, int(self.counts[Count.TOTAL, node])
        if self.kinds[node] != Kind.DEVICE:
            told = self._told(node, (Count.ALARM, Count.WARN, Count.SILENT, Count.STALE, Count.NOTHING))
            onlines = words.recordeds if self.is_recorded else words.onlines
            onlines = words.simulateds if self.is_simulated[node] else onlines
            everything = onlines.format(count=counts[Count.ONLINE])
            said = words.of.format(parts=told or everything, total=total) if total else words.no_devices
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
        told = self._told(node, kinds if online is Online.ONLINE else kinds[:2])
        heard = words.recorded if self.is_recorded else words.online
        heard = words.simulated if self.is_simulated[node] else heard
        said = (words.no_data, heard, words.offline, words.silent)[online]
        return f"{said}: {words.of.format(parts=told, total=total)}" if told else said

    def _told(self, node: int, kinds: Sequence[Count]) -> str:
        words = self.words
        said = {
            Count.ALARM: words.alarms,
            Count.WARN: words.warnings,
            Count.SILENT: words.silents,
            Count.STALE: words.stales,
            Count.NOTHING: words.nothings,
        }
        counts = self.counts[:, node]
        return ", ".join(said[kind].format(count=counts[kind]) for kind in kinds if counts[kind])


def _listed(catalog: Catalog) -> tuple[list[tuple[str, ...]], list[str]]:
    """Return the path of every node, and the words that find it: its own and those of the places above."""
    levels: tuple[list[tuple[tuple[str, ...], str]], ...] = ([((), "")], [], [], [])
    for country in catalog.fleet.countries:
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
