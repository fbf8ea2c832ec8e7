"""A gateway's connection speaks for other devices."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from paho.mqtt.enums import MQTTProtocolVersion

from papaya.sandbox import Sandbox
from tests.unit.sandbox.client import Client
from tests.unit.sandbox.device import Device

START = 1763900000000


@pytest.fixture
def gateway(sandbox: Sandbox, client: Client) -> Iterator[Device]:
    """A gateway, connected and subscribed."""
    made = client.device("GW-1", additionalInfo={"gateway": True})
    with Device(sandbox, client.token_of(made)) as connected:
        topics = ("v1/gateway/attributes", "v1/gateway/rpc", "v1/gateway/attributes/response")
        assert connected.subscribe(*topics) == [1, 1, 1]
        yield connected


def _named(client: Client, name: str) -> dict[str, Any]:
    return dict(client.get("/api/tenant/devices", deviceName=name))


def _soon(condition: Callable[[], bool]) -> bool:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.01)
    return False


def test_devices_are_created_and_their_readings_stored(client: Client, gateway: Device) -> None:
    assert gateway.publish("v1/gateway/connect", {"device": "S-1", "type": "Sensor"})
    assert _named(client, "S-1")["type"] == "Sensor"
    readings = {"S-1": [{"ts": START, "values": {"t": 1}}], "S-2": [{"ts": START, "values": {"t": 2}}]}
    assert gateway.publish("v1/gateway/telemetry", readings)
    for number, name in enumerate(readings, 1):
        device = _named(client, name)
        path = f"/api/plugins/telemetry/DEVICE/{device['id']['id']}/values/timeseries"
        assert client.get(path)["t"] == [{"ts": START, "value": str(number)}]
        assert client.attributes(device)["active"] is True
    assert gateway.publish("v1/gateway/disconnect", {"device": "S-1"})
    assert _soon(lambda: "lastDisconnectTime" in client.attributes(_named(client, "S-1")))


def test_attributes_both_ways(client: Client, gateway: Device) -> None:
    assert gateway.publish("v1/gateway/attributes", {"S-1": {"firmware": "x"}})
    device = _named(client, "S-1")
    assert client.attributes(device, "CLIENT") == {"firmware": "x"}
    client.set_attributes(device, {"interval": 7}, "SHARED")
    assert gateway.next() == ("v1/gateway/attributes", {"device": "S-1", "data": {"interval": 7}})
    for request, answer in (
        ({"client": True, "key": "firmware"}, {"value": "x"}),
        ({"client": False, "keys": ["interval", "none"]}, {"values": {"interval": 7}}),
    ):
        gateway.publish("v1/gateway/attributes/request", {"id": 1, "device": "S-1", **request})
        expected = {"id": 1, "device": "S-1", **answer}
        assert gateway.next() == ("v1/gateway/attributes/response", expected)


def test_calls_go_through_the_gateway(client: Client, gateway: Device) -> None:
    gateway.publish("v1/gateway/connect", {"device": "S-1"})
    url = f"{client.url}/api/rpc/twoway/{_named(client, 'S-1')['id']['id']}"
    headers, body = dict(client.session.headers), {"method": "ping", "params": {"a": 1}}
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(requests.post, url, json=body, headers=headers, timeout=60)
        topic, message = gateway.next()
        assert (topic, message) == ("v1/gateway/rpc", {"device": "S-1", "data": {"id": 0, **body}})
        gateway.publish("v1/gateway/rpc", {"device": "S-1", "id": 0, "data": {"pong": True}})
        assert answer.result(60).json() == {"pong": True}


def test_device_that_connects_itself_leaves_the_gateway(
    sandbox: Sandbox, client: Client, gateway: Device
) -> None:
    gateway.publish("v1/gateway/connect", {"device": "S-1"})
    device = _named(client, "S-1")
    with Device(sandbox, client.token_of(device)):
        client.set_attributes(device, {"interval": 7}, "SHARED")
        assert gateway.nothing()
        assert gateway.publish("v1/gateway/telemetry", {"S-2": [{"t": 1}]})


def _silently(device: Device, topic: str, payload: Any) -> None:
    """Publish what the server neither acknowledges nor ends the connection for."""
    device.reasons = queue.Queue()
    assert device.start_publishing(topic, payload) == 0
    assert device.publish("v1/devices/me/attributes", {"alive": True})
    assert device.reasons.get(timeout=60) == 0
    assert device.reasons.empty()


def test_who_is_no_gateway_speaks_for_itself_alone(client: Client, sandbox: Sandbox) -> None:
    with Device(sandbox, client.token_of(client.device("PM-1"))) as device:
        _silently(device, "v1/gateway/connect", {"device": "S-1"})
    assert client.ask("GET", "/api/tenant/devices", deviceName="S-1").status_code == 404


def test_new_children_belong_to_their_gateway(client: Client, gateway: Device) -> None:
    made = _named(client, "GW-1")
    customer = client.post("/api/customer", {"title": "Kerbs"})
    client.post(f"/api/customer/{customer['id']['id']}/device/{made['id']['id']}")
    plain = client.device("S-0")
    noted = client.device("S-1", additionalInfo={"description": "old"})
    for name in ("S-0", "S-1", "S-2"):
        assert gateway.publish("v1/gateway/connect", {"device": name})
    child = _named(client, "S-2")
    assert child["additionalInfo"] == {"lastConnectedGateway": made["id"]["id"]}
    assert child["customerId"] == customer["id"]
    relations = client.get("/api/relations", fromId=made["id"]["id"], fromType="DEVICE")
    assert [(one["type"], one["to"]) for one in relations] == [("Created", child["id"])]
    # A device that was there keeps what it is; without additionalInfo not even its gateway is noted.
    assert _named(client, "S-1")["additionalInfo"] == {
        "description": "old",
        "lastConnectedGateway": made["id"]["id"],
    }
    assert _named(client, "S-0")["additionalInfo"] is None
    assert _named(client, "S-0")["version"] == plain["version"]
    assert _named(client, "S-1")["version"] > noted["version"]


def test_the_gateway_hears_of_new_names_and_deletions(client: Client, gateway: Device) -> None:
    gateway.subscribe("v1/devices/me/rpc/request/+")
    gateway.publish("v1/gateway/connect", {"device": "S-1"})
    saved = client.post("/api/device", {**_named(client, "S-1"), "name": "S-9"})
    renamed = {"method": "gateway_device_renamed", "params": {"S-1": "S-9"}}
    assert gateway.next() == ("v1/devices/me/rpc/request/0", renamed)
    client.post("/api/device", {**saved, "label": "the same name"})
    # Until it connects again the device goes by its old name.
    assert gateway.publish("v1/gateway/telemetry", {"S-1": [{"t": 1}]})
    assert client.ask("GET", "/api/tenant/devices", deviceName="S-1").status_code == 404
    client.ask("DELETE", f"/api/device/{saved['id']['id']}")
    deleted = {"method": "gateway_device_deleted", "params": "S-9"}
    assert gateway.next() == ("v1/devices/me/rpc/request/1", deleted)
    number = _named(client, "GW-1")["id"]["id"]
    path = f"/api/rpc/persistent/device/{number}"
    assert _soon(
        lambda: {row["status"] for row in client.get(path, pageSize=9, page=0)["data"]} == {"DELIVERED"}
    )


def test_a_gateway_hears_later_what_it_missed(sandbox: Sandbox, client: Client) -> None:
    token = client.token_of(client.device("GW-1", additionalInfo={"gateway": True}))
    with Device(sandbox, token) as gateway:
        assert gateway.publish("v1/gateway/connect", {"device": "S-1"})
    client.ask("DELETE", f"/api/device/{_named(client, 'S-1')['id']['id']}")
    with Device(sandbox, token) as gateway:
        gateway.subscribe("v1/devices/me/rpc/request/+")
        assert gateway.next()[1] == {"method": "gateway_device_deleted", "params": "S-1"}


def test_calls_and_changes_reach_children_without_a_subscription(sandbox: Sandbox, client: Client) -> None:
    made = client.device("GW-1", additionalInfo={"gateway": True})
    with Device(sandbox, client.token_of(made)) as gateway:
        gateway.publish("v1/gateway/connect", {"device": "S-1"})
        child = _named(client, "S-1")
        client.set_attributes(child, {"interval": 7}, "SHARED")
        assert gateway.next() == ("v1/gateway/attributes", {"device": "S-1", "data": {"interval": 7}})
        client.post(f"/api/rpc/oneway/{child['id']['id']}", {"method": "reset", "params": None})
        assert gateway.next()[0] == "v1/gateway/rpc"


def test_what_of_a_message_can_be_used_is_used(client: Client, gateway: Device) -> None:
    assert gateway.publish("v1/gateway/telemetry", {"S-1": [{"t": 1}], "S-2": {"t": 1}, "S-3": 5})
    assert gateway.publish("v1/gateway/attributes", {"S-1": {"a": 1}, "S-2": [{"a": 1}]})
    assert client.attributes(_named(client, "S-1"), "CLIENT") == {"a": 1}
    assert client.ask("GET", "/api/tenant/devices", deviceName="S-2").status_code == 404


@pytest.mark.parametrize("version", ["3.1.1", "5"])
@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("telemetry", {"S-1": 5}),
        ("telemetry", {}),
        ("telemetry", []),
        ("attributes", {"S-1": [{"a": 1}]}),
        ("attributes", ""),
        ("claim", {}),
        ("connect", {}),
        ("connect", {"device": ""}),
        ("connect", "nameless"),
        ("disconnect", {"device": None}),
        ("rpc", {"device": "S-1", "id": 1}),
        ("attributes/request", {"device": "S-1", "id": 1, "key": "a"}),
    ],
)
def test_a_message_that_names_nothing_is_acknowledged_and_ends_the_connection(
    sandbox: Sandbox, client: Client, version: str, topic: str, payload: Any
) -> None:
    """That is what 4.3.1.3 does; a client of MQTT 5 is told the reason."""
    protocol = MQTTProtocolVersion.MQTTv5 if version == "5" else MQTTProtocolVersion.MQTTv311
    made = client.device("GW-1", additionalInfo={"gateway": True})
    with Device(sandbox, client.token_of(made), protocol=protocol) as gateway:
        assert gateway.publish(f"v1/gateway/{topic}", payload)
        assert gateway.reasons.get(timeout=60) == (0x83 if version == "5" else 0)
        ended = gateway.ending()
        assert ended == 0x83 or version != "5"


def test_4_0_passes_over_a_message_that_names_nothing() -> None:
    with Sandbox(emulate="4.0.1") as sandbox, Client(sandbox) as client:
        made = client.device("GW-1", additionalInfo={"gateway": True})
        with Device(sandbox, client.token_of(made)) as gateway:
            _silently(gateway, "v1/gateway/telemetry", {"S-1": 5})


@pytest.mark.parametrize("name", ["", " ", "<b>", "n" * 300])
def test_a_device_that_cannot_be_is_not_acknowledged(client: Client, gateway: Device, name: str) -> None:
    _silently(gateway, "v1/gateway/telemetry", {name: [{"t": 1}]})


def test_numbers_of_gateways_are_those_of_java(gateway: Device) -> None:
    asked = {"device": "S-1", "client": True, "keys": ["a"]}
    for sent, answered in ((2**31 - 1, 2**31 - 1), (3_000_000_000, -1_294_967_296)):
        gateway.publish("v1/gateway/attributes/request", {"id": sent, **asked})
        assert gateway.next()[1] == {"id": answered, "device": "S-1"}


def test_limits_of_a_gateway_name_those_of_its_children(gateway: Device) -> None:
    gateway.publish("v1/devices/me/rpc/request/1", {"method": "getSessionLimits", "params": {}})
    assert {"rateLimits", "gatewayRateLimits"} < gateway.next()[1].keys()
