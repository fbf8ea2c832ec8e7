"""Versions, names, profiles and limits of what is saved."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from papaya.sandbox import Sandbox
from tests.unit.sandbox.client import Client


def test_version_moves_with_every_save_even_without_a_change(client: Client) -> None:
    first = client.device("PM-1")
    second = client.post("/api/device", first)
    assert (first["version"], second["version"]) == (1, 2)


@pytest.mark.parametrize("path", ["/api/device", "/api/asset", "/api/assetProfile", "/api/customer"])
def test_stale_version_is_a_conflict_and_changes_nothing(client: Client, path: str) -> None:
    stale = client.post(path, {"name": "One", "title": "One"})
    client.post(path, {**stale, "description": "changed"})
    answer = client.ask("POST", path, {**stale, "name": "Two", "title": "Two"})
    assert (answer.status_code, answer.json()["errorCode"]) == (409, 35)
    assert client.get(f"{path}/{stale['id']['id']}")["name"] == "One"


def test_null_version_overwrites(client: Client) -> None:
    device = client.device("PM-1")
    client.post("/api/device", device)
    assert client.post("/api/device", {**device, "version": None})["version"] == 3


def test_racing_saves_of_one_version_have_one_winner(client: Client, sandbox: Sandbox) -> None:
    device = client.device("PM-1")
    with ThreadPoolExecutor(8) as pool:
        statuses = list(
            pool.map(
                lambda label: client.ask("POST", "/api/device", {**device, "label": str(label)}).status_code,
                range(8),
            )
        )
    assert sorted(statuses) == [200] + 7 * [409]


def test_racing_creators_of_one_name_have_one_winner(sandbox: Sandbox) -> None:
    def create(_: int) -> int:
        with Client(sandbox) as client:
            return client.ask("POST", "/api/device", {"name": "PM-1"}).status_code

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(create, range(8))) == [200] + 7 * [400]


def test_racing_creators_of_one_token_have_one_winner_and_leave_one_device(sandbox: Sandbox) -> None:
    def create(number: int) -> int:
        with Client(sandbox) as client:
            return client.ask("POST", "/api/device", {"name": f"PM-{number}"}, accessToken="SAME").status_code

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(create, range(6))) == [200] + 5 * [400]
    with Client(sandbox) as client:
        assert client.get("/api/tenant/devices", pageSize=10, page=0)["totalElements"] == 1


def test_save_is_a_full_replace(client: Client) -> None:
    device = client.device("PM-1", label="one", additionalInfo={"description": "x", "gateway": True})
    bare = client.post("/api/device", {"id": device["id"], "name": "PM-1"})
    assert (bare["label"], bare["additionalInfo"]) == (None, None)


def test_changing_the_type_alone_changes_nothing(client: Client) -> None:
    device = client.device("PM-1", type="IoT-Gateway")
    assert client.post("/api/device", {**device, "type": "Other"})["type"] == "IoT-Gateway"


def test_unknown_type_creates_a_profile(client: Client) -> None:
    client.device("PM-1", type="Meter-MK9")
    assert "Meter-MK9" in [row["name"] for row in client.get("/api/deviceProfile/names")]


def test_renaming_a_profile_renames_the_type_of_its_members(client: Client) -> None:
    device = client.device("PM-1", type="Meter")
    profile = client.get(f"/api/deviceProfile/{device['deviceProfileId']['id']}")
    client.post("/api/deviceProfile", {**profile, "name": "Meter 2"})
    now = client.get(f"/api/device/{device['id']['id']}")
    assert (now["type"], now["version"]) == ("Meter 2", 2)
    assert client.get("/api/tenant/devices", pageSize=1, page=0, type="Meter 2")["totalElements"] == 1


def test_asset_names_are_unique_across_profiles(client: Client) -> None:
    client.asset("Georgia", "Country")
    answer = client.ask("POST", "/api/asset", {"name": "Georgia", "type": "State"})
    assert answer.json()["message"] == "Asset with such name already exists!"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a<b", "Validation error: name is malformed"),
        ("{{ name }}", "Validation error: name is malformed"),
        ("\0", "Device name should not contain 0x00 symbol!"),
        ("x" * 256, "Validation error: name length must be equal or less than 255"),
        ("😀" * 128, "Validation error: name length must be equal or less than 255"),
        ("<b" + "x" * 255, "Validation error: name is malformed, name length must be equal or less than 255"),
    ],
)
def test_names_that_the_server_refuses(client: Client, name: str, message: str) -> None:
    answer = client.ask("POST", "/api/device", {"name": name})
    assert (400, message) == (answer.status_code, answer.json()["message"])


@pytest.mark.parametrize("name", ["a < b", "x<5", "<>", "&'\"/%3C", " padded ", "मुंबई", "😀" * 127])
def test_names_that_the_server_takes_as_they_are(client: Client, name: str) -> None:
    assert name == client.device(name)["name"]
    assert name == client.get("/api/tenant/devices", deviceName=name)["name"]


def test_templates_are_refused_from_42_on_only() -> None:
    with Sandbox(emulate="4.0.1") as sandbox, Client(sandbox) as client:
        assert client.device("{{ x }}")["name"] == "{{ x }}"


@pytest.mark.parametrize(
    ("version", "expected"),
    [("4.0.1", (400, 31, None)), ("4.3.1.3", (403, 41, 2))],
)
def test_limit_of_devices(version: str, expected: tuple[int, int, int | None]) -> None:
    with Sandbox(emulate=version, max_devices=2) as sandbox, Client(sandbox) as client:
        client.device("PM-1")
        client.device("PM-2")
        answer = client.ask("POST", "/api/device", {"name": "PM-3"})
        body = answer.json()
        assert expected == (answer.status_code, body["errorCode"], body.get("limit"))
        assert body["message"] == "Devices limit reached"


def test_uniquified_name_from_43_on(client: Client) -> None:
    client.device("PM-1")
    conflict = {"nameConflictPolicy": "UNIQUIFY", "uniquifyStrategy": "INCREMENTAL"}
    assert client.post("/api/device", {"name": "PM-1"}, **conflict)["name"] == "PM-1_1"


def test_profile_in_use_keeps_its_transport(client: Client) -> None:
    device = client.device("PM-1", type="Meter")
    profile = client.get(f"/api/deviceProfile/{device['deviceProfileId']['id']}")
    answer = client.ask("POST", "/api/deviceProfile", {**profile, "transportType": "MQTT"})
    expected = "Can't change device profile transport type because devices referenced it!"
    assert expected == answer.json()["message"]


def test_default_profile_can_be_changed_but_not_deleted(client: Client) -> None:
    ids = {row["name"]: row["id"]["id"] for row in client.get("/api/assetProfile/names")}
    client.post(f"/api/assetProfile/{ids['State']}/default")
    assert client.get("/api/assetProfileInfo/default")["name"] == "State"
    assert client.post("/api/asset", {"name": "X"})["type"] == "State"
    answer = client.ask("DELETE", f"/api/assetProfile/{ids['State']}")
    assert answer.json()["message"] == "Deletion of Default Asset Profile is prohibited!"


def test_deleting_a_state_orphans_its_devices(client: Client) -> None:
    state, device = client.asset("Goa"), client.device("PM-1")
    client.contain(state, device)
    assert client.ask("DELETE", f"/api/asset/{state['id']['id']}").status_code == 200
    assert client.get(f"/api/device/{device['id']['id']}")["name"] == "PM-1"
    assert client.get("/api/relations", toId=device["id"]["id"], toType="DEVICE") == []


def test_customer_assignment_moves_the_version(client: Client) -> None:
    device, customer = client.device("PM-1"), client.post("/api/customer", {"title": "Garage"})
    identifier = device["id"]["id"]
    assigned = client.post(f"/api/customer/{customer['id']['id']}/device/{identifier}")
    assert (customer["id"], 2) == (assigned["customerId"], assigned["version"])
    info: dict[str, Any] = client.get(f"/api/device/info/{identifier}")
    assert info["customerTitle"] == "Garage"
    client.ask("DELETE", f"/api/customer/device/{identifier}")
    assert client.get(f"/api/device/info/{identifier}")["customerTitle"] is None
    assert client.get("/api/tenant/customers", customerTitle="Garage")["title"] == "Garage"
