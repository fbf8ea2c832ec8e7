"""Calls over MQTT: of the server to a device, and of a device to the server."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from papaya.sandbox import Sandbox
from tests.unit.sandbox.client import Client
from tests.unit.sandbox.device import CALLS, Device

_ANSWERS = "v1/devices/me/rpc/response/+"


def test_device_can_ask_for_its_limits(device: Device) -> None:
    device.subscribe(_ANSWERS)
    device.publish("v1/devices/me/rpc/request/3", {"method": "getSessionLimits", "params": {}})
    topic, limits = device.next()
    assert topic == "v1/devices/me/rpc/response/3"
    assert limits["maxPayloadSize"] == 65536


def test_calls_of_a_device_time_out_unless_somebody_answers() -> None:
    with (
        Sandbox(device_call_seconds=0.1) as sandbox,
        Client(sandbox) as client,
        Device(sandbox, client.token_of(client.device("PM-1"))) as device,
    ):
        device.subscribe(_ANSWERS)
        call = {"method": "getTime", "params": {"zone": "UTC"}}
        device.publish("v1/devices/me/rpc/request/1", call)
        assert device.next() == ("v1/devices/me/rpc/response/1", {"error": "timeout"})
        sandbox.answer_device_calls(lambda name, method, params: [name, method, params])
        device.publish("v1/devices/me/rpc/request/2", call)
        answer = ["PM-1", "getTime", {"zone": "UTC"}]
        assert device.next() == ("v1/devices/me/rpc/response/2", answer)


def _call(client: Client, meter: dict[str, Any], way: str = "twoway", **more: Any) -> Any:
    url = f"{client.url}/api/rpc/{way}/{meter['id']['id']}"
    body = {"method": "ping", "params": {"a": 1}, **more}
    return requests.post(url, json=body, headers=dict(client.session.headers), timeout=60)


@pytest.mark.parametrize(
    "form", [("v1/devices/me/rpc/request/", "v1/devices/me/rpc/response/"), ("v2/r/req/", "v2/r/res/")]
)
def test_two_way_call(client: Client, meter: dict[str, Any], device: Device, form: tuple[str, str]) -> None:
    device.subscribe(f"{form[0]}+")
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(_call, client, meter)
        topic, message = device.next()
        assert message == {"method": "ping", "params": {"a": 1}}
        device.publish(topic.replace(form[0], form[1]), '{"pong": true}')
        assert answer.result(60).text == '{"pong":true}'


def test_one_way_call_is_done_with_its_delivery(
    client: Client, meter: dict[str, Any], device: Device
) -> None:
    device.subscribe(CALLS)
    answer = _call(client, meter, "oneway")
    assert (answer.status_code, answer.content) == (200, b"")
    assert device.next()[1]["method"] == "ping"


@pytest.fixture
def hasty() -> Any:
    """A server whose calls time out soon, a device of it, and a client."""
    with Sandbox(rpc_timeout_floor=0.3) as sandbox, Client(sandbox) as client:
        yield sandbox, client, client.device("PM-1")


def test_call_of_an_absent_a_deaf_and_a_silent_device(hasty: tuple[Sandbox, Client, Any]) -> None:
    sandbox, client, meter = hasty
    statuses: list[int] = []

    def ask(milliseconds: int = 300) -> None:
        older = f"/api/plugins/rpc/twoway/{meter['id']['id']}"
        body = {"method": "x", "params": {}, "timeout": milliseconds}
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(_call, client, meter, timeout=milliseconds)
            status = client.ask("POST", older, body).status_code
            statuses.extend((answer.result(60).status_code, status))

    ask()
    with Device(sandbox, client.token_of(meter)) as device:
        ask()
        device.subscribe(CALLS)
        # Long enough for the device to acknowledge that it got them.
        ask(2_000)
    assert statuses == [504, 409, 504, 409, 504, 408]


def test_call_waits_for_the_device_to_come(sandbox: Sandbox, client: Client, meter: dict[str, Any]) -> None:
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(_call, client, meter)
        with Device(sandbox, client.token_of(meter)) as device:
            device.subscribe(CALLS)
            topic, _ = device.next()
            device.publish(topic.replace("request", "response"), {"late": 1})
            assert answer.result(60).json() == {"late": 1}


def test_call_that_a_device_never_got_goes_to_its_next_session(
    sandbox: Sandbox, client: Client, meter: dict[str, Any]
) -> None:
    token = client.token_of(meter)
    with ThreadPoolExecutor(1) as pool, Device(sandbox, token) as deaf:
        deaf.subscribe(CALLS)
        # Stopped as with SIGSTOP: the kernel takes the message, the program never acknowledges it.
        deaf.client.loop_stop()
        answer = pool.submit(_call, client, meter)
        # Time for the call to be sent to the first session; nothing tells when it was.
        time.sleep(0.3)
        with Device(sandbox, token) as device:
            device.subscribe(CALLS)
            topic, _ = device.next()
            device.publish(topic.replace("request", "response"), {"second": 1})
            assert answer.result(60).json() == {"second": 1}


def _condition_of(client: Client, record: str, wanted: str) -> dict[str, Any]:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        found = dict(client.get(f"/api/rpc/persistent/{record}"))
        if found["status"] == wanted:
            return found
        time.sleep(0.01)
    raise AssertionError(found)


def test_persistent_calls_tell_what_becomes_of_them(
    client: Client, meter: dict[str, Any], device: Device
) -> None:
    record = _call(client, meter, persistent=True).json()["rpcId"]
    assert client.get(f"/api/rpc/persistent/{record}")["status"] == "QUEUED"
    device.subscribe(CALLS)
    topic, _ = device.next()
    _condition_of(client, record, "DELIVERED")
    device.publish(topic.replace("request", "response"), {"ok": 1})
    assert _condition_of(client, record, "SUCCESSFUL")["response"] == {"ok": 1}
    record = _call(client, meter, "oneway", persistent=True).json()["rpcId"]
    _condition_of(client, record, "DELIVERED")


def test_persistent_call_expires(hasty: tuple[Sandbox, Client, Any]) -> None:
    _, client, meter = hasty
    record = _call(client, meter, persistent=True, timeout=300).json()["rpcId"]
    _condition_of(client, record, "EXPIRED")


def test_persistent_call_outlives_a_restart(tmp_path: Path) -> None:
    with Sandbox(tmp_path) as sandbox, Client(sandbox) as client:
        meter = client.device("PM-1")
        record = _call(client, meter, persistent=True, timeout=60_000).json()["rpcId"]
    with (
        Sandbox(tmp_path) as sandbox,
        Client(sandbox) as client,
        Device(sandbox, client.token_of(meter)) as device,
    ):
        device.subscribe(CALLS)
        topic, _ = device.next()
        device.publish(topic.replace("request", "response"), {"ok": 1})
        _condition_of(client, record, "SUCCESSFUL")
