"""A window on a server without a manifest: it opens where the server is away, says so and tries again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from papaya_gui.desk import Desk
from papaya_gui.sources.wanted import Wanted, open_first

from papaya.errors import PapayaError, SettingsError
from papaya.sandbox import Sandbox
from papaya.sensors.condition import Health
from papaya.settings import Options
from papaya.settings.token_store import TokenStore
from tests.gui.conftest import MakeDesk
from tests.gui.events import click
from tests.gui.hand import wait_until
from tests.tunnel.bastion import free_port
from tests.unit.sandbox.client import Client


@pytest.fixture
def port() -> int:
    """Return a port on which the server is going to be."""
    return free_port()


@pytest.fixture
def wanted(port: int, monkeypatch: pytest.MonkeyPatch) -> Wanted:
    """Return what `papaya gui --url` wants, with a user in the environment."""
    monkeypatch.setenv("PAPAYA_USERNAME", Sandbox.username)
    monkeypatch.setenv("PAPAYA_PASSWORD", Sandbox.password)
    return Wanted(server=Options(url=f"http://127.0.0.1:{port}"))


@pytest.fixture
def server(port: int) -> Iterator[Sandbox]:
    """Return the server, which a test starts, with two devices."""
    made = Sandbox(port=port)
    yield made
    made.stop()


def come_back(server: Sandbox) -> None:
    """Start the server, and create its devices."""
    server.start()
    with Client(server) as client:
        client.device("PM-1")
        client.device("PM-2")


def test_the_window_opens_says_that_the_server_is_away_and_shows_it_once_a_person_tries_again(
    make_desk: MakeDesk, wanted: Wanted, server: Sandbox
) -> None:
    desk: Desk = make_desk(wanted, "PM-2")
    notice = desk.window.notice
    wait_until(notice.isVisible)
    assert desk.station.condition.health is Health.DOWN
    assert "refused" in notice.text.text().lower() and "tries again every 15 s" in notice.text.text()
    assert not desk.window.start.isVisible() and notice.again.isVisible()
    click(notice.again)
    wait_until(lambda: desk._opening is None)
    assert "refused" in notice.text.text().lower() and notice.again.isVisible()
    come_back(server)
    click(notice.again)
    wait_until(lambda: "PM-1" in desk.window.station.catalog.devices)
    wait_until(lambda: desk.window.station.condition.health is Health.LIVE)
    # The device that the command named, which nobody could check.
    assert desk.window.station.device == "PM-2"
    assert not desk.window.notice.again.isVisible()


def test_the_window_tries_again_by_itself_without_a_word(
    make_desk: MakeDesk, wanted: Wanted, server: Sandbox
) -> None:
    desk: Desk = make_desk(wanted)
    assert desk._again.isActive()
    wait_until(desk.window.notice.isVisible)
    told = desk.window.notice.text.text()
    desk._again.setInterval(50)
    tried: list[Wanted] = []
    desk._worker.failed.connect(lambda wanted, _: tried.append(wanted))
    wait_until(lambda: len(tried) >= 1)
    assert desk.window.notice.text.text() == told
    come_back(server)
    wait_until(lambda: "PM-1" in desk.window.station.catalog.devices)
    assert not desk._again.isActive()


def test_a_user_that_the_server_refuses_is_asked_to_sign_in(
    make_desk: MakeDesk, wanted: Wanted, server: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAPAYA_PASSWORD", "wrong")
    come_back(server)
    desk: Desk = make_desk(wanted)
    wait_until(desk.window.start.isVisible)
    assert server.url in desk.window.start.words.text()
    assert TokenStore().find(server.url) is None


def test_what_no_waiting_mends_is_still_refused() -> None:
    with pytest.raises(PapayaError, match="no such file"):
        open_first(Wanted(source="file:nowhere.csv"))
    with pytest.raises(SettingsError):
        open_first(Wanted(server=Options(url="ftp://far.example.com")))
