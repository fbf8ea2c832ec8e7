"""`papaya provision`: six steps, twice the same, and every fault in people's words."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from papaya.cli import main
from papaya.sandbox import Fault
from tests.cli.one_device import Bench, as_json, bench, steps
from tests.unit.provision.stand_in import FULL
from tests.unit.sandbox.client import Client

__all__ = ["bench"]

Captured = pytest.CaptureFixture[str]
HANDSHAKE_ONLY = [("POST", "/api/v1/…/telemetry")]


def test_a_config_properties_alone_brings_a_device_to_its_server(bench: Bench, capsys: Captured) -> None:
    properties = bench.write_properties()
    assert main(["provision"]) == 0
    shown = capsys.readouterr()
    lines = shown.out.splitlines()
    assert [line.split()[1] for line in lines if line.startswith("  ")] == [
        "Authenticate", "Locate", "Hierarchy", "Device", "Credential", "Handshake"
    ]  # fmt: skip
    assert "logged in anew with the password from config.properties, written back" in lines[1]
    assert "12.9716, 77.5946 (Bengaluru, Karnataka, India), by the geolocation service" in lines[2]
    assert lines[-1] == "PM-0001 is registered."
    token = bench.token_file.read_text().strip()
    assert bench.token_file.stat().st_mode & 0o777 == 0o600
    assert token not in shown.out + shown.err
    assert "token = eyJ" in properties.read_text()
    assert properties.read_text().startswith("# The meter at MG Road")
    assert bench.names("assets") == ["INDIA", "Karnataka"]
    found = bench.attributes()
    assert {key: found[key] for key in ("latitude", "location.source", "city", "region", "country")} == {
        "latitude": 12.9716, "location.source": "geolocation", "city": "Bengaluru", "region": "Karnataka",
        "country": "India",
    }  # fmt: skip
    assert found["papaya.fleet"] == "(provisioned)"
    told = bench.telemetry()
    assert (told["serial"], told["latitude"]) == ("SN-0001", 12.9716)
    assert {"system.hostName", "system.os", "system.machine", "system.python", "system.papaya"} <= told.keys()


def test_where_the_token_goes_is_said_before_the_first_step(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.delenv("PAPAYA_CREDENTIALS_FILE")
    bench.write_properties()
    monkeypatch.setattr("papaya.settings.device_token.SYSTEM_FOLDER", bench.folder / "system")
    if os.geteuid() != 0:
        (bench.folder / "system").mkdir()
    assert main(["provision"]) == 0
    shown = capsys.readouterr().out
    stored = bench.folder / "system" / "PM-0001.token"
    told = f"; its token goes to {stored} (mode 0600), or to --credentials-file FILE"
    assert told in shown
    assert shown.index(told) < shown.index("1 Authenticate")
    assert stored.stat().st_mode & 0o777 == 0o600
    assert main(["provision", "--json", "--credentials-file", "other.token"]) == 0
    # Whoever names the file knows where it goes, and reads the document alone.
    assert capsys.readouterr().err == ""
    assert main(["provision", "--json"]) == 0
    assert told in capsys.readouterr().err


def test_a_token_that_cannot_be_stored_is_told_before_the_server_is_asked(
    bench: Bench, capsys: Captured
) -> None:
    place = "file/below.token"
    bench.write_properties()
    (bench.folder / "file").touch()
    before = len(bench.sandbox.requests)
    assert main(["provision", "--credentials-file", place]) == 1
    shown = capsys.readouterr()
    assert f"the device's token cannot be stored in {place}: " in shown.err
    assert "--credentials-file" in shown.err
    assert "1 Authenticate" not in shown.out
    assert len(bench.sandbox.requests) == before


def test_a_second_run_changes_nothing_but_sends_a_new_handshake(bench: Bench, capsys: Captured) -> None:
    bench.write_properties()
    assert main(["provision"]) == 0
    capsys.readouterr()
    before = len(bench.sent())
    document = as_json(capsys, "provision")
    assert steps(document) == {
        "authenticate": "ok", "locate": "ok", "hierarchy": "unchanged", "device": "unchanged",
        "credential": "unchanged", "handshake": "ok",
    }  # fmt: skip
    token = bench.token_file.read_text().strip()
    again = [(method, path.replace(token, "…")) for method, path in bench.sent()[before:]]
    assert again == HANDSHAKE_ONLY


def test_the_places_of_a_config_properties_get_the_position_only_when_they_are_created(
    bench: Bench,
) -> None:
    bench.write_properties()
    with Client(bench.sandbox) as client:
        state = client.asset("karnataka", "State")
        client.set_attributes(state, {"latitude": 1.5, "longitude": 2.5})
        assert main(["provision"]) == 0
        assert client.attributes(state) == {"latitude": 1.5, "longitude": 2.5}
        country = client.get("/api/tenant/assets", assetName="INDIA")
        assert client.attributes(country) == {"latitude": 12.9716, "longitude": 77.5946}
        children = client.get(
            "/api/relations/info", fromId=country["id"]["id"], fromType="ASSET", relationType="Contains"
        )
        assert [row["toName"] for row in children] == ["karnataka"]
    assert bench.names("assets") == ["INDIA", "karnataka"]


def test_a_device_of_a_manifest_touches_nothing_else_of_its_fleet(bench: Bench, capsys: Captured) -> None:
    bench.write_manifest()
    bench.write_properties()
    document = as_json(capsys, "provision", "PM-0002", "-f", "fleet.yaml")
    assert bench.names("devices") == ["PM-0002"]
    assert document["registered"] is True
    assert document["steps"][1]["location"] == {"latitude": 12.9, "longitude": 77.5, "source": "manifest"}
    assert bench.service.requests == []
    assert bench.attributes("PM-0002")["papaya.fleet"] == "meters"
    assert "token" not in document
    with Client(bench.sandbox) as client:
        state = client.get("/api/tenant/assets", assetName="Karnataka")
        assert client.attributes(state)["papaya.fleet"] == "meters"
        client.set_attributes(state, {"region": "edited by hand"})
    as_json(capsys, "provision", "PM-0001", "-f", "fleet.yaml")
    with Client(bench.sandbox) as client:
        assert client.attributes(state)["region"] == "edited by hand"
        profile = client.get(f"/api/deviceProfile/{_profile(client)}")
    assert profile["provisionType"] == "DISABLED"


def test_the_fleet_finds_nothing_to_change_afterwards(
    bench: Bench, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MK1_SECRET", "mk1-secret")
    bench.write_manifest()
    bench.write_properties()
    for name in ("PM-0001", "PM-0002"):
        assert main(["provision", name, "--credentials-file", f"{name}.token"]) == 0
    assert main(["apply", "fleet.yaml", "--yes"]) == 0
    assert main(["plan", "fleet.yaml", "--detailed-exitcode"]) == 0
    assert bench.attributes()["city"] == "Bengaluru"
    capsys.readouterr()
    assert (
        steps(as_json(capsys, "provision", "PM-0001", "--credentials-file", "PM-0001.token"))["device"]
        == "unchanged"
    )
    assert main(["plan", "fleet.yaml", "--detailed-exitcode"]) == 0


def test_a_bundle_needs_no_name(bench: Bench, capsys: Captured) -> None:
    bench.write_manifest()
    bench.write_properties()
    assert main(["render", "fleet.yaml", "--device", "PM-0001", "-o", "bundle.yaml"]) == 0
    Path("fleet.yaml").unlink()
    capsys.readouterr()
    assert as_json(capsys, "provision", "-f", "bundle.yaml")["device"] == "PM-0001"


def test_a_device_that_exists_is_adopted_and_said_so(bench: Bench, capsys: Captured) -> None:
    bench.write_properties()
    with Client(bench.sandbox) as client:
        live = client.device("PM-0001", type="IoT-Gateway", label="by hand")
        token = client.token_of(live)
    assert main(["provision"]) == 0
    assert "it existed and was adopted" in capsys.readouterr().out
    assert bench.token_file.read_text() == f"{token}\n"
    with Client(bench.sandbox) as client:
        assert client.get("/api/tenant/devices", deviceName="PM-0001")["label"] == "by hand"


def test_a_moved_meter_stands_in_its_new_place_alone(bench: Bench, capsys: Captured) -> None:
    path = bench.write_properties()
    assert main(["provision"]) == 0
    path.write_text(path.read_text().replace("India", "Nepal").replace("Karnataka", "Bagmati"))
    capsys.readouterr()
    assert main(["provision"]) == 0
    shown = capsys.readouterr().out
    assert "moved from Karnataka" in shown
    assert "the detected country is India, the manifest has this device in NEPAL: it stays there" in shown
    with Client(bench.sandbox) as client:
        live = client.get("/api/tenant/devices", deviceName="PM-0001")
        above = client.get("/api/relations/info", toId=live["id"]["id"], toType="DEVICE")
    assert [row["fromName"] for row in above] == ["Bagmati"]


def test_a_found_position_is_written_anew_only_beyond_the_tolerance(bench: Bench, capsys: Captured) -> None:
    bench.write_properties()
    assert main(["provision"]) == 0
    moved = b'{"latitude": %s, "longitude": 77.5946, "city": "Elsewhere", "country_name": "India"}'
    bench.service.body = moved % b"12.9766"
    assert main(["provision"]) == 0
    assert (bench.attributes()["latitude"], bench.attributes()["city"]) == (12.9716, "Bengaluru")
    bench.service.body = moved % b"13.9"
    capsys.readouterr()
    assert main(["provision"]) == 0
    assert "position 13.9, 77.5946 recorded, 103.2 km from where it was" in capsys.readouterr().out
    assert (bench.attributes()["latitude"], bench.attributes()["city"]) == (13.9, "Elsewhere")
    assert main(["provision", "--location-tolerance", "500", "--latitude", "12.5", "--longitude", "77"]) == 0
    assert (bench.attributes()["latitude"], bench.attributes()["location.source"]) == (12.5, "given")
    # What a person has measured stands against what a service guesses.
    assert main(["provision"]) == 0
    assert bench.attributes()["latitude"] == 12.5


@pytest.mark.parametrize("shape", ["nulls", "rate-limit-429", "rate-limit-200", "reserved", "error-page"])
def test_location_detection_that_fails_names_the_fallback(bench: Bench, capsys: Captured, shape: str) -> None:
    bench.write_manifest()
    bench.write_properties()
    bench.service.shape = shape
    document = as_json(capsys, "provision", "PM-0001")
    (warning,) = document["steps"][1]["warnings"]
    assert warning.startswith("location detection failed: ")
    assert warning.endswith("fallback used: 15.3, 75.7, those of its State")
    assert bench.attributes()["location.source"] == "state"
    bench.service.shape = FULL
    as_json(capsys, "provision", "PM-0001")
    assert bench.attributes()["location.source"] == "geolocation"
    bench.service.shape = shape
    as_json(capsys, "provision", "PM-0001")
    assert bench.attributes()["location.source"] == "geolocation"


def test_the_fallbacks_come_in_their_order(bench: Bench, capsys: Captured) -> None:
    path = bench.write_properties()
    bench.service.shape = "error-page"
    assert main(["provision"]) == 1
    shown = capsys.readouterr()
    assert "location detection failed: " in shown.err
    assert "--latitude" in shown.err
    assert bench.names("devices") == []
    assert not bench.token_file.exists()
    with Client(bench.sandbox) as client:
        client.set_attributes(client.asset("India", "Country"), {"latitude": 20.5, "longitude": 78.9})
    assert as_json(capsys, "provision")["steps"][1]["location"]["source"] == "country"
    with Client(bench.sandbox) as client:
        state = client.get("/api/tenant/assets", assetName="Karnataka")
        client.set_attributes(state, {"latitude": 15.3, "longitude": 75.7})
    assert as_json(capsys, "provision")["steps"][1]["location"]["source"] == "state"
    path.write_text(path.read_text() + "[location]\nlatitude = 12.97\nlongitude = 77.6\n")
    document = as_json(capsys, "provision", "--no-geolocate")
    assert document["steps"][1]["location"]["source"] == "config.properties"
    assert document["steps"][1]["warnings"] == []


def test_a_dry_run_writes_nothing(bench: Bench, capsys: Captured) -> None:
    bench.write_properties()
    assert main(["provision", "--dry-run"]) == 0
    shown = capsys.readouterr().out
    assert "+     PM-0001" in shown
    assert "Location: 12.9716, 77.5946" in shown
    assert bench.sent() == []
    assert not bench.token_file.exists()
    assert as_json(capsys, "provision", "--dry-run")["changes"]


def test_the_token_is_shown_only_on_demand(bench: Bench, capsys: Captured) -> None:
    bench.write_properties()
    assert main(["provision", "-vv", "--show-token"]) == 0
    shown = capsys.readouterr()
    token = bench.token_file.read_text().strip()
    assert shown.out.splitlines()[-1] == f"Token: {token}"
    assert token not in shown.err
    assert as_json(capsys, "provision", "--show-token")["token"] == token


@pytest.mark.parametrize("by", ["hardware", "option"])
def test_the_machine_says_which_device_it_is(
    bench: Bench, capsys: Captured, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    from papaya.provision import hardware

    bench.write_manifest()
    bench.write_properties()
    machine = bench.folder / "machine"
    (machine / "proc/device-tree").mkdir(parents=True)
    (machine / "proc/device-tree/serial-number").write_bytes(b"sn-0002\0")
    monkeypatch.setattr(hardware.read_serial, "__defaults__", (machine,))
    document = as_json(capsys, "provision", "--serial", "auto" if by == "hardware" else "SN-0002")
    assert document["device"] == "PM-0002"
    assert main(["provision", "PM-0001", "--serial", "auto"]) == 1
    assert "PM-0001 has the serial number SN-0001, this machine sn-0002" in capsys.readouterr().err


def test_another_authority_is_told_which_account_and_what_is_needed(bench: Bench, capsys: Captured) -> None:
    bench.write_properties(username="sysadmin@thingsboard.org", password="sysadmin")
    document = as_json(capsys, "provision", code=1)
    assert steps(document) == {"authenticate": "failed"}
    assert document["error"]["message"] == (
        f"this needs a TENANT_ADMIN; this is SYS_ADMIN sysadmin@thingsboard.org on {bench.sandbox.url}"
    )
    assert bench.sent() == []


def test_a_403_of_the_server_names_the_account(bench: Bench, capsys: Captured) -> None:
    bench.write_properties()
    refusal = b'{"status":403,"message":"You don\'t have permission","errorCode":20,"timestamp":1}'
    bench.sandbox.before_reply = lambda method, path: (
        Fault(status=403, body=refusal) if (method, path) == ("POST", "/api/asset") else None
    )
    assert main(["provision"]) == 1
    shown = capsys.readouterr()
    assert "This needs a TENANT_ADMIN; this is TENANT_ADMIN tenant@thingsboard.org." in shown.err
    assert bench.names("devices") == []
    assert not bench.token_file.exists()


def test_a_missing_profile_suggests_the_nearest(bench: Bench, capsys: Captured) -> None:
    path = bench.write_properties()
    path.write_text(path.read_text().replace("IoT-Gateway", "IoT-Gatewya"))
    assert main(["provision"]) == 1
    shown = capsys.readouterr().err
    assert "device profile not found: IoT-Gatewya; the server has IoT-Gateway, default" in shown
    assert "Did you mean IoT-Gateway?" in shown
    assert bench.names("assets") == []


def test_a_token_that_cannot_be_refreshed_asks_for_the_password(bench: Bench, capsys: Captured) -> None:
    path = bench.write_properties()
    text = path.read_text().replace(
        f"password = {bench.sandbox.password}\n", "token = eyJhbGciOiJIUzUxMiJ9.e30.x\n"
    )
    path.write_text(text)
    assert main(["provision"]) == 1
    shown = capsys.readouterr().err
    assert "token refresh failed" in shown
    assert "PAPAYA_PASSWORD" in shown
    assert "eyJhbGci" not in shown
    assert path.read_text() == text


def test_an_ended_token_is_refreshed_and_written_back(bench: Bench, capsys: Captured) -> None:
    path = bench.write_properties()
    with Client(bench.sandbox) as client:
        pair = client.log_in(bench.sandbox.username, bench.sandbox.password)
    ended = pair["token"][:-4] + "AAAA"
    tokens = f"token = {ended}\nrefresh_token = {pair['refreshToken']}"
    path.write_text(path.read_text().replace("password = tenant", tokens))
    assert main(["provision"]) == 0
    shown = capsys.readouterr().out
    assert "the token from config.properties was refreshed, written back" in shown
    assert ended not in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600
    assert as_json(capsys, "provision")["steps"][0]["renewal"] is None


def test_a_declared_token_replaces_another_one_and_is_stored(
    bench: Bench, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.write_properties()
    path = bench.write_manifest()
    declared = "serial: SN-0001, credentials: {accessToken: {env: PM_TOKEN}}"
    path.write_text(path.read_text().replace("serial: SN-0001", declared))
    with Client(bench.sandbox) as client:
        client.device("PM-0001", type="IoT-Gateway")
    assert main(["provision", "PM-0001"]) == 0
    assert "replaced" not in capsys.readouterr().out
    monkeypatch.setenv("PM_TOKEN", "declared-token")
    assert main(["provision", "PM-0001"]) == 0
    shown = capsys.readouterr()
    assert "its access token was replaced by the one that the manifest declares" in shown.out
    assert "declared-token" not in shown.out + shown.err
    assert bench.token_file.read_text() == "declared-token\n"


def test_a_wrong_password_names_the_user(bench: Bench, capsys: Captured) -> None:
    bench.write_properties(password="wrong")
    assert main(["provision"]) == 1
    shown = capsys.readouterr().err
    assert "Invalid username or password" in shown
    assert "tenant@thingsboard.org" in shown


def test_a_device_of_another_fleet_is_refused_unless_it_is_taken_over(bench: Bench, capsys: Captured) -> None:
    bench.write_manifest()
    assert main(["provision", "PM-0002", "--url", bench.sandbox.url]) == 1
    bench.write_properties()
    assert main(["provision", "PM-0002"]) == 0
    text = Path("fleet.yaml").read_text().replace("name: meters", "name: others")
    Path("fleet.yaml").write_text(text)
    capsys.readouterr()
    assert main(["provision", "PM-0002"]) == 1
    assert "is managed by fleet meters" in capsys.readouterr().err
    assert main(["provision", "PM-0002", "--take-over", "meters"]) == 0
    assert bench.attributes("PM-0002")["papaya.fleet"] == "others"


def test_a_full_tenant_is_told_as_such(bench: Bench, capsys: Captured) -> None:
    bench.write_properties()
    with Client(bench.sandbox) as client:
        client.device("PM-0000")
    bench.sandbox.limit_entities(devices=1)
    assert main(["provision"]) == 1
    assert "limits the number of entities" in capsys.readouterr().err


def test_telemetry_that_does_not_arrive_is_a_failure(bench: Bench, capsys: Captured) -> None:
    bench.write_properties()
    bench.sandbox.before_reply = lambda method, path: (
        Fault(status=200) if path.endswith("/telemetry") and path.startswith("/api/v1/") else None
    )
    document = as_json(capsys, "provision", "--wait", "300ms", code=1)
    assert document["registered"] is False
    assert steps(document)["handshake"] == "failed"
    assert "within 0.3 s" in document["error"]["message"]


def test_nothing_at_hand_says_what_to_name(bench: Bench, capsys: Captured) -> None:
    assert main(["provision"]) == 1
    assert "neither a manifest nor a config.properties" in capsys.readouterr().err
    assert main(["provision", "--latitude", "1"]) == 1
    bench.write_properties()
    capsys.readouterr()
    assert main(["provision", "--latitude", "1"]) == 64
    assert "--latitude and --longitude stand together" in capsys.readouterr().err


def test_a_key_registers_without_any_user(
    bench: Bench, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MK1_SECRET", "mk1-secret")
    bench.write_manifest()
    bench.write_properties()
    assert main(["apply", "fleet.yaml", "--yes", "--target", "INDIA/Karnataka/PM-0002"]) == 0
    with Client(bench.sandbox) as client:
        profile = client.get(f"/api/deviceProfile/{_profile(client)}")
    assert profile["provisionType"] == "ALLOW_CREATE_NEW_DEVICES"
    Path("config.properties").unlink()
    signed_in = sum(path.startswith("/api/auth/") for _, path, _ in bench.sandbox.requests)
    capsys.readouterr()
    assert main(["provision", "PM-0001", "--with-key", "-vv"]) == 0
    shown = capsys.readouterr()
    assert "registered with the provision key" in shown.out
    assert "its place under INDIA/Karnataka waits for `papaya apply`" in shown.out
    assert "mk1-secret" not in shown.out + shown.err
    assert bench.token_file.read_text().strip() not in shown.out + shown.err
    assert signed_in == sum(path.startswith("/api/auth/") for _, path, _ in bench.sandbox.requests)
    assert bench.telemetry()["serial"] == "SN-0001"
    document = as_json(capsys, "provision", "PM-0001", "--with-key")
    assert steps(document) == {"locate": "ok", "credential": "unchanged", "handshake": "ok"}
    bench.write_properties()
    assert main(["apply", "fleet.yaml", "--yes", "--adopt"]) == 0
    assert bench.attributes()["bays"] == 2


def test_a_key_may_be_given_without_a_manifest(
    bench: Bench, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MK1_SECRET", "mk1-secret")
    bench.write_properties()
    bench.write_manifest()
    assert main(["apply", "fleet.yaml", "--yes", "--target", "INDIA/Karnataka/PM-0002"]) == 0
    Path("fleet.yaml").unlink()
    capsys.readouterr()
    assert main(["provision", "--with-key"]) == 1
    assert "no provision key is known for PM-0001" in capsys.readouterr().err
    assert main(["provision", "--with-key", "--provision-key", "mk1"]) == 1
    assert "PAPAYA_PROVISION_SECRET" in capsys.readouterr().err
    monkeypatch.setenv("PAPAYA_PROVISION_SECRET", "wrong")
    assert main(["provision", "--with-key", "--provision-key", "mk1"]) == 1
    assert "knows no device profile with this provision key and secret" in capsys.readouterr().err
    monkeypatch.setenv("PAPAYA_PROVISION_SECRET", "mk1-secret")
    assert main(["provision", "--with-key", "--provision-key", "mk1"]) == 0


def _profile(client: Client) -> str:
    rows = client.get("/api/deviceProfile/names")
    return str(next(row["id"]["id"] for row in rows if row["name"] == "IoT-Gateway"))


@pytest.mark.parametrize("by_manifest", [True, False])
def test_a_device_that_somebody_renamed_is_provisioned_again_as_itself(
    bench: Bench, capsys: Captured, monkeypatch: pytest.MonkeyPatch, by_manifest: bool
) -> None:
    monkeypatch.setenv("MK1_SECRET", "mk1-secret")
    bench.write_properties()
    manifest: tuple[str, ...] = ()
    if by_manifest:
        bench.write_manifest()
        manifest = ("PM-0001", "-f", "fleet.yaml")
    first = as_json(capsys, "provision", *manifest)
    with Client(bench.sandbox) as client:
        present = client.get("/api/tenant/devices", deviceName=first["device"])
        client.post("/api/device", {**present, "name": "renamed by hand"})
        state = client.get("/api/tenant/assets", assetName="Karnataka")
        if by_manifest:
            client.post("/api/asset", {**state, "name": "Karnataka by hand"})

        again = as_json(capsys, "provision", *manifest)

        assert again["device"] == first["device"]
        devices = client.get("/api/tenant/devices", pageSize=100, page=0)["data"]
        assert [one["name"] for one in devices if one["id"] == present["id"]] == [first["device"]]
        assert "renamed by hand" not in [one["name"] for one in devices]
        states = client.get("/api/tenant/assets", pageSize=100, page=0)["data"]
        assert [one["name"].removesuffix(" by hand") for one in states].count("Karnataka") == 1
