"""The alarms that the sensors of a device profile's devices describe, whatever evaluates them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import astuple, dataclass, field
from typing import Final

from papaya.diagnostics import Mark
from papaya.kinds.limits import (
    LIMIT_NAMES,
    NO_LIMIT,
    Limits,
    limit_attributes,
    limit_key,
    limits_of,
    plain_number,
)
from papaya.manifest.model import Device, Json, Sensor
from papaya.manifest.names import LONGEST_NAME, utf16_length

SEVERITIES: Final = {"CRITICAL": ("alarmAbove", "alarmBelow"), "WARNING": ("warnAbove", "warnBelow")}


@dataclass(frozen=True, slots=True)
class SensorAlarm:
    """One alarm type, named after the sensor with the key `key`.

    `limits` are those of most of the profile's devices. Where `per_device` is true, a device with other
    limits has them as server attributes. `uses` names the limits that at least one device has.
    """

    key: str
    type: str
    limits: Limits
    uses: frozenset[str]
    unit: str = ""
    per_device: bool = False

    @property
    def severities(self) -> tuple[str, ...]:
        """Return the severities that the alarm can have, the worst first."""
        return tuple(severity for severity, names in SEVERITIES.items() if self.uses & {*names})


@dataclass(frozen=True, slots=True)
class AlarmFault:
    """Why the sensors of a device cannot become an alarm that works; `mark` is where the device stands."""

    summary: str
    remedy: str
    mark: Mark | None = None


@dataclass(frozen=True, slots=True)
class SensorAlarms:
    """The alarms of one profile, in the order of their sensors' keys.

    `attributes` are the server attributes of the devices whose limits are their own, by the devices' names.
    """

    alarms: tuple[SensorAlarm, ...] = ()
    attributes: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    faults: tuple[AlarmFault, ...] = ()


def sensor_alarms(devices: Iterable[Device]) -> SensorAlarms:
    """Return the alarms of the devices of one profile, deterministic whatever their order."""
    having: dict[str, list[tuple[Device, Sensor]]] = {}
    for device in devices:
        for key, sensor in {sensor.key: sensor for sensor in reversed(device.sensors)}.items():
            having.setdefault(key, []).append((device, sensor))
    limits = {key: [(device, limits_of(sensor)) for device, sensor in pairs] for key, pairs in having.items()}
    keys = sorted(key for key, pairs in limits.items() if any(not own.is_empty for _, own in pairs))
    types = _types({key: _most_common(_name(sensor) for _, sensor in having[key]) for key in keys})
    alarms: list[SensorAlarm] = []
    attributes: dict[str, dict[str, Json]] = {}
    faults: list[AlarmFault] = []
    for key in keys:
        usual = _most_usual(own for _, own in limits[key])
        own_limits = [(device, own) for device, own in limits[key] if own != usual]
        for device, own in own_limits:
            attributes.setdefault(device.name, {}).update(limit_attributes(key, own))
        alarms.append(
            SensorAlarm(
                key=key,
                type=types[key],
                limits=usual,
                uses=frozenset(
                    name for _, own in limits[key] for name, value in own.by_name.items() if value is not None
                ),
                unit=_only(sensor.unit for _, sensor in having[key]),
                per_device=bool(own_limits),
            )
        )
        faults += _faults(alarms[-1], limits[key])
    return SensorAlarms(tuple(alarms), attributes, tuple(faults))


def _name(sensor: Sensor) -> str:
    return sensor.name or sensor.key


def _types(names: Mapping[str, str]) -> dict[str, str]:
    """Return the alarm type of each key; sensors that share a name have their keys added."""
    shared = Counter(names.values())
    return {key: name if shared[name] == 1 else f"{name} ({key})" for key, name in names.items()}


def _most_common(values: Iterable[str]) -> str:
    counted = Counter(values)
    return min(counted, key=lambda value: (-counted[value], value))


def _most_usual(values: Iterable[Limits]) -> Limits:
    """Return what most devices have, so that few need attributes of their own."""
    counted = Counter(values)
    return min(counted, key=lambda limits: (-counted[limits], _order(limits)))


def _order(limits: Limits) -> tuple[tuple[bool, float], ...]:
    return tuple((value is None, value or 0.0) for value in astuple(limits))


def _only(values: Iterable[str]) -> str:
    different = set(values)
    return different.pop() if len(different) == 1 else ""


def _faults(alarm: SensorAlarm, pairs: list[tuple[Device, Limits]]) -> Iterator[AlarmFault]:
    first = pairs[0][0]
    longest = max(utf16_length(limit_key(alarm.key, name)) for name in LIMIT_NAMES)
    if utf16_length(alarm.type) > LONGEST_NAME:
        yield AlarmFault(
            f"the alarm type {alarm.type} is longer than {LONGEST_NAME} characters",
            "shorten the sensor's name or key",
            first.mark,
        )
    if alarm.per_device and longest > LONGEST_NAME:
        yield AlarmFault(
            f"the sensor key {alarm.key} is too long for limits that differ between devices",
            f"shorten it: {limit_key('KEY', 'clearAbove')} has room for {LONGEST_NAME} characters",
            first.mark,
        )
    told: set[Limits] = set()
    for device, own in pairs:
        if own in told:
            continue
        told.add(own)
        if not own.can_end:
            yield AlarmFault(
                f"the alarm {alarm.type} of {device.name} never ends: a value must be at most "
                f"{plain_number(own.clear_above or 0.0)} and at least {plain_number(own.clear_below or 0.0)}",
                f"make the hysteresis of {alarm.key} smaller, or set its limits further apart",
                device.mark,
            )
        if alarm.per_device and any(abs(value or 0.0) >= NO_LIMIT for value in astuple(own)):
            yield AlarmFault(
                f"a limit of {alarm.key} of {device.name} is not between -{NO_LIMIT} and {NO_LIMIT}",
                "write the limit in a larger unit: limits that differ between devices have to lie between",
                device.mark,
            )
