"""`papaya whoami`: server, user, rights, and where every setting came from."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from papaya.cli import main
from papaya.sandbox import Sandbox
from tests.unit.api.raw_server import RawServer, Received, answer, refusal, user_or


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture(autouse=True)
def as_administrator(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PAPAYA_URL", sandbox.url)
    monkeypatch.setenv("PAPAYA_USERNAME", sandbox.username)
    monkeypatch.setenv("PAPAYA_PASSWORD", sandbox.password)


def test_a_person_sees_server_user_tenant_and_token(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["whoami", "--timeout", "5s"]) == 0
    shown = capsys.readouterr()
    assert f"Server   {sandbox.url}, ThingsBoard 4.3.1.3 CE\n" in shown.out
    assert f"User     {sandbox.username}, TENANT_ADMIN\n" in shown.out
    assert f"Tenant   {sandbox.tenant_id}\n" in shown.out
    assert "refreshed when it ends" in shown.out
    assert f"{sandbox.url}  (PAPAYA_URL)" in shown.out
    assert "5.0  (--timeout)" in shown.out
    assert "password  (PAPAYA_PASSWORD)" in shown.out
    assert shown.err == ""


def test_a_program_gets_one_document(sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["whoami", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["formatVersion"] == "1"
    assert document["server"] == {"url": sandbox.url, "version": "4.3.1.3", "edition": "CE"}
    assert document["user"]["authority"] == "TENANT_ADMIN"
    assert document["user"]["customerId"] is None
    assert document["token"]["kind"] == "jwt"
    assert 8900 < document["token"]["secondsLeft"] <= 9000
    assert document["token"]["canRefresh"] is True
    assert document["settings"]["url"] == {"value": sandbox.url, "origin": "PAPAYA_URL"}
    assert document["settings"]["concurrency"] == {"value": 100, "origin": "default"}


def test_a_variable_of_an_option_is_an_origin(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PAPAYA_RETRY_FOR", "5m")
    assert main(["whoami", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["settings"]["retryForSeconds"] == {"value": 300.0, "origin": "PAPAYA_RETRY_FOR"}


def test_no_secret_is_shown_however_much_is_logged(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("config.properties").write_text(
        f"[thingsboard]\nurl={sandbox.url}\nusername={sandbox.username}\npassword={sandbox.password}\n"
    )
    assert main(["whoami", "-vv"]) == 0
    shown = capsys.readouterr()
    assert "GET /api/auth/user: 200" in shown.err
    assert "eyJ" not in shown.out + shown.err
    assert sandbox.password not in (shown.out + shown.err).replace(sandbox.username, "")


def test_another_authority_is_reported_and_not_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PAPAYA_USERNAME", "sysadmin@thingsboard.org")
    monkeypatch.setenv("PAPAYA_PASSWORD", "sysadmin")
    assert main(["whoami"]) == 0
    assert "plan and apply need a TENANT_ADMIN" in capsys.readouterr().out


def test_an_api_key_has_no_life(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("PAPAYA_API_KEY", "tb_key")

    def behaviour(received: Received) -> bytes:
        assert received.headers["x-authorization"] == "ApiKey tb_key"
        return answer({"version": "4.3.1.3", "type": "PE"})

    with RawServer(user_or(behaviour)) as server:
        monkeypatch.setenv("PAPAYA_URL", server.url)
        assert main(["whoami"]) == 0
    assert "Token    API key" in (shown := capsys.readouterr().out)
    assert "tb_key" not in shown


def test_no_credentials_are_an_error_with_a_remedy(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("PAPAYA_PASSWORD")
    assert main(["whoami"]) == 1
    assert "Log in with papaya login" in capsys.readouterr().err


def test_a_server_that_is_not_there_is_told_soon(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PAPAYA_URL", "http://127.0.0.1:9")
    began = time.monotonic()
    assert main(["whoami", "--retry-for", "1s"]) == 1
    assert time.monotonic() - began < 30
    assert "connection refused" in capsys.readouterr().err


def test_what_the_server_refuses_is_told_in_its_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with RawServer(lambda received: refusal(401, "User account is not active", 10)) as server:
        monkeypatch.setenv("PAPAYA_URL", server.url)
        assert main(["whoami"]) == 1
    shown = capsys.readouterr().err
    assert "User account is not active" in shown
    assert "enable the account" in shown


def test_the_manifest_at_hand_names_the_server(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("PAPAYA_URL")
    text = f"apiVersion: papaya/v1\nkind: Fleet\nmetadata: {{name: f}}\nserver: {{url: {sandbox.url!r}}}\n"
    Path("fleet.yaml").write_text(text)
    assert main(["whoami"]) == 0
    assert f"{sandbox.url}  (fleet.yaml:4:" in capsys.readouterr().out
    monkeypatch.setenv("PAPAYA_URL", "http://127.0.0.1:9")
    assert main(["whoami"]) == 1
    assert "two servers are named" in capsys.readouterr().err
    assert main(["whoami", "--url", sandbox.url, "--username", sandbox.username]) == 1
    assert "belong to http://127.0.0.1:9" in capsys.readouterr().err


def test_a_manifest_is_named_where_none_is_at_hand(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("PAPAYA_URL")
    text = f"apiVersion: papaya/v1\nkind: Fleet\nmetadata: {{name: f}}\nserver: {{url: {sandbox.url!r}}}\n"
    Path("other.yaml").write_text(text)
    assert main(["whoami", "-f", "other.yaml"]) == 0
    assert main(["whoami"]) == 1
    assert "no server is named" in capsys.readouterr().err
