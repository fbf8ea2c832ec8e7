"""The server's active alarms by device and by row: what tree, table and map take beside the readings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from papaya_gui.models.alarms import ordered
from papaya_gui.models.catalog import Catalog, Row
from papaya_gui.models.condition import Conditions, of_alarm, of_alarms
from papaya_gui.sources.remote import Alarm


class RaisedAlarms:
    """`by_device` has the active alarms of each device, the gravest first; `worst` the gravest of each row.

    An alarm that bears the name or the key of a sensor is about that sensor, any other about all of its
    device. `worst` is a `Condition`, 0 where there is no alarm.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self.by_device: Mapping[str, tuple[Alarm, ...]] = {}
        # The gravest `Condition` of each device that has alarms.
        self.worst_by_device: dict[str, int] = {}
        self.worst: Conditions = np.empty(0, np.int8)

    def grow(self, rows: int) -> None:
        """Make room for so many rows of the catalog."""
        known = len(self.worst)
        self.worst = np.concatenate((self.worst, np.zeros(rows - known, np.int8)))
        # A sensor that an alarm is named after takes it from the others of its device.
        for device in {self._catalog[row].device for row in range(known, rows)}:
            self._rate(device)

    def show(self, alarms: Iterable[Alarm]) -> bool:
        """Take what the server says now; return whether it is something else than before."""
        gathered: dict[str, list[Alarm]] = {}
        for alarm in ordered(alarm for alarm in alarms if alarm.is_active):
            gathered.setdefault(alarm.device, []).append(alarm)
        found = {device: tuple(own) for device, own in gathered.items()}
        before, self.by_device = self.by_device, found
        others = [
            device for device in before.keys() | found.keys() if before.get(device) != found.get(device)
        ]
        for device in others:
            self.worst_by_device.pop(device, None)
            if device in found:
                self.worst_by_device[device] = of_alarms(found[device])
            self._rate(device)
        return bool(others)

    def of_row(self, row: Row) -> Sequence[Alarm]:
        """Return the alarms that are about a row, the gravest first."""
        alarms = self.by_device.get(row.device, ())
        if not alarms:
            return ()
        own, named = _names(row), self._named(row.device)
        return [alarm for alarm in alarms if (kind := alarm.kind.casefold()) in own or kind not in named]

    def _rate(self, device: str) -> None:
        alarms, rows = self.by_device.get(device, ()), self._catalog.rows_of(device)
        if not alarms:
            for row in rows:
                if row.index < len(self.worst):
                    self.worst[row.index] = 0
            return
        named = self._named(device)
        kinds: dict[str, int] = {}
        for alarm in reversed(alarms):
            # The gravest comes last, and stays.
            kinds[alarm.kind.casefold()] = of_alarm(alarm)
        of_all = max((worst for kind, worst in kinds.items() if kind not in named), default=0)
        for row in rows:
            if row.index < len(self.worst):
                self.worst[row.index] = max(of_all, *(kinds.get(name, 0) for name in _names(row)))

    def _named(self, device: str) -> set[str]:
        return {name for row in self._catalog.rows_of(device) for name in _names(row)}


def _names(row: Row) -> tuple[str, str]:
    return row.sensor.key.casefold(), row.title.casefold()
