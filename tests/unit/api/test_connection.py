"""Connections: how long they live, and whom they trust."""

from __future__ import annotations

import ssl
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from papaya.api import connection
from papaya.api.session import Credentials, Session
from papaya.errors import SettingsError, Unreachable
from tests.unit.api.raw_server import RawServer, Received, answer

TOKEN = Credentials(token="the-token")


def counted(received: Received) -> bytes:
    return answer({"on_connection": received.on_connection})


def test_a_connection_is_left_before_the_server_would_close_it() -> None:
    """A server that closes after 100 requests without a word never sees a hundredth."""
    with RawServer(counted) as server, Session(server.url, TOKEN) as session:
        for _ in range(250):
            session.post("/api/device", {})
        assert max(received.on_connection for received in server.received) == 99
        assert server.connections == 3


def test_the_servers_own_goodbye_is_honoured() -> None:
    def behaviour(received: Received) -> bytes:
        return answer({}, connection="close") if received.on_connection == 10 else answer({})

    with RawServer(behaviour) as server, Session(server.url, TOKEN) as session:
        for _ in range(35):
            session.post("/api/device", {})
        assert server.connections == 4


def test_an_idle_connection_is_not_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "LONGEST_IDLE", 0.05)
    with RawServer(counted) as server, Session(server.url, TOKEN) as session:
        session.post("/api/device", {})
        threading.Event().wait(0.1)
        session.post("/api/device", {})
        assert server.connections == 2


def test_threads_share_the_connections_and_none_exceeds_the_throttle() -> None:
    with RawServer(counted) as server, Session(server.url, TOKEN, concurrency=4) as session:
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(lambda _: session.get("/api/x"), range(300)))
        assert server.connections <= 4 + 300 // 99
        assert session.requests_sent == 300


def test_connections_made_ahead_are_those_that_requests_use() -> None:
    together = threading.Barrier(3)

    def behaviour(received: Received) -> bytes:
        together.wait(60)
        return answer({})

    with RawServer(behaviour) as server, Session(server.url, TOKEN, concurrency=4) as session:
        session.connect_ahead(3)
        session.connect_ahead(3)
        while server.connections < 3:
            threading.Event().wait(0.01)
        with ThreadPoolExecutor(3) as pool:
            list(pool.map(lambda _: session.get("/api/x"), range(3)))
        assert [received.on_connection for received in server.received] == [1, 1, 1]
        assert server.connections <= 2 * 3


def test_connections_that_cannot_be_made_ahead_are_told_of_by_the_request() -> None:
    with RawServer(counted) as server:
        url = server.url
    with Session(url, TOKEN, retry_for=0, concurrency=4) as session:
        session.connect_ahead(3)
        with pytest.raises(Unreachable):
            session.get("/api/x")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return a self-signed certificate for 127.0.0.1 and its key."""
    folder = tmp_path_factory.mktemp("tls")
    key, cert = folder / "key.pem", folder / "cert.pem"
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
    ]
    command += ["-keyout", str(key), "-out", str(cert), "-days", "2", "-subj", "/CN=papaya test"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(command, check=True, capture_output=True)
    return cert, key


def tls(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    return context


def test_a_certificate_of_an_unknown_authority_is_refused_at_once(certificate: tuple[Path, Path]) -> None:
    with RawServer(counted, context=tls(certificate)) as server, Session(server.url, TOKEN) as session:
        with pytest.raises(Unreachable) as caught:
            session.post("/api/device", {})
        assert server.received == []
        assert session.requests_sent == 1
    assert "certificate is not trusted" in caught.value.message
    assert "--ca-file" in caught.value.remedy


def test_a_private_authority_is_trusted_when_named(certificate: tuple[Path, Path]) -> None:
    with (
        RawServer(counted, context=tls(certificate)) as server,
        Session(server.url, TOKEN, ca_file=certificate[0]) as session,
    ):
        for _ in range(120):
            session.get("/api/x")
        assert server.connections == 2


def test_insecure_trusts_everybody(certificate: tuple[Path, Path]) -> None:
    with (
        RawServer(counted, context=tls(certificate)) as server,
        Session(server.url, TOKEN, insecure=True) as session,
    ):
        assert session.get("/api/x") == {"on_connection": 1}


def test_tls_to_a_server_without_it_is_refused_at_once() -> None:
    with RawServer(counted, greeting=b"HTTP/1.1 400 Bad Request\r\n\r\n") as server:
        url = server.url.replace("http://", "https://")
        with Session(url, TOKEN, timeout=2) as session, pytest.raises(Unreachable) as caught:
            session.get("/api/x")
        assert server.connections == 1
    assert "TLS failed" in caught.value.message


@pytest.mark.parametrize("content", [None, "no certificate", ""])
def test_a_file_without_certificates_is_a_setting_to_correct(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    with pytest.raises(SettingsError, match="cannot be used"):
        Session("https://127.0.0.1:9", TOKEN, ca_file=path)


def test_the_prefix_of_the_url_is_kept() -> None:
    with RawServer(counted) as server, Session(f"{server.url}/iot/", TOKEN) as session:
        session.get("/api/x")
        assert server.received[0].target == "/iot/api/x"


def test_the_token_travels_in_the_header_that_proxies_leave_alone() -> None:
    with RawServer(counted) as server, Session(server.url, TOKEN) as session:
        session.get("/api/x")
        headers = server.received[0].headers
    assert headers["x-authorization"] == "Bearer the-token"
    assert "authorization" not in headers
    assert "cookie" not in headers
    assert headers["user-agent"].startswith("papaya/")


def test_the_users_netrc_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password hunter2\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with RawServer(counted) as server, Session(server.url, TOKEN) as session:
        session.get("/api/x")
        assert "authorization" not in server.received[0].headers


def test_requests_go_through_the_given_proxy() -> None:
    with (
        RawServer(counted) as proxy,
        Session("http://tb.example.com", TOKEN, proxies={"http": proxy.url}) as session,
    ):
        session.get("/api/x")
        assert proxy.received[0].target == "http://tb.example.com/api/x"


def test_the_first_answer_of_a_connection_is_no_measure_for_the_others() -> None:
    heard: list[str] = []
    with RawServer(counted) as server, Session(server.url, TOKEN) as session:
        session.throttle.on_success = lambda kind="", seconds=0.0, *, to_device=False: heard.append(kind)  # type: ignore[method-assign]
        for _ in range(101):
            session.get("/api/x")
    assert [place for place, kind in enumerate(heard) if kind == "GET /api/x and connect"] == [0, 99]
    assert set(heard) == {"GET /api/x", "GET /api/x and connect"}
