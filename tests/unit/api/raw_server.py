"""A server that misbehaves on purpose: it answers each request with whatever bytes a test wants."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self


class Hangup(Exception):
    """Raised by a behaviour to close the connection at once, with a reset."""


Behaviour = Callable[["Received"], bytes]


class Received:
    """One request as it came: `number` counts all of them from 1, `on_connection` those of its connection."""

    def __init__(self, head: bytes, body: bytes, number: int, on_connection: int) -> None:
        line, _, rest = head.decode("latin-1").partition("\r\n")
        self.method, self.target, _ = line.split(" ")
        self.headers = {
            name.lower(): value.strip()
            for name, _, value in (row.partition(":") for row in rest.split("\r\n") if row)
        }
        self.body = json.loads(body) if body else None
        self.number = number
        self.on_connection = on_connection


class RawServer:
    """Serves connections on loopback, each in a thread, until it is closed."""

    def __init__(
        self, behaviour: Behaviour, *, context: ssl.SSLContext | None = None, greeting: bytes = b""
    ) -> None:
        self.behaviour = behaviour
        self.received: list[Received] = []
        self.connections = 0
        self._context = context
        self._greeting = greeting
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"{'https' if context else 'http'}://127.0.0.1:{self._listener.getsockname()[1]}"
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._accepting.join(30)
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(30)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            if self._context is not None:
                connection = self._context.wrap_socket(connection, server_side=True)
        except (OSError, ssl.SSLError):
            connection.close()
            return
        with self._lock:
            self._open.add(connection)
        with connection, contextlib.suppress(OSError, ssl.SSLError):
            connection.sendall(self._greeting)
            stream = connection.makefile("rb")
            with stream:
                self._converse(connection, stream)
        with self._lock:
            self._open.discard(connection)

    def _converse(self, connection: socket.socket, stream: Any) -> None:
        on_connection = 0
        while True:
            head = b"".join(iter(lambda: stream.readline(), b"\r\n")) if stream.peek(1) else b""
            if not head:
                return
            on_connection += 1
            length = next(
                (
                    int(row.split(b":")[1])
                    for row in head.split(b"\r\n")
                    if row.lower().startswith(b"content-length")
                ),
                0,
            )
            with self._lock:
                received = Received(head, stream.read(length), len(self.received) + 1, on_connection)
                self.received.append(received)
            try:
                reply = self.behaviour(received)
            except Hangup:
                linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                return
            connection.sendall(reply)
            if b"connection: close" in reply.partition(b"\r\n\r\n")[0].lower():
                return


def answer(body: Any, status: int = 200, **headers: str) -> bytes:
    """Return the bytes of a JSON answer."""
    return raw(json.dumps(body).encode(), status, content_type="application/json", **headers)


def raw(content: bytes, status: int = 200, **headers: str) -> bytes:
    """Return the bytes of an answer with these headers, underscores for hyphens."""
    rows = {
        "content-length": str(len(content)),
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in rows.items())
    return f"HTTP/1.1 {status} Whatever\r\n{head}\r\n".encode() + content


def refusal(status: int, message: str, code: int) -> bytes:
    """Return the bytes of a refusal as ThingsBoard words it."""
    return answer({"status": status, "message": message, "errorCode": code, "timestamp": 1}, status)


def user_or(otherwise: Behaviour) -> Behaviour:
    """Answer logins and questions about the user properly, and everything else as the test wants."""

    def behaviour(received: Received) -> bytes:
        if received.target == "/api/auth/login":
            return answer({"token": "the-token", "refreshToken": "the-refresh-token", "scope": None})
        if received.target == "/api/auth/user":
            return answer(USER)
        return otherwise(received)

    return behaviour


USER = {
    "id": {"entityType": "USER", "id": "u"},
    "tenantId": {"entityType": "TENANT", "id": "t"},
    "customerId": {"entityType": "CUSTOMER", "id": "13814000-1dd2-11b2-8080-808080808080"},
    "email": "admin@example.com",
    "authority": "TENANT_ADMIN",
}
