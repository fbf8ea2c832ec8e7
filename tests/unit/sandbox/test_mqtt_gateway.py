"""A gateway's connection speaks for other devices."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

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


def test_who_is_no_gateway_speaks_for_itself_alone(client: Client, sandbox: Sandbox) -> None:
    with Device(sandbox, client.token_of(client.device("PM-1"))) as device:
        assert device.publish("v1/gateway/connect", {"device": "S-1"})
    assert client.ask("GET", "/api/tenant/devices", deviceName="S-1").status_code == 404


def test_bad_message_of_a_gateway_closes_it(gateway: Device) -> None:
    assert not gateway.publish("v1/gateway/telemetry", {"S-1": 5})
