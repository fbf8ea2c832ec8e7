"""A session with the embedded server: who we are, how that is renewed, and what is counted."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from papaya.api.session import Credentials, ServerInfo, Session, Tokens
from papaya.errors import AuthenticationFailed, Forbidden, NotFound, Rejected, SettingsError
from papaya.manifest.model import Json
from papaya.sandbox import Sandbox


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


def password_of(sandbox: Sandbox) -> Credentials:
    return Credentials(username=sandbox.username, password=sandbox.password)


def tokens_of(sandbox: Sandbox) -> Tokens:
    with Session(sandbox.url, password_of(sandbox)) as session:
        session.authenticate()
        tokens = session.tokens
    assert tokens is not None
    return tokens


def requests_to(sandbox: Sandbox, path: str) -> int:
    return sum(request[1] == path for request in sandbox.requests)


def test_a_password_logs_in_at_the_first_request(sandbox: Sandbox) -> None:
    with Session(sandbox.url, password_of(sandbox)) as session:
        assert session.get("/api/tenant/devices", params={"pageSize": 1, "page": 0}) is not None
        assert (session.requests_sent, session.auth_requests_sent) == (1, 1)


def test_the_user_and_the_server_are_told(sandbox: Sandbox) -> None:
    with Session(sandbox.url, password_of(sandbox)) as session:
        assert session.user().email == sandbox.username
        assert session.user().authority == "TENANT_ADMIN"
        assert session.user().customer_id is None
        assert session.info() == ServerInfo("4.3.1.3", "CE")
        assert session.info() is session.info()
        assert (session.requests_sent, session.auth_requests_sent) == (1, 2)


def test_a_good_token_is_used_without_a_login(sandbox: Sandbox) -> None:
    token = tokens_of(sandbox).token
    with Session(sandbox.url, Credentials(token=token)) as session:
        session.authenticate()
        assert session.auth_requests_sent == 1


def test_a_refused_token_is_refreshed_and_handed_on(sandbox: Sandbox) -> None:
    refresh_token = tokens_of(sandbox).refresh_token
    handed_on: list[Tokens] = []
    credentials = Credentials(token="not.a.token", refresh_token=refresh_token)
    with Session(sandbox.url, credentials, on_tokens=handed_on.append) as session:
        session.authenticate()
        assert handed_on == [session.tokens]
        assert handed_on[0].token != "not.a.token"


def test_a_refused_refresh_token_leads_to_a_login(sandbox: Sandbox) -> None:
    # An access token in its place is refused with a 500, as the recordings show.
    for refresh_token in ("x", tokens_of(sandbox).token):
        credentials = Credentials(
            username=sandbox.username, password=sandbox.password, token="x", refresh_token=refresh_token
        )
        before = requests_to(sandbox, "/api/auth/login")
        with Session(sandbox.url, credentials) as session:
            session.authenticate()
        assert requests_to(sandbox, "/api/auth/login") == before + 1


def test_one_refresh_serves_32_requests_that_are_refused_at_once() -> None:
    with Sandbox() as sandbox:
        refresh_token = tokens_of(sandbox).refresh_token
        together = threading.Barrier(32)
        handed_on: list[Tokens] = []
        credentials = Credentials(token="expired", refresh_token=refresh_token)
        with (
            Session(sandbox.url, credentials, concurrency=32, on_tokens=handed_on.append) as session,
            ThreadPoolExecutor(32) as pool,
        ):

            def ask(_: int) -> object:
                together.wait(60)
                return session.get("/api/assetProfile/names")

            answers = list(pool.map(ask, range(32)))
        assert all(answers)
        assert requests_to(sandbox, "/api/auth/token") == 1
        assert len(handed_on) == 1
        assert 32 < session.requests_sent <= 64


def test_one_failed_login_serves_32_requests_so_that_no_account_is_locked() -> None:
    with Sandbox() as sandbox:
        credentials = Credentials(username=sandbox.username, password="wrong", token="expired")
        with Session(sandbox.url, credentials, concurrency=32) as session, ThreadPoolExecutor(32) as pool:

            def ask(_: int) -> None:
                with pytest.raises(AuthenticationFailed, match="Invalid username or password"):
                    session.get("/api/assetProfile/names")

            list(pool.map(ask, range(32)))
        assert requests_to(sandbox, "/api/auth/login") == 1


def test_a_failed_login_is_tried_again_after_a_minute() -> None:
    now = [0.0]
    with Sandbox() as sandbox:
        credentials = Credentials(username=sandbox.username, password="wrong")
        with Session(sandbox.url, credentials, clock=lambda: now[0]) as session:
            for now[0] in (0.0, 59.0, 61.0):
                with pytest.raises(AuthenticationFailed):
                    session.authenticate()
        assert requests_to(sandbox, "/api/auth/login") == 2


def test_a_token_that_expires_in_mid_run_is_replaced() -> None:
    with Sandbox(access_token_seconds=1.0) as sandbox:
        with Session(sandbox.url, password_of(sandbox)) as session:
            session.authenticate()
            first = session.tokens
            threading.Event().wait(1.1)
            session.get("/api/assetProfile/names")
            assert session.tokens != first
        assert requests_to(sandbox, "/api/auth/token") >= 1


def test_an_api_key_is_used_as_it_is(sandbox: Sandbox) -> None:
    with Session(sandbox.url, password_of(sandbox)) as session:
        user: Json = {"entityType": "USER", "id": session.user().id}
        body: Json = {"userId": user, "description": "test", "enabled": True, "expirationTime": 0}
        match session.post("/api/apiKey", body):
            case {"value": str(api_key)}:
                pass
            case other:
                pytest.fail(f"no key: {other}")
    with Session(sandbox.url, Credentials(api_key=api_key)) as session:
        assert session.user().email == sandbox.username
        assert session.tokens is None


def test_a_refused_api_key_is_not_followed_by_a_login(sandbox: Sandbox) -> None:
    before = requests_to(sandbox, "/api/auth/login")
    credentials = Credentials(username=sandbox.username, password=sandbox.password, api_key="tb_wrong")
    with Session(sandbox.url, credentials) as session, pytest.raises(AuthenticationFailed):
        session.authenticate()
    assert requests_to(sandbox, "/api/auth/login") == before


@pytest.mark.parametrize(
    ("credentials", "remedy"),
    [
        (Credentials(), "PAPAYA_USERNAME"),
        (Credentials(token="expired"), "papaya login"),
        (Credentials(username="tenant@thingsboard.org", password="wrong"), "upper and lower case matter"),
    ],
)
def test_without_a_way_in_the_error_says_what_to_do(
    sandbox: Sandbox, credentials: Credentials, remedy: str
) -> None:
    with Session(sandbox.url, credentials) as session, pytest.raises(AuthenticationFailed) as caught:
        session.authenticate()
    assert remedy in caught.value.remedy


def test_an_absent_entity_is_not_found(sandbox: Sandbox) -> None:
    with Session(sandbox.url, password_of(sandbox)) as session, pytest.raises(NotFound):
        session.get("/api/tenant/devices", params={"deviceName": "nowhere"})


def test_a_deletion_of_what_is_absent_is_not_found(sandbox: Sandbox) -> None:
    with Session(sandbox.url, password_of(sandbox)) as session, pytest.raises(NotFound):
        session.delete("/api/device/13814000-1dd2-11b2-8080-808080808081")


def test_a_refused_body_is_rejected_in_the_servers_words(sandbox: Sandbox) -> None:
    with Session(sandbox.url, password_of(sandbox)) as session, pytest.raises(Rejected) as caught:
        session.post("/api/asset", {"name": ""})
    assert "Asset name should be specified!" in caught.value.message


def test_forbidden_names_the_user(sandbox: Sandbox) -> None:
    credentials = Credentials(username="sysadmin@thingsboard.org", password="sysadmin")
    with Session(sandbox.url, credentials) as session:
        session.authenticate()
        with pytest.raises(Forbidden) as caught:
            session.get("/api/tenant/assets", params={"pageSize": 1, "page": 0})
    assert "this is SYS_ADMIN sysadmin@thingsboard.org" in caught.value.remedy


def test_answers_without_a_body_are_none(sandbox: Sandbox) -> None:
    with Session(sandbox.url, password_of(sandbox)) as session:
        match session.post("/api/device", {"name": "D-1"}):
            case {"id": {"id": str(device)}}:
                path = f"/api/plugins/telemetry/DEVICE/{device}/attributes/SERVER_SCOPE"
                assert session.post(path, {"a": 1}, repeatable=True) is None
                assert session.delete(f"/api/device/{device}") is None
            case other:
                pytest.fail(f"no device: {other}")


@pytest.mark.parametrize("value", ["line\nbreak", "späce", "two words"])
def test_a_token_that_no_header_can_hold_is_refused_without_quoting_it(value: str) -> None:
    for credentials in (Credentials(token=value), Credentials(api_key=value)):
        with pytest.raises(SettingsError) as caught:
            Session("http://127.0.0.1:9", credentials)
        assert value not in str(caught.value)


def test_no_secret_is_in_a_representation_an_error_or_the_log(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    tokens = tokens_of(sandbox)
    assert tokens.refresh_token is not None
    credentials = Credentials(sandbox.username, "the-password", "the-token", tokens.refresh_token)
    with Session(sandbox.url, credentials) as session:
        session.authenticate()
        with pytest.raises(Rejected) as caught:
            session.post("/api/device", {"name": ""}, params={"accessToken": "the-access-token"})
        now = session.tokens
    assert now is not None and now.refresh_token is not None
    shown = f"{credentials!r} {now!r} {caught.value!r} {caught.value} {caplog.text}"
    for secret in (
        "the-password",
        "the-token",
        "the-access-token",
        tokens.refresh_token,
        now.token,
        now.refresh_token,
    ):
        assert secret not in shown
    assert "/api/device?accessToken=…" in caplog.text
