"""A line between a device and the sandbox's MQTT: it may speak TLS, and it loses what a test wants lost."""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import subprocess
import threading
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

Loss = Literal["request", "answer"]


class Relay:
    """Passes connections on; from the message with `marker` on either it or the answer to it is lost."""

    def __init__(
        self,
        upstream: int,
        *,
        context: ssl.SSLContext | None = None,
        marker: bytes = b"",
        lose: Loss | None = None,
    ) -> None:
        self.lose = lose
        self.reached = threading.Event()
        self.connections = 0
        self._upstream, self._context, self._marker = upstream, context, marker
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        for one in (self._listening, *self._open):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        self._open.append(client)
        try:
            if self._context is not None:
                client = self._context.wrap_socket(client, server_side=True)
                self._open.append(client)
            server = socket.create_connection(("127.0.0.1", self._upstream), 60)
        except OSError:
            client.close()
            return
        self._open.append(server)
        self.connections += 1
        # A connection closed from outside while this waits is a ValueError to select, an OSError to the rest.
        with contextlib.suppress(OSError, ValueError):
            self._pass_on(client, server)
        for one in (client, server):
            one.close()

    def _pass_on(self, client: socket.socket, server: socket.socket) -> None:
        """Carry both ways in one thread: a connection in TLS bears no reading and writing at once."""
        is_muted = False
        while True:
            waiting = isinstance(client, ssl.SSLSocket) and client.pending() > 0
            ready = [client] if waiting else select.select([client, server], [], [])[0]
            if client in ready:
                data = client.recv(65536)
                if not data:
                    return
                is_marked = bool(self._marker) and self._marker in data
                if is_marked and self.lose == "request":
                    self.reached.set()
                    continue
                is_muted |= is_marked and self.lose == "answer"
                server.sendall(data)
            if server in ready:
                data = server.recv(65536)
                if not data:
                    return
                if is_muted:
                    # The server has handled what it answers.
                    self.reached.set()
                else:
                    client.sendall(data)


class Mute:
    """Something that takes connections, says the same to each, and reads on."""

    def __init__(self, says: bytes = b"") -> None:
        self._says = says
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._read, args=(client,), daemon=True).start()

    def _read(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError), client:
            client.recv(65536)
            if self._says:
                client.sendall(self._says)
            while client.recv(65536):
                pass


def make_certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """Return a new certificate for 127.0.0.1 that nobody has signed, and the server's context with it."""
    certificate, key = folder / "server.pem", folder / "server.key"
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
    ]
    command += ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "30"]
    command += ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return certificate, context
