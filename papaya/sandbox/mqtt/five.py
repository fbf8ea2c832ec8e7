"""MQTT 5 packets as the values of `packets`: paho reads the properties, this module the rest.

ThingsBoard's transport accepts properties and ignores them (`MqttTransportHandler`). Sessions end with their
connection, topics have no aliases, and there is no limit on unacknowledged messages.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence

from paho.mqtt import MQTTException
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties, VariableByteIntegers

from papaya.sandbox.mqtt.values import (
    Acknowledge,
    Connect,
    Disconnect,
    Ignored,
    Malformed,
    Packet,
    Ping,
    Publish,
    Subscribe,
    Unsubscribe,
    check_message,
)

LEVEL = 5
# What ThingsBoard's transport passes over: it has no QoS 2, and answers nothing that servers say.
IGNORED = frozenset(
    {
        PacketTypes.CONNACK,
        PacketTypes.PUBREC,
        PacketTypes.PUBREL,
        PacketTypes.PUBCOMP,
        PacketTypes.SUBACK,
        PacketTypes.UNSUBACK,
        PacketTypes.PINGRESP,
        PacketTypes.AUTH,
    }
)
# Reason codes of the protocol, which ThingsBoard's transport answers with.
BAD_CLIENT_ID = 0x85
BAD_USER_NAME = 0x86
NOT_AUTHORIZED = 0x87
TOPIC_FILTER_INVALID = 0x8F

_QOS = 0x03
_CLEAN, _WILL, _PASSWORD, _USER_NAME = 0x02, 0x04, 0x40, 0x80
_NO_PROPERTIES = b"\x00"


class _Rest:
    """What is left of a packet's bytes."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def length(self) -> int:
        return len(self._data) - self._at

    def take(self, size: int) -> bytes:
        if size > self.length:
            raise Malformed("the packet is cut short")
        taken = self._data[self._at : self._at + size]
        self._at += size
        return taken

    def byte(self) -> int:
        return self.take(1)[0]

    def number(self) -> int:
        return int.from_bytes(self.take(2), "big")

    def binary(self) -> bytes:
        return self.take(self.number())

    def text(self) -> str:
        try:
            return self.binary().decode()
        except UnicodeDecodeError as error:
            raise Malformed("a text is no UTF-8") from error

    def properties(self, packet_type: int) -> None:
        """Pass over properties, or refuse those that the packet cannot have."""
        if self._data[self._at : self._at + 1] == _NO_PROPERTIES:
            self._at += 1
            return
        try:
            _, size = Properties(packet_type).unpack(self._data[self._at :])  # type: ignore[no-untyped-call]
        except (MQTTException, ValueError, IndexError, KeyError, struct.error, AttributeError) as error:
            raise Malformed("properties that cannot be read") from error
        self.take(size)

    def end(self) -> None:
        if self.length:
            raise Malformed("the packet is longer than its contents")


def read_connect(body: bytes) -> Connect:
    """Return the CONNECT packet that follows the name and the level of the protocol."""
    rest = _Rest(body)
    flags, keep_alive = rest.byte(), rest.number()
    if flags & 0x01:
        raise Malformed("a reserved flag of CONNECT is set")
    rest.properties(PacketTypes.CONNECT)
    client_id = rest.text()
    if flags & _WILL:
        rest.properties(PacketTypes.WILLMESSAGE)
        rest.text()
        rest.binary()
    user_name = rest.text() if flags & _USER_NAME else None
    password = rest.text() if flags & _PASSWORD else None
    rest.end()
    return Connect(client_id, user_name, password, keep_alive, bool(flags & _CLEAN), LEVEL)


def read(packet_type: int, flags: int, body: bytes) -> Packet:
    """Return a packet of a connected client; raise Malformed if it is not a valid packet."""
    if packet_type in IGNORED:
        return Ignored()
    reader = _READERS.get(packet_type)
    if reader is None:
        raise Malformed(f"a client sends no packets of type {packet_type}")
    rest = _Rest(body)
    packet = reader(rest, flags)
    rest.end()
    return packet


def _publish(rest: _Rest, flags: int) -> Packet:
    qos = flags >> 1 & _QOS
    if qos == _QOS:
        raise Malformed("there is no QoS 3")
    topic = rest.text()
    packet_id = rest.number() if qos else None
    rest.properties(PacketTypes.PUBLISH)
    check_message(topic, packet_id)
    return Publish(topic, rest.take(rest.length), packet_id)


def _acknowledge(rest: _Rest, flags: int) -> Packet:
    packet = Acknowledge(rest.number())
    _reason(rest, PacketTypes.PUBACK)
    return packet


def _disconnect(rest: _Rest, flags: int) -> Packet:
    _reason(rest, PacketTypes.DISCONNECT)
    return Disconnect()


def _reason(rest: _Rest, packet_type: int) -> None:
    """Pass over the reason and the properties that may end a packet."""
    if rest.length:
        rest.byte()
    if rest.length:
        rest.properties(packet_type)


def _subscribe(rest: _Rest, flags: int) -> Packet:
    packet_id = rest.number()
    rest.properties(PacketTypes.SUBSCRIBE)
    filters: list[tuple[str, int]] = []
    while rest.length:
        filters.append((rest.text(), rest.byte() & _QOS))
    return Subscribe(packet_id, tuple(filters))


def _unsubscribe(rest: _Rest, flags: int) -> Packet:
    packet_id = rest.number()
    rest.properties(PacketTypes.UNSUBSCRIBE)
    filters: list[str] = []
    while rest.length:
        filters.append(rest.text())
    if not filters:
        raise Malformed("UNSUBSCRIBE names no topic")
    return Unsubscribe(packet_id, tuple(filters))


def _ping(rest: _Rest, flags: int) -> Packet:
    return Ping()


_READERS: dict[int, Callable[[_Rest, int], Packet]] = {
    PacketTypes.PUBLISH: _publish,
    PacketTypes.PUBACK: _acknowledge,
    PacketTypes.SUBSCRIBE: _subscribe,
    PacketTypes.UNSUBSCRIBE: _unsubscribe,
    PacketTypes.PINGREQ: _ping,
    PacketTypes.DISCONNECT: _disconnect,
}


class Writing:
    """The packets to a client of MQTT 5."""

    level = LEVEL
    refusals = {2: BAD_CLIENT_ID, 4: BAD_USER_NAME, 5: NOT_AUTHORIZED}

    def connack(self, code: int, *, session_present: bool = False) -> bytes:
        """Return the answer to a CONNECT; `code` is that of MQTT 3.1.1."""
        told = bytes([int(session_present and not code), self.refusals.get(code, code)])
        return _packet(PacketTypes.CONNACK, 0, told + _NO_PROPERTIES)

    def refusal(self, code: int) -> bytes:
        """Return what a client is told that may not connect: the same reason twice."""
        return self.connack(code) + self.disconnect(self.refusals.get(code, code))

    def puback(self, packet_id: int, reason: int = 0) -> bytes:
        """Return the acknowledgement of a message, or why it was not taken."""
        told = bytes([reason]) + _NO_PROPERTIES if reason else b""
        return _packet(PacketTypes.PUBACK, 0, packet_id.to_bytes(2, "big") + told)

    def suback(self, packet_id: int, codes: Sequence[int]) -> bytes:
        """Return what each topic filter was granted."""
        told = bytes(TOPIC_FILTER_INVALID if code >= 0x80 else code for code in codes)
        return _packet(PacketTypes.SUBACK, 0, packet_id.to_bytes(2, "big") + _NO_PROPERTIES + told)

    def unsuback(self, packet_id: int, codes: Sequence[int]) -> bytes:
        """Return what became of each subscription."""
        return _packet(PacketTypes.UNSUBACK, 0, packet_id.to_bytes(2, "big") + _NO_PROPERTIES + bytes(codes))

    def publish(self, topic: str, payload: bytes, packet_id: int | None) -> bytes:
        """Return a message to a client, at QoS 1 when it has an id."""
        name = topic.encode("utf-8", "replace")
        identifier = b"" if packet_id is None else packet_id.to_bytes(2, "big")
        body = len(name).to_bytes(2, "big") + name + identifier + _NO_PROPERTIES + payload
        return _packet(PacketTypes.PUBLISH, 0 if packet_id is None else 0x02, body)

    def disconnect(self, reason: int) -> bytes:
        """Return the farewell that says why the connection ends."""
        return _packet(PacketTypes.DISCONNECT, 0, bytes([reason]) + _NO_PROPERTIES)

    def farewell(self) -> bytes:
        """Return the answer to a DISCONNECT."""
        return _packet(PacketTypes.DISCONNECT, 0, b"")


def _packet(packet_type: int, flags: int, body: bytes) -> bytes:
    length = bytes(VariableByteIntegers.encode(len(body)))  # type: ignore[no-untyped-call]
    return bytes([packet_type << 4 | flags]) + length + body
