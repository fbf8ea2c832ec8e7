"""A WebSocket ends in order, in bounded memory, whatever frames a server sends."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import re
import resource
import socket
import struct
import threading
import time
from collections.abc import Iterator

import pytest
from hypothesis import given, settings

from papaya.api.websocket import Socket, message_in
from papaya.errors import PapayaError, ServerError
from tests.hostile.texts import payloads

PATIENCE = 60.0
ACCEPT = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


@contextlib.contextmanager
def server_of(first: bytes, then: bytes = b"", *, greets: bool = True) -> Iterator[str]:
    """Yield the URL of a server that sends bytes after the handshake, and others for ever."""
    ending = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = listener.accept()
        with connection, contextlib.suppress(OSError):
            asked = b""
            while b"\r\n\r\n" not in asked:
                asked += connection.recv(4096)
            found = re.search(rb"(?i)sec-websocket-key: (\S+)", asked)
            assert found
            digest = hashlib.sha1(found.group(1) + ACCEPT.encode()).digest()  # noqa: S324
            if greets:
                connection.sendall(
                    b"HTTP/1.1 101 Yes\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    b"Sec-WebSocket-Accept: " + base64.b64encode(digest) + b"\r\n\r\n"
                )
            connection.sendall(first)
            while then and not ending.is_set():
                connection.sendall(then)
            ending.wait(PATIENCE)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        ending.set()
        listener.close()


def listen(url: str) -> None:
    """Log in and listen until the connection is over."""
    began = time.monotonic()
    with Socket(url, None, None) as connection:
        connection.log_in({"token": "token"})
        while time.monotonic() - began < PATIENCE:
            connection.receive(0.2)


FRAMES = {
    "empty parts": (b"\x01\x00", b"\x00\x00" * 10_000),
    "small parts": (b"\x01\x01x", b"\x00\x01x" * 10_000),
    "a length of a terabyte": (b"\x81\x7f" + struct.pack(">Q", 2**40), b"x" * 65_536),
    "no text": (b"\x81\x02\xff\xfe", b""),
    "reserved bits": (b"\xf1\x05abcde", b""),
    "masked": (b"\x81\x81\x01\x02\x03\x04x", b""),
    "depth": (b"\x81\x7e" + struct.pack(">H", 60_000) + b"[" * 60_000, b""),
    "a farewell that turns around": (b"\x88\x08\x03\xf0\xe2\x80\xae\x1b[2", b""),
}


@pytest.mark.parametrize("frames", FRAMES.values(), ids=FRAMES)
def test_frames_that_no_server_sends_end_the_connection(frames: tuple[bytes, bytes]) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with server_of(*frames) as url, pytest.raises(ServerError, match=url) as failed:
        listen(url)
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024 < 300
    assert not {"\x1b", "\u202e"} & set(failed.value.message)


@pytest.mark.parametrize(
    "answer",
    [
        b"hello\r\n\r\n",
        b"HTTP/1.1 101 Yes\r\n" + b"a: b\r\n" * 100_000,
        b"HTTP/1.1 101 Yes\r\na: " + b"b" * 1_000_000,
        b"HTTP/1.1 403 No\r\nContent-Length: 99999999999\r\n\r\n" + b"x" * 2_000_000,
        b"HTTP/1.1 302 No\r\nLocation: ws://127.0.0.1:9/\x1b[2J\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 101 Yes\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n",
    ],
)
def test_a_handshake_that_is_none_ends(answer: bytes) -> None:
    with server_of(answer, greets=False) as url, pytest.raises(ServerError, match=url):
        listen(url)


def test_a_server_that_asks_for_answers_and_reads_none_cannot_hold_the_connection() -> None:
    began = time.monotonic()
    with (
        server_of(b"", b"\x89\x00" * 10_000) as url,
        contextlib.suppress(PapayaError),
        Socket(url, None, None) as connection,
    ):
        connection.receive(1.0)
    assert time.monotonic() - began < PATIENCE


@settings(max_examples=100)
@given(payloads)
def test_any_message_is_understood_refused_or_left_out(payload: bytes) -> None:
    with contextlib.suppress(PapayaError):
        message_in(payload)


@pytest.mark.soak
@settings(max_examples=20_000, derandomize=False)
@given(payloads)
def test_any_of_very_many_messages_is_understood_refused_or_left_out(payload: bytes) -> None:
    with contextlib.suppress(PapayaError):
        message_in(payload)
