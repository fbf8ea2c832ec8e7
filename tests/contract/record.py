"""Records the scenarios against a real server: `python -m tests.contract.record URL [MQTT-URL]`.

A fleet with an object of every kind is recorded in a tenant that is made for it and deleted.
The server's demo tenant is used and left as it was found. The cassettes are named after the server's version.
With the address of its MQTT, which the agent needs that answers calls, what the window asks is recorded
instead: its requests, and the conversation of its live feed.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from papaya.api.credentials import Credentials
from papaya.api.session import Session
from papaya.kinds.alarm_engine import has_rules
from papaya.manifest.model import Json
from tests.contract.feed import Event, converse, relay, write_feed
from tests.contract.kinds import TITLE, life_of_kinds
from tests.contract.life import CASSETTES, PASSWORD, SERVERS, USERNAME, recorder, whole_life
from tests.contract.window import CUSTOMER, GARAGE, GARAGE_PASSWORD, Scene, play
from tests.e2e.meter import TOKEN, Meter
from tests.real.tenants import tenant_of

RECORDINGS = Path(__file__).parent / "recordings"
_ADMINISTRATOR = Credentials(username=USERNAME, password=PASSWORD)


def record(url: str) -> None:
    """Record one server and note its address, which is part of every recorded request."""
    version = _version(url)
    with _recording(f"thingsboard-{version}.yaml"), pytest.MonkeyPatch.context() as monkeypatch:
        whole_life(url, monkeypatch)
    _note(version, url)


def record_kinds(url: str) -> None:
    """Record the life of a fleet with an object of every kind, in a tenant of its own."""
    with tenant_of(url, title=TITLE) as tenant, tempfile.TemporaryDirectory() as folder:
        with _recording(f"kinds-{tenant.version}.yaml"), pytest.MonkeyPatch.context() as monkeypatch:
            life_of_kinds(tenant, Path(folder) / "fleet", monkeypatch)
        _note(tenant.version, url)


def _note(version: str, url: str) -> None:
    known = json.loads(SERVERS.read_text()) if SERVERS.exists() else {}
    SERVERS.write_text(json.dumps({**known, version: url}, indent=2, sort_keys=True) + "\n")


def record_window(url: str, mqtt_url: str) -> None:
    """Record what the window asks of a server, beside an agent that runs."""
    with Session(url, _ADMINISTRATOR) as session, _customer(session, url):
        scene = Scene(
            url,
            _ADMINISTRATOR,
            TOKEN,
            lambda: running_agent(mqtt_url),
            # API keys and alarm rules came with the same version.
            has_keys=has_rules(session.info().version),
        )
        with _recording(f"window-{_version(url)}.yaml"):
            play(scene)


def record_feed(url: str) -> None:
    """Record the conversation of the live feed with a server."""
    events: list[Event] = []
    with Session(url, _ADMINISTRATOR) as session:
        path = RECORDINGS / f"thingsboard-{session.info().version}.feed.jsonl"
        tokens = session.tokens
        assert tokens is not None
        first, second = (_made(session, "/api/device", {"name": name}) for name in ("Feed-1", "Feed-2"))

        def store(device: str, ts: int, values: dict[str, Json]) -> None:
            body: Json = {"ts": ts, "values": values}
            session.post(f"/api/plugins/telemetry/DEVICE/{device}/timeseries/ANY", body)

        try:
            with relay(url, events) as between:
                converse(between, tokens.token, (first, second), store)
        finally:
            for device in (first, second):
                session.delete(f"/api/device/{device}")
    write_feed(path, (first, second), events)


@contextmanager
def running_agent(mqtt_url: str) -> Iterator[None]:
    """Run an agent that is connected with `TOKEN`."""
    with tempfile.TemporaryDirectory() as folder:
        agent = Meter(Path(folder), mqtt_url)
        agent.start()
        try:
            agent.hears("connected to")
            yield
        finally:
            agent.kill()


@contextmanager
def _recording(name: str) -> Iterator[None]:
    path = CASSETTES / name
    path.unlink(missing_ok=True)
    with recorder("new_episodes").use_cassette(str(path)):
        yield


@contextmanager
def _customer(session: Session, url: str) -> Iterator[None]:
    """Have a customer with a user; this is not recorded, for the sake of the activation's secrets."""
    customer = _made(session, "/api/customer", {"title": CUSTOMER})
    owner: Json = {"entityType": "CUSTOMER", "id": customer}
    body: Json = {"email": GARAGE, "authority": "CUSTOMER_USER", "customerId": owner}
    user = _made(session, "/api/user?sendActivationMail=false", body)
    link = str(session.get(f"/api/user/{user}/activationLink"))
    activation = {"activateToken": link.partition("activateToken=")[2], "password": GARAGE_PASSWORD}
    requests.post(f"{url}/api/noauth/activate", json=activation, timeout=30).raise_for_status()
    try:
        yield
    finally:
        session.delete(f"/api/customer/{customer}")


def _made(session: Session, path: str, body: Json) -> str:
    answer = session.post(path, body)
    identity = answer["id"] if isinstance(answer, dict) else None
    assert isinstance(identity, dict)
    return str(identity["id"])


def _version(url: str) -> str:
    with Session(url, _ADMINISTRATOR) as session:
        return session.info().version


if __name__ == "__main__":
    if len(sys.argv) == 2:
        record(sys.argv[1])
        record_kinds(sys.argv[1])
    else:
        record_window(*sys.argv[1:])
        record_feed(sys.argv[1])
