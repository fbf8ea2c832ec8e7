"""Sockets to listen on."""

from __future__ import annotations

import asyncio
import logging
import resource
import socket
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

_LOG = logging.getLogger(__name__)
_TURNS = 10
_AT_ONCE, _WAITING = 8, 1024
# Each listener may take that many at once before it is looked whether there is room.
_RESERVED = 4 * _AT_ONCE
_TELL_AGAIN_AFTER = 10.0
_OPEN_FILES = Path("/proc/self/fd")
_MAX_OPEN_FILES = 65_536


async def stop_listening(listening: asyncio.Server) -> None:
    """Take no more connections, and have those that were just taken among the ones that a server closes."""
    for one in listening.sockets:
        asyncio.get_running_loop().remove_reader(one.fileno())
    # The loop turns a few times after it accepts a socket and before the handler gets it. If the server
    # closes in between, asyncio loses the socket.
    for _ in range(_TURNS):
        await asyncio.sleep(0)
    listening.close()


class Places:
    """The limit on connections: the limit on open files, less a reserve for other files."""

    def __init__(self, most: int | None = None) -> None:
        self._left = _free_files() if most is None else most
        self._told = -_TELL_AGAIN_AFTER

    def take(self) -> bool:
        """Reserve a place for a connection; if none is left, return false and log it now and then."""
        if self._left <= 0:
            self.complain()
            return False
        self._left -= 1
        return True

    def leave(self) -> None:
        """Give a place back."""
        self._left += 1

    def complain(self) -> None:
        """Log that there are too many connections, unless that was just logged."""
        now = time.monotonic()
        if now - self._told >= _TELL_AGAIN_AFTER:
            self._told = now
            limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
            _LOG.warning(
                "too many connections for a limit of %d open files: new ones are refused. "
                "To have more, raise the limit: ulimit -n 4096",
                limit,
            )


def _free_files() -> int:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return _MAX_OPEN_FILES
    used = len(list(_OPEN_FILES.iterdir())) if _OPEN_FILES.is_dir() else _RESERVED
    return max(1, soft - _RESERVED - used)


async def listen(bound: socket.socket, serve: Callable[[int], Awaitable[asyncio.Server]]) -> asyncio.Server:
    """Start a server that takes a few connections at a turn, and lets many wait.

    `serve` is given asyncio's backlog, which is both. Out of files, asyncio fails as often as it is large.
    """
    listening = await serve(_AT_ONCE)
    bound.listen(_WAITING)
    return listening


def name_of(address: object) -> str:
    """Return a peer's address for the log."""
    return f"{address[0]}:{address[1]}" if isinstance(address, tuple) else "a client that is gone"


def bound_socket(host: str, port: int) -> socket.socket:
    """Return a socket bound to an address; OSError when that cannot be."""
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    bound = socket.socket(family, kind, protocol)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind(address)
    except OSError:
        bound.close()
        raise
    return bound


def allow_many_connections() -> None:
    """Lift the soft limit on open files, which is often 1024: each device takes one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MAX_OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, _MAX_OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
