"""Requests that do not come end, whatever their rest is; those that come slowly do not."""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from papaya.sandbox import Sandbox
from papaya.sandbox.pacing import Pace
from tests.hostile.server import answer_of

PATIENCE = 60
HEAD = b"POST /api/auth/login HTTP/1.1\r\nHost: localhost\r\n"
UPLOAD = 16 * 1024 * 1024
ENDED = (b"HTTP/1.1 408", b"")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(pace=Pace(silence=2.0, bytes_a_second=1024)) as running:
        yield running


@pytest.fixture
def silent(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Insist that nothing is logged with a traceback."""
    with caplog.at_level(logging.INFO):
        yield
    assert [record.getMessage() for record in caplog.records if record.exc_info] == []


def talk(sandbox: Sandbox, pieces: Iterator[bytes]) -> bytes:
    """Send pieces for as long as the server takes them; return all that it answers."""
    with socket.create_connection(("127.0.0.1", sandbox.port), timeout=PATIENCE) as connection:
        for piece in pieces:
            try:
                connection.sendall(piece)
            except ConnectionError:
                break
        return answer_of(connection)


def dripping(beginning: bytes) -> Iterator[bytes]:
    """Give a byte now and then, for longer than anybody should wait."""
    yield beginning
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends:
        time.sleep(0.1)
        yield b"x"


UNFINISHED: dict[str, Callable[[], Iterator[bytes]]] = {
    "no body": lambda: iter([HEAD + b"Content-Length: 100\r\n\r\n"]),
    "half a body": lambda: iter([HEAD + b"Content-Length: 100\r\n\r\n{"]),
    "no body, to unpack": lambda: iter([HEAD + b"Content-Encoding: deflate\r\nContent-Length: 9\r\n\r\n"]),
    "no chunk": lambda: iter([HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n"]),
    "a body that drips": lambda: dripping(HEAD + b"Content-Length: 100000\r\n\r\n"),
    "half a head": lambda: iter([HEAD]),
    "a head that drips": lambda: dripping(HEAD + b"X-Long: "),
}


@pytest.mark.usefixtures("silent")
def test_requests_that_do_not_come_end_with_408(sandbox: Sandbox) -> None:
    with ThreadPoolExecutor(len(UNFINISHED)) as all_at_once:
        answers = list(all_at_once.map(lambda make: talk(sandbox, make()), UNFINISHED.values()))
    # What a client still sends when the server closes may cost it the answer.
    wrong = [name for name, answer in zip(UNFINISHED, answers, strict=True) if answer[:12] not in ENDED]
    assert wrong == []


def test_a_request_that_nobody_finishes_behind_another_ends_too(sandbox: Sandbox) -> None:
    whole = HEAD + b"Content-Length: 2\r\n\r\n{}"
    answer = talk(sandbox, iter([whole + HEAD]))
    assert answer.startswith(b"HTTP/1.1 401")


def test_a_large_upload_over_a_weak_line_passes(sandbox: Sandbox) -> None:
    def pieces() -> Iterator[bytes]:
        yield HEAD + f"Connection: close\r\nContent-Length: {UPLOAD}\r\n\r\n".encode()
        # In all it takes longer than a request may be silent.
        for _ in range(32):
            time.sleep(0.1)
            yield b" " * (UPLOAD // 32)

    assert talk(sandbox, pieces()).startswith(b"HTTP/1.1 401")


NO_BODIES = {
    "no deflate": b"Content-Encoding: deflate\r\nContent-Length: 20|" + b"\xff" * 20,
    "no gzip": b"Content-Encoding: gzip\r\nContent-Length: 20|" + b"x" * 20,
    "no deflate, before its end": b"Content-Encoding: deflate\r\nContent-Length: 200|" + b"\xff" * 20,
    "no deflate in chunks": b"Content-Encoding: deflate\r\nTransfer-Encoding: chunked|5\r\nhello\r\n",
    "no size of a chunk": b"Transfer-Encoding: chunked|zz\r\nhello\r\n",
    "a negative size": b"Transfer-Encoding: chunked|-5\r\nhello\r\n",
    "a size of 40 digits": b"Transfer-Encoding: chunked|" + b"f" * 40 + b"\r\nhello\r\n",
    "a chunk that is too long": b"Transfer-Encoding: chunked|5\r\nhello and more",
    "a trailer that is too long": b"Transfer-Encoding: chunked|0\r\n" + b"x" * 100_000 + b"\r\n\r\n",
}


@pytest.mark.parametrize("no_body", NO_BODIES.values(), ids=NO_BODIES)
@pytest.mark.parametrize("pause", [0.0, 0.1])
@pytest.mark.usefixtures("silent")
def test_a_body_that_is_none_is_refused_at_once_also_in_a_packet_of_its_own(
    sandbox: Sandbox, no_body: bytes, pause: float
) -> None:
    headers, _, body = no_body.partition(b"|")

    def pieces() -> Iterator[bytes]:
        yield HEAD + headers + b"\r\n\r\n"
        time.sleep(pause)
        yield body

    assert talk(sandbox, pieces()).split(b" ")[1] == b"400"
