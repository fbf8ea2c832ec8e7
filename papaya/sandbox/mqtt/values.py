"""Messages of MQTT clients as plain values, the same for every version of the protocol."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

# Reasons of MQTT 5, which older versions leave unsaid.
NO_SUBSCRIPTION = 0x11
MALFORMED = 0x81
IMPLEMENTATION_SPECIFIC = 0x83
SHUTTING_DOWN = 0x8B
TOPIC_INVALID = 0x90
PAYLOAD_INVALID = 0x99

Acknowledged = Callable[..., None]
"""Tells a client that its message was taken; with a reason, that it was not."""


class Malformed(Exception):
    """The data is not a valid packet; the connection is closed with this reason."""

    reason = MALFORMED


class UnreadablePayload(Malformed):
    """A message on a known topic has a payload of another form."""

    reason = PAYLOAD_INVALID


class NotCarriedOut(Malformed):
    """A gateway's message lacks what it needs: it is acknowledged with this reason before the end."""

    reason = IMPLEMENTATION_SPECIFIC


class Stumbled(Malformed):
    """A number that the server does not expect: it ends the connection as if it shut down."""

    reason = SHUTTING_DOWN


@dataclass(frozen=True, slots=True)
class Connect:
    """Who connects; only `supported` says anything when that is false."""

    supported: bool
    client_id: str = ""
    user_name: str | None = None
    password: str | None = None
    keep_alive: int = 0
    clean: bool = True
    level: int = 4


@dataclass(frozen=True, slots=True)
class Publish:
    """A message; the packet id is there from QoS 1 on."""

    topic: str
    payload: bytes
    packet_id: int | None


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """The client has the message of this id."""

    packet_id: int


@dataclass(frozen=True, slots=True)
class Subscribe:
    """Topic filters with the QoS that is asked for."""

    packet_id: int
    filters: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """Topic filters."""

    packet_id: int
    filters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ping:
    """The client lives."""


@dataclass(frozen=True, slots=True)
class Disconnect:
    """The client leaves."""


Packet = Connect | Publish | Acknowledge | Subscribe | Unsubscribe | Ping | Disconnect
