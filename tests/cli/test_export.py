"""`papaya export`: files, folders, JSON, and the way back through plan and apply."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from papaya.cli import main
from papaya.sandbox import Sandbox
from tests.unit.sandbox.client import Client


@pytest.fixture(params=["4.0.1", "4.3.1.3"])
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    with Sandbox(emulate=request.param) as running:
        yield running


@pytest.fixture(autouse=True)
def as_administrator(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PAPAYA_URL", sandbox.url)
    monkeypatch.setenv("PAPAYA_USERNAME", sandbox.username)
    monkeypatch.setenv("PAPAYA_PASSWORD", sandbox.password)


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[Client]:
    """A tenant that somebody has set up by hand."""
    with Client(sandbox) as one:
        india, goa = one.asset("INDIA", "Country"), one.asset("Goa", "State", label="22:30")
        one.contain(india, goa)
        for number in range(60):
            device = one.device(f"PM-{number:02}", type="Meter", label="NO")
            one.contain(goa, device)
            values = {"latitude": 15.5, "longitude": number / 3, "bays": number, "firmware": "v1.10"}
            one.set_attributes(device, values)
        yield one


def test_an_unmarked_tenant_is_adopted_through_its_export(
    client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", "-o", "fleet.yaml", "--name", "meters"]) == 0
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "Wrote fleet.yaml. To see what apply would do: papaya plan fleet.yaml" in shown.err
    assert "Left out, because the server writes them: active (60, first device/PM-00)" in shown.err
    text = Path("fleet.yaml").read_text(encoding="utf-8")
    assert "    label: '22:30'\n" in text
    assert "attributes: {firmware: v1.10}" in text
    assert main(["plan", "--detailed-exitcode"]) == 2
    assert "Plan: 62 to adopt, 0 to add, 0 to change, 0 to delete." in capsys.readouterr().out
    before = client.attributes(client.get("/api/tenant/devices", deviceName="PM-07"))
    assert main(["apply", "--yes", "--adopt"]) == 0
    assert main(["plan", "--detailed-exitcode"]) == 0
    after = client.attributes(client.get("/api/tenant/devices", deviceName="PM-07"))
    assert {key: value for key, value in after.items() if not key.startswith("papaya.")} == before
    capsys.readouterr()
    assert main(["export"]) == 0
    assert "metadata: {name: meters}" in capsys.readouterr().out


def test_a_folder_holds_a_file_for_each_country_and_tables(
    client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", "-o", "live"]) == 0
    assert sorted(path.name for path in Path("live").iterdir()) == [
        "fleet.yaml",
        "india-goa.csv",
        "india.yaml",
    ]
    rows = Path("live/india-goa.csv").read_text(encoding="utf-8").splitlines()
    assert rows[0] == "name,label,location.latitude,location.longitude,attributes.bays"
    assert len(rows) == 61
    assert main(["plan", "live", "--detailed-exitcode"]) == 2
    assert "Plan: 62 to adopt, 0 to add, 0 to change, 0 to delete." in capsys.readouterr().out


def test_nothing_is_overwritten_unless_asked(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    Path("fleet.yaml").write_text("mine\n")
    assert main(["export", "-o", "fleet.yaml"]) == 1
    assert "fleet.yaml is there already: nothing was written" in capsys.readouterr().err
    assert Path("fleet.yaml").read_text() == "mine\n"
    Path("live").mkdir()
    Path("live/india.yaml").write_text("mine\n")
    assert main(["export", "-o", "live"]) == 1
    assert [path.name for path in Path("live").iterdir()] == ["india.yaml"]
    assert main(["export", "-o", "fleet.yaml", "--force"]) == 0
    assert "INDIA" in Path("fleet.yaml").read_text()


def test_json_is_the_same_manifest(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["kind"] == "Fleet"
    assert document["countries"][0]["states"][0]["devices"][1]["attributes"] == {"bays": 1}
    Path("fleet.json.yaml").write_text(json.dumps(document))
    assert main(["validate", "fleet.json.yaml"]) == 0
    assert main(["export", "--json", "-o", "live"]) == 64


def test_what_stands_nowhere_is_told(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    client.device("Alone")
    client.asset("Kerala", "State")
    tower = client.asset("Tower", "Building")
    client.contain(client.get("/api/tenant/assets", assetName="INDIA"), tower)
    assert main(["export", "-o", "fleet.yaml"]) == 0
    told = capsys.readouterr().err
    assert "1 device is in the tenant, but in none of these places." in told
    assert "Left out: asset/Kerala, a State under no Country" in told
    assert "Left out: asset/Tower, under INDIA, of the profile Building" in told


def test_other_profiles_and_one_country(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    land, region = client.asset("Nepal", "Land"), client.asset("Bagmati", "Region")
    client.contain(land, region)
    client.contain(region, client.device("NP-1"))
    arguments = ["export", "--country-profile", "Land", "--state-profile", "Region"]
    assert main([*arguments, "--country", "Nepal", "-o", "nepal.yaml"]) == 0
    assert main(["plan", "nepal.yaml"]) == 0
    assert "Plan: 3 to adopt, 0 to add, 0 to change, 0 to delete." in capsys.readouterr().out
    assert main([*arguments, "--country", "nepal"]) == 1
    assert "there is no Land named nepal" in capsys.readouterr().err
    assert main(["export", "--name", "1st"]) == 64


def test_types_cost_one_request_for_each_device(sandbox: Sandbox, client: Client) -> None:
    before = len(sandbox.requests)
    assert main(["export", "-o", "fleet.yaml"]) == 0
    assert len(sandbox.requests) - before < 60 + 20


def test_the_manifest_of_the_folder_names_the_server_where_nothing_else_does(
    sandbox: Sandbox, client: Client, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("PAPAYA_URL")
    assert main(["export", "-o", "out.yaml"]) == 1
    assert "no server is named" in capsys.readouterr().err
    assert main(["init", "--url", sandbox.url]) == 0
    assert main(["export", "-o", "out.yaml"]) == 0
    assert "name: PM-59" in Path("out.yaml").read_text(encoding="utf-8")
    Path("fleet.yaml").rename("named.yaml")
    assert main(["export", "named.yaml", "-o", "positional.yaml"]) == 0
    assert Path("positional.yaml").read_text(encoding="utf-8") == Path("out.yaml").read_text(encoding="utf-8")
    assert main(["export", "absent.yaml", "-o", "absent-out.yaml"]) == 1
    assert "absent.yaml: error: there is no such file" in capsys.readouterr().err
    Path("fleet.yaml").write_text("not a manifest", encoding="utf-8")
    assert main(["export", "--url", sandbox.url, "-o", "other.yaml"]) == 0
