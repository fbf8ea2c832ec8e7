"""A TCP relay that swallows: what is sent vanishes, nobody is told, and nobody is disconnected.

So does a network that loses its way, or a NAT that forgets a connection: both ends go on believing in it. A
relay that held what it got, or closed one end with the other, would hide that.
"""

from __future__ import annotations

import contextlib
import select
import socket
import threading
from types import TracebackType
from typing import Self


class BlackHole:
    """Passes connections on to a port of loopback until it is told to swallow."""

    def __init__(self, upstream: int) -> None:
        self._upstream = upstream
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self.connections = 0
        self._swallowing = threading.Event()
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        for one in (self._listening, *self._open):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(30)
        for one in (self._listening, *self._open):
            one.close()

    def swallow(self) -> None:
        """Lose every connection that stands, for good, and whatever begins before `pass_on`."""
        self._swallowing.set()

    def pass_on(self) -> None:
        """Carry connections that begin from now on."""
        self._swallowing.clear()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(client)
            thread = threading.Thread(target=self._serve, args=(client,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, client: socket.socket) -> None:
        if self._swallowing.is_set():
            # It is taken by this machine's kernel, as by a router; nothing ever comes of it.
            return
        try:
            server = socket.create_connection(("127.0.0.1", self._upstream), 30)
        except OSError:
            with contextlib.suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)
            return
        self._open.append(server)
        with contextlib.suppress(OSError, ValueError):
            while True:
                ready = select.select([client, server], [], [], 0.05)[0]
                if self._swallowing.is_set():
                    # From here on nobody reads; both ends stay open.
                    return
                for one in ready:
                    data = one.recv(65536)
                    if not data:
                        break
                    (server if one is client else client).sendall(data)
                else:
                    continue
                break
        for one in (client, server):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
