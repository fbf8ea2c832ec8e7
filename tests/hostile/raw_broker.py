"""A server on a port of this machine that answers a CONNECT with whatever bytes a test has for it."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Self

ACCEPTED = b"\x20\x02\x00\x00"
GRANTED = b"\x90\x06\x00\x01\x01\x01\x01\x01"
# Gives bytes for as long as the client takes them.
Script = Callable[[], Iterator[bytes]]


def publish(topic: bytes, payload: bytes, *, qos: int = 0, number: int = 1, retain: bool = False) -> bytes:
    """Return a PUBLISH, whatever is wrong with its parts."""
    body = struct.pack("!H", len(topic)) + topic
    if qos:
        body += struct.pack("!H", number)
    body += payload
    return bytes([0x30 | qos << 1 | int(retain)]) + length(len(body)) + body


def length(number: int) -> bytes:
    """Return a remaining length."""
    encoded = bytearray()
    while True:
        number, digit = divmod(number, 128)
        encoded.append(digit | (0x80 if number else 0))
        if not number:
            return bytes(encoded)


class RawBroker:
    """Sends what `script` gives to everyone who connects; `connections` counts them."""

    def __init__(self, script: Script, *, hangs_up: bool = False) -> None:
        self._script, self._hangs_up = script, hangs_up
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self.connections = 0
        self._open: list[socket.socket] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()
        self._thread.join(60)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            connection.recv(4096)
            for piece in self._script():
                connection.sendall(piece)
            if self._hangs_up:
                connection.shutdown(socket.SHUT_RDWR)
            while connection.recv(65_536):
                continue
