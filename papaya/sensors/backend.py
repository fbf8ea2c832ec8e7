"""What reads sensors: the interface that drivers implement, and the agent and the window use.

    class Thermometer(SensorBackend):
        def get_available_sensors(self):
            return ["temperature"]

        def get_latest_readings(self):
            return {"temperature": SensorReading(value=read(), unit="°C", timestamp=datetime.now(UTC))}

A manifest names a driver by its entry point in the group `papaya.sensors`: `source: {type: thermometer}`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, runtime_checkable

from papaya.errors import PapayaError
from papaya.manifest.model import Sensor
from papaya.sensors.reading import SensorReading as SensorReading


class SensorFault(PapayaError):
    """A source cannot be read, or says something that no sensor says."""


class SensorBackend(ABC):
    """Reads one or several sensors; every method may raise, and all are called from one thread.

    The name of a sensor is its `field` in the manifest, else its key. A driver is made anew after a fault. A
    constructor that requires an argument gets the `Source`; another one gets the options of the manifest's
    `source` as keyword arguments.
    """

    @abstractmethod
    def get_available_sensors(self) -> Sequence[str]:
        """Return the names of the sensors that can be read here."""

    @abstractmethod
    def get_latest_readings(self) -> Mapping[str, SensorReading]:
        """Return the latest reading of each sensor by name; a sensor without one is left out."""

    def get_sensor_descriptions(self) -> Mapping[str, Sensor | Mapping[str, object]]:
        """Return what is known of sensors, by name: unit, range, interval; what the manifest says wins.

        A mapping such as `{"unit": "°C", "minimum": -40, "maximum": 85, "every": 30}` will do for a sensor.
        """
        return {}

    def close(self) -> None:  # noqa: B027 - most sources hold nothing
        """Let go of files, ports and connections."""


@runtime_checkable
class Streaming(Protocol):
    """A backend that tells of values when they come."""

    def listen(self, listener: Callable[[SensorReading], None]) -> Callable[[], None]:
        """Call `listener` with every value, from any thread, until what is returned is called."""


@runtime_checkable
class History(Protocol):
    """A backend that remembers values."""

    def get_history(self, name: str, start: int, end: int, limit: int = 1000) -> Sequence[SensorReading]:
        """Return the values from `start` up to and without `end`, both in milliseconds, oldest first."""
