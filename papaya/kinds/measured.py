"""What a fleet's devices measure, told once for all of them: for charts and tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from papaya.kinds.limits import Limits, limits_of
from papaya.manifest.model import Device, Sensor


@dataclass(frozen=True, slots=True)
class Measured:
    """One telemetry key with the name and unit that most devices give it.

    `limits` are None where they differ between devices: no line in a chart of any device would be right.
    """

    key: str
    name: str
    unit: str
    limits: Limits | None


def measured_by(devices: Iterable[Device]) -> tuple[Measured, ...]:
    """Return what devices measure, in the order in which the sensors first stand in the manifest."""
    sensors: dict[str, list[Sensor]] = {}
    for device in devices:
        for sensor in device.sensors:
            sensors.setdefault(sensor.key, []).append(sensor)
    return tuple(_measured(key, found) for key, found in sensors.items())


def by_unit(measured: Iterable[Measured]) -> dict[str, list[Measured]]:
    """Return what is measured in each unit; units in the order of their first sensors."""
    units: dict[str, list[Measured]] = {}
    for one in measured:
        units.setdefault(one.unit, []).append(one)
    return units


def _measured(key: str, sensors: list[Sensor]) -> Measured:
    limits = {limits_of(sensor) for sensor in sensors}
    return Measured(
        key=key,
        name=_most_common(sensor.name or sensor.key for sensor in sensors),
        unit=_most_common(sensor.unit for sensor in sensors),
        limits=limits.pop() if len(limits) == 1 else None,
    )


def _most_common(values: Iterable[str]) -> str:
    counted = Counter(values)
    return min(counted, key=lambda value: (-counted[value], value))
