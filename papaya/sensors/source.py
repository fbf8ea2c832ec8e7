"""Where sensors are read, as their manifest declares it: sensors with equal options share one source."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeGuard

from papaya.manifest.model import Json, Sensor
from papaya.sensors.backend import SensorBackend, SensorFault

TYPE, FIELD, TIMEOUT = "type", "field", "timeout"
# What belongs to one sensor of a source, or to how papaya polls it, and not to the source itself.
_OWN = (TYPE, FIELD, TIMEOUT)
DEFAULT_TIMEOUT = 10.0


def wall_clock() -> int:
    """Return the time in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class Source:
    """Sensors that one backend reads, and the options of that backend.

    Relative paths in the options are relative to `folder`; `now` is the clock that values are stamped with.
    """

    kind: str
    sensors: tuple[Sensor, ...]
    options: Mapping[str, Json] = field(default_factory=dict)
    folder: Path = Path()
    now: Callable[[], int] = wall_clock

    @property
    def title(self) -> str:
        """The source and its sensors, for people."""
        return f"{', '.join(sensor.name or sensor.key for sensor in self.sensors)} ({self.kind})"

    @property
    def timeout(self) -> float:
        """How many seconds one poll may take."""
        given = [(sensor.source or {}).get(TIMEOUT) for sensor in self.sensors]
        seconds = [float(value) for value in given if is_number(value)]
        return min(max(min(seconds, default=DEFAULT_TIMEOUT), 0.1), 300.0)

    def field(self, sensor: Sensor) -> str:
        """Return under which name the source has the values of a sensor: its `field`, else its key."""
        name = (sensor.source or {}).get(FIELD)
        return name if isinstance(name, str) else sensor.key

    def text(self, option: str, default: str | None = None) -> str:
        """Return an option that is a text."""
        value = self.options.get(option, default)
        if not isinstance(value, str) or not value:
            raise self._refusal(option, "a text", value)
        return value

    def number(self, option: str, default: float, *, least: float = 0) -> float:
        """Return an option that is a number."""
        value = self.options.get(option, default)
        if not is_number(value) or value < least:
            raise self._refusal(option, f"a number from {least:g} on", value)
        return float(value)

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
                remedy=f"Its options are: {', '.join((*_OWN, *known))}.",
            )

    def _refusal(self, option: str, wanted: str, value: object) -> SensorFault:
        said = "is missing" if value is None else f"is {value!r}"
        return SensorFault(f"the option {option} of the source {self.kind} {said}: it takes {wanted}")


Factory = Callable[[Source], SensorBackend]


def sources_of(
    sensors: Iterable[Sensor], folder: Path, *, now: Callable[[], int] = wall_clock
) -> tuple[Source, ...]:
    """Return the sources that the sensors declare; those that declare none are left out."""
    groups: dict[str, list[Sensor]] = {}
    for sensor in sensors:
        if sensor.source is not None:
            shared = {name: value for name, value in sensor.source.items() if name != FIELD}
            groups.setdefault(json.dumps(shared, sort_keys=True), []).append(sensor)
    made = []
    for group in groups.values():
        options = dict(group[0].source or {})
        kind = options.get(TYPE)
        others = {name: value for name, value in options.items() if name not in _OWN}
        made.append(Source(kind if isinstance(kind, str) else "", tuple(group), others, folder, now))
    return tuple(made)


def is_number(value: object) -> TypeGuard[int | float]:
    """Return whether a value of JSON is a number, which a truth value is not."""
    return isinstance(value, int | float) and not isinstance(value, bool)
