"""`papaya login`: what is asked, what is kept, and what never shows."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from papaya.cli import main
from papaya.sandbox import Sandbox
from papaya.settings.token_store import StoredTokens, TokenStore
from tests.cli.person import Terminal
from tests.unit.api.raw_server import USER, RawServer, Received, answer, refusal

PATIENCE = 90.0


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def typed_in(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))


def test_a_password_from_standard_input_becomes_kept_tokens(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed_in(f"{sandbox.password}\n", monkeypatch)
    assert main(["login", "--url", sandbox.url, "--username", sandbox.username, "--password-stdin"]) == 0
    assert f"Logged in to {sandbox.url} as TENANT_ADMIN {sandbox.username}" in capsys.readouterr().out
    stored = TokenStore().find(sandbox.url)
    assert stored is not None
    assert stored.username == sandbox.username
    assert TokenStore().path.stat().st_mode & 0o777 == 0o600
    assert main(["whoami", "--url", sandbox.url]) == 0
    shown = capsys.readouterr()
    assert "(papaya login)" in shown.out
    assert stored.token not in shown.out + shown.err


def test_a_password_that_is_set_already_is_not_asked_for(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PAPAYA_URL", sandbox.url)
    monkeypatch.setenv("PAPAYA_USERNAME", sandbox.username)
    monkeypatch.setenv("PAPAYA_PASSWORD", sandbox.password)
    assert main(["login"]) == 0
    assert "Using the password from PAPAYA_PASSWORD." in capsys.readouterr().err


def test_a_wrong_password_keeps_nothing(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed_in("hunter2\n", monkeypatch)
    assert main(["login", "--url", sandbox.url, "--username", sandbox.username, "--password-stdin"]) == 1
    shown = capsys.readouterr().err
    assert "Invalid username or password" in shown
    assert "hunter2" not in shown
    assert TokenStore().urls() == ()


@pytest.mark.parametrize(
    ("arguments", "text", "message"),
    [
        (["--username", "a@example.com", "--password-stdin"], "", "there is no password on standard input"),
        (["--username", "a@example.com"], "", "cannot ask for the password"),
        ([], "", "cannot ask for the user name"),
    ],
)
def test_without_a_person_nothing_is_asked(
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    text: str,
    message: str,
) -> None:
    typed_in(text, monkeypatch)
    assert main(["login", "--url", sandbox.url, *arguments]) == 1
    assert message in capsys.readouterr().err


def test_a_password_is_never_taken_from_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["login", "--password", "hunter2"]) == 64
    assert "No such option" in capsys.readouterr().err


def test_forgetting_logs_out_and_removes_the_tokens(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed_in(f"{sandbox.password}\n", monkeypatch)
    main(["login", "--url", sandbox.url, "--username", sandbox.username, "--password-stdin"])
    assert main(["login", "--url", sandbox.url, "--forget"]) == 0
    assert "Logged out of" in capsys.readouterr().out
    assert ("POST", "/api/auth/logout", 200) in sandbox.requests
    assert TokenStore().urls() == ()
    assert main(["login", "--url", sandbox.url, "--forget"]) == 0
    assert "Nothing was kept" in capsys.readouterr().out


def test_forgetting_works_when_the_server_is_gone(capsys: pytest.CaptureFixture[str]) -> None:
    TokenStore().keep("http://127.0.0.1:9", StoredTokens("a@example.com", "t", "r"))
    assert main(["login", "--url", "http://127.0.0.1:9", "--forget"]) == 0
    assert TokenStore().urls() == ()


def with_second_factor(received: Received) -> bytes:
    """Behave as a server whose user has an app and an e-mail address for codes; 123456 is the right one."""
    token = received.headers.get("x-authorization")
    if received.target == "/api/auth/login":
        return answer({"token": "pre-token", "refreshToken": None, "scope": "PRE_VERIFICATION_TOKEN"})
    if received.target == "/api/auth/user" and token == "Bearer full-token":
        return answer(USER)
    if token != "Bearer pre-token":
        return refusal(401, "Token has expired", 11)
    if received.target == "/api/auth/2fa/providers":
        return answer(
            [
                {"type": "TOTP", "default": False, "contact": None},
                {"type": "EMAIL", "default": True, "contact": "a***n@example.com"},
            ]
        )
    if received.target == "/api/auth/2fa/verification/send?providerType=EMAIL":
        return b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"
    if received.target == "/api/auth/2fa/verification/check?providerType=EMAIL&verificationCode=123456":
        return answer({"token": "full-token", "refreshToken": "full-refresh-token", "scope": None})
    return refusal(400, "Verification code is incorrect", 31)


def test_a_person_is_asked_for_password_and_second_factor_and_the_password_does_not_show() -> None:
    with RawServer(with_second_factor) as server:
        terminal = Terminal("login", "--url", server.url)
        terminal.answer("User name (e-mail): ", "admin@example.com")
        terminal.answer(f"Password of admin@example.com at {server.url}: ", "hunter2", hidden=True)
        terminal.answer("Second factor (EMAIL, TOTP) [EMAIL]: ", "")
        terminal.answer("Code: ", "000000")
        terminal.answer("Code: ", "123456")
        assert terminal.finish() == 0, terminal.shown
        login = next(received for received in server.received if received.target == "/api/auth/login")
    assert login.body == {"username": "admin@example.com", "password": "hunter2"}
    assert "The server has sent a code to a***n@example.com." in terminal.shown
    assert "Verification code is incorrect" in terminal.shown
    assert "hunter2" not in terminal.shown
    assert "verificationCode=000000" not in terminal.shown
    stored = TokenStore().find(server.url)
    assert stored == StoredTokens("admin@example.com", "full-token", "full-refresh-token")


def test_a_second_factor_without_a_person_says_what_to_use_instead(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed_in("hunter2\n", monkeypatch)
    with RawServer(with_second_factor) as server:
        assert main(["login", "--url", server.url, "--username", "a@example.com", "--password-stdin"]) == 1
    assert "use an API key" in capsys.readouterr().err


def test_other_commands_send_who_needs_a_second_factor_to_login(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PAPAYA_USERNAME", "a@example.com")
    monkeypatch.setenv("PAPAYA_PASSWORD", "hunter2")
    with RawServer(with_second_factor) as server:
        assert main(["whoami", "--url", server.url]) == 1
    assert "asks for a second factor" in (shown := capsys.readouterr().err)
    assert "papaya login" in shown
