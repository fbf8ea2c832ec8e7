"""`papaya credentials`: tokens go into private files, and a rotation survives its own death."""

from __future__ import annotations

import csv
import io
import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from papaya.cli import main
from papaya.formulas import unguarded
from papaya.sandbox import Fault, Sandbox
from tests.unit.sandbox.client import Client

MANIFEST = """
apiVersion: papaya/v1
kind: Fleet
metadata: {name: meters}
profiles: {create: true}
countries:
  - name: INDIA
    states:
      - name: Goa
        devices:
          - {name: PM-1}
          - {name: PM-2}
          - {name: PM-3}
          - {name: PM-4, credentials: {accessToken: {env: PM_4_TOKEN}}}
"""
ROTATE = ["credentials", "rotate", "--out", "tokens.json", "--exclude", "device/PM-4"]


@pytest.fixture(params=["4.0.1", "4.3.1.3"])
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    with Sandbox(emulate=request.param) as running:
        yield running


@pytest.fixture(autouse=True)
def applied(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PAPAYA_URL", sandbox.url)
    monkeypatch.setenv("PAPAYA_USERNAME", sandbox.username)
    monkeypatch.setenv("PAPAYA_PASSWORD", sandbox.password)
    monkeypatch.setenv("PAPAYA_RETRY_FOR", "200ms")
    monkeypatch.setenv("PM_4_TOKEN", "declared-token")
    Path("fleet.yaml").write_text(MANIFEST)
    assert main(["apply", "--yes"]) == 0
    capsys.readouterr()


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[Client]:
    with Client(sandbox) as one:
        yield one


def live(client: Client) -> dict[str, str]:
    """Return the live tokens by device."""
    names = [f"PM-{number}" for number in range(1, 5)]
    return {name: client.token_of(client.get("/api/tenant/devices", deviceName=name)) for name in names}


def is_private(path: Path) -> bool:
    return stat.S_IMODE(path.stat().st_mode) == 0o600


def test_tokens_are_written_to_a_private_file_and_nowhere_else(
    client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["credentials", "export", "-o", "tokens.csv", "-vv"]) == 0
    shown = capsys.readouterr()
    path = Path("tokens.csv")
    assert is_private(path)
    rows = list(csv.DictReader(io.StringIO(path.read_text())))
    assert {row["device"]: row["token"] for row in rows} == live(client)
    assert rows[0]["path"] == "INDIA/Goa/PM-1"
    assert rows[0]["type"] == "ACCESS_TOKEN"
    assert not any(token in shown.out + shown.err for token in live(client).values())
    assert main(["credentials", "export", "-o", "tokens.csv"]) == 1
    assert "tokens.csv is there already" in capsys.readouterr().err


def test_json_and_the_screen_and_a_part_of_the_fleet(
    client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["credentials", "export", "-o", "tokens.json", "--target", "INDIA/Goa/PM-2"]) == 0
    document = json.loads(Path("tokens.json").read_text())
    assert [(row["device"], row["token"]) for row in document["devices"]] == [("PM-2", live(client)["PM-2"])]
    capsys.readouterr()
    assert main(["credentials", "export"]) == 64
    assert main(["credentials", "export", "--show", "--format", "csv"]) == 0
    assert live(client)["PM-1"] in capsys.readouterr().out
    assert main(["credentials", "export", "--show", "--target", "INDIA/Goa/PM-9"]) == 1
    assert "no device or place matches INDIA/Goa/PM-9" in capsys.readouterr().err


def test_no_cell_of_the_table_is_a_formula(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ("=1+1", "+PM", "-PM", "@PM", "PM-1")
    devices = "".join(f"          - {{name: '{name}'}}\n" for name in names)
    secret = "          - {name: PM-4, credentials: {accessToken: {env: PM_4_TOKEN}}}\n"
    Path("fleet.yaml").write_text(MANIFEST[: MANIFEST.index("          - {name: PM-1}")] + devices + secret)
    monkeypatch.setenv("PM_4_TOKEN", "=cmd|token")
    assert main(["apply", "--yes", "--allow-destroy", "9", "--allow-token-change", "1"]) == 0
    capsys.readouterr()
    assert main(["credentials", "export", "--show"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    cells = {cell for row in rows for cell in row.values()}
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in cells)
    assert {unguarded(row["device"]) for row in rows} == {*names, "PM-4"}
    assert {unguarded(row["token"]) for row in rows if row["device"] == "PM-4"} == {"=cmd|token"}
    assert main(["credentials", "export", "--show", "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)["devices"]
    assert {row["device"] for row in told} == {*names, "PM-4"}


def test_a_device_without_a_token_is_listed_without_one(
    client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    device = client.get("/api/tenant/devices", deviceName="PM-1")
    present = client.get(f"/api/device/{device['id']['id']}/credentials")
    basic = json.dumps({"clientId": "c", "userName": "u", "password": "hidden-password"})
    client.post(
        "/api/device/credentials",
        {**present, "credentialsType": "MQTT_BASIC", "credentialsId": None, "credentialsValue": basic},
    )
    assert main(["credentials", "export", "--show"]) == 0
    shown = capsys.readouterr().out
    assert "PM-1,INDIA/Goa/PM-1,MQTT_BASIC,\n" in shown
    assert "hidden-password" not in shown
    only_a_client = json.dumps({"clientId": "c", "userName": None, "password": None})
    present = client.get(f"/api/device/{device['id']['id']}/credentials")
    client.post("/api/device/credentials", {**present, "credentialsValue": only_a_client})
    assert main([*ROTATE, "--allow-token-change", "2"]) == 0
    shown = capsys.readouterr().err
    assert "Left out: PM-1 has MQTT_BASIC, with neither a token nor a password." in shown


def test_one_token_is_shown_only_when_asked_for(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    token = live(client)["PM-1"]
    assert main(["credentials", "show", "PM-1"]) == 0
    assert capsys.readouterr().out == "PM-1: ACCESS_TOKEN; to see it: --show-token\n"
    assert main(["credentials", "show", "PM-1", "--json"]) == 0
    assert token not in capsys.readouterr().out
    assert main(["credentials", "show", "PM-1", "--show-token"]) == 0
    assert capsys.readouterr().out == f"{token}\n"
    assert main(["credentials", "show", "PM-9"]) == 1
    assert "there is no device called PM-9" in capsys.readouterr().err


def test_rotation_refuses_declared_tokens_and_asks(
    client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    before = live(client)
    assert main(["credentials", "rotate", "--out", "tokens.json", "--allow-token-change", "9"]) == 1
    assert "the manifest declares the tokens of 1 device: PM-4" in capsys.readouterr().err
    assert main([*ROTATE, "--yes"]) == 1
    assert "--allow-token-change 3" in capsys.readouterr().err
    assert main([*ROTATE, "--allow-token-change", "2"]) == 1
    assert "3 tokens would be replaced, --allow-token-change is 2" in capsys.readouterr().err
    assert not Path("tokens.json").exists()
    assert live(client) == before


def test_a_rotation_that_nobody_can_agree_to_reads_no_credentials(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    paths: list[str] = []
    sandbox.before_reply = lambda method, path: paths.append(path)
    assert main(ROTATE) == 1
    assert "--allow-token-change 3" in capsys.readouterr().err
    assert paths and not any("credentials" in path for path in paths)


def test_tokens_are_replaced_and_both_are_kept(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    before = live(client)
    assert main([*ROTATE, "--allow-token-change", "3"]) == 0
    shown = capsys.readouterr()
    assert "New tokens: 3 of 3 devices." in shown.out
    assert is_private(Path("tokens.json"))
    rows = json.loads(Path("tokens.json").read_text())["devices"]
    after = live(client)
    assert {row["device"]: row["old"] for row in rows} == {
        name: before[name] for name in ("PM-1", "PM-2", "PM-3")
    }
    assert {row["device"]: row["new"] for row in rows} == {
        name: after[name] for name in ("PM-1", "PM-2", "PM-3")
    }
    assert after["PM-4"] == "declared-token"
    assert all(len(row["new"]) == 20 and row["new"].isalnum() for row in rows)
    assert not any(row["new"] in shown.out + shown.err for row in rows)
    assert main(["plan", "--detailed-exitcode"]) == 0


@pytest.mark.parametrize("handled", [False, True])
def test_a_rotation_that_dies_goes_on_with_the_same_file(
    sandbox: Sandbox, client: Client, capsys: pytest.CaptureFixture[str], handled: bool
) -> None:
    before = live(client)
    saves = 0

    def die(method: str, path: str) -> Fault | None:
        nonlocal saves
        saves += (method, path) == ("POST", "/api/device/credentials")
        return Fault(drop=True, handled=handled and saves == 2) if saves >= 2 else None

    sandbox.before_reply = die
    assert main([*ROTATE, "--allow-token-change", "3", "--concurrency", "1"]) == 1
    sandbox.before_reply = None
    shown = capsys.readouterr()
    assert "New tokens: " in shown.out or "Error" in shown.err
    rows = {row["device"]: row for row in json.loads(Path("tokens.json").read_text())["devices"]}
    between = live(client)
    changed = [name for name in rows if between[name] != before[name]]
    assert len(changed) == 1 + handled
    assert (
        main(["credentials", "rotate", "--out", "tokens.json", "--allow-token-change", "3", "--break-lease"])
        == 0
    )
    after = live(client)
    assert all(after[name] == row["new"] for name, row in rows.items())


def test_a_token_that_somebody_else_changed_is_left_alone(
    client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*ROTATE, "--allow-token-change", "3"]) == 0
    device = client.get("/api/tenant/devices", deviceName="PM-2")
    present = client.get(f"/api/device/{device['id']['id']}/credentials")
    client.post("/api/device/credentials", {**present, "credentialsId": "by-hand"})
    assert main([*ROTATE, "--allow-token-change", "3"]) == 1
    assert "foreign: PM-2: it has neither its old nor its new token" in capsys.readouterr().err
    assert live(client)["PM-2"] == "by-hand"


def test_a_file_of_something_else_is_not_touched(capsys: pytest.CaptureFixture[str]) -> None:
    Path("tokens.json").write_text("{}")
    assert main([*ROTATE, "--allow-token-change", "3"]) == 1
    assert "holds no rotation: nothing was done" in capsys.readouterr().err
    assert Path("tokens.json").read_text() == "{}"


def test_the_fingerprint_of_a_token_that_is_no_longer_declared_follows(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = client.get("/api/tenant/devices", deviceName="PM-4")
    known = client.attributes(device)["papaya.applied"]["token"]
    text = MANIFEST.replace(", credentials: {accessToken: {env: PM_4_TOKEN}}", "")
    Path("fleet.yaml").write_text(text)
    assert (
        main(
            [
                "credentials",
                "rotate",
                "--out",
                "t.json",
                "--target",
                "device/PM-4",
                "--allow-token-change",
                "1",
            ]
        )
        == 0
    )
    record = client.attributes(device)["papaya.applied"]
    assert record["token"] != known
    new = json.loads(Path("t.json").read_text())["devices"][0]["new"]
    monkeypatch.setenv("PM_4_TOKEN", new)
    Path("fleet.yaml").write_text(MANIFEST)
    assert main(["plan", "--detailed-exitcode"]) == 0


@pytest.mark.parametrize("named", ["PM-1", "device/PM-1", "INDIA/Goa/PM-1"])
def test_one_device_is_shown_by_its_name_path_or_address(
    named: str, client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["credentials", "show", named, "--show-token"]) == 0
    assert capsys.readouterr().out.strip() == live(client)["PM-1"]


def test_a_mistyped_device_is_told_with_the_nearest_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["credentials", "show", "PM_3"]) == 1
    assert "Did you mean PM-3?" in capsys.readouterr().err


def test_a_bare_name_chooses_a_device_for_export_and_rotation(
    client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["credentials", "export", "--show", "--format", "json", "--target", "PM-2"]) == 0
    assert [row["device"] for row in json.loads(capsys.readouterr().out)["devices"]] == ["PM-2"]
    before = live(client)
    rotate = ["credentials", "rotate", "--out", "new.json", "--target", "PM-2", "--allow-token-change", "1"]
    assert main(rotate) == 0
    assert {name for name, token in live(client).items() if before[name] != token} == {"PM-2"}


def test_forget_takes_a_bare_name(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["forget", "PM-2", "--yes"]) == 0
    capsys.readouterr()
    assert main(["credentials", "export", "--show", "--format", "json"]) == 0
    assert "PM-2" not in {row["device"] for row in json.loads(capsys.readouterr().out)["devices"]}
    assert main(["forget", "PM_3", "--yes"]) == 1
    assert "no device or place matches PM_3; did you mean device/PM-3?" in capsys.readouterr().err
