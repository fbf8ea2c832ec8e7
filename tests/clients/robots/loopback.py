"""Keeps a child process on this machine: it may not connect elsewhere, look up a name or start pip."""

from __future__ import annotations

import ipaddress
import sys
from typing import Any

_LOCAL_NAMES = ("localhost", "", None)


class Refused(RuntimeError):
    """The process tried what tests must not do."""


def stay() -> None:
    """Refuse from now on, for the life of the process."""
    sys.addaudithook(_watch)


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        _check(arguments[1][0])
    elif event == "socket.getaddrinfo":
        _check(arguments[0])
    elif event == "subprocess.Popen" and any("pip" in str(part) for part in arguments[1] or ()):
        raise Refused(f"a client starts {arguments[1]}")


def _check(host: Any) -> None:
    if host in _LOCAL_NAMES:
        return
    try:
        local = ipaddress.ip_address(host).is_loopback
    except ValueError:
        local = False
    if not local:
        raise Refused(f"a client connects to {host}")
