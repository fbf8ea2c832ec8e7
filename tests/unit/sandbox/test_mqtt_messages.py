"""What devices publish and get over MQTT: telemetry, attributes, calls, provisioning."""

from __future__ import annotations

import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from papaya.sandbox import Sandbox
from tests.unit.sandbox.client import Client
from tests.unit.sandbox.device import ATTRIBUTES, CALLS, TELEMETRY, Device
from tests.unit.sandbox.processes import sandbox_process

START = 1763900000000
_ANSWERS = "v1/devices/me/rpc/response/+"


@pytest.fixture
def meter(client: Client) -> dict[str, Any]:
    """A device of the server."""
    return client.device("PM-1")


@pytest.fixture
def device(sandbox: Sandbox, client: Client, meter: dict[str, Any]) -> Any:
    """The device, connected."""
    with Device(sandbox, client.token_of(meter)) as connected:
        yield connected


def _latest(client: Client, meter: dict[str, Any]) -> dict[str, tuple[int, Any]]:
    path = f"/api/plugins/telemetry/DEVICE/{meter['id']['id']}/values/timeseries"
    found = client.get(path, useStrictDataTypes="true")
    return {key: (points[0]["ts"], points[0]["value"]) for key, points in found.items()}


@pytest.mark.parametrize("topic", [TELEMETRY, "v2/t"])
@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ({"ts": START, "values": {"a": 1, "b": "2.50", "c": True}}, {"a": 1, "b": 2.5, "c": True}),
        ([{"ts": START, "values": {"a": 1}}, {"ts": START, "values": {"b": "x"}}], {"a": 1, "b": "x"}),
        ({"ts": START, "values": {"a": None, "b": {"c": [1]}}}, {"b": {"c": [1]}}),
    ],
)
def test_telemetry_is_stored_when_it_is_acknowledged(
    client: Client, meter: dict[str, Any], device: Device, topic: str, payload: Any, expected: dict[str, Any]
) -> None:
    assert device.publish(topic, payload)
    assert _latest(client, meter) == {key: (START, value) for key, value in expected.items()}


def test_telemetry_without_a_time_is_of_now(client: Client, meter: dict[str, Any], device: Device) -> None:
    before = time.time_ns() // 1_000_000
    device.publish(TELEMETRY, [{"a": 1}, {"b": 2}])
    found = _latest(client, meter)
    assert {key: value for key, (_, value) in found.items()} == {"a": 1, "b": 2}
    assert all(before <= ts <= time.time_ns() // 1_000_000 for ts, _ in found.values())


def test_quality_0_is_stored_even_when_the_device_leaves_at_once(
    client: Client, sandbox: Sandbox, meter: dict[str, Any]
) -> None:
    with Device(sandbox, client.token_of(meter)) as device:
        device.publish(TELEMETRY, {"a": 1}, qos=0)
    end = time.monotonic() + 5
    while not _latest(client, meter) and time.monotonic() < end:
        time.sleep(0.01)
    assert _latest(client, meter)["a"][1] == 1


def test_one_bad_message_of_a_group_costs_the_others_nothing(
    client: Client, sandbox: Sandbox, meter: dict[str, Any], device: Device
) -> None:
    with Device(sandbox, client.token_of(client.device("PM-2"))) as bad:
        # A blank key passes the parser and is refused by the storage.
        bad.start_publishing(TELEMETRY, {" ": 1})
        assert device.publish(TELEMETRY, {"a": 1})
        assert bad.is_closed()
    assert "a" in _latest(client, meter)


def test_client_attributes(client: Client, meter: dict[str, Any], device: Device) -> None:
    assert device.publish(ATTRIBUTES, {"firmware": "2.0", "serial": "SN-1", "none": None})
    assert client.attributes(meter, "CLIENT") == {"firmware": 2.0, "serial": "SN-1"}


@pytest.mark.parametrize("topic", [ATTRIBUTES, "v2/a"])
def test_shared_attributes_are_pushed_and_their_deletion_is(
    client: Client, meter: dict[str, Any], device: Device, topic: str
) -> None:
    client.set_attributes(meter, {"before": 1}, "SHARED")
    device.subscribe(topic)
    client.set_attributes(meter, {"interval": 7, "name": "é"}, "SHARED")
    assert device.next() == (topic, {"interval": 7, "name": "é"})
    client.ask("DELETE", f"/api/plugins/telemetry/DEVICE/{meter['id']['id']}/SHARED_SCOPE?keys=interval,none")
    assert device.next() == (topic, {"deleted": ["interval", "none"]})
    client.set_attributes(meter, {"hidden": 7})
    assert device.nothing()


def test_unsubscribed_device_is_told_nothing(client: Client, meter: dict[str, Any], device: Device) -> None:
    client.set_attributes(meter, {"interval": 7}, "SHARED")
    assert device.nothing()


@pytest.mark.parametrize(
    ("topics", "request_body", "expected"),
    [
        (("v1/devices/me/attributes/request/", "v1/devices/me/attributes/response/"), {}, None),
        (("v2/a/req/", "v2/a/res/"), {"clientKeys": "f", "sharedKeys": "i,none"}, None),
        (("v2/a/req/", "v2/a/res/"), {"sharedKeys": "i"}, {"shared": {"i": 7}}),
        (("v2/a/req/", "v2/a/res/"), {"clientKeys": "none"}, {}),
    ],
)
def test_attribute_requests(
    client: Client,
    meter: dict[str, Any],
    device: Device,
    topics: tuple[str, str],
    request_body: Any,
    expected: Any,
) -> None:
    device.subscribe(f"{topics[1]}+")
    client.set_attributes(meter, {"i": 7}, "SHARED")
    device.start_publishing(ATTRIBUTES, {"f": "x"})
    assert device.publish(f"{topics[0]}5", request_body)
    whole = {"client": {"f": "x"}, "shared": {"i": 7}}
    assert device.next() == (f"{topics[1]}5", whole if expected is None else expected)


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


def test_provisioning_over_mqtt(sandbox: Sandbox, client: Client) -> None:
    key = {"type": "ALLOW_CREATE_NEW_DEVICES", "provisionDeviceSecret": "s"}
    profile_data = {
        "configuration": {"type": "DEFAULT"},
        "transportConfiguration": {"type": "DEFAULT"},
        "provisionConfiguration": key,
    }
    body = {
        "name": "Meter",
        "type": "DEFAULT",
        "transportType": "DEFAULT",
        "provisionType": key["type"],
        "provisionDeviceKey": "k",
        "profileData": profile_data,
    }
    client.post("/api/deviceProfile", body)
    request = {"deviceName": "PM-9", "provisionDeviceKey": "k", "provisionDeviceSecret": "s"}
    with Device(sandbox, "provision") as asking:
        assert asking.subscribe("/provision/response", ATTRIBUTES) == [1, 128]
        assert asking.publish("/provision/request", {**request, "provisionDeviceSecret": "wrong"})
        assert asking.next()[1]["status"] == "NOT_FOUND"
        assert asking.publish("/provision/request", request)
        topic, answer = asking.next()
        assert (topic, answer["status"], answer["credentialsType"]) == (
            "/provision/response",
            "SUCCESS",
            "ACCESS_TOKEN",
        )
        assert not asking.publish(TELEMETRY, {"a": 1})
    with Device(sandbox, answer["credentialsValue"]) as device:
        assert device.publish(TELEMETRY, {"a": 1})


def _call(client: Client, meter: dict[str, Any], way: str = "twoway", **more: Any) -> Any:
    url = f"{client.url}/api/rpc/{way}/{meter['id']['id']}"
    body = {"method": "ping", "params": {"a": 1}, **more}
    return requests.post(url, json=body, headers=dict(client.session.headers), timeout=30)


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
        assert answer.result(10).text == '{"pong":true}'


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
    statuses = []

    def ask() -> None:
        statuses.append(_call(client, meter, timeout=300).status_code)
        path = f"/api/plugins/rpc/twoway/{meter['id']['id']}"
        statuses.append(client.ask("POST", path, {"method": "x", "params": {}, "timeout": 300}).status_code)

    ask()
    with Device(sandbox, client.token_of(meter)) as device:
        ask()
        device.subscribe(CALLS)
        ask()
    assert statuses == [504, 409, 504, 409, 504, 408]


def test_call_waits_for_the_device_to_come(sandbox: Sandbox, client: Client, meter: dict[str, Any]) -> None:
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(_call, client, meter)
        with Device(sandbox, client.token_of(meter)) as device:
            device.subscribe(CALLS)
            topic, _ = device.next()
            device.publish(topic.replace("request", "response"), {"late": 1})
            assert answer.result(10).json() == {"late": 1}


def test_call_that_a_device_never_got_goes_to_its_next_session(
    sandbox: Sandbox, client: Client, meter: dict[str, Any]
) -> None:
    token = client.token_of(meter)
    with ThreadPoolExecutor(1) as pool, Device(sandbox, token) as deaf:
        deaf.subscribe(CALLS)
        # Stopped as with SIGSTOP: the kernel takes the message, the program never acknowledges it.
        deaf.client.loop_stop()
        answer = pool.submit(_call, client, meter)
        with Device(sandbox, token) as device:
            device.subscribe(CALLS)
            topic, _ = device.next()
            device.publish(topic.replace("request", "response"), {"second": 1})
            assert answer.result(10).json() == {"second": 1}


def _status_of(client: Client, record: str, wanted: str) -> dict[str, Any]:
    for _ in range(500):
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
    _status_of(client, record, "DELIVERED")
    device.publish(topic.replace("request", "response"), {"ok": 1})
    assert _status_of(client, record, "SUCCESSFUL")["response"] == {"ok": 1}
    record = _call(client, meter, "oneway", persistent=True).json()["rpcId"]
    _status_of(client, record, "DELIVERED")


def test_persistent_call_expires(hasty: tuple[Sandbox, Client, Any]) -> None:
    _, client, meter = hasty
    record = _call(client, meter, persistent=True, timeout=300).json()["rpcId"]
    _status_of(client, record, "EXPIRED")


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
        _status_of(client, record, "SUCCESSFUL")


def test_acknowledged_readings_survive_kill_9(tmp_path: Path) -> None:
    with sandbox_process("--data", str(tmp_path)) as (process, line):
        served = _Served(line)
        with Client(served) as client:  # type: ignore[arg-type]
            meter = client.device("PM-1")
            with Device(served, client.token_of(meter)) as device:  # type: ignore[arg-type]
                acknowledged = [
                    number
                    for number in range(200)
                    if device.publish(TELEMETRY, {"ts": START + number, "values": {"n": number}})
                ]
                # These may be lost: nobody was told that they are stored.
                for number in range(200, 400):
                    device.start_publishing(TELEMETRY, {"ts": START + number, "values": {"n": number}})
                process.send_signal(signal.SIGKILL)
                process.wait(10)
    assert len(acknowledged) == 200
    with Sandbox(tmp_path) as sandbox, Client(sandbox) as client:
        path = f"/api/plugins/telemetry/DEVICE/{meter['id']['id']}/values/timeseries"
        found = client.get(path, keys="n", startTs=START, endTs=START + 1000, limit=1000)["n"]
        assert {int(point["value"]) for point in found} >= set(acknowledged)


class _Served:
    """A sandbox in another process, as far as clients look at one."""

    def __init__(self, line: dict[str, Any]) -> None:
        self.url, self.username, self.password = line["url"], line["username"], line["password"]
        self.mqtt_port = int(line["mqtt"].rsplit(":", 1)[1])
