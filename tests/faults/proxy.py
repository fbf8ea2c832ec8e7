"""A proxy that breaks HTTP exchanges by a seeded schedule: `python -m tests.faults.proxy --upstream URL`.

It stands as a process of its own between papaya and a server. Which fault befalls a request depends on the
seed and on the number of the request alone, so the same seed breaks the same numbers again; what it did goes
to a log of JSON lines. Queries of URLs are not logged: they may hold tokens.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import socket
import struct
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import TextIO
from urllib.parse import urlsplit

# How a real server treats a connection that is kept alive.
REQUESTS_A_CONNECTION = 100
RATE_LIMITED = (
    b'{"status":429,"message":"Too many requests for current tenant!","errorCode":33,'
    b'"timestamp":1750000000000}'
)
DATABASE_ERROR = b'{"status":500,"message":"Database error","errorCode":46,"timestamp":1750000000000}'
GATEWAY_PAGE = b"<html><head><title>%d</title></head><body>nginx</body></html>"

# Fault to weight. Those that cost seconds are rare.
ALL_FAULTS: Mapping[str, int] = {
    "drop-before": 6,
    "drop-after": 8,
    "delay": 6,
    "late": 1,
    "truncate-head": 3,
    "truncate-body": 5,
    "duplicate-first": 5,
    "duplicate-second": 5,
    "reset-idle": 6,
    "429": 4,
    "500-before": 3,
    "500-after": 3,
    "502-before": 2,
    "502-after": 3,
    "503-before": 2,
    "504-before": 2,
    "504-after": 3,
}


@dataclass(frozen=True, slots=True)
class Schedule:
    """Which fault befalls which request: of all requests this share, at most so many, none twice running."""

    seed: int
    share: float = 0.08
    at_most: int = 60
    weights: Mapping[str, int] = field(default_factory=lambda: dict(ALL_FAULTS))

    def fault(self, number: int) -> str:
        """Return the fault of the request of this number, or nothing."""
        chance = Random(f"{self.seed}/{number}")
        if chance.random() >= self.share:
            return ""
        return chance.choices(list(self.weights), list(self.weights.values()))[0]

    def seconds(self, number: int) -> float:
        """Return how long a delayed request waits."""
        return Random(f"{self.seed}/{number}/delay").uniform(0.01, 0.3)


@dataclass(frozen=True, slots=True)
class Message:
    """A request or an answer, as bytes."""

    head: bytes
    body: bytes

    @property
    def first_line(self) -> str:
        """Return the request line or the status line."""
        return self.head.split(b"\r\n", 1)[0].decode("latin-1")

    @property
    def bytes(self) -> bytes:
        """Return what goes over the wire."""
        return self.head + self.body


class Proxy:
    """Carries requests to the upstream and answers back, broken as the schedule says."""

    def __init__(self, upstream: str, schedule: Schedule, log: TextIO | None, *, late: float) -> None:
        address = urlsplit(upstream)
        self._host, self._port = address.hostname or "127.0.0.1", address.port or 80
        self._schedule = schedule
        self._log = log
        self._late = late
        self._number = 0
        self._broken = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection of the client."""
        try:
            for _ in range(REQUESTS_A_CONNECTION):
                request = await read_message(reader)
                if request is None or not await self._exchange(request, writer):
                    break
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _exchange(self, request: Message, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; return whether the connection goes on."""
        self._number += 1
        number = self._number
        fault = self._schedule.fault(number) if self._broken < self._schedule.at_most else ""
        self._broken += bool(fault)
        kind, _, when = fault.partition("-")
        answer: Message | None = None
        try:
            if fault in ("drop-before", "429") or when == "before":
                answer = None
            else:
                if kind == "delay":
                    await asyncio.sleep(self._schedule.seconds(number))
                answer = await self._forward(request)
                if kind == "duplicate":
                    second = await self._forward(request)
                    answer = second if when == "second" else answer
        except OSError as error:
            self._note(number, request, fault, f"upstream: {error.strerror}")
            return False
        self._note(number, request, fault, answer.first_line if answer else "not forwarded")
        if kind.isdigit():
            answer = refusal(int(kind))
        return await self._reply(fault, answer, writer)

    async def _reply(self, fault: str, answer: Message | None, writer: asyncio.StreamWriter) -> bool:
        if fault.startswith("drop") or answer is None:
            reset(writer)
            return False
        if fault == "late":
            await asyncio.sleep(self._late)
        if fault == "truncate-head":
            writer.write(answer.head[: len(answer.head) // 2])
        elif fault == "truncate-body" and answer.body:
            writer.write(answer.head + answer.body[: len(answer.body) // 2])
        else:
            writer.write(answer.bytes)
        await writer.drain()
        if fault == "reset-idle":
            await asyncio.sleep(0.02)
            reset(writer)
        return not fault.startswith(("truncate", "reset"))

    async def _forward(self, request: Message) -> Message:
        reader, writer = await asyncio.open_connection(self._host, self._port)
        try:
            writer.write(request.bytes)
            await writer.drain()
            answer = await read_message(reader)
        except asyncio.IncompleteReadError as error:
            raise ConnectionResetError("the upstream ended in the middle") from error
        finally:
            writer.close()
        if answer is None:
            raise ConnectionResetError("the upstream gave no answer")
        return answer

    def _note(self, number: int, request: Message, fault: str, ending: str) -> None:
        if self._log is None:
            return
        method, target, *_ = request.first_line.split(" ")
        line = {"number": number, "method": method, "path": target.partition("?")[0], "fault": fault}
        self._log.write(json.dumps({**line, "ending": ending}) + "\n")
        self._log.flush()


async def read_message(reader: asyncio.StreamReader) -> Message | None:
    """Return the next request or answer, or None at the end of the connection."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise
        return None
    length = 0
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            length = int(value)
    return Message(head, await reader.readexactly(length) if length else b"")


def refusal(status: int) -> Message:
    """Return the answer that a server or a gateway in front of it gives with this status."""
    if status == 429:
        body, kind = RATE_LIMITED, "application/json"
    elif status == 500:
        body, kind = DATABASE_ERROR, "application/json"
    else:
        body, kind = GATEWAY_PAGE % status, "text/html"
    head = f"HTTP/1.1 {status} Refused\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    return Message(head.encode(), body)


def reset(writer: asyncio.StreamWriter) -> None:
    """End a connection at once, with a reset instead of a farewell."""
    connection = writer.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def run(arguments: argparse.Namespace) -> None:
    """Serve until SIGTERM or SIGINT."""
    weights = dict(ALL_FAULTS)
    if arguments.schedule:
        weights = {name: ALL_FAULTS[name] for name in arguments.schedule.split(",")}
    schedule = Schedule(arguments.seed, arguments.share, arguments.at_most, weights)
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    with open(arguments.log or "/dev/null", "a", encoding="utf-8") as log:  # noqa: PTH123
        proxy = Proxy(arguments.upstream, schedule, log, late=arguments.late)
        server = await asyncio.start_server(proxy.serve, "127.0.0.1", arguments.port, limit=2**24)
        host, port = server.sockets[0].getsockname()[:2]
        sys.stdout.write(json.dumps({"url": f"http://{host}:{port}"}) + "\n")
        sys.stdout.flush()
        await ended.wait()
        server.close()


def main() -> None:
    """Read the options and serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--upstream", required=True, help="URL of the server behind")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--share", type=float, default=0.08, help="share of requests that are broken")
    parser.add_argument("--at-most", type=int, default=60, help="how many requests are broken in all")
    parser.add_argument("--late", type=float, default=3.0, help="seconds of a late answer")
    parser.add_argument("--schedule", default="", help=f"only these faults, of {','.join(ALL_FAULTS)}")
    parser.add_argument("--log", type=Path)
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
