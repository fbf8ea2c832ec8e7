"""What is sent again, what is not, and when a session gives up."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from papaya.api.breakages import failure_of_exception
from papaya.api.requested import Method, Requested
from papaya.api.retry import backoff
from papaya.api.session import Credentials, Session
from papaya.errors import (
    AnswerLost,
    NotFound,
    RateLimited,
    Rejected,
    ServerError,
    Unavailable,
    UnexpectedReply,
    Unreachable,
)
from papaya.sandbox import Sandbox
from papaya.sandbox.server import Fault
from tests.unit.api.raw_server import Behaviour, Hangup, RawServer, Received, answer, raw, refusal, user_or

TOKEN = Credentials(token="the-token")


class Time:
    """A clock that moves only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def session(self, url: str, *, retry_for: float = 60.0, timeout: float = 5.0) -> Session:
        return Session(
            url,
            TOKEN,
            retry_for=retry_for,
            timeout=timeout,
            sleep=self.sleep,
            clock=lambda: self.now,
            random=lambda: 1.0,
        )


def failing(times: int, reply: bytes) -> Behaviour:
    """Answer so many requests in this way and the rest properly."""
    return lambda received: reply if received.number <= times else answer({"number": received.number})


def hanging_up(times: int) -> Behaviour:
    def behaviour(received: Received) -> bytes:
        if received.number <= times:
            raise Hangup
        return answer({"number": received.number})

    return behaviour


PASSING = {
    "429": refusal(429, "Too many requests for current tenant!", 33),
    "503": raw(b"", 503),
    "502": raw(b"<html><title>502 Bad Gateway</title></html>", 502, content_type="text/html"),
    "504": raw(b"", 504),
    "database away": refusal(500, "Database error", 2),
}


@pytest.mark.parametrize("reply", PASSING.values(), ids=PASSING)
def test_what_may_pass_is_waited_out_for_a_read(reply: bytes) -> None:
    time = Time()
    with RawServer(failing(3, reply)) as server, time.session(server.url) as session:
        assert session.get("/api/x") == {"number": 4}
        assert session.requests_sent == 4
    assert time.slept == [0.25, 0.5, 1.0]


def test_a_connection_that_breaks_is_repeated_for_a_read() -> None:
    time = Time()
    with RawServer(hanging_up(2)) as server, time.session(server.url) as session:
        assert session.get("/api/x") == {"number": 3}


def test_a_connection_that_breaks_is_repeated_for_a_repeatable_write() -> None:
    time = Time()
    with RawServer(hanging_up(2)) as server, time.session(server.url) as session:
        assert session.post("/api/entitiesQuery/find", {}, repeatable=True) == {"number": 3}


def test_a_write_whose_answer_is_lost_is_not_repeated() -> None:
    time = Time()
    with RawServer(hanging_up(1)) as server, time.session(server.url) as session:
        with pytest.raises(AnswerLost) as caught:
            session.post("/api/device", {"name": "D"})
        assert len(server.received) == 1
    assert "look at the server before sending it again" in caught.value.remedy
    assert time.slept == []


@pytest.mark.parametrize("name", ["502", "504", "database away"])
def test_a_write_that_fails_in_passing_is_not_repeated(name: str) -> None:
    time = Time()
    with RawServer(failing(1, PASSING[name])) as server, time.session(server.url) as session:
        with pytest.raises(Unavailable) as caught:
            session.post("/api/device", {"name": "D"})
        assert len(server.received) == 1
    assert "may have been carried out" in caught.value.remedy


@pytest.mark.parametrize("name", ["429", "503"])
def test_a_write_that_nobody_took_is_repeated(name: str) -> None:
    time = Time()
    with RawServer(failing(2, PASSING[name])) as server, time.session(server.url) as session:
        assert session.post("/api/device", {"name": "D"}) == {"number": 3}


def test_a_write_is_repeated_when_the_connection_was_refused() -> None:
    with RawServer(lambda received: answer({})) as server:
        url = server.url
    time = Time()
    with time.session(url, retry_for=10) as session, pytest.raises(Unreachable) as caught:
        session.post("/api/device", {"name": "D"})
    assert not isinstance(caught.value, AnswerLost)
    assert "connection refused (gave up after " in caught.value.message
    assert sum(time.slept) <= 10


def test_the_cause_of_a_failure_quotes_no_url() -> None:
    with RawServer(lambda received: answer({})) as server:
        url = server.url
    with Time().session(url, retry_for=0) as session, pytest.raises(Unreachable) as caught:
        session.post("/api/device", {}, params={"accessToken": "hidden-value"})
    links: list[BaseException | None] = [caught.value]
    while links[-1] is not None:
        links.append(links[-1].__cause__ or links[-1].__context__)
    assert "hidden-value" not in "".join(f"{link!r} {link}" for link in links)
    assert isinstance(caught.value.__cause__, ConnectionRefusedError)


def test_giving_up_comes_only_after_retry_for() -> None:
    time = Time()
    with (
        RawServer(failing(1000, PASSING["503"])) as server,
        time.session(server.url, retry_for=60) as session,
    ):
        with pytest.raises(Unavailable) as caught:
            session.get("/api/x")
        assert re.search(r"gave up after \d+ attempts in \d+ s", caught.value.message)
    assert 40 <= sum(time.slept) <= 60


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (refusal(400, "Device with such name already exists!", 31), Rejected),
        (refusal(500, "Cannot invoke X because Y is null", 2), Rejected),
        (refusal(404, "Requested item wasn't found!", 32), NotFound),
        (raw(b"", 302, location="http://elsewhere.example/login"), UnexpectedReply),
        (raw(b"<html><title>Hello</title></html>", 200, content_type="text/html"), UnexpectedReply),
    ],
)
def test_what_the_server_means_is_not_asked_again(reply: bytes, expected: type[ServerError]) -> None:
    with RawServer(failing(1, reply)) as server, Time().session(server.url) as session:
        with pytest.raises(expected):
            session.get("/api/x")
        assert len(server.received) == 1


def test_a_redirect_is_never_followed() -> None:
    with RawServer(lambda received: answer({})) as other:
        elsewhere = raw(b"", 307, location=f"{other.url}/api/auth/login")
        with (
            RawServer(lambda received: elsewhere) as server,
            Session(server.url, Credentials(username="a", password="b")) as session,
            pytest.raises(UnexpectedReply, match="redirects to"),
        ):
            session.authenticate()
        assert other.received == []


def test_an_answer_that_ends_in_the_middle_is_lost() -> None:
    truncated = b'HTTP/1.1 200 OK\r\ncontent-length: 1000\r\nconnection: close\r\n\r\n{"half":'
    with RawServer(failing(1, truncated)) as server, Time().session(server.url) as session:
        assert session.get("/api/x") == {"number": 2}
    with RawServer(failing(1, truncated)) as server, Time().session(server.url) as session:
        with pytest.raises(AnswerLost):
            session.post("/api/device", {})
        assert len(server.received) == 1


def test_a_chunked_answer_that_ends_in_the_middle_is_lost() -> None:
    truncated = b'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\nff\r\n{"half":'
    with RawServer(failing(1, truncated)) as server, Time().session(server.url) as session:
        assert session.get("/api/x") == {"number": 2}


def test_garbage_instead_of_http_is_a_lost_answer() -> None:
    garbage = failing(1, b"SSH-2.0-OpenSSH_9.6\r\n\r\n")
    with RawServer(garbage) as server, Time().session(server.url) as session, pytest.raises(AnswerLost):
        session.post("/api/device", {})


def test_a_slow_answer_is_waited_for_as_long_as_the_timeout() -> None:
    late = threading.Event()

    def behaviour(received: Received) -> bytes:
        if received.number == 1:
            late.wait(60)
        return answer({"number": received.number})

    with RawServer(behaviour) as server, Time().session(server.url, timeout=1.5) as session:
        assert session.get("/api/x") == {"number": 2}
        assert session.throttle.allowed == 5
        late.set()


def test_a_write_that_times_out_is_a_lost_answer() -> None:
    late = threading.Event()

    def behaviour(received: Received) -> bytes:
        late.wait(60)
        return answer({})

    with RawServer(behaviour) as server, Time().session(server.url, timeout=0.2) as session:
        with pytest.raises(AnswerLost, match="no answer in time"):
            session.post("/api/device", {})
        late.set()


def test_a_deletion_whose_answer_was_lost_is_done_when_the_thing_is_gone() -> None:
    def behaviour(received: Received) -> bytes:
        if received.number == 1:
            raise Hangup
        return refusal(404, "Device with id [x] is not found", 32)

    with RawServer(behaviour) as server, Time().session(server.url) as session:
        assert session.delete("/api/device/x") is None


@pytest.mark.parametrize("name", ["429", "503"])
def test_a_deletion_that_nobody_took_and_whose_thing_is_not_found_is_not_found(name: str) -> None:
    def behaviour(received: Received) -> bytes:
        return PASSING[name] if received.number == 1 else refusal(404, "Device is not found", 32)

    with RawServer(behaviour) as server, Time().session(server.url) as session, pytest.raises(NotFound):
        session.delete("/api/device/x")


def test_a_401_that_is_not_thingsboards_own_renews_nothing() -> None:
    server_says = raw(b"", 401)
    with (
        RawServer(user_or(lambda received: server_says)) as server,
        Session(server.url, Credentials(username="a", password="b")) as session,
    ):
        session.authenticate()
        with pytest.raises(UnexpectedReply):
            session.post("/api/v1/DEVICE_TOKEN/telemetry", {"a": 1})
        assert [received.target for received in server.received].count("/api/auth/login") == 1


def test_a_lost_answer_to_a_done_write_shows_the_write_on_the_server() -> None:
    with Sandbox() as sandbox:
        credentials = Credentials(username=sandbox.username, password=sandbox.password)
        with Session(sandbox.url, credentials) as session:
            session.authenticate()
            sandbox.before_reply = once("POST", "/api/device", Fault(drop=True, handled=True))
            with pytest.raises(AnswerLost):
                session.post("/api/device", {"name": "D-1"})
            found = session.get("/api/tenant/devices", params={"deviceName": "D-1"})
            assert isinstance(found, dict)


def test_everything_gets_through_a_rate_limit_with_fewer_at_a_time() -> None:
    with Sandbox() as sandbox:
        credentials = Credentials(username=sandbox.username, password=sandbox.password)
        with Session(sandbox.url, credentials, retry_for=30) as session, ThreadPoolExecutor(10) as pool:
            session.authenticate()
            sandbox.limit_rate(10)
            answers = list(pool.map(lambda _: session.get("/api/assetProfile/names"), range(30)))
            assert all(answers)
            assert session.throttle.allowed < 10


def test_patience_under_a_rate_limit_is_measured_from_the_last_success_of_anybody() -> None:
    time = Time()
    with RawServer(failing(1000, PASSING["429"])) as server, time.session(server.url, retry_for=5) as session:
        with pytest.raises(RateLimited):
            session.get("/api/x")
        assert len(server.received) > 2
    assert 2 <= time.now - 1000 <= 5


def test_delays_double_with_jitter_up_to_a_bound() -> None:
    assert [backoff(failures, 1.0) for failures in (1, 2, 3, 4)] == [0.25, 0.5, 1.0, 2.0]
    assert backoff(1, 0.0) == 0.125
    assert backoff(5000, 1.0) == 15.0


def once(method: str, path: str, fault: Fault) -> Callable[[str, str], Fault | None]:
    """Return a hook that applies a fault to the first such request."""
    left = [fault]

    def hook(this_method: str, this_path: str) -> Fault | None:
        return left.pop() if left and (this_method, this_path) == (method, path) else None

    return hook


def test_waiting_for_a_server_is_told_once_for_each_outage(caplog: pytest.LogCaptureFixture) -> None:
    """After a few seconds of silence, and not for every attempt."""
    with RawServer(failing(6, refusal(503, "down", 2))) as server:
        Time().session(server.url).get("/api/thing")
    (told,) = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert told.endswith("trying again for up to 60 s (--retry-for)")


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/api/auth/user"), ("POST", "/api/auth/login"), ("POST", "/api/entitiesQuery/find")],
)
def test_a_question_without_an_answer_was_not_carried_out(method: Method, path: str) -> None:
    """Nobody has to look for what a sign-in or a query may have changed."""
    lost = failure_of_exception(Requested(method, path), requests.ReadTimeout(), "http://h")[0]
    assert lost.remedy == "Is the server running, and is the URL right?"
    written = failure_of_exception(Requested("POST", "/api/device"), requests.ReadTimeout(), "http://h")[0]
    assert "may have been carried out" in written.remedy
