"""Connections whose requests have an end: the silence in a request is bounded, and its rate is not too low.

aiohttp waits an hour for the rest of a head. For the rest of a body it waits for ever, even where it is
no HTTP. A limit for the whole body would end large uploads over weak lines.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from aiohttp import StreamReader, web
from aiohttp.web_protocol import RequestHandler, RequestPayloadError

from papaya.sandbox.listening import Places

_LATE = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
_FULL = b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
_LOOKS_IN_SILENCE = 10


@dataclass(frozen=True, slots=True)
class Pace:
    """How slowly a request may come.

    `silence`: seconds without a byte in a request, and between requests. In all a head or a body may take
    as long, and a second more for each `bytes_a_second` that have come.
    """

    silence: float = 60.0
    bytes_a_second: int = 1024


class PacedConnection(RequestHandler):
    """aiohttp's connection, which counts the bytes of what it waits for: a head, or the body of `reading`."""

    __slots__ = ("_began", "_body", "_bytes", "_heard", "_pace", "_places", "_seated", "serving")

    def __init__(self, server: web.Server, pace: Pace, places: Places, **options: object) -> None:
        super().__init__(server, loop=asyncio.get_running_loop(), **options)  # type: ignore[arg-type]
        self._pace, self._places, self._seated = pace, places, False
        # The task that answers a request whose client may go, without harm to anything but the answer.
        self.serving: asyncio.Task[object] | None = None
        self._body: StreamReader | None = None
        self._began = self._heard = self._loop.time()
        self._bytes = 0

    def reading(self, body: StreamReader | None) -> None:
        """Note the body that the server waits for from now on; None if there is no body."""
        self._body = body
        self._wait_anew()
        self._end_what_is_no_body()

    def data_received(self, data: bytes) -> None:
        """Take what comes; a body that is no HTTP ends, instead of being waited for."""
        self._heard = self._loop.time()
        if not self._bytes:
            self._began = self._heard
        self._bytes += len(data)
        super().data_received(data)
        self._end_what_is_no_body()

    def _end_what_is_no_body(self) -> None:
        # While a body is unfinished, the queue can only hold the parser's error for that body.
        if self._body is not None and self._messages and not self._body.is_eof():
            self._body.set_exception(RequestPayloadError("the body is no HTTP"))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Serve a client, or tell it that there is no room."""
        self._seated = self._places.take()
        if self._seated:
            super().connection_made(transport)
        elif isinstance(transport, asyncio.WriteTransport):
            transport.write(_FULL)
            transport.close()

    def connection_lost(self, exc: BaseException | None) -> None:
        """End what is done for a client that is gone."""
        if not self._seated:
            return
        self._places.leave()
        if self.serving is not None:
            self.serving.cancel()
        super().connection_lost(exc)

    def check(self, now: float) -> None:
        """End a request that does not arrive, and a connection that is idle."""
        if self._waiter is None and self._body is None:
            # A request is carried out.
            self._wait_anew()
        elif self._is_late(now):
            if self._body is not None:
                self._body.set_exception(TimeoutError("the body does not come"))
                return
            if self._bytes and self.transport is not None:
                self.transport.write(_LATE)
            self.force_close()

    def _is_late(self, now: float) -> bool:
        pace = self._pace
        if now - self._heard > pace.silence:
            return True
        return bool(self._bytes) and now - self._began > pace.silence + self._bytes / pace.bytes_a_second

    def _wait_anew(self) -> None:
        self._began = self._heard = self._loop.time()
        self._bytes = 0


class PacedServer(web.Server):
    """aiohttp's server with such connections."""

    def __init__(self, *arguments: object, pace: Pace, places: Places, **options: object) -> None:
        super().__init__(*arguments, **options)  # type: ignore[arg-type]
        self._pace, self._places = pace, places

    def __call__(self) -> RequestHandler:
        """Make a connection; asyncio calls this."""
        return PacedConnection(self, self._pace, self._places, **self._kwargs)

    async def watch(self) -> None:
        """Look again and again for requests that do not come."""
        while True:
            await asyncio.sleep(min(1.0, self._pace.silence / _LOOKS_IN_SILENCE))
            now = asyncio.get_running_loop().time()
            for connection in self.connections:
                if isinstance(connection, PacedConnection):
                    connection.check(now)
