"""The HTTP edge: aiohttp requests in, replies out, and the faults that tests ask for in between."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.web_exceptions import HTTPRequestEntityTooLarge
from aiohttp.web_protocol import RequestPayloadError

from papaya.sandbox.cors import cross_of
from papaya.sandbox.hosts import KnownHosts
from papaya.sandbox.listening import Places, name_of
from papaya.sandbox.pacing import Pace, PacedConnection, PacedServer
from papaya.sandbox.rest.dispatch import Request, answer
from papaya.sandbox.rest.endpoints import make_router
from papaya.sandbox.rest.reply import JSON_BY_ADVICE, Reply
from papaya.sandbox.store.core import Core
from papaya.sandbox.websocket.server import is_path_of_socket, is_socket, serve
from papaya.sandbox.wire import dumps

_LOG = logging.getLogger(__name__)
_SHOWN = 100
# The server's limits for /api/** and for images; they are checked against Content-Length.
MAX_BODY = 16 * 1024 * 1024
MAX_IMAGE = 50 * 1024 * 1024
_IMAGES = ("/api/image", "/api/resource")
# Interval between checks whether a test releases a held request.
_LOOK_SECONDS = 0.01


def _in_one_line(record: logging.LogRecord) -> bool:
    """Log bytes that are not HTTP in one line, without a traceback through aiohttp's parser."""
    if record.exc_info and isinstance(record.exc_info[1], HttpProcessingError | RequestPayloadError):
        record.exc_info = None
        record.levelno, record.levelname = logging.INFO, logging.getLevelName(logging.INFO)
    return True


_HTTP_LOG = logging.getLogger(f"{__name__}.http")
_HTTP_LOG.addFilter(_in_one_line)

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault that a test injects into a request.

    `delay` waits first, then `held` for as long as it returns true. `status` answers with that status and
    `body`. `drop` closes the connection without an answer. Both leave the request undone, unless `handled` is
    true: then only its answer is lost.
    """

    status: int | None = None
    body: bytes = b""
    delay: float = 0.0
    held: Callable[[], bool] | None = None
    drop: bool = False
    handled: bool = False


Hook = Callable[[str, str], Fault | None]


@dataclass(slots=True)
class Watch:
    """The requests that a test observes, and its hook to change them; both run in the server's thread."""

    log: bool = True
    requests: list[tuple[str, str, int]] = field(default_factory=list)
    before_reply: Hook | None = None


def make_server(core: Core, watch: Watch, hosts: KnownHosts, pace: Pace, places: Places) -> PacedServer:
    """Return the protocol factory for the running loop; the low-level server spends least on a request."""
    loop = asyncio.get_running_loop()
    factory = partial(web.BaseRequest, loop=loop, client_max_size=MAX_IMAGE)
    handler = _make_handler(core, watch, hosts)
    options = {"request_factory": factory, "access_log": None, "logger": _HTTP_LOG}
    return PacedServer(handler, pace=pace, places=places, **options)


def _make_handler(core: Core, watch: Watch, hosts: KnownHosts) -> Handler:
    """Return the function that aiohttp calls for each request."""
    router = make_router(core.dialect)

    async def respond(request: web.BaseRequest) -> Reply:
        body = await _read_body(request)
        if body is None:
            too_large = dumps("Request payload size exceeds the limit").encode()
            return Reply(413, too_large, JSON_BY_ADVICE)
        target = request.rel_url
        peer = name_of(request.transport and request.transport.get_extra_info("peername"))
        asked = Request(request.method, target.raw_path, target.raw_query_string, request.headers, body, peer)
        return await answer(core, router, asked)

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        host = request.headers.get("Host", "")
        if not hosts.knows(host):
            _LOG.warning("refused a request to the host %r; to allow it: --allow-host", host[:_SHOWN])
            return web.Response(status=421, text="This sandbox is not known by that host name.\n")
        cross = cross_of(request.method, request.path, request.headers)
        if cross.ends:
            text = "Invalid CORS request" if cross.is_refused else None
            return web.Response(status=403 if cross.is_refused else 200, text=text, headers=cross.headers)
        if is_socket(request):
            if watch.log:
                watch.requests.append((request.method, request.path_qs, 101))
            return await serve(core, request)
        if is_path_of_socket(request.path):
            return web.Response(status=400, text='Can "Upgrade" only to "WebSocket".', headers=cross.headers)
        fault = watch.before_reply(request.method, request.path) if watch.before_reply else None
        try:
            with _cancelled_when_lost(request):
                reply = await (respond(request) if fault is None else _spoiled(request, fault, respond))
        except ConnectionError:
            # The client disconnected during its request, or the body is not valid HTTP.
            return _farewell(400)
        except TimeoutError:
            return _farewell(408)
        if watch.log:
            watch.requests.append((request.method, request.path_qs, reply.status))
        return _response(reply, cross.headers)

    return handle


@contextmanager
def _cancelled_when_lost(request: web.BaseRequest) -> Iterator[None]:
    """End a GET, such as a long poll, when its client goes: it must not take what the next one waits for."""
    connection, task = request.protocol, asyncio.current_task()
    if request.method != "GET" or task is None or not isinstance(connection, PacedConnection):
        yield
        return
    connection.serving = task
    try:
        yield
    finally:
        connection.serving = None


async def _spoiled(
    request: web.BaseRequest, fault: Fault, respond: Callable[[web.BaseRequest], Awaitable[Reply]]
) -> Reply:
    await asyncio.sleep(fault.delay)
    while fault.held is not None and fault.held():
        await asyncio.sleep(_LOOK_SECONDS)
    untouched = fault.status is None and not fault.drop
    reply = await respond(request) if fault.handled or untouched else Reply(fault.status or 503)
    if untouched:
        return reply
    if fault.drop and request.transport is not None:
        request.transport.abort()
    return Reply(fault.status or reply.status, fault.body)


async def _read_body(request: web.BaseRequest) -> bytes | None:
    """Return the body, None for one above the server's limit."""
    limit = MAX_IMAGE if request.path.startswith(_IMAGES) else MAX_BODY
    if (request.content_length or 0) > limit:
        return None
    if not request.body_exists:
        return b""
    if request.headers.get("Expect", "").lower() == "100-continue":
        # A plain aiohttp server does not send this by itself, and curl waits a second for it.
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0
    connection = request.protocol
    try:
        if isinstance(connection, PacedConnection):
            connection.reading(request.content)
        body = await request.read()
        return body if len(body) <= limit else None
    except RequestPayloadError as error:
        raise ConnectionError(f"the body cannot be read: {type(error.__cause__).__name__}") from error
    except HTTPRequestEntityTooLarge:
        return None
    finally:
        if isinstance(connection, PacedConnection):
            connection.reading(None)


def _farewell(status: int) -> web.Response:
    """Return the answer to a request that cannot be read to its end, and so is the last of its connection."""
    response = web.Response(status=status)
    response.force_close()
    return response


def _response(reply: Reply, cross: Mapping[str, str]) -> web.Response:
    headers = {**cross, **dict(reply.headers)}
    if reply.content_type is not None:
        headers["Content-Type"] = reply.content_type
    if reply.location is not None:
        headers["Location"] = reply.location
    return web.Response(status=reply.status, body=reply.body, headers=headers)
