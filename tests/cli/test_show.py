"""`papaya show`: what the fleet is like on its server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from papaya.cli import main
from papaya.sandbox import Sandbox
from tests.unit.sandbox.client import Client

MANIFEST = """
apiVersion: papaya/v1
kind: Fleet
metadata: {name: meters}
profiles: {create: true}
countries:
  - name: INDIA
    shared: true
    states:
      - name: Goa
        devices:
"""


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture(autouse=True)
def applied(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PAPAYA_URL", sandbox.url)
    monkeypatch.setenv("PAPAYA_USERNAME", sandbox.username)
    monkeypatch.setenv("PAPAYA_PASSWORD", sandbox.password)
    devices = "".join(f"          - {{name: PM-{n:02}, serial: SN-{n}, label: Bay {n}}}\n" for n in range(3))
    Path("fleet.yaml").write_text(MANIFEST + devices)
    assert main(["apply", "--yes"]) == 0


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[Client]:
    with Client(sandbox) as one:
        yield one


def test_a_person_sees_places_devices_and_who_is_online(
    sandbox: Sandbox, client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    token = client.token_of(client.get("/api/tenant/devices", deviceName="PM-01"))
    requests.post(f"{sandbox.url}/api/v1/{token}/telemetry", json={"t": 1}, timeout=60).raise_for_status()
    stranger = client.device("Stranger")
    client.contain(client.get("/api/tenant/assets", assetName="Goa"), stranger)
    client.device("Elsewhere")
    capsys.readouterr()
    assert main(["show"]) == 0
    shown = capsys.readouterr().out
    lines = [" ".join(line.split()) for line in shown.splitlines()]
    assert lines[0] == f"meters on {sandbox.url}"
    assert "INDIA country, 4 devices, 1 online; of no fleet" in lines
    assert 'PM-00 offline default SN-0 "Bay 0"' in lines
    assert 'PM-01 online default SN-1 "Bay 1"' in lines
    assert any(line.startswith("Stranger") and "of no fleet" in line for line in lines)
    assert "Elsewhere" not in shown


def test_a_program_gets_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main(["show", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["totals"] == {"country": 1, "state": 1, "device": 3, "online": 0}
    assert document["entities"][2] == {
        "path": ["INDIA", "Goa", "PM-00"],
        "role": "device",
        "name": "PM-00",
        "profile": "default",
        "label": "Bay 0",
        "serial": "SN-0",
        "owner": "meters",
        "online": False,
        "lastActive": None,
    }


def test_ten_devices_and_more_come_as_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    more = "".join(f"          - {{name: PM-{n:02}}}\n" for n in range(12))
    Path("fleet.yaml").write_text(MANIFEST + more)
    assert main(["apply", "--yes"]) == 0
    capsys.readouterr()
    assert main(["show"]) == 0
    folded = capsys.readouterr().out
    assert "PM-00…PM-11" in folded
    assert main(["show", "--full"]) == 0
    full = capsys.readouterr().out
    assert "PM-00…PM-11" not in full and "PM-07" in full


def test_activity_costs_two_queries_more_than_a_plan_at_most(sandbox: Sandbox) -> None:
    before = len(sandbox.requests)
    assert main(["plan"]) == 0
    plan = len(sandbox.requests) - before
    before = len(sandbox.requests)
    assert main(["show"]) == 0
    assert len(sandbox.requests) - before <= plan + 2
