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

_PUBLISH, _QOS_1 = 3, 2
# PUBREL, SUBSCRIBE and UNSUBSCRIBE.
_WITH_QOS_1 = (6, 8, 10)

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


class UnknownTopic(Malformed):
    """A message to a topic that this connection does not have."""

    reason = TOPIC_INVALID


class Stumbled(Malformed):
    """A number that the server does not expect: it ends the connection as if it shut down."""

    reason = SHUTTING_DOWN


@dataclass(frozen=True, slots=True)
class Connect:
    """Who connects."""

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


@dataclass(frozen=True, slots=True)
class Ignored:
    """A packet that means nothing to the server: of QoS 2, or one that only servers send."""


Packet = Connect | Publish | Acknowledge | Subscribe | Unsubscribe | Ping | Disconnect | Ignored


def check_flags(packet_type: int, flags: int) -> None:
    """Raise Malformed for a packet with flags that the protocol does not allow; a PUBLISH may have any."""
    if packet_type != _PUBLISH and flags != (_QOS_1 if packet_type in _WITH_QOS_1 else 0):
        raise Malformed(f"a packet of type {packet_type} has the flags {flags}")


def check_message(topic: str, packet_id: int | None) -> None:
    """Raise Malformed for a topic with wildcards and for a message without its number."""
    if "+" in topic or "#" in topic:
        raise Malformed("the topic of a message has wildcards")
    if packet_id == 0:
        raise Malformed("a message has the number 0")
