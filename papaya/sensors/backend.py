"""What reads sensors: the abstraction that the agent, the window and plug-ins have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

from papaya.errors import PapayaError
from papaya.manifest.model import Sensor
from papaya.sensors.reading import SensorReading


class SensorFault(PapayaError):
    """A source cannot be read, or says something that no sensor says."""


class SensorBackend(ABC):
    """Reads one or several sensors; every method may raise, and all are called from one thread."""

    @abstractmethod
    def get_available_sensors(self) -> Sequence[Sensor]:
        """Return the sensors that can be read here."""

    @abstractmethod
    def get_latest_readings(self) -> Sequence[SensorReading]:
        """Return the latest value of every sensor that has one; a sensor without is left out."""

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
