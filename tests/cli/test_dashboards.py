"""Dashboards at the command line: from files to a server, back into files, and to another server."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from papaya.cli import main
from papaya.sandbox import Sandbox
from tests.unit.sandbox.client import Client

PAGE = Path(__file__).parents[2] / "docs" / "dashboards.md"
MANIFEST = """\
apiVersion: papaya/v1
kind: Fleet
metadata: {name: meters}
profiles: {create: true}
safety: {maxDestroy: 9}
customers:
  - {title: City}
dashboards:
  - {title: Fleet, generate: fleet, customers: [City]}
  - {title: Meter/1, file: boards/meter.json}
countries:
  - name: INDIA
    states:
      - name: Goa
        devices:
          - {name: PM-1, location: {latitude: 15.5, longitude: 73.8}}
"""
BOARD = {
    "title": "exported as",
    "configuration": {
        "widgets": {
            "w1": {
                "typeFullFqn": "system.map",
                "type": "latest",
                "config": {
                    "title": "Map",
                    "actions": {"rowClick": [{"targetDashboardId": "papaya://dashboard/Fleet"}]},
                },
            }
        },
        "entityAliases": {
            "a1": {
                "alias": "One",
                "filter": {
                    "type": "singleEntity",
                    "singleEntity": {"entityType": "DEVICE", "id": "papaya://device/PM-1"},
                },
            }
        },
    },
}


@pytest.fixture(params=["4.0.1", "4.3.1.3"])
def client(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Client]:
    with Sandbox(emulate=request.param) as sandbox, Client(sandbox) as one:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("PAPAYA_URL", sandbox.url)
        monkeypatch.setenv("PAPAYA_USERNAME", sandbox.username)
        monkeypatch.setenv("PAPAYA_PASSWORD", sandbox.password)
        Path("fleet.yaml").write_text(MANIFEST)
        Path("boards").mkdir()
        Path("boards/meter.json").write_text(json.dumps(BOARD, indent=2))
        yield one


def live(client: Client, title: str) -> dict[str, Any]:
    rows = client.get("/api/tenant/dashboards", pageSize=100, page=0)["data"]
    (id_,) = [row["id"]["id"] for row in rows if row["title"] == title]
    return dict(client.get(f"/api/dashboard/{id_}"))


def test_dashboards_go_from_files_to_one_server_and_from_there_to_another(
    client: Client, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["apply", "--yes"]) == 0
    assert main(["plan", "--detailed-exitcode"]) == 0
    assert main(["export", "--with", "dashboards", "--with", "customers", "-o", "out"]) == 0
    files = sorted(path.name for path in Path("out/dashboards").iterdir())
    assert files == ["Fleet.json", "Meter%2F1.json"]
    written = Path("out/dashboards/Meter%2F1.json").read_text()
    assert "papaya://device/PM-1" in written and "papaya://dashboard/Fleet" in written
    assert "papaya.fleet" not in written and '"run"' not in written
    capsys.readouterr()
    assert main(["plan", "out", "--detailed-exitcode"]) == 0
    assert "No changes." in capsys.readouterr().out
    with Sandbox() as production, Client(production) as other:
        monkeypatch.setenv("PAPAYA_URL", production.url)
        text = Path("out/fleet.yaml").read_text()
        Path("out/fleet.yaml").write_text(
            text.replace("profiles: {", "profiles: {create: true, ").replace("server: {", "#")
        )
        assert main(["apply", "out", "--yes"]) == 0
        assert main(["plan", "out", "--detailed-exitcode"]) == 0
        there = live(other, "Meter/1")["configuration"]
        device = other.get("/api/tenant/devices", deviceName="PM-1")
        assert there["entityAliases"]["a1"]["filter"]["singleEntity"]["id"] == device["id"]["id"]
        action = there["widgets"]["w1"]["config"]["actions"]["rowClick"][0]
        assert action["targetDashboardId"] == live(other, "Fleet")["id"]["id"]
        assert [one["title"] for one in live(other, "Fleet")["assignedCustomers"]] == ["City"]


def test_a_change_of_the_manifest_makes_the_dashboard_anew(
    client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["apply", "--yes"]) == 0
    sensor = "{name: PM-1, sensors: [{key: t, name: Heat, unit: K, every: 5s, warnAbove: 60}], location"
    Path("fleet.yaml").write_text(MANIFEST.replace("{name: PM-1, location", sensor))
    capsys.readouterr()
    assert main(["plan", "--target", "dashboard/Fleet", "--json"]) == 0
    (change,) = json.loads(capsys.readouterr().out)["resources"]
    assert "widget Heat" in [field["field"] for field in change["fields"]]
    assert main(["apply", "--yes", "--only-resources"]) == 0
    titles = [one["config"]["title"] for one in live(client, "Fleet")["configuration"]["widgets"].values()]
    assert "Heat" in titles


def test_show_lists_dashboards_and_forget_stops_managing_one(
    client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["apply", "--yes"]) == 0
    capsys.readouterr()
    assert main(["show"]) == 0
    out = capsys.readouterr().out
    assert "Meter/1" in out and out.index("Fleet") < out.index("INDIA")
    assert main(["forget", "dashboard/Fleet", "--yes"]) == 0
    assert main(["plan"]) == 0
    assert "1 to adopt" in capsys.readouterr().out


def test_a_saved_plan_is_carried_out_and_is_stale_after_an_edit(
    client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", "-o", "first.json"]) == 0
    assert main(["apply", "first.json", "--yes"]) == 0
    assert main(["plan", "--detailed-exitcode"]) == 0
    board = json.loads(json.dumps(BOARD))
    board["configuration"]["widgets"]["w1"]["config"]["title"] = "Chart"
    Path("boards/meter.json").write_text(json.dumps(board))
    assert main(["plan", "-o", "second.json"]) == 0
    body = live(client, "Meter/1")
    body["configuration"]["description"] = "by hand"
    client.post("/api/dashboard", body)
    capsys.readouterr()
    assert main(["apply", "second.json", "--yes"]) == 1
    assert live(client, "Meter/1")["configuration"]["description"] == "by hand"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"configuration": {"widgets": ]}}', "boards/meter.json:1:31"),
        ("\n\n{" + '"a": 1, ' * 100_000 + "}", "boards/meter.json:3"),
        ("[1]", "it has no configuration"),
        ('{"configuration": {"widgets": []}}', "configuration.widgets is not an object"),
        ('{"mobileOrder": "2nd", "configuration": {}}', "mobileOrder is not a whole number"),
        ('{"configuration": {"description": "' + "x" * (17 << 20) + '"}}', "the server takes 16 MiB"),
        ('{"configuration": ' + "[" * 500 + "]" * 500 + "}", "levels deep"),
    ],
    ids=[
        "no JSON",
        "a long line",
        "another document",
        "widgets in a list",
        "an order in words",
        "too large",
        "too deep",
    ],
)
def test_what_is_wrong_with_a_file_is_told_before_anything_is_sent(
    client: Client, capsys: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    Path("boards/meter.json").write_text(text)
    assert main(["validate"]) == 1
    told = "".join(capsys.readouterr())
    assert said in told
    assert len(told) < 2_000


def test_an_entry_has_a_file_or_is_generated(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    entry = "{title: Meter/1, file: boards/meter.json}"
    for other, said in (
        ("{title: Meter/1}", "neither file nor generate"),
        ("{title: Meter/1, generate: fleet, file: boards/meter.json}", "both file and generate"),
    ):
        Path("fleet.yaml").write_text(MANIFEST.replace(entry, other))
        assert main(["validate"]) == 1
        assert said in "".join(capsys.readouterr())


def test_an_unknown_reference_is_refused_at_its_place_in_the_file(
    client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    text = json.dumps(BOARD, indent=2).replace("PM-1", "PM-9")
    Path("boards/meter.json").write_text(text)
    line = next(number for number, one in enumerate(text.splitlines(), 1) if "PM-9" in one)
    assert main(["plan"]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert f"boards/meter.json:{line}:" in out and "papaya://device/PM-9" in out
    assert main(["apply", "--yes"]) == 1


def test_the_commands_of_the_page_work_as_they_stand(client: Client) -> None:
    page = PAGE.read_text(encoding="utf-8")
    (manifest,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    Path("fleet.yaml").write_text(manifest + "profiles: {create: true}\ncountries: [{name: INDIA}]\n")
    blocks = re.findall(r"```console\n(.*?)```", page, re.DOTALL)
    commands = [shlex.split(line) for block in blocks for line in block.splitlines()]
    assert [one[1] for one in commands] == ["plan", "apply", "export"]
    for _, *arguments in commands:
        assert main([*arguments, *(["--yes"] if arguments[0] == "apply" else [])]) == 0
