"""The whole way of a fleet: made by hand on one server, exported, planned there, applied to another."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from papaya.cli import main
from papaya.kinds.registry import KINDS
from papaya.sandbox import Sandbox
from tests.cli.by_hand import made_by_hand
from tests.unit.sandbox.client import Client

PAGE = Path(__file__).parents[2] / "docs" / "staging-to-production.md"
DIRECTIONS = [("4.0.1", "4.0.1"), ("4.3.1.3", "4.3.1.3"), ("4.0.1", "4.3.1.3")]
# What by_hand.py makes of each kind, beside what a sandbox begins with; alarms
# have tests of their own: a set is no object that a person makes, and 4.0.1 has no rules.
MADE = {
    "customer": {"City of Panaji", "Café & Söhne", "Customer A"},
    "user": {"desk@panaji.example", "customer@thingsboard.org"},
    "ruleChain": {"Meters", "Alerts/1", "Alerts 1", "Root Rule Chain"},
    "dashboard": {"Details", "Overview"},
    "deviceProfile": {"default", "IoT-Gateway", "Hand meter"},
    "assetProfile": {"default", "Country", "State"},
    "firmware": {"Firmware of meters 1.0"},
    "software": {"Software of meters 1.0"},
    "firmwareOfProfile": {"Hand meter"},
    "softwareOfProfile": {"Hand meter"},
    "calculatedField": {"double"},
    "alarmRule": set[str](),
    "alarmSet": set[str](),
}
LIMITS = """\
apiVersion: papaya/v1
kind: Fleet
metadata: {name: fleet}
profiles:
  create: true
  devices: {Meter: {alarms: fromSensors}}
countries:
  - name: INDIA
    states:
      - name: Goa
        devices:
          - name: PM-1
            profile: Meter
            sensors: [{key: temperature, name: Temperature, unit: °C, warnAbove: 60, alarmAbove: 75}]
"""


@pytest.fixture(params=DIRECTIONS, ids=" to ".join)
def servers(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Client, Client]]:
    """Two servers with the same administrator; commands reach the first one unless `--url` says otherwise."""
    first, second = request.param
    monkeypatch.chdir(tmp_path)
    with Sandbox(emulate=first) as staging, Sandbox(emulate=second) as production:
        monkeypatch.setenv("PAPAYA_USERNAME", staging.username)
        monkeypatch.setenv("PAPAYA_PASSWORD", staging.password)
        with Client(staging) as from_, Client(production) as to:
            yield from_, to


def test_every_kind_has_an_example_here() -> None:
    assert MADE.keys() == KINDS.keys(), "add the new kind to by_hand.py and to MADE"


def test_a_fleet_made_by_hand_goes_from_one_server_to_another(
    servers: tuple[Client, Client], capsys: pytest.CaptureFixture[str]
) -> None:
    staging, production = servers
    made_by_hand(staging)
    assert main(["export", "--url", staging.url, "--with", "all", "-o", "out"]) == 0
    capsys.readouterr()
    assert main(["plan", "out", "--json"]) == 0
    plan = json.loads(capsys.readouterr().out)
    # Also what somebody assigned by hand in a profile: it is the same, and gets its mark.
    assert plan["summary"]["adopt"]
    assert not any(plan["summary"][what] for what in ("add", "change", "destroy"))
    found: dict[str, set[str]] = {key: set() for key in KINDS}
    for one in plan["resources"]:
        assert "adopt" in one["actions"] and not one.get("fields"), one
        found[one["kind"]].add(one["name"])
    assert found == MADE
    assert main(["apply", "out", "--yes", "--adopt"]) == 0
    agreed = ["--yes", "--adopt", "--confirm", "dashboard/Details"]
    assert main(["apply", "out", "--url", production.url, *agreed]) == 0
    for server in servers:
        assert main(["plan", "out", "--url", server.url, "--detailed-exitcode"]) == 0
    assert main(["export", "--url", production.url, "--with", "all", "-o", "back"]) == 0
    for path in sorted(path for path in Path("out").rglob("*") if path.is_file()):
        again = Path("back") / path.relative_to("out")
        assert _portable(again) == _portable(path), path
    assert not _ids(staging) & set(re.findall(r"[0-9a-f-]{36}", json.dumps(_dashboards(production))))


def test_alarms_from_thresholds_go_from_one_server_to_another(servers: tuple[Client, Client]) -> None:
    staging, production = servers
    Path("fleet.yaml").write_text(LIMITS)
    assert main(["apply", "fleet.yaml", "--url", staging.url, "--yes"]) == 0
    assert main(["export", "--url", staging.url, "--with", "all", "-o", "out"]) == 0
    for server in servers:
        assert main(["apply", "out", "--url", server.url, "--yes", "--adopt"]) == 0
        assert main(["plan", "out", "--url", server.url, "--detailed-exitcode"]) == 0
    rows = production.get("/api/deviceProfiles", pageSize=100, page=0)["data"]
    (meter,) = [row for row in rows if row["name"] == "Meter"]
    if meter["profileData"]["alarms"]:
        assert [one["alarmType"] for one in meter["profileData"]["alarms"]] == ["Temperature"]
    else:
        rules = production.get("/api/alarm/rules", pageSize=100, page=0)["data"]
        assert [one["name"] for one in rules] == ["Temperature"]


def test_what_cannot_be_carried_is_named(
    servers: tuple[Client, Client], capsys: pytest.CaptureFixture[str]
) -> None:
    staging, _ = servers
    made_by_hand(staging)
    user = "0b0b0b0b-1111-4222-8333-444444444444"
    config = {"title": "Mine", "settings": {"assigneeId": user}}
    widgets = {"w": {"typeFullFqn": "system.x", "type": "latest", "config": config}}
    staging.post("/api/dashboard", {"title": "Of a user", "configuration": {"widgets": widgets}})
    for _ in range(2):
        staging.post("/api/ruleChain", {"name": "Twice", "type": "CORE", "debugMode": False})
    assert main(["export", "--url", staging.url, "--with", "all", "-o", "out"]) == 0
    said = capsys.readouterr().err
    assert f"Not carried to another server: dashboards/Of a user.json names the user {user}" in said
    assert "Left out: ruleChain/Twice, 2 rule chains have this name" in said
    assert "Twice" not in Path("out/fleet.yaml").read_text()


def test_an_alarm_rule_goes_from_one_server_to_another(servers: tuple[Client, Client]) -> None:
    staging, production = servers
    staging.asset("INDIA", "Country")
    profile = staging.get("/api/deviceProfileInfo/default")["id"]
    key = {"refEntityKey": {"key": "t", "type": "TS_LATEST", "scope": None}}
    condition = {"type": "SIMPLE", "expression": {"type": "TBEL", "expression": "return t > 60;"}}
    rule = {
        "type": "ALARM",
        "arguments": {"t": key},
        "createRules": {"MAJOR": {"condition": condition, "alarmDetails": None, "dashboardId": None}},
    }
    body = {"entityId": profile, "type": "ALARM", "name": "Hot", "configurationVersion": 0}
    answer = staging.ask("POST", "/api/alarm/rule", {**body, "configuration": rule})
    assert answer.status_code in (200, 405), answer.text
    assert main(["export", "--url", staging.url, "--with", "all", "-o", "out"]) == 0
    for server in servers:
        assert main(["apply", "out", "--url", server.url, "--yes", "--adopt"]) == 0
        assert main(["plan", "out", "--url", server.url, "--detailed-exitcode"]) == 0
    if answer.status_code == 200:
        (there,) = production.get("/api/alarm/rules", pageSize=100, page=0)["data"]
        assert there["name"] == "Hot"


def test_the_commands_of_the_page_work_as_they_stand(servers: tuple[Client, Client]) -> None:
    staging, production = servers
    made_by_hand(staging)
    (block,) = re.findall(r"```console\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    block = block.replace("http://staging.example:8080", staging.url)
    commands = block.replace("http://production.example:8080", production.url).splitlines()
    assert [line.split()[1] for line in commands] == ["export", "plan", "plan", "apply"]
    for line in commands:
        agreed = ["--yes", "--confirm", "dashboard/Details"] if line.startswith("papaya apply") else []
        assert main([*shlex.split(line)[1:], *agreed]) == 0
    assert main(["plan", "fleet", "--url", production.url, "--detailed-exitcode"]) == 0


def _portable(path: Path) -> str:
    # A server writes nodes in its own version of their configuration.
    text = re.sub(r'"configurationVersion": \d+', "", path.read_text(encoding="utf-8"))
    lines = text.splitlines()
    return "\n".join(line for line in lines if not line.startswith(("#", "server:")))


def _dashboards(client: Client) -> list[Any]:
    rows = client.get("/api/tenant/dashboards", pageSize=100, page=0)["data"]
    return [client.get(f"/api/dashboard/{row['id']['id']}")["configuration"] for row in rows]


def _ids(client: Client) -> set[str]:
    paths = ("/api/tenant/devices", "/api/tenant/assets", "/api/tenant/dashboards", "/api/ruleChains")
    return {row["id"]["id"] for path in paths for row in client.get(path, pageSize=100, page=0)["data"]}
