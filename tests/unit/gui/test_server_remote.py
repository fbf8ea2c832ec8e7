"""What a server says of a device beside its readings."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from papaya_gui.sources.remote import About, Attribute
from papaya_gui.sources.server_remote import ServerRemote

from papaya.api.feed import ServerFeed
from papaya.api.session import Credentials, Session
from papaya.errors import PapayaError
from papaya.sandbox import Sandbox
from tests.unit.sandbox.client import Client

PERSON = Credentials(username=Sandbox.username, password=Sandbox.password)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A server in memory."""
    with Sandbox() as running:
        yield running


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[Client]:
    """The tenant administrator's client of it."""
    with Client(sandbox) as logged_in:
        yield logged_in


@pytest.fixture
def session(sandbox: Sandbox) -> Iterator[Session]:
    """A session of papaya."""
    with Session(sandbox.url, PERSON, retry_for=1) as made:
        yield made


def about(session: Session, device: str) -> About:
    """Return what the server says of a device by its id."""
    with ServerFeed(session) as feed:
        return ServerRemote(session, {"PM-1": device}, {device: "PM-1"}, feed).about("PM-1")


def test_the_page_of_a_device_is_known_without_asking(session: Session) -> None:
    with ServerFeed(session) as feed:
        remote = ServerRemote(session, {"PM-1": "1-2"}, {"1-2": "PM-1"}, feed)
        assert remote.page("PM-1") == f"{session.url}/entities/devices/1-2"
        assert remote.page("PM-2") == ""


def test_firmware_activity_tunnel_and_attributes_are_read(client: Client, session: Session) -> None:
    device = client.device("PM-1")["id"]["id"]
    path = f"/api/plugins/telemetry/DEVICE/{device}"
    client.post(f"{path}/attributes/SHARED_SCOPE", {"fw_title": "meter-app", "fw_version": "1.4.2"})
    client.post(f"{path}/attributes/SERVER_SCOPE", {"note": {"a": [1]}, "papaya.fleet": "demo"})
    client.post(
        f"{path}/timeseries/ANY",
        {"current_fw_title": "meter-app", "current_fw_version": "1.4.1", "fw_state": "DOWNLOADING"},
    )
    found = about(session, device)
    assert (found.firmware, found.target) == ("meter-app 1.4.1", "meter-app 1.4.2")
    assert found.firmware_state == "DOWNLOADING" and found.tunnel == ""
    told = {(one.scope, one.key): one for one in found.attributes}
    assert told["server", "note"].value == '{"a": [1]}'
    changed = told["shared", "fw_title"].changed
    assert changed is not None and changed > 1_000_000_000


def test_a_device_that_says_nothing_has_nothing_to_tell(client: Client, session: Session) -> None:
    found = about(session, client.device("PM-1")["id"]["id"])
    assert (found.firmware, found.target, found.tunnel) == ("", "", "")
    assert all(isinstance(one, Attribute) for one in found.attributes)


def test_a_device_that_the_server_lacks_is_named(session: Session) -> None:
    with pytest.raises(PapayaError, match="the server has no device PM-2"):
        ServerRemote(session, {}, {}).about("PM-2")
