"""The server's active alarms by device and by row: what tree, table and map take beside the readings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from papaya_gui.models.alarms import ordered
from papaya_gui.models.catalog import Catalog, Row
from papaya_gui.models.levels import ALARM, CLEAR, WARN
from papaya_gui.sources.remote import Alarm

GRAVE = ("CRITICAL", "MAJOR")


class RaisedAlarms:
    """`by_device` has the active alarms of each device, the gravest first; `levels` has one of each row.

    An alarm that bears the name or the key of a sensor is about that sensor, any other about all of its
    device. CRITICAL and MAJOR count as an alarm, every other severity as a warning.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self.by_device: Mapping[str, tuple[Alarm, ...]] = {}
        self.levels: NDArray[np.int8] = np.empty(0, np.int8)

    def grow(self, rows: int) -> None:
        """Make room for so many rows of the catalog."""
        added = [self._level_of_row(self._catalog[row]) for row in range(len(self.levels), rows)]
        self.levels = np.concatenate((self.levels, np.array(added, np.int8)))

    def show(self, alarms: Iterable[Alarm]) -> bool:
        """Take what the server says now; return whether it is something else than before."""
        found: dict[str, tuple[Alarm, ...]] = {}
        for alarm in ordered(alarm for alarm in alarms if alarm.is_active):
            found[alarm.device] = (*found.get(alarm.device, ()), alarm)
        if found == self.by_device:
            return False
        self.by_device = found
        rows = len(self.levels)
        self.levels = np.zeros(rows, np.int8)
        for device in found:
            for row in self._catalog.rows_of(device):
                if row.index < rows:
                    self.levels[row.index] = self._level_of_row(row)
        return True

    def of_row(self, row: Row) -> Sequence[Alarm]:
        """Return the alarms that are about a row, the gravest first."""
        alarms = self.by_device.get(row.device, ())
        return [alarm for alarm in alarms if _is_about(alarm, row, self._catalog)] if alarms else ()

    def _level_of_row(self, row: Row) -> int:
        return level_of(self.of_row(row))


def level_of(alarms: Sequence[Alarm]) -> int:
    """Return the worst level of alarms: ALARM where one is grave, WARN where none is, CLEAR without any."""
    return max((ALARM if alarm.severity in GRAVE else WARN for alarm in alarms), default=CLEAR)


def _is_about(alarm: Alarm, row: Row, catalog: Catalog) -> bool:
    kind = alarm.kind.casefold()
    if kind in _names(row):
        return True
    return not any(kind in _names(one) for one in catalog.rows_of(row.device))


def _names(row: Row) -> tuple[str, str]:
    return row.sensor.key.casefold(), row.title.casefold()
