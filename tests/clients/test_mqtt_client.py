"""ThingsBoard's MQTT client for Python, `tb-mqtt-client`, works on the sandbox as a device."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from papaya.sandbox import Sandbox
from tests.clients.robot import Robot, soon
from tests.unit.sandbox.client import Client

SECRET = {"provisionDeviceKey": "clients", "provisionDeviceSecret": "only-here"}


@pytest.fixture(scope="module")
def meter(client: Client) -> dict[str, Any]:
    """The device that the client is."""
    return client.device("SDK-1")


@pytest.fixture(scope="module")
def robot(
    sandbox: Sandbox, client: Client, meter: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Robot]:
    """The client, connected by MQTT 5."""
    folder = tmp_path_factory.mktemp("device")
    with Robot("sdk", "device", sandbox.mqtt_port, client.token_of(meter), folder=folder) as running:
        running.hear("connected")
        yield running


def _series(client: Client, device: dict[str, Any], *keys: str) -> dict[str, Any]:
    path = f"/api/plugins/telemetry/DEVICE/{device['id']['id']}/values/timeseries"
    return dict(client.get(path, keys=",".join(keys)))


def _state(client: Client, device: dict[str, Any]) -> str:
    return str(_series(client, device, "fw_state")["fw_state"][0]["value"])


def test_telemetry_is_stored_when_it_is_acknowledged(
    client: Client, meter: dict[str, Any], robot: Robot
) -> None:
    assert robot.call("send_telemetry", {"temperature": 21.5}) == 0
    assert robot.call("send_telemetry", {"ts": 1763900000000, "values": {"energy": 7}}) == 0
    found = _series(client, meter, "temperature", "energy")
    assert found["temperature"][0]["value"] == "21.5"
    assert found["energy"] == [{"ts": 1763900000000, "value": "7"}]


def test_attributes_travel_both_ways(client: Client, meter: dict[str, Any], robot: Robot) -> None:
    assert robot.call("send_attributes", {"serial": "S-7"}) == 0
    assert client.attributes(meter, "CLIENT")["serial"] == "S-7"
    robot.call("subscribe_to_attribute", "interval", {"report": "changed"})
    client.set_attributes(meter, {"interval": 30}, "SHARED")
    assert robot.hear("changed")[0] == {"interval": 30}
    robot.call("request_attributes", ["serial"], ["interval"], {"report": "attributes"})
    assert robot.hear("attributes")[0] == {"client": {"serial": "S-7"}, "shared": {"interval": 30}}


def test_commands_are_answered_in_both_directions(
    sandbox: Sandbox, client: Client, meter: dict[str, Any], robot: Robot
) -> None:
    robot.call("set_server_side_rpc_request_handler", {"report": "command"})
    with ThreadPoolExecutor(1) as pool:
        path = f"/api/rpc/twoway/{meter['id']['id']}"
        sent = pool.submit(client.post, path, {"method": "reset", "params": {"hard": True}})
        number, command = robot.hear("command")
        assert command == {"method": "reset", "params": {"hard": True}}
        robot.call("send_rpc_reply", number, {"done": True})
        assert sent.result(60) == {"done": True}
    sandbox.answer_device_calls(lambda name, method, parameters: {"told": [name, method, parameters]})
    robot.call("send_rpc_call", "time", {"zone": "UTC"}, {"report": "answer"})
    assert robot.hear("answer")[1] == {"told": ["SDK-1", "time", {"zone": "UTC"}]}


def test_firmware_comes_in_chunks_and_its_states_are_reported(
    sandbox: Sandbox, client: Client, tmp_path: Path
) -> None:
    device, data = client.device("SDK-2"), bytes(range(256)) * 10
    package = client.post(
        "/api/otaPackage",
        {"type": "FIRMWARE", "title": "meter", "version": "2", "deviceProfileId": device["deviceProfileId"]},
    )["id"]["id"]
    uploaded = client.session.post(
        f"{client.url}/api/otaPackage/{package}?checksumAlgorithm=SHA256",
        files={"file": ("m.bin", data, "application/octet-stream")},
    )
    assert uploaded.status_code == 200, uploaded.text
    saved = client.get(f"/api/device/{device['id']['id']}")
    client.post("/api/device", {**saved, "firmwareId": {"entityType": "OTA_PACKAGE", "id": package}})
    with Robot("sdk", "device", sandbox.mqtt_port, client.token_of(device), folder=tmp_path) as robot:
        robot.hear("connected")
        robot.call("get_firmware_update")
        assert soon(lambda: _state(client, device) == "UPDATED"), robot.log()
    assert (tmp_path / "meter").read_bytes() == data


def test_a_device_provisions_itself(sandbox: Sandbox, client: Client, tmp_path: Path) -> None:
    profile = client.get("/api/deviceProfileInfo/default")
    body = client.get(f"/api/deviceProfile/{profile['id']['id']}")
    data = {**body["profileData"], "provisionConfiguration": {"type": "ALLOW_CREATE_NEW_DEVICES", **SECRET}}
    fresh = {
        "name": "self-provisioned",
        "type": "DEFAULT",
        "transportType": "DEFAULT",
        "provisionType": "ALLOW_CREATE_NEW_DEVICES",
        "provisionDeviceKey": SECRET["provisionDeviceKey"],
        "profileData": data,
    }
    client.post("/api/deviceProfile", fresh)
    asked = ",".join((*SECRET.values(), "SDK-3"))
    with Robot("sdk", "provision", sandbox.mqtt_port, asked, folder=tmp_path) as robot:
        given = robot.hear("returned")
    device = client.get("/api/tenant/devices", deviceName="SDK-3")
    assert given["status"] == "SUCCESS"
    assert given["credentialsValue"] == client.token_of(device)


def test_a_device_is_claimed_by_who_knows_its_secret(sandbox: Sandbox, client: Client, robot: Robot) -> None:
    assert robot.call("claim", "secret", 60000) == 0
    with Client(sandbox, "customer@thingsboard.org", "customer") as customer:
        answer = customer.post("/api/customer/device/SDK-1/claim", {"secretKey": "secret"})
    assert answer["response"] == "SUCCESS"
