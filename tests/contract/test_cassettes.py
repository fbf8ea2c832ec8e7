"""papaya's own client against recordings of real ThingsBoard servers."""

from __future__ import annotations

import json
from contextlib import nullcontext
from pathlib import Path

import pytest

from papaya.api.credentials import Credentials
from papaya.kinds.alarm_engine import has_rules
from papaya.sandbox import Sandbox
from tests.contract.kinds import TITLE, life_of_kinds
from tests.contract.life import CASSETTES, PASSWORD, SERVERS, USERNAME, recorder, whole_life
from tests.contract.record import running_agent
from tests.contract.window import CUSTOMER, GARAGE, GARAGE_PASSWORD, Scene, play
from tests.e2e.meter import TOKEN
from tests.real.tenants import PASSWORD as PASSWORD_OF_TENANTS
from tests.real.tenants import Tenant, sandbox_tenant
from tests.unit.sandbox.client import Client


@pytest.mark.parametrize("version", ["4.0.1", "4.2.2.3", "4.3.1.3"])
def test_client_lives_its_whole_life_on_the_recording(version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    url = json.loads(SERVERS.read_text())[version]
    with recorder("none").use_cassette(str(CASSETTES / f"thingsboard-{version}.yaml")) as cassette:
        whole_life(url, monkeypatch)
        assert cassette.all_played
        assert cassette.play_count == len(cassette) > 60


@pytest.mark.parametrize("version", ["4.0.1", "4.2.2.3", "4.3.1.3"])
def test_every_kind_lives_its_whole_life_on_the_recording(
    version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = json.loads(SERVERS.read_text())[version]
    tenant = Tenant(url, version, "", f"{TITLE}@papaya.test")
    with recorder("none").use_cassette(str(CASSETTES / f"kinds-{version}.yaml")) as cassette:
        life_of_kinds(tenant, tmp_path / "fleet", monkeypatch)
        assert cassette.all_played
        assert cassette.play_count == len(cassette) > 300


@pytest.mark.parametrize("version", ["4.0.1", "4.2.2.3", "4.3.1.3"])
def test_every_kind_lives_its_whole_life_in_the_sandbox(
    version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sandbox_tenant(version) as tenant:
        life_of_kinds(tenant, tmp_path / "fleet", monkeypatch)


@pytest.mark.parametrize("version", ["4.2.2.3", "4.3.1.3"])
def test_what_the_window_asks_is_answered_on_the_recording_as_it_expects(version: str) -> None:
    url = json.loads(SERVERS.read_text())[version]
    administrator = Credentials(username=USERNAME, password=PASSWORD)
    with recorder("none").use_cassette(str(CASSETTES / f"window-{version}.yaml")) as cassette:
        play(Scene(url, administrator, TOKEN, nullcontext, has_keys=has_rules(version)))
        assert cassette.all_played
        assert cassette.play_count == len(cassette) > 80


def test_what_the_window_asks_is_answered_by_the_sandbox_as_it_expects() -> None:
    with Sandbox(emulate="4.3.1.3", rpc_timeout_floor=0.3) as sandbox, Client(sandbox) as client:
        customer = client.post("/api/customer", {"title": CUSTOMER})["id"]["id"]
        sandbox.add_customer_user(customer, GARAGE, GARAGE_PASSWORD)
        administrator = Credentials(username=sandbox.username, password=sandbox.password)
        mqtt_url = sandbox.mqtt_url
        assert mqtt_url is not None
        play(Scene(sandbox.url, administrator, TOKEN, lambda: running_agent(mqtt_url)))


def test_cassettes_hold_no_secrets() -> None:
    for path in CASSETTES.glob("*.yaml"):
        text = path.read_text()
        assert "eyJ" not in text, path
        assert "tb_" not in text, path
        assert '"password": "tenant"' not in text, path
        assert GARAGE_PASSWORD not in text, path
        assert PASSWORD_OF_TENANTS not in text, path
        assert "activateToken=" not in text, path
        assert "X-Authorization" not in text, path
