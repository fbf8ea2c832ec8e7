"""Every sensor that the window knows, a row each."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from papaya.manifest.model import Device, Fleet, Sensor
from papaya_gui.models.geography import Geography
from papaya_gui.models.shape import Shape
from papaya_gui.models.texts import bounded

DEFAULT_EVERY = 60.0
# The limit on sensors of a device without sensors in the manifest; more keys are an error of the device.
MOST_FOUND = 1_000
# ThingsBoard does not store longer keys, and longer names are not readable.
LONGEST_KEY, _LONGEST_UNIT = 255, 40
_REPORT_EVERY = "reportEverySeconds"


@dataclass(frozen=True, slots=True)
class Row:
    """One sensor of one device; `index` is its place in every column, `every` its expected interval in s."""

    index: int
    device: str
    place: tuple[str, str]
    sensor: Sensor
    every: float

    @property
    def title(self) -> str:
        """The sensor's name for people."""
        return self.sensor.name or self.sensor.key

    @property
    def path(self) -> str:
        """The device with its places, as `INDIA/Karnataka/PM-0001`."""
        return "/".join((*self.place, self.device))


class Catalog:
    """The rows of a fleet, in the order of its manifest; rows are added while it runs, and never removed.

    They may be added from any thread: a row that is seen is complete.

    The catalog also holds data that depends only on the fleet and its rows, because it is created outside the
    window's thread. These are the fleet's `shape` and `geography`. For each row, they are the number of its
    device (`owners`) and the lower-case text for searches (`searched`).
    """

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self._rows: list[Row] = []
        self._adding = threading.Lock()
        self._by_name: dict[tuple[str, str], Row] = {}
        self._by_device: dict[str, list[Row]] = {}
        self._devices = {device.name: device for device in fleet.devices()}
        self.numbers = {name: number for number, name in enumerate(self._devices)}
        self.shape, self.geography = Shape(fleet), Geography(fleet)
        self.owners: list[int] = []
        self.searched: list[str] = []
        for device in self._devices.values():
            self._by_device[device.name] = []
            for sensor in device.sensors:
                self.add(device.name, sensor)

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Row]:
        return iter(self._rows)

    def __getitem__(self, index: int) -> Row:
        return self._rows[index]

    @property
    def devices(self) -> Sequence[str]:
        """The names of all devices, those without sensors too."""
        return tuple(self._devices)

    def has_device(self, name: str) -> bool:
        """Whether the manifest has a device of this name."""
        return name in self._devices

    def device(self, name: str) -> Device:
        """Return a device of the manifest."""
        return self._devices[name]

    def rows_of(self, device: str) -> Sequence[Row]:
        """Return the rows of one device."""
        return self._by_device.get(device, ())

    def find(self, device: str, key: str) -> Row | None:
        """Return the row of a sensor, if there is one."""
        return self._by_name.get((device, key))

    def add(self, device: str, sensor: Sensor) -> Row:
        """Return the row of a sensor, a new one where the device was not known to have it.

        Names and units are shortened; whoever finds a key checks it with `is_key`.
        """
        known = self._by_name.get((device, sensor.key))
        if known is not None:
            return known
        owner = self._devices[device]
        every = expected_interval(owner, sensor)
        with self._adding:
            known = self._by_name.get((device, sensor.key))
            if known is not None:
                return known
            sensor = _bounded(sensor)
            row = Row(len(self._rows), device, (owner.country, owner.state), sensor, every)
            self.owners.append(self.numbers[device])
            self.searched.append(f"{row.title}\n{sensor.key}\n{row.path}".casefold())
            self._rows.append(row)
            self._by_device[device].append(row)
            self._by_name[device, sensor.key] = row
        return row


def is_key(key: str) -> bool:
    """Return whether a key from a source is valid."""
    return bool(key.strip()) and len(key) <= LONGEST_KEY


def _bounded(sensor: Sensor) -> Sensor:
    name, unit = sensor.name or "", sensor.unit
    if len(name) <= LONGEST_KEY and len(unit) <= _LONGEST_UNIT:
        return sensor
    name = bounded(name, LONGEST_KEY) if sensor.name else sensor.name
    return replace(sensor, name=name, unit=bounded(unit, _LONGEST_UNIT))


def expected_interval(device: Device, sensor: Sensor) -> float:
    """Return after how many seconds another value of a sensor is due, at the latest."""
    report = device.shared_attributes.get(_REPORT_EVERY)
    reporting = float(report) if isinstance(report, int | float) and report > 0 else DEFAULT_EVERY
    every = sensor.every or reporting
    # Inside its deadband a sensor keeps silent, for so long.
    return max(every, reporting) if sensor.deadband else every
