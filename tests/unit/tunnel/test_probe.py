"""Probes of remote ports against real listeners, and what ssh -v tells of those that it did not reach."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from papaya.tunnel.passage import refusals_in
from papaya.tunnel.probe import Probe, Streams, Verdict, counted, probe_ports, told
from tests.tunnel.bastion import free_port

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
BANNER = b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"


async def _says(banner: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(banner)
    await _is_silent(reader, writer)


async def _is_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        await reader.read()
    writer.transport.abort()


async def _hangs_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def _lives(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _says(BANNER, reader, writer)


async def _is_a_web_server(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _says(b"HTTP/1.1 400 Bad Request\r\n\r\n", reader, writer)


@contextlib.asynccontextmanager
async def listening(handler: Handler) -> AsyncIterator[int]:
    """Listen on a free port of loopback."""
    async with await asyncio.start_server(handler, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]


def probe(handler: Handler | None, *, speaks_ssh: bool = True) -> Probe:
    """Probe a port at which somebody listens, or nobody."""

    async def run() -> Probe:
        async with contextlib.AsyncExitStack() as stack:
            port = free_port() if handler is None else await stack.enter_async_context(listening(handler))
            found = await probe_ports({port: speaks_ssh}, _connect, wait=0.3)
            return found[port]

    return asyncio.run(run())


async def _connect(port: int) -> Streams:
    return await asyncio.open_connection("127.0.0.1", port)


@pytest.mark.parametrize(
    ("handler", "verdict", "words"),
    [
        (_lives, "up", "up: SSH-2.0-OpenSSH_9.2p1 Debian-2"),
        (_is_silent, "stale", "stale listener"),
        (_hangs_up, "deadEnd", "no SSH server answers at the device's end"),
        (_is_a_web_server, "deadEnd", "'HTTP/1.1 400 Bad Request'"),
        (None, "notListening", "not listening"),
    ],
)
def test_a_live_port_is_told_from_one_that_only_looks_so(
    handler: Handler | None, verdict: Verdict, words: str
) -> None:
    found = probe(handler)
    assert found.verdict == verdict
    assert words in told(found)
    assert found.is_up == (verdict == "up")


def test_a_server_that_speaks_second_counts_as_listening() -> None:
    assert probe(_is_silent, speaks_ssh=False).verdict == "listening"
    assert probe(_is_a_web_server, speaks_ssh=False).verdict == "listening"
    away = probe(_hangs_up, speaks_ssh=False)
    assert away.verdict == "deadEnd"
    assert "and no server answers" in told(away, speaks_ssh=False)
    assert probe(None, speaks_ssh=False).verdict == "notListening"


def test_a_banner_cannot_command_the_terminal() -> None:
    assert told(Probe(1, "up", "SSH-2.0-\x1b[2Jx")) == "up: SSH-2.0-?[2Jx"


def test_a_thousand_ports_are_probed_at_the_same_time() -> None:
    handlers: list[Handler] = [_lives, _lives, _lives, _is_silent, _hangs_up]

    async def run() -> tuple[Counter[str], float]:
        async with contextlib.AsyncExitStack() as stack:
            real = [await stack.enter_async_context(listening(handler)) for handler in handlers]
            real.append(free_port())

            async def connect(port: int) -> Streams:
                return await _connect(real[port % len(real)])

            began = time.monotonic()
            found = await probe_ports(dict.fromkeys(range(1000), True), connect, wait=3.0)
            return Counter(one.verdict for one in found.values()), time.monotonic() - began

    verdicts, seconds = asyncio.run(run())
    assert verdicts == {"up": 501, "stale": 167, "deadEnd": 166, "notListening": 166}
    # Far less than one after the other would take, of which each sixth keeps silent.
    assert seconds < 60


def test_how_many_are_up_is_counted() -> None:
    assert counted([Probe(1, "up"), Probe(2, "stale"), Probe(3, "listening")]) == "2 of 3 up"


def test_ports_that_the_bastion_did_not_reach_are_found_among_channels_that_are_used_again() -> None:
    way = "direct-tcpip: listening port -2 for 127.0.0.1 port"
    freed = f"debug1: channel {{}}: free: {way} {{}}, connect from  port 0 to /tmp/x port 0, nchannels 3"
    log = "\r\n".join(
        [
            "channel 2: open failed: connect failed: Connection refused",
            "channel 3: open failed: administratively prohibited: open failed",
            freed.format(4, 20004),
            freed.format(3, 20003),
            freed.format(2, 20002),
            freed.format(2, 20005),
        ]
    )
    assert dict(refusals_in(log)) == {
        20002: "connect failed: Connection refused",
        20003: "administratively prohibited: open failed",
    }
