"""Packets of MQTT 3.1 and 3.1.1: amqtt's codecs behind plain values; those of MQTT 5 are read by `five`.

The rest of amqtt is not used: its broker shares topics between all clients and acknowledges messages before
they are stored. Its decoders are lenient. This module refuses the invalid packets that they accept: text that
is not UTF-8, QoS 3, and packets that are truncated or have extra bytes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from io import BytesIO
from typing import Any

from amqtt.adapters import ReaderAdapter, StreamReaderAdapter  # type: ignore[import-untyped]
from amqtt.mqtt import packet as kinds  # type: ignore[import-untyped]
from amqtt.mqtt.connack import ConnackPacket  # type: ignore[import-untyped]
from amqtt.mqtt.connect import ConnectPacket, ConnectVariableHeader  # type: ignore[import-untyped]
from amqtt.mqtt.pingresp import PingRespPacket  # type: ignore[import-untyped]
from amqtt.mqtt.puback import PubackPacket  # type: ignore[import-untyped]
from amqtt.mqtt.publish import PublishPacket  # type: ignore[import-untyped]
from amqtt.mqtt.suback import SubackPacket  # type: ignore[import-untyped]
from amqtt.mqtt.subscribe import SubscribePacket  # type: ignore[import-untyped]
from amqtt.mqtt.unsuback import UnsubackPacket  # type: ignore[import-untyped]
from amqtt.mqtt.unsubscribe import UnsubscribePacket  # type: ignore[import-untyped]

from papaya.sandbox.mqtt import five
from papaya.sandbox.mqtt.tls import TlsReader
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
    check_flags,
    check_message,
)

ACCEPTED = 0
BAD_CLIENT_ID = 2
BAD_USER_NAME = 4
NOT_AUTHORIZED = 5
SUBSCRIPTION_FAILED = 0x80
# For a server, 3.1 and 3.1.1 differ only in the name of the protocol.
_LEVEL_OF_3_1, _LONGEST_ID_OF_3_1 = 3, 23
_PROTOCOLS = (("MQTT", 4), ("MQIsdp", _LEVEL_OF_3_1))


class _Body(ReaderAdapter):  # type: ignore[misc]
    """The bytes of one packet, so that a wrong length within it cannot reach into the next."""

    def __init__(self, data: bytes) -> None:
        self._stream = BytesIO(data)
        self._length = len(data)

    async def read(self, n: int = -1) -> bytes:
        return self._stream.read(n)

    def feed_eof(self) -> None:
        return None

    @property
    def is_read(self) -> bool:
        return self._stream.tell() == self._length


class PacketReader:
    """Reads packets from a stream, up to the size limit."""

    def __init__(self, stream: asyncio.StreamReader | TlsReader, limit: int) -> None:
        self._stream = stream
        self._adapter = StreamReaderAdapter(stream)
        self._limit = limit
        self._is_five = False

    async def next(self) -> Packet | None:
        """Return the next packet, None at the end of the stream."""
        try:
            header = await kinds.MQTTFixedHeader.from_stream(self._adapter)
            if header is None:
                return None
            if header.remaining_length > self._limit:
                raise Malformed(f"{header.remaining_length} bytes are more than {self._limit}")
            check_flags(header.packet_type, header.flags)
            data = await self._stream.readexactly(header.remaining_length)
        except (asyncio.IncompleteReadError, ConnectionError):
            return None
        except Malformed:
            raise
        except Exception as error:
            raise Malformed(f"a head that cannot be read ({type(error).__name__}: {error})") from error
        if self._is_five and header.packet_type != kinds.CONNECT:
            return five.read(header.packet_type, header.flags, data)
        if header.packet_type == kinds.CONNECT and (following := _after_level(data, five.LEVEL)) is not None:
            self._is_five = True
            return five.read_connect(following)
        body = _Body(data)
        if header.packet_type in _IGNORED:
            return Ignored()
        reader = _READERS.get(header.packet_type)
        if reader is None:
            raise Malformed(f"a client sends no packets of type {header.packet_type}")
        try:
            packet = await reader(header, body)
        except Exception as error:
            # The decoders raise whatever their mistakes lead to; all of it is the client's packet.
            raise Malformed(f"a packet that cannot be read ({type(error).__name__}: {error})") from error
        if not body.is_read:
            raise Malformed("the packet is longer than its contents")
        return packet


def _after_level(data: bytes, level: int) -> bytes | None:
    """Return what follows the protocol in a CONNECT packet of this level; None where it has another."""
    head = b"\x00\x04MQTT" + bytes([level])
    return data[len(head) :] if data.startswith(head) else None


async def _connect(header: Any, body: _Body) -> Packet:
    variable = await ConnectVariableHeader.from_stream(body, header)
    if (variable.proto_name, variable.proto_level) not in _PROTOCOLS:
        raise Malformed(f"no such protocol: {variable.proto_name!r}, {variable.proto_level}")
    packet = await ConnectPacket.from_stream(body, header, variable)
    given = packet.payload
    if (variable.username_flag, variable.password_flag) != (
        given.username is not None,
        given.password is not None,
    ):
        raise Malformed("CONNECT is cut short")
    client_id = "" if given.client_id_is_random else str(given.client_id)
    if variable.proto_level == _LEVEL_OF_3_1 and not 1 <= len(client_id) <= _LONGEST_ID_OF_3_1:
        raise Malformed(f"client ids of MQTT 3.1 have 1 to {_LONGEST_ID_OF_3_1} characters")
    return Connect(
        client_id=client_id,
        user_name=given.username,
        password=given.password,
        keep_alive=int(variable.keep_alive),
        clean=bool(variable.clean_session_flag),
    )


async def _publish(header: Any, body: _Body) -> Packet:
    packet = await PublishPacket.from_stream(body, header)
    topic, payload = packet.variable_header.topic_name, packet.payload.data
    if packet.qos > 2:
        raise Malformed("there is no QoS 3")
    identifier = 0 if packet.qos == 0 else 2
    if 2 + len(topic.encode()) + identifier + len(payload) != header.remaining_length:
        # amqtt puts Python's notation of the bytes where a topic is no UTF-8.
        raise Malformed("the topic is no UTF-8")
    check_message(topic, packet.variable_header.packet_id if packet.qos else None)
    return Publish(topic, payload, packet.variable_header.packet_id)


async def _acknowledge(header: Any, body: _Body) -> Packet:
    return Acknowledge((await PubackPacket.from_stream(body, header)).variable_header.packet_id)


async def _subscribe(header: Any, body: _Body) -> Packet:
    packet = await SubscribePacket.from_stream(body, header)
    if any(qos > 2 for _, qos in packet.payload.topics):
        raise Malformed("there is no QoS 3")
    return Subscribe(packet.variable_header.packet_id, tuple(packet.payload.topics))


async def _unsubscribe(header: Any, body: _Body) -> Packet:
    packet = await UnsubscribePacket.from_stream(body, header)
    return Unsubscribe(packet.variable_header.packet_id, tuple(packet.payload.topics))


async def _ping(header: Any, body: _Body) -> Packet:
    return Ping()


async def _disconnect(header: Any, body: _Body) -> Packet:
    return Disconnect()


_READERS = {
    kinds.CONNECT: _connect,
    kinds.PUBLISH: _publish,
    kinds.PUBACK: _acknowledge,
    kinds.SUBSCRIBE: _subscribe,
    kinds.UNSUBSCRIBE: _unsubscribe,
    kinds.PINGREQ: _ping,
    kinds.DISCONNECT: _disconnect,
}

_IGNORED = five.IGNORED - {kinds.RESERVED_15}


class Writing:
    """The packets to a client of MQTT 3.1 or 3.1.1, which has no words for reasons."""

    level = 4

    def connack(self, code: int, *, session_present: bool = False) -> bytes:
        """Return the answer to a CONNECT; before MQTT 5 a wrong user name is refused as not authorized."""
        told = NOT_AUTHORIZED if code == BAD_USER_NAME else code
        return bytes(ConnackPacket.build(int(session_present), told).to_bytes())

    def refusal(self, code: int) -> bytes:
        """Return what a client is told that may not connect."""
        return self.connack(code)

    def puback(self, packet_id: int, reason: int = 0) -> bytes:
        """Return the acknowledgement of a message."""
        return bytes(PubackPacket.build(packet_id).to_bytes())

    def suback(self, packet_id: int, codes: Sequence[int]) -> bytes:
        """Return what each topic filter was granted."""
        return bytes(SubackPacket.build(packet_id, list(codes)).to_bytes())

    def unsuback(self, packet_id: int, codes: Sequence[int]) -> bytes:
        """Return the answer to an UNSUBSCRIBE."""
        return bytes(UnsubackPacket.build(packet_id).to_bytes())

    def publish(self, topic: str, payload: bytes, packet_id: int | None) -> bytes:
        """Return a message to a client, at QoS 1 when it has an id."""
        qos = 0 if packet_id is None else 1
        return bytes(PublishPacket.build(topic, payload, packet_id, False, qos, False).to_bytes())

    def disconnect(self, reason: int) -> bytes:
        """Return nothing: a server says no farewell."""
        return b""

    def farewell(self) -> bytes:
        """Return the answer to a DISCONNECT: nothing."""
        return b""


PINGRESP = bytes(PingRespPacket().to_bytes())
