"""The condition of each device: readings, silence, the server's alarms and the plan together."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from papaya_gui.models.board import LIVE, NOTHING, STALE, Board
from papaya_gui.models.catalog import Catalog
from papaya_gui.models.condition import GRAVE, OF_LEVEL, Condition, Conditions
from papaya_gui.models.levels import ALARM, WARN
from papaya_gui.sources.remote import Alarm

Indices = NDArray[np.intp]
Flags = NDArray[np.bool_]


class Online(IntEnum):
    """Whether a device is online, stale or silent."""

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


class DeviceConditions:
    """The devices of a catalog by number, in its order.

    `worst` is each device's gravest `Condition`, `online` its `Online`. `sensors` has a row for each `Count`
    and a column for each device: the number of its sensors in that condition. `holds` is true for each
    `Count` that includes the device. `simulated` are the devices with simulated readings; none of them is
    online.
    """

    def __init__(self, catalog: Catalog, simulated: Collection[str] = frozenset()) -> None:
        self._catalog = catalog
        self.devices = tuple(catalog.devices)
        self.numbers = catalog.numbers
        self.is_simulated: Flags = np.zeros(len(self.devices), np.bool_)
        self.is_simulated[self._numbered(simulated)] = True
        self.is_recorded = False
        size = len(self.devices)
        self._owners: Indices = np.empty(0, np.intp)
        self.worst: Conditions = np.zeros(size, np.int8)
        self.online = np.zeros(size, np.int8)
        self.sensors = np.zeros((len(Count), size), np.int64)
        self.holds: Flags = np.zeros((len(Count), size), np.bool_)
        # The server's alarms, and what a plan said, by the number of their device.
        self.raised: Mapping[int, tuple[Alarm, ...]] = {}
        self._raised_worst: Conditions = np.empty(0, np.int8)
        self.standing: dict[int, str] = {}
        self._unlike: dict[int, Condition] = {}
        self._absent: Indices = np.empty(0, np.intp)

    def stand(self, standing: Mapping[str, str], missing: Collection[str] = ()) -> None:
        """Say of devices how a plan found them, and which of these are not on the server."""
        known = {self.numbers[name]: (name, said) for name, said in standing.items() if name in self.numbers}
        self.standing = {number: said for number, (_, said) in known.items()}
        self._unlike = {
            number: Condition.MISSING if name in missing else Condition.DRIFTED
            for number, (name, _) in known.items()
        }

    def bring(self, board: Board, silent: Iterable[str] = (), absent: Iterable[str] = ()) -> None:
        """Judge anew; `silent` are devices that the source misses, `absent` those that its server lacks."""
        self.is_recorded = board.is_recorded
        self._grow(len(board.times))
        sensors = self._count(board)
        online = np.where(sensors[Count.STALE] > 0, Online.STALE, Online.NOTHING).astype(np.int8)
        online[sensors[Count.ONLINE] > 0] = Online.ONLINE
        online[self._numbered(silent)] = Online.SILENT
        holds: Flags = sensors > 0
        holds[Count.TOTAL] = True
        holds[Count.SILENT] = online == Online.SILENT
        holds[Count.STALE] &= online != Online.SILENT
        # A device without sensors has nothing to say.
        holds[Count.NOTHING] = (online == Online.NOTHING) & (sensors[Count.TOTAL] > 0)
        holds[Count.ONLINE] = online == Online.ONLINE
        self.raised = {
            self.numbers[name]: alarms
            for name, alarms in board.raised.by_device.items()
            if name in self.numbers
        }
        known = board.raised.worst_by_device
        self._raised_worst = np.array([known[self.devices[number]] for number in self.raised], np.int8)
        self.sensors, self.online = sensors, online
        self.worst = self._judge(holds, board, self._numbered(absent))
        holds[Count.ALARM] = self.worst >= GRAVE
        numbers = np.fromiter(self.raised, np.intp, len(self.raised))
        holds[Count.WARN, numbers[self._raised_worst < GRAVE]] = True
        self.holds = holds

    def _judge(self, holds: Flags, board: Board, absent: Indices) -> Conditions:
        found = np.where(self.sensors[Count.TOTAL] > 0, Condition.NOTHING, Condition.NO_SENSORS)
        heard = np.where(self.is_simulated, Condition.SIMULATED, Condition.ONLINE)
        if self.is_recorded:
            heard[~self.is_simulated] = Condition.RECORDED
        # A sensor that never said anything leaves a device that does online.
        found = np.where(holds[Count.ONLINE], heard, found)
        found[self.sensors[Count.STALE] > 0] = Condition.STALE
        found[holds[Count.SILENT]] = Condition.SILENT
        found[absent] = Condition.MISSING
        for number, condition in self._unlike.items():
            found[number] = max(found[number], condition)
        crossed = np.flatnonzero(board.levels)
        np.maximum.at(found, self._owners[crossed], OF_LEVEL[board.levels[crossed]])
        numbers = np.fromiter(self.raised, np.intp, len(self.raised))
        found[numbers] = np.maximum(found[numbers], self._raised_worst)
        return found.astype(np.int8)

    def _numbered(self, names: Iterable[str]) -> Indices:
        numbers = self.numbers
        return np.array([numbers[name] for name in names if name in numbers], np.intp)

    def _grow(self, rows: int) -> None:
        if len(self._owners) < rows:
            self._owners = np.array(self._catalog.owners[:rows], np.intp)

    def _count(self, board: Board) -> NDArray[np.int64]:
        """Return for each device how many of its sensors are in each condition."""
        size = len(self.devices)
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


def counts(conditions: Conditions) -> dict[Condition, int]:
    """Return how many devices are in each condition, the gravest first."""
    found = np.bincount(conditions, minlength=len(Condition))
    return {one: int(found[one]) for one in sorted(Condition, reverse=True) if found[one]}
