"""A proxy that puts a server so many milliseconds of round trip away; prints its port, serves until ended.

python -m tests.benchmarks.long_line URL MILLISECONDS
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

_PIECE = 65_536


@contextmanager
def long_line(url: str, milliseconds: float) -> Iterator[str]:
    """Yield a URL at which the same server is that far away; the proxy is a process of its own."""
    command = [sys.executable, "-m", "tests.benchmarks.long_line", url, str(milliseconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        process.terminate()


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seconds: float) -> None:
    """Hand on what comes, each piece so many seconds after it came; pieces overlap, as on a long line."""
    pieces: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    async def deliver() -> None:
        while True:
            due, piece = await pieces.get()
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            if not piece:
                break
            writer.write(piece)
            await writer.drain()
        with suppress(OSError):
            writer.close()

    delivering = asyncio.create_task(deliver())
    with suppress(OSError):
        while piece := await reader.read(_PIECE):
            pieces.put_nowait((time.monotonic() + seconds, piece))
    pieces.put_nowait((time.monotonic() + seconds, b""))
    with suppress(OSError):
        await delivering


async def _proxy(url: str, seconds: float) -> None:
    where = urlsplit(url)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # A connection costs a round trip of its own before the first byte.
        await asyncio.sleep(2 * seconds)
        there, back = await asyncio.open_connection(where.hostname, where.port)
        await asyncio.gather(_carry(reader, back, seconds), _carry(there, writer, seconds))

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(listening.sockets[0].getsockname()[1], flush=True)
    await listening.serve_forever()


if __name__ == "__main__":
    asyncio.run(_proxy(sys.argv[1], float(sys.argv[2]) / 2000))
