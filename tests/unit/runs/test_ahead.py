"""What papaya does with a server while it reads the manifest: it signs in where `--url` names the server."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from papaya.errors import AuthenticationFailed, SettingsError
from papaya.manifest.model import Fleet, Server
from papaya.runs.ahead import Ahead
from papaya.runs.run import open_run
from papaya.sandbox import Fault, Sandbox
from papaya.settings import Options
from tests.unit.engine.fleets import device, karnataka

FLEET = karnataka(device("PM-1"))
PATIENCE = 60


@pytest.fixture
def sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    monkeypatch.chdir(tmp_path)
    with Sandbox() as sandbox:
        monkeypatch.setenv("PAPAYA_USERNAME", sandbox.username)
        monkeypatch.setenv("PAPAYA_PASSWORD", sandbox.password)
        yield sandbox


def signing_in(sandbox: Sandbox) -> threading.Event:
    """Return what says that a request to sign in has come."""
    here = threading.Event()

    def hook(method: str, path: str) -> Fault | None:
        if path.startswith("/api/auth/login"):
            here.set()
        return None

    sandbox.before_reply = hook
    return here


def logins(sandbox: Sandbox) -> list[int]:
    return [status for _, path, status in sandbox.requests if path.startswith("/api/auth/login")]


def test_papaya_signs_in_once_while_the_manifest_is_read(sandbox: Sandbox) -> None:
    here = signing_in(sandbox)
    options = Options(url=sandbox.url)
    with Ahead(options) as ahead:
        assert here.wait(PATIENCE)
        with open_run(FLEET, options, ahead=ahead) as run:
            assert len(run.plan().changes) == 3
            # Signing in counts apart, with or without a session ahead.
            assert run.reading.requests == 8
    assert logins(sandbox) == [200]


def test_no_credentials_go_to_a_server_that_the_manifest_may_refuse(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAPAYA_URL", sandbox.url)
    other = Fleet("meters", server=Server(url="http://127.0.0.1:9"))
    with (
        pytest.raises(SettingsError, match="two servers are named"),
        Ahead(Options()) as ahead,
        open_run(other, Options(), ahead=ahead),
    ):
        pass
    assert sandbox.requests == []


def test_credentials_that_only_the_manifest_changes_get_a_session_of_their_own(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = Options(url=sandbox.url)
    with Ahead(options) as ahead:
        monkeypatch.setenv("PAPAYA_PASSWORD", "changed")
        with pytest.raises(AuthenticationFailed), open_run(FLEET, options, ahead=ahead):
            pass


def test_a_wrong_password_is_sent_once_and_told(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAPAYA_PASSWORD", "wrong")
    options = Options(url=sandbox.url)
    with (
        Ahead(options) as ahead,
        pytest.raises(AuthenticationFailed, match="Invalid username or password"),
        open_run(FLEET, options, ahead=ahead),
    ):
        pass
    assert logins(sandbox) == [401]


def test_a_refused_manifest_waits_for_no_answer(sandbox: Sandbox) -> None:
    here = signing_in(sandbox)
    ends = threading.Event()
    counted = sandbox.before_reply

    def hook(method: str, path: str) -> Fault | None:
        assert counted is not None
        counted(method, path)
        return Fault(held=lambda: not ends.is_set())

    sandbox.before_reply = hook
    try:
        with pytest.raises(ZeroDivisionError), Ahead(Options(url=sandbox.url)):
            assert here.wait(PATIENCE)
            raise ZeroDivisionError
    finally:
        ends.set()


def test_without_any_server_nothing_is_begun(sandbox: Sandbox) -> None:
    with Ahead(Options()) as ahead, pytest.raises(SettingsError), open_run(FLEET, Options(), ahead=ahead):
        pass
    assert sandbox.requests == []
