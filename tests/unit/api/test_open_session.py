"""What a command gets when it asks for a session: checked, warned about, and with tokens that are kept."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path

import pytest

from papaya.command_line.terminal import TERMINAL
from papaya.diagnostics import Mark
from papaya.errors import AuthenticationFailed, Forbidden, SettingsError
from papaya.manifest.model import Fleet, SecretReference, Server
from papaya.runs import session as sessions
from papaya.sandbox import Sandbox
from papaya.settings import Options, Properties, read_properties
from papaya.settings.token_store import StoredTokens, TokenStore
from tests.unit.api.raw_server import RawServer, answer, user_or

open_session = functools.partial(sessions.open_session, observer=TERMINAL)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write_config(sandbox: Sandbox, token: str = "") -> Path:
    path = Path("config.properties")
    path.write_text(
        f"# mine\n[thingsboard]\nurl = {sandbox.url}\nusername = {sandbox.username}\n"
        f"password = {sandbox.password}\ntoken = {token}\n"
    )
    path.chmod(0o600)
    return path


def test_a_fresh_token_goes_back_to_the_file_it_belongs_to(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_config(sandbox, "expired")
    with open_session(Options()) as session:
        tokens = session.tokens
    assert tokens is not None
    properties = read_properties(path.read_text(), "config.properties")
    assert isinstance(properties, Properties)
    assert (properties.token, properties.refresh_token) == (tokens.token, tokens.refresh_token)
    assert path.read_text().startswith("# mine\n")
    with open_session(Options()) as session:
        assert session.auth_requests_sent == 1
    assert capsys.readouterr().err == ""


def test_a_file_that_cannot_be_written_is_a_warning(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_config(sandbox)

    def refused(path: Path, content: bytes) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("papaya.settings.write_back.replace_private", refused)
    with open_session(Options()) as session:
        assert session.user().email == sandbox.username
    assert "Warning: the new token is not kept in " in capsys.readouterr().err


def test_a_fresh_token_of_a_login_goes_back_to_its_store(sandbox: Sandbox) -> None:
    write_config(sandbox)
    with open_session(Options()) as session:
        tokens = session.tokens
    assert tokens is not None
    Path("config.properties").unlink()
    TokenStore().keep(sandbox.url, StoredTokens(sandbox.username, "expired", tokens.refresh_token))
    with open_session(Options(url=sandbox.url)) as session:
        now = session.tokens
    stored = TokenStore().find(sandbox.url)
    assert now is not None and stored is not None
    assert (stored.username, stored.token) == (sandbox.username, now.token)


def test_a_token_of_the_environment_is_kept_nowhere(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAPAYA_USERNAME", sandbox.username)
    monkeypatch.setenv("PAPAYA_PASSWORD", sandbox.password)
    with open_session(Options(url=sandbox.url)):
        pass
    assert TokenStore().urls() == ()


def test_the_manifest_may_name_server_and_secrets(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "password").write_text(f"{sandbox.password}\n")
    (tmp_path / "password").chmod(0o600)
    server = Server(sandbox.url, sandbox.tenant_id, sandbox.username, SecretReference(file="password"))
    with open_session(Options(), Fleet("f", server, folder=str(tmp_path))) as session:
        assert session.user().tenant_id == sandbox.tenant_id


def test_another_tenant_than_the_pinned_one_is_refused(sandbox: Sandbox) -> None:
    write_config(sandbox)
    server = Server(sandbox.url, "13814000-1dd2-11b2-8080-808080808080", mark=Mark("fleet.yaml", 5, 9))
    with pytest.raises(SettingsError, match="fleet.yaml:5:9 wants tenant 13814000"):
        open_session(Options(), Fleet("f", server))


def test_who_is_no_tenant_administrator_is_refused_where_it_matters(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAPAYA_PASSWORD", "sysadmin")
    options = Options(url=sandbox.url, username="sysadmin@thingsboard.org")
    with pytest.raises(
        Forbidden,
        match=f"this needs a TENANT_ADMIN; this is SYS_ADMIN sysadmin@thingsboard.org on {sandbox.url}",
    ):
        open_session(options)
    with open_session(options, require_tenant_admin=False) as session:
        assert session.user().authority == "SYS_ADMIN"


def test_no_credentials_are_an_error_that_says_why_others_were_not_used(sandbox: Sandbox) -> None:
    write_config(sandbox)
    with pytest.raises(SettingsError, match="there are no credentials for https://b.example.com") as caught:
        open_session(Options(url="https://b.example.com"))
    assert f"belong to {sandbox.url} and are not sent to" in caught.value.remedy
    assert "papaya login" in caught.value.remedy


def test_a_wrong_password_is_an_error(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAPAYA_PASSWORD", "wrong")
    with pytest.raises(AuthenticationFailed, match="Invalid username or password"):
        open_session(Options(url=sandbox.url, username=sandbox.username))


@pytest.mark.parametrize(
    ("version", "warns"),
    [
        ("3.6.4", True),
        ("4.0.0", True),
        ("4.0.1", False),
        ("4.2.1.1", False),
        ("4.3.1.3", False),
        ("4.4", False),
        ("4.4.1", False),
        ("4.5", True),
    ],
)
def test_an_untried_version_is_a_warning(
    version: str, warns: bool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAPAYA_TOKEN", "the-token")
    with RawServer(user_or(lambda received: answer({"version": version, "type": "CE"}))) as server:
        open_session(Options(url=server.url)).close()
    assert (f"is ThingsBoard {version}" in capsys.readouterr().err) == warns
