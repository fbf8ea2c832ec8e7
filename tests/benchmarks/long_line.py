"""A proxy that puts a server so many milliseconds of round trip away; prints its port, serves until ended.

python -m tests.benchmarks.long_line URL MILLISECONDS [FILE]

With a file it writes a line for each request there: when it was sent, when its answer had come back (seconds
since the proxy began), the number of its connection, whether it waited for it, method and path.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO
from urllib.parse import urlsplit

_PIECE = 65_536
_AT_ONCE = 0.01
_METHODS = (b"GET /", b"POST /", b"DELETE /")


@contextmanager
def long_line(url: str, milliseconds: float, record: Path | None = None) -> Iterator[str]:
    """Yield a URL at which the same server is that far away; the proxy is a process of its own.

    `record` is the file to which it writes a line for each request.
    """
    command = [sys.executable, "-m", "tests.benchmarks.long_line", url, str(milliseconds)]
    command += [] if record is None else [str(record)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        process.terminate()


@dataclass(slots=True)
class _Record:
    """The requests of all connections, each written when its answer has come."""

    file: TextIO
    began: float = field(default_factory=time.monotonic)
    connections: int = 0

    def now(self) -> float:
        """Return the seconds since the proxy began."""
        return time.monotonic() - self.began


@dataclass(slots=True)
class _Connection:
    """One connection: what it carries now; papaya sends no request before the answer to the last one."""

    record: _Record
    number: int
    opened: float
    stood: float = 0.0
    requested: str = ""
    sent: float = 0.0
    came: float = 0.0
    is_first: bool = True
    waited: bool = False

    def sends(self, piece: bytes) -> None:
        """Note a request that begins with this piece."""
        if piece.startswith(_METHODS):
            self.ends()
            self.requested = " ".join(piece.split(b"\r\n", 1)[0].decode().split(" ")[:2])
            now = self.record.now()
            # What came while the connection was made waited for it.
            self.waited = self.is_first and now - self.stood < _AT_ONCE
            self.sent = self.opened if self.waited else now

    def receives(self) -> None:
        """Note that a piece of an answer has come."""
        self.came = self.record.now()

    def ends(self) -> None:
        """Write down the request before this one."""
        if self.requested:
            row = (f"{self.sent:.4f}", f"{self.came:.4f}", self.number, int(self.waited), self.requested)
            print(*row, sep="\t", file=self.record.file, flush=True)
            self.requested, self.is_first = "", False


async def _carry(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    seconds: float,
    comes: Callable[[bytes], None] = lambda piece: None,
    leaves: Callable[[], None] = lambda: None,
) -> None:
    """Hand on what comes, each piece so many seconds after it came; pieces overlap, as on a long line."""
    pieces: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    async def deliver() -> None:
        while True:
            due, piece = await pieces.get()
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            if not piece:
                break
            leaves()
            writer.write(piece)
            await writer.drain()
        with suppress(OSError):
            writer.close()

    delivering = asyncio.create_task(deliver())
    with suppress(OSError):
        while piece := await reader.read(_PIECE):
            comes(piece)
            pieces.put_nowait((time.monotonic() + seconds, piece))
    pieces.put_nowait((time.monotonic() + seconds, b""))
    with suppress(OSError):
        await delivering


async def _proxy(url: str, seconds: float, record: _Record) -> None:
    where = urlsplit(url)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        record.connections += 1
        one = _Connection(record, record.connections, record.now())
        # A connection costs a round trip of its own before the first byte.
        await asyncio.sleep(2 * seconds)
        one.stood = record.now()
        there, back = await asyncio.open_connection(where.hostname, where.port)
        away = _carry(reader, back, seconds, comes=one.sends)
        await asyncio.gather(away, _carry(there, writer, seconds, leaves=one.receives))
        one.ends()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(listening.sockets[0].getsockname()[1], flush=True)
    await listening.serve_forever()


if __name__ == "__main__":
    with Path(sys.argv[3] if len(sys.argv) > 3 else os.devnull).open("w", encoding="utf-8") as written:
        asyncio.run(_proxy(sys.argv[1], float(sys.argv[2]) / 2000, _Record(written)))
