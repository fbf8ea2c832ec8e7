"""Tells a live remote port from a stale one: what an SSH server says first must come through the tunnel."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

Verdict = Literal["up", "listening", "stale", "deadEnd", "notListening", "forbidden", "notAsked"]
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
# Opens a connection to one of the bastion's ports; refused ones raise ConnectionRefusedError.
Connect = Callable[[int], Awaitable[Streams]]

WAIT_SECONDS: Final = 3.0
# Two descriptors each, and a process may usually have 1024.
AT_ONCE: Final = 400
_LONGEST_BANNER: Final = 255
_SSH: Final = b"SSH-"


@dataclass(frozen=True, slots=True)
class Probe:
    """What was found at one remote port; `banner` is what the server behind it said first."""

    port: int
    verdict: Verdict
    banner: str = ""

    @property
    def is_up(self) -> bool:
        """Whether the port leads to the device, as far as can be told without a word of one's own."""
        return self.verdict in {"up", "listening"}


async def connect_here(port: int) -> Streams:
    """Open a connection to a port of this machine's loopback address, where this machine is the bastion."""
    return await asyncio.open_connection("127.0.0.1", port)


async def probe_ports(
    ports: Mapping[int, bool],
    connect: Connect,
    *,
    wait: float = WAIT_SECONDS,
    at_once: int = AT_ONCE,
) -> dict[int, Probe]:
    """Probe ports; the value says whether an SSH server is behind one, which speaks first.

    What other servers do is not known, so that a port which is open and stays so counts as listening.
    """
    turn = asyncio.Semaphore(at_once)

    async def one(port: int, speaks_ssh: bool) -> Probe:
        async with turn:
            return await _probe(port, connect, wait, speaks_ssh=speaks_ssh)

    found = await asyncio.gather(*(one(port, speaks) for port, speaks in ports.items()))
    return {probe.port: probe for probe in found}


async def _probe(port: int, connect: Connect, wait: float, *, speaks_ssh: bool) -> Probe:
    try:
        reader, writer = await asyncio.wait_for(connect(port), wait)
    except TimeoutError:
        return Probe(port, "stale")
    except OSError:
        return Probe(port, "notListening")
    try:
        said = await asyncio.wait_for(reader.readline(), wait)
    except TimeoutError:
        return Probe(port, "stale" if speaks_ssh else "listening")
    except (OSError, ValueError):
        # Reset, or a line without end.
        return Probe(port, "deadEnd")
    finally:
        writer.transport.abort()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
    banner = said[:_LONGEST_BANNER].decode(errors="replace").strip()
    if said.startswith(_SSH):
        return Probe(port, "up", banner)
    return Probe(port, "listening" if said and not speaks_ssh else "deadEnd", banner)


def told(probe: Probe, *, speaks_ssh: bool = True) -> str:
    """Return in plain words what a probe has found; `speaks_ssh` is what an SSH server was expected to do."""
    match probe.verdict:
        case "up":
            return f"up: {_plain(probe.banner)}"
        case "listening":
            return "open; whether its server answers cannot be told without asking it"
        case "stale":
            return "stale listener: the bastion takes the connection, nothing answers from the device"
        case "deadEnd":
            what = f" but {_plain(probe.banner)!r}" if probe.banner else ""
            server = "SSH server" if speaks_ssh else "server"
            return f"the tunnel stands, and no {server} answers at the device's end{what}"
        case "notListening":
            return "not listening: the device has no connection to the bastion"
        case "forbidden":
            return "the bastion does not let this user reach the port"
        case "notAsked":
            return "not known: the bastion could not be asked"


def _plain(banner: str) -> str:
    """Return a banner without what a terminal would obey."""
    return "".join(character if character.isprintable() else "?" for character in banner)


def counted(probes: Sequence[Probe]) -> str:
    """Return how many of the probed ports are up."""
    up = sum(probe.is_up for probe in probes)
    return f"{up} of {len(probes)} up"
