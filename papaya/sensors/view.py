"""What an agent knows at one moment, for a person who watches it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SensorView:
    """One sensor: its latest value with its time (milliseconds since 1970), its level, a fault if it has one.

    `sent` is how many readings the server has of this run, `waiting` how many it has not yet; None where they
    are too many to count.
    """

    key: str
    name: str
    unit: str
    value: bool | int | float | str | None = None
    at: int | None = None
    level: str = "clear"
    fault: str = ""
    sent: int = 0
    waiting: int | None = 0


@dataclass(frozen=True, slots=True)
class AgentView:
    """The agent of a device: its connection, its sensors, how many readings were sent, wait, were dropped."""

    device: str
    server: str
    status: str
    sensors: tuple[SensorView, ...] = ()
    sent: int = 0
    waiting: int = 0
    dropped: int = 0
    now: int = 0
