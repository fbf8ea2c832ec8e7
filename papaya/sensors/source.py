"""Where sensors are read, as their manifest declares it: sensors with equal options share one source."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeGuard

from papaya.foreign import ForeignValue, described, finite
from papaya.manifest.model import Json, Sensor
from papaya.sensors.backend import SensorFault

TYPE, FIELD, TIMEOUT = "type", "field", "timeout"
FACTOR, OFFSET = "factor", "offset"
# What belongs to one sensor of a source, or to how papaya polls it, and not to the source itself.
_OWN = (TYPE, FIELD, TIMEOUT)
# Kinds whose values papaya scales; a driver may have options of these names with a meaning of its own.
SCALED = frozenset({"command", "file", "mqtt", "sqlite"})
DEFAULT_TIMEOUT = 10.0


def wall_clock() -> int:
    """Return the time in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class Source:
    """Sensors that one backend reads, and the options of that backend.

    Relative paths in the options are relative to `folder`. `now` is the clock for the times of values.
    `device` is the name of the device that has the sensors, if known.
    """

    kind: str
    sensors: tuple[Sensor, ...]
    options: Mapping[str, Json] = field(default_factory=dict)
    folder: Path = Path()
    now: Callable[[], int] = wall_clock
    device: str = ""

    @property
    def title(self) -> str:
        """The source and its sensors, for people."""
        return f"{', '.join(sensor.name or sensor.key for sensor in self.sensors)} ({self.kind})"

    @property
    def timeout(self) -> float:
        """How many seconds one poll may take."""
        given = [(sensor.source or {}).get(TIMEOUT) for sensor in self.sensors]
        # Compared before they are made floats, so that none is too large for one.
        seconds = [min(max(value, 0.1), 300.0) for value in given if is_number(value)]
        return min(seconds, default=DEFAULT_TIMEOUT)

    def field(self, sensor: Sensor) -> str:
        """Return under which name the source has the values of a sensor: its `field`, else its key."""
        name = (sensor.source or {}).get(FIELD)
        return name if isinstance(name, str) else sensor.key

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of the sensors."""
        return tuple(sensor.key for sensor in self.sensors)

    def scale(self, sensor: Sensor) -> tuple[float, float] | None:
        """Return the factor and the offset of a sensor's values; None where it declares neither."""
        given = sensor.source or {}
        if self.kind not in SCALED or (given.get(FACTOR) is None and given.get(OFFSET) is None):
            return None
        try:
            factor = finite(given.get(FACTOR, 1), what=f"the factor of {sensor.key}")
            return factor, finite(given.get(OFFSET, 0), what=f"the offset of {sensor.key}")
        except ForeignValue as error:
            raise SensorFault(error.message) from None

    def text(self, option: str, default: str | None = None) -> str:
        """Return an option that is a text."""
        value = self.options.get(option, default)
        if not isinstance(value, str) or not value:
            raise self._refusal(option, "a text", value)
        return value

    def number(self, option: str, default: float, *, least: float = 0) -> float:
        """Return an option that is a number."""
        value = self.options.get(option, default)
        try:
            return float(finite(value, least=least))
        except ForeignValue:
            raise self._refusal(option, f"a number from {least:g} on", value) from None

    def texts(self, option: str) -> tuple[str, ...]:
        """Return an option that is a list of texts."""
        value = self.options.get(option)
        if not isinstance(value, list) or not value or not all(isinstance(item, str) for item in value):
            raise self._refusal(option, "a list of texts", value)
        return tuple(str(item) for item in value)

    def path(self, option: str = "path") -> Path:
        """Return an option that names a file."""
        return self.folder / Path(self.text(option)).expanduser()

    def only(self, *known: str) -> None:
        """Refuse options that this kind of source does not have."""
        unknown = sorted(self.options.keys() - {*known})
        if unknown:
            raise SensorFault(
                f"a source of type {self.kind} has no option {', '.join(unknown)}",
                remedy=f"Its options are: {', '.join((*own_options(self.kind), *known))}.",
            )

    def _refusal(self, option: str, wanted: str, value: object) -> SensorFault:
        said = "is missing" if value is None else f"is {described(value)}"
        return SensorFault(f"the option {option} of the source {self.kind} {said}: it takes {wanted}")


# A class or function that makes a driver, in one of the ways that papaya.sensors.drivers knows.
Factory = Callable[..., object]


def sources_of(
    sensors: Iterable[Sensor], folder: Path, *, now: Callable[[], int] = wall_clock, device: str = ""
) -> tuple[Source, ...]:
    """Return the sources that the sensors declare; those that declare none are left out."""
    groups: dict[str, list[Sensor]] = {}
    for sensor in sensors:
        if sensor.source is not None:
            apart = {FIELD, *own_options(str(sensor.source.get(TYPE)))} - {TYPE, TIMEOUT}
            shared = {name: value for name, value in sensor.source.items() if name not in apart}
            groups.setdefault(json.dumps(shared, sort_keys=True), []).append(sensor)
    made = []
    for group in groups.values():
        options = dict(group[0].source or {})
        kind = options.get(TYPE)
        own = own_options(str(kind))
        others = {name: value for name, value in options.items() if name not in own}
        made.append(Source(kind if isinstance(kind, str) else "", tuple(group), others, folder, now, device))
    return tuple(made)


def own_options(kind: str) -> tuple[str, ...]:
    """Return the options that a source of a kind takes whatever its driver is."""
    return (*_OWN, FACTOR, OFFSET) if kind in SCALED else _OWN


def is_number(value: object) -> TypeGuard[int | float]:
    """Return whether a value of JSON is a number, which a truth value is not."""
    return isinstance(value, int | float) and not isinstance(value, bool)
