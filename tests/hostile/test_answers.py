"""No answer of a server over HTTP takes more time or memory than its bounds, whatever the server plays."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator

import pytest

from papaya.api.bounds import Bounds, Exchange, TooLarge
from papaya.api.replies import AnswerTooLarge, Reply, decode
from papaya.api.requested import Requested
from papaya.api.session import Credentials, Session
from papaya.api.transport import Transport
from papaya.errors import ServerError, UnexpectedReply
from tests.hostile import server as plays
from tests.hostile.server import HostileServer

ASKED = Requested("GET", "/api/thing", {"token": "a-secret"})
SECONDS = 1.0
# A busy machine is five times slower; without bounds none of these would ever end.
PATIENCE = 60.0

DRIPS = (
    plays.dripping_body,
    plays.dripping_chunks,
    plays.dripping_continue,
    plays.dripping_head,
    plays.dripping_status,
    plays.endless_continue,
)
FLOODS = (
    plays.endless_list,
    plays.endless_text,
    plays.endless_trailers,
    plays.gzip_bomb,
    plays.nested_gzip_bomb,
    plays.large_list,
)


def transport_to(url: str, timeout: float = SECONDS) -> Transport:
    return Transport(url, ca_file=None, insecure=False, timeout=timeout, pool_size=1)


@pytest.mark.parametrize("play", DRIPS, ids=lambda play: play.__name__)
def test_a_drip_anywhere_in_an_answer_ends_the_request(play: Callable[[], Iterator[bytes]]) -> None:
    with HostileServer(lambda *_: play()) as server:
        began = time.monotonic()
        with pytest.raises(ServerError, match=server.url) as failed:
            transport_to(server.url).send(ASKED, "Bearer x")
        assert time.monotonic() - began < PATIENCE
    assert "a-secret" not in str(failed.value)


@pytest.mark.parametrize("play", FLOODS, ids=lambda play: play.__name__)
@pytest.mark.parametrize("authorization", [None, "Bearer x"], ids=["unknown", "known"])
def test_a_flood_ends_with_what_is_too_large_and_where(
    play: Callable[[], Iterator[bytes]], authorization: str | None
) -> None:
    with HostileServer(lambda *_: play()) as server, pytest.raises(ServerError) as failed:
        transport_to(server.url, timeout=20.0).send(ASKED, authorization)
    most = "1 MB" if authorization is None else "32 MB"
    assert failed.value.message == (f"GET {server.url}/api/thing?token=…: the answer has more than {most}")
    assert isinstance(failed.value, AnswerTooLarge)


@pytest.mark.parametrize(
    "answer",
    [
        plays.head(transfer_encoding="chunked") + b"-5\r\nabc\r\n",
        plays.head(transfer_encoding="chunked") + b"zz\r\n",
        plays.head(content_length="-5, 7") + b"{}",
        b"HTTP/1.1 " + b"9" * 400 + b" OK\r\n\r\n",
        b"HTTP/2.0 200 OK\r\n\r\n{}",
        b"\x16\x03\x01\x02\x00" * 100,
    ],
)
def test_what_is_no_answer_of_http_is_an_error_with_the_url(answer: bytes) -> None:
    with HostileServer(lambda _: iter([answer])) as server, pytest.raises(ServerError) as failed:
        transport_to(server.url).send(ASKED, "Bearer x")
    assert server.url in failed.value.message
    assert "credentials" not in failed.value.message


@pytest.mark.parametrize("play", [plays.endless_headers, plays.endless_chunk_size])
def test_endless_headers_and_chunk_sizes_end(play: Callable[[], Iterator[bytes]]) -> None:
    with HostileServer(lambda *_: play()) as server, pytest.raises(ServerError, match=server.url):
        transport_to(server.url).send(ASKED)


def test_a_page_that_is_large_and_slow_passes() -> None:
    """The whole answer takes longer than the timeout, but bytes come all the time."""
    size = 4 * 1024 * 1024

    def play(*_: object) -> Iterator[bytes]:
        yield plays.head(content_length=str(size))
        for _piece in range(16):
            yield b" " * (size // 16)
            time.sleep(0.1)

    with HostileServer(play) as server:
        reply = transport_to(server.url).send(ASKED, "Bearer x")
    assert len(reply.body) == size


def test_a_too_large_answer_is_not_asked_for_again() -> None:
    with HostileServer(lambda *_: plays.large_list()) as server:
        with (
            Session(server.url, Credentials(token="x"), retry_for=60) as session,
            pytest.raises(AnswerTooLarge),
        ):
            session.get("/api/thing")
        assert server.asked == ["/api/thing"]


@pytest.mark.parametrize("levels", [101, 980, 100_000])
def test_deep_json_is_told_with_where_it_came_from(levels: int) -> None:
    with (
        HostileServer(lambda *_: plays.deep(levels)) as server,
        Session(server.url, Credentials(token="x")) as session,
        pytest.raises(UnexpectedReply) as failed,
    ):
        session.get("/api/thing")
    assert failed.value.message == (
        f"GET {server.url}/api/thing: the answer is nested more than 100 levels deep"
    )
    assert failed.value.remedy


def test_short_json_that_fills_memory_is_refused_before_it_does() -> None:
    body = b"[" + b"[]," * 2_000_000 + b"0]"
    with pytest.raises(AnswerTooLarge, match="more than 1,000,000 values"):
        decode(Reply(200, body=body, source="GET http://server/api/thing"))


def test_commas_within_texts_are_no_values() -> None:
    text = "," * 1_200_000
    assert decode(Reply(200, body=f'["{text}", "a\\"{text}"]'.encode())) == [text, f'a"{text}']


def test_numbers_that_nothing_can_keep_cost_only_their_own_place() -> None:
    body = b'{"a": 1e999, "b": NaN, "c": ' + b"9" * 400 + b', "d": 5}'
    found = decode(Reply(200, body=body))
    assert isinstance(found, dict)
    assert found["a"] == "1e999"
    assert found["b"] == "NaN"
    assert str(found["c"]).startswith("9999999")
    assert found["d"] == 5


def test_half_a_surrogate_pair_can_be_printed_and_sent_on() -> None:
    found = decode(Reply(200, body=rb'{"\ud83d": "\uDE80", "b": "\ud83d\ude80"}'))
    assert found == {"\ufffd": "\ufffd", "b": "🚀"}


def test_a_slow_proxy_is_bounded_too() -> None:
    with HostileServer(lambda *_: plays.dripping_continue()) as server:
        through = Transport(
            "https://thingsboard.example",
            ca_file=None,
            insecure=False,
            timeout=SECONDS,
            pool_size=1,
            proxies={"https": server.url},
        )
        began = time.monotonic()
        with pytest.raises(ServerError):
            through.send(ASKED)
    assert time.monotonic() - began < PATIENCE


def test_a_request_that_the_server_does_not_read_ends() -> None:

    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        began = time.monotonic()
        with pytest.raises(ServerError, match=url):
            transport_to(url).send(Requested("POST", "/api/thing", body="x" * 50_000_000), "Bearer x")
    assert time.monotonic() - began < PATIENCE


def test_an_exchange_gains_time_by_bytes_of_the_body_only() -> None:
    now = [0.0]
    exchange = Exchange(Bounds(10, 100, 1024 * 1024, bytes_a_second=100), lambda: now[0])
    exchange.received(1_000)
    now[0] = 9.0
    assert exchange.remaining() == 1.0
    exchange.head_is_here()
    assert exchange.remaining() == 1.0
    exchange.received(500)
    assert exchange.remaining() == 6.0
    exchange.received(100_000)
    assert exchange.remaining() == 10.0
    now[0] = 95.0
    assert exchange.remaining() == 5.0
    now[0] = 100.0
    with pytest.raises(TimeoutError):
        exchange.remaining()


def test_an_exchange_counts_the_head_on_its_own() -> None:
    exchange = Exchange(Bounds(10, 100, 10))
    exchange.received(1024 * 1024)
    exchange.head_is_here()
    exchange.received(20)
    with pytest.raises(TooLarge):
        exchange.received(1024 * 1024 + 1)
