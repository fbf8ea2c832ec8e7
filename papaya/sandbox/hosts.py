"""Which names a request may call this server by.

A web page can point its own host name to 127.0.0.1 (DNS rebinding). It could then sign in with the published
passwords and read this server's answers. The browser sends that name as `Host`, so an unknown one is refused.
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
from collections.abc import Iterable
from urllib.parse import urlsplit

_LOCAL = "localhost"


def is_local(host: str) -> bool:
    """Return whether only this machine can reach a server that listens on this address."""
    if host == _LOCAL:
        return True
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return False


class KnownHosts:
    """The names of this server: addresses, `localhost`, this machine's name, and those that are given."""

    def __init__(self, given: Iterable[str] = ()) -> None:
        self._names = {name.casefold().rstrip(".") for name in (*given, _LOCAL, socket.gethostname())}

    def knows(self, host: str) -> bool:
        """Return whether the `Host` of a request names this server; an empty one comes from no browser."""
        if not host:
            return True
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        with contextlib.suppress(ValueError):
            ipaddress.ip_address(name)
            return True
        name = name.rstrip(".")
        return name in self._names or name.endswith(f".{_LOCAL}")
