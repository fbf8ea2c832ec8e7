"""A server that plays any bytes on loopback: endless, slow, packed, deep, of the wrong type, or half."""

from __future__ import annotations

import contextlib
import functools
import gzip
import json
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it came."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


Play = Callable[[Asked], Iterator[bytes]]
"""What is sent for a request, piece by piece; the connection is closed at its end."""

USER = {
    "id": {"entityType": "USER", "id": "0d1d1a50-1c0d-11f0-8d4b-000000000001"},
    "tenantId": {"entityType": "TENANT", "id": "0d1d1a50-1c0d-11f0-8d4b-000000000002"},
    "customerId": {"entityType": "CUSTOMER", "id": "13814000-1dd2-11b2-8080-808080808080"},
    "email": "admin@example.com",
    "authority": "TENANT_ADMIN",
}


class HostileServer:
    """Serves connections on loopback, each in a thread, until it is closed; `asked` has the targets."""

    def __init__(self, play: Play) -> None:
        self.play = play
        self.asked: list[str] = []
        self._ending = threading.Event()
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._ending.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._accepting.join(30)
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.add(connection)
        with connection, contextlib.suppress(OSError, ValueError):
            with connection.makefile("rb") as stream:
                asked = _request(stream)
                self.asked.append(asked.target)
                for piece in self.play(asked):
                    if self._ending.is_set():
                        break
                    connection.sendall(piece)
            # What is unread would make a reset of the end, which takes sent bytes with it.
            connection.shutdown(socket.SHUT_WR)
        with self._lock:
            self._open.discard(connection)


def _request(stream: Any) -> Asked:
    method, target, _ = stream.readline(65_536).decode("latin-1").split(" ")
    headers = {}
    for row in iter(lambda: stream.readline(65_536), b"\r\n"):
        if not row:
            break
        name, _, value = row.decode("latin-1").partition(":")
        headers[name.lower()] = value.strip()
    return Asked(method, target, headers, stream.read(int(headers.get("content-length", 0))))


def whole(content: bytes, status: int = 200, **headers: str) -> Iterator[bytes]:
    """Play an ordinary answer."""
    yield head(status, content_length=str(len(content)), **headers)
    yield content


def head(status: int = 200, **headers: str) -> bytes:
    """Return status line and headers, underscores for hyphens."""
    rows = {"content-type": "application/json", "connection": "close"}
    rows.update({name.replace("_", "-"): value for name, value in headers.items()})
    lines = "".join(f"{name}: {value}\r\n" for name, value in rows.items())
    return f"HTTP/1.1 {status} Whatever\r\n{lines}\r\n".encode("latin-1")


def json_of(body: object, status: int = 200) -> Iterator[bytes]:
    """Play a JSON answer."""
    return whole(json.dumps(body).encode(), status)


def endless_list() -> Iterator[bytes]:
    """Play a list that does not end."""
    yield head() + b"["
    while True:
        yield b"[]," * 20_000


def endless_text() -> Iterator[bytes]:
    """Play a text that does not end."""
    yield head() + b'"'
    while True:
        yield b"x" * 65_536


def endless_chunk_size() -> Iterator[bytes]:
    """Play a chunk whose size does not end."""
    yield head(transfer_encoding="chunked")
    while True:
        yield b"0" * 65_536


def endless_trailers() -> Iterator[bytes]:
    """Play an answer whose trailers do not end."""
    yield head(transfer_encoding="chunked") + b"2\r\n[]\r\n0\r\n"
    while True:
        yield b"x-trailer: x\r\n" * 4_000


def endless_continue() -> Iterator[bytes]:
    """Play `100 Continue` for ever, as fast as it goes."""
    while True:
        yield b"HTTP/1.1 100 Continue\r\n\r\n" * 1_000


def endless_headers() -> Iterator[bytes]:
    """Play headers for ever."""
    yield b"HTTP/1.1 200 OK\r\n"
    while True:
        yield b"x-header: x\r\n" * 4_000


def gzip_bomb() -> Iterator[bytes]:
    """Play an answer of four megabytes that is a gigabyte when it is unpacked."""
    return whole(_bomb(), content_encoding="gzip")


@functools.cache
def _bomb() -> bytes:
    # After a full flush every piece is packed alike, so that only two have to be; nobody gets to the end.
    packer = zlib.compressobj(1, wbits=31)
    first, piece = (packer.compress(b"0" * 1_000_000) + packer.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    return first + piece * 999


def nested_gzip_bomb() -> Iterator[bytes]:
    """Play zeros that are packed twice."""
    return whole(_nested_bomb(), content_encoding="gzip, gzip")


@functools.cache
def _nested_bomb() -> bytes:
    return gzip.compress(gzip.compress(b"0" * 100_000_000))


def large_list() -> Iterator[bytes]:
    """Play a list of 100 MB with its length."""
    yield head(content_length=str(100_000_002)) + b"[0"
    for _ in range(1_000):
        yield b",0" * 50_000
    yield b"]"


def deep(levels: int = 100_000) -> Iterator[bytes]:
    """Play a list in a list in a list."""
    return whole(b"[" * levels + b"]" * levels)


def dripped(content: bytes, every: float = 0.2) -> Iterator[bytes]:
    """Play bytes one by one."""
    for position in range(len(content)):
        yield content[position : position + 1]
        time.sleep(every)


def dripping_body() -> Iterator[bytes]:
    """Play one byte of a list now and then, for ever."""
    yield head() + b"["
    while True:
        yield from dripped(b"0,")


def dripping_head() -> Iterator[bytes]:
    """Play one byte of a header now and then."""
    return dripped(b"HTTP/1.1 200 OK\r\nx-header: " + b"x" * 100_000)


def dripping_status() -> Iterator[bytes]:
    """Play one byte of a status line now and then."""
    return dripped(b"HTTP/1.1 200 " + b"O" * 100_000)


def dripping_continue() -> Iterator[bytes]:
    """Play `100 Continue` now and then, for ever."""
    while True:
        yield b"HTTP/1.1 100 Continue\r\n\r\n"
        time.sleep(0.2)


def dripping_chunks() -> Iterator[bytes]:
    """Play chunks of one byte now and then, for ever."""
    yield head(transfer_encoding="chunked")
    while True:
        yield b"1\r\n \r\n"
        time.sleep(0.2)


def wide() -> Iterator[bytes]:
    """Play the text that takes most memory for its bytes: one character needs four bytes, so all do."""
    return whole(b'["' + "\U0001f680".encode() + b"x" * 30_000_000 + b'"]')


def answer_of(connection: socket.socket) -> bytes:
    """Return all that a server sends until it closes; what a reset cuts off is not told."""
    received = b""
    with contextlib.suppress(ConnectionResetError):
        while part := connection.recv(65_536):
            received += part
    return received
