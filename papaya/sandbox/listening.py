"""Sockets to listen on."""

from __future__ import annotations

import asyncio
import resource
import socket

_TURNS = 10
_MAX_OPEN_FILES = 65_536


async def stop_listening(listening: asyncio.Server) -> None:
    """Take no more connections, and have those that were just taken among the ones that a server closes."""
    for one in listening.sockets:
        asyncio.get_running_loop().remove_reader(one.fileno())
    # Between a socket that was accepted and a handler that knows of it the loop turns a few times; asyncio
    # loses the socket if the server closes in between.
    for _ in range(_TURNS):
        await asyncio.sleep(0)
    listening.close()


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
