"""The gateway of `tb-mqtt-client` works on the sandbox: its devices, their values, commands and claims."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from papaya.sandbox import Sandbox
from tests.clients.robot import Robot, soon
from tests.unit.sandbox.client import Client

GATEWAY = {"gateway": True}


@pytest.fixture(scope="module")
def robot(sandbox: Sandbox, client: Client, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Robot]:
    """The gateway, connected by MQTT 5."""
    token = client.token_of(client.device("SDK-GW", additionalInfo=GATEWAY))
    folder = tmp_path_factory.mktemp("gateway")
    with Robot("sdk", "gateway", sandbox.mqtt_port, token, folder=folder) as running:
        running.hear("connected")
        assert running.call("gw_connect_device", "S-1", "sensor") == 0
        yield running


def _named(client: Client, name: str) -> dict[str, Any]:
    return dict(client.get("/api/tenant/devices", deviceName=name))


def test_devices_are_made_and_their_values_stored(client: Client, robot: Robot) -> None:
    child = _named(client, "S-1")
    assert child["type"] == "sensor"
    assert robot.call("gw_send_telemetry", "S-1", {"ts": 1763900000000, "values": {"t": 21.5}}) == 0
    assert robot.call("gw_send_attributes", "S-1", {"serial": "S-7"}) == 0
    path = f"/api/plugins/telemetry/DEVICE/{child['id']['id']}/values/timeseries"
    assert client.get(path, keys="t") == {"t": [{"ts": 1763900000000, "value": "21.5"}]}
    assert client.attributes(child, "CLIENT") == {"serial": "S-7"}


def test_attributes_of_a_device_come_when_asked_for_and_when_they_change(
    client: Client, robot: Robot
) -> None:
    robot.call("gw_send_attributes", "S-1", {"serial": "S-7", "model": "x"})
    robot.call("gw_subscribe_to_all_device_attributes", "S-1", {"report": "changed"})
    client.set_attributes(_named(client, "S-1"), {"every": 30}, "SHARED")
    assert robot.hear("changed") == [{"device": "S-1", "data": {"every": 30}}]
    robot.call("gw_request_client_attributes", "S-1", ["serial", "model"], {"report": "client"})
    assert robot.hear("client")[0]["values"] == {"serial": "S-7", "model": "x"}
    robot.call("gw_request_shared_attributes", "S-1", ["every"], {"report": "shared"})
    assert robot.hear("shared")[0]["value"] == 30


def test_commands_reach_a_device_through_its_gateway(client: Client, robot: Robot) -> None:
    robot.call("gw_set_server_side_rpc_request_handler", {"report": "command"})
    with ThreadPoolExecutor(1) as pool:
        path = f"/api/rpc/twoway/{_named(client, 'S-1')['id']['id']}"
        sent = pool.submit(client.post, path, {"method": "reset", "params": {"hard": True}})
        command = robot.hear("command")[0]
        assert command["data"]["method"] == "reset"
        robot.call("gw_send_rpc_reply", command["device"], command["data"]["id"], {"done": True})
        assert sent.result(60) == {"done": True}


def test_the_gateway_hears_of_a_new_name_and_of_a_deletion(client: Client, robot: Robot) -> None:
    robot.call("set_server_side_rpc_request_handler", {"report": "own"})
    assert robot.call("gw_connect_device", "S-2") == 0
    saved = client.post("/api/device", {**_named(client, "S-2"), "name": "S-3"})
    assert robot.hear("own")[1] == {"method": "gateway_device_renamed", "params": {"S-2": "S-3"}}
    client.ask("DELETE", f"/api/device/{saved['id']['id']}")
    assert robot.hear("own")[1] == {"method": "gateway_device_deleted", "params": "S-3"}


def test_a_device_behind_a_gateway_is_claimed(sandbox: Sandbox, client: Client, robot: Robot) -> None:
    assert robot.call("gw_claim", "S-4", "secret", 60000) == 0
    with Client(sandbox, "customer@thingsboard.org", "customer") as customer:
        answer = customer.post("/api/customer/device/S-4/claim", {"secretKey": "secret"})
    assert answer["response"] == "SUCCESS"


def test_a_disconnected_device_is_off_line(client: Client, robot: Robot) -> None:
    assert robot.call("gw_connect_device", "S-5") == 0
    assert robot.call("gw_disconnect_device", "S-5") == 0
    assert soon(lambda: "lastDisconnectTime" in client.attributes(_named(client, "S-5")))
