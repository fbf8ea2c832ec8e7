"""The functions of a server beside readings: its own alarms, and calls to its devices."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
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


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute of a device: who keeps it ("client", "shared" or "server"), and since when, in s."""

    scope: str
    key: str
    value: str
    changed: float | None = None


@dataclass(frozen=True, slots=True)
class About:
    """A server's data about a device beside its readings; what it does not know is empty or None.

    `last_active` is in seconds since 1970.
    """

    is_active: bool | None = None
    last_active: float | None = None
    firmware: str = ""
    target: str = ""
    firmware_state: str = ""
    tunnel: str = ""
    attributes: tuple[Attribute, ...] = ()


class Remote(ABC):
    """A server's alarms and calls; methods block, raise a PapayaError, and are for a worker.

    `listen`, `told`, `is_told` and `page` are for any thread, and wait for nothing.
    """

    def listen(self, on_change: Callable[[], None]) -> None:  # noqa: B027 - most have to be asked
        """Call back from some thread when the server tells of other alarms by itself."""

    @property
    def is_told(self) -> bool:
        """Whether the server tells of its alarms by itself at present."""
        return False

    def told(self) -> Sequence[Alarm]:
        """Return the alarms that are known by what was read and told, newest first."""
        return ()

    @abstractmethod
    def alarms(self) -> Sequence[Alarm]:
        """Return the alarms of the fleet's devices that are active or not acknowledged, newest first."""

    @abstractmethod
    def acknowledge(self, alarm: Alarm) -> None:
        """Take note of an alarm, for everybody who looks at the server."""

    @abstractmethod
    def clear(self, alarm: Alarm) -> None:
        """End an alarm."""

    def page(self, device: str) -> str:
        """Return the address of a device's page in the server's own interface; empty where there is none."""
        return ""

    def about(self, device: str) -> About:
        """Return what the server says of a device beside its readings."""
        return About()

    @abstractmethod
    def call(self, device: str, method: str, parameters: Json, seconds: float = 10.0) -> Json:
        """Call a method of a device and return its answer."""
