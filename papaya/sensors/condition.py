"""How a source of readings is to be heard: one vocabulary for servers, brokers, files and devices."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Health(Enum):
    """How a source is to be heard; the words are for people."""

    CONNECTING = "connecting"
    LIVE = "live"
    POLLING = "polling"
    DOWN = "server down"
    REFUSED = "authentication refused"
    SILENT = "device silent"
    FAULT = "fault"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Condition:
    """How a source is, or one device of it where `device` is not empty; with the cause and a remedy."""

    health: Health
    reason: str = ""
    remedy: str = ""
    device: str = ""
