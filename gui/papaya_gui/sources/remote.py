"""What a server can do beside telling readings: its own alarms, and calls to its devices."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from papaya.manifest.model import Json

Severity = Literal["CRITICAL", "MAJOR", "MINOR", "WARNING", "INDETERMINATE"]


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm as the server has it; `created` is in seconds since 1970, `device` a name of the catalog."""

    id: str
    device: str
    kind: str
    severity: Severity
    created: float
    is_active: bool
    is_acknowledged: bool
    details: str = ""


class Remote(ABC):
    """A server's alarms and calls; every method blocks, raises a PapayaError, and is for a worker."""

    @abstractmethod
    def alarms(self) -> Sequence[Alarm]:
        """Return the alarms of the fleet's devices that are active or not acknowledged, newest first."""

    @abstractmethod
    def acknowledge(self, alarm: Alarm) -> None:
        """Take note of an alarm, for everybody who looks at the server."""

    @abstractmethod
    def clear(self, alarm: Alarm) -> None:
        """End an alarm."""

    @abstractmethod
    def call(self, device: str, method: str, parameters: Json, seconds: float = 10.0) -> Json:
        """Call a method of a device and return its answer."""
