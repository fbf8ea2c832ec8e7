"""A client of MQTT that can send what libraries refuse to send, and tells every packet that comes."""

from __future__ import annotations

import socket
import struct
import time
from typing import Any

Told = list[Any]
_NAMES = {
    4: "PUBACK",
    5: "PUBREC",
    6: "PUBREL",
    7: "PUBCOMP",
    9: "SUBACK",
    11: "UNSUBACK",
    13: "PINGRESP",
    14: "DISCONNECT",
    15: "AUTH",
}


def text(value: str | bytes) -> bytes:
    """Return a text with its length before it."""
    data = value.encode() if isinstance(value, str) else value
    return struct.pack(">H", len(data)) + data


def packet(kind: int, flags: int, body: bytes) -> bytes:
    """Return a packet with its fixed header."""
    length, number = b"", len(body)
    while True:
        number, low = divmod(number, 128)
        length += bytes([low | (128 if number else 0)])
        if not number:
            return bytes([kind << 4 | flags]) + length + body


class RawClient:
    """One connection; `five` says whether it speaks MQTT 5."""

    def __init__(self, port: int, *, five: bool = False) -> None:
        self._five, self._data, self._number = five, b"", 0
        self._socket = socket.create_connection(("127.0.0.1", port))
        self.is_closed = False

    def __enter__(self) -> RawClient:
        return self

    def __exit__(self, *fault: object) -> None:
        self.close()

    def close(self) -> None:
        """Cut the connection without a word."""
        self._socket.close()

    def send(self, data: bytes) -> None:
        """Send bytes, whatever they are."""
        try:
            self._socket.sendall(data)
        except OSError:
            self.is_closed = True

    def connect(
        self,
        user: str | None,
        password: str | None = None,
        *,
        client: str = "",
        clean: bool = True,
        will: tuple[str, str] | None = None,
        level: int = 0,
        name: str = "MQTT",
        properties: bytes = b"",
    ) -> None:
        """Send a CONNECT."""
        flags = 2 * clean | (4 if will else 0) | 0x40 * (password is not None) | 0x80 * (user is not None)
        body = text(name) + bytes([level or (5 if self._five else 4), flags]) + b"\0\x3c"
        body += self._properties(properties) + text(client)
        if will is not None:
            body += self._properties(b"") + text(will[0]) + text(will[1])
        for part in (user, password):
            body += b"" if part is None else text(part)
        self.send(packet(1, 0, body))

    def publish(
        self, topic: str, payload: str | bytes, qos: int = 1, flags: int = 0, properties: bytes = b""
    ) -> None:
        """Send a PUBLISH; `flags` are those of retained and repeated messages."""
        data = payload.encode() if isinstance(payload, str) else payload
        number = self._next() if qos else b""
        self.send(packet(3, qos << 1 | flags, text(topic) + number + self._properties(properties) + data))

    def subscribe(self, *filters: str, qos: int = 1, properties: bytes = b"") -> None:
        """Send a SUBSCRIBE."""
        wanted = b"".join(text(each) + bytes([qos]) for each in filters)
        self.send(packet(8, 2, self._next() + self._properties(properties) + wanted))

    def unsubscribe(self, *filters: str) -> None:
        """Send an UNSUBSCRIBE."""
        self.send(packet(10, 2, self._next() + self._properties(b"") + b"".join(map(text, filters))))

    def _next(self) -> bytes:
        self._number += 1
        return struct.pack(">H", self._number)

    def _properties(self, properties: bytes) -> bytes:
        return bytes([len(properties)]) + properties if self._five else b""

    def told(self, quiet: float, least: int = 0, patience: float = 60.0) -> Told:
        """Return the packets until nothing comes for `quiet` seconds; have patience with the first ones."""
        found: Told = []
        end = time.monotonic() + patience
        while not self.is_closed:
            while (each := self._one()) is not None:
                found.append(each)
            wait = quiet if len(found) >= least else max(quiet, end - time.monotonic())
            self._socket.settimeout(wait)
            try:
                data = self._socket.recv(65536)
            except TimeoutError:
                break
            except OSError:
                data = b""
            self._data += data
            if not data:
                self.is_closed = True
                found.append("closed")
        return found

    def _one(self) -> Told | None:
        length, shift, at = 0, 0, 1
        while True:
            if at >= len(self._data):
                return None
            length |= (self._data[at] & 127) << shift
            shift, at = shift + 7, at + 1
            if not self._data[at - 1] & 128:
                break
        if len(self._data) < at + length:
            return None
        first, body = self._data[0], self._data[at : at + length]
        self._data = self._data[at + length :]
        if first >> 4 == 2:
            return ["CONNACK", body[0], body[1]]
        if first >> 4 == 3:
            return self._message(first >> 1 & 3, body)
        return [_NAMES.get(first >> 4, first >> 4), body.hex()]

    def _message(self, qos: int, body: bytes) -> Told:
        end = 2 + struct.unpack(">H", body[:2])[0]
        topic, rest = body[2:end].decode(), body[end:]
        if qos:
            self.send(packet(4, 0, rest[:2]))
            rest = rest[2:]
        if self._five:
            rest = rest[1 + rest[0] :]
        return ["PUBLISH", topic, rest.decode("utf-8", "replace"), qos]
