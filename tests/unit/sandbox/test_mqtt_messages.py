"""What devices publish and get over MQTT: telemetry, attributes, provisioning; and that it is kept."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from typing import Any

import pytest

from papaya.sandbox import Sandbox
from tests.unit.sandbox.client import Client
from tests.unit.sandbox.device import ATTRIBUTES, TELEMETRY, Device
from tests.unit.sandbox.processes import sandbox_process

START = 1763900000000
_ANSWERS = "v1/devices/me/rpc/response/+"


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
    end = time.monotonic() + 60
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
        assert bad.publish(TELEMETRY, {"b": 1})
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


@pytest.mark.parametrize("keys", ["", ",i", "i,,none"])
def test_a_request_for_a_key_without_a_name_gets_no_answer(
    client: Client, meter: dict[str, Any], device: Device, keys: str
) -> None:
    """The request is acknowledged, and the connection stays."""
    device.subscribe("v1/devices/me/attributes/response/+")
    client.set_attributes(meter, {"i": 7}, "SHARED")
    assert device.publish("v1/devices/me/attributes/request/1", {"sharedKeys": keys})
    assert device.publish("v1/devices/me/attributes/request/2", {"sharedKeys": "i,"})
    assert device.next() == ("v1/devices/me/attributes/response/2", {"shared": {"i": 7}})
    path = f"/api/v1/{client.token_of(meter)}/attributes"
    assert client.ask("GET", path, sharedKeys=keys or ",i").status_code == 503
    assert client.get(path, sharedKeys=",") == {"shared": {"i": 7}}


@pytest.mark.parametrize("request_body", [{}, {"provisionDeviceKey": None}, {"provisionDeviceKey": "k"}])
def test_a_provision_request_without_key_or_secret_ends_the_connection(
    sandbox: Sandbox, client: Client, request_body: Any
) -> None:
    with Device(sandbox, "provision") as asking:
        asking.subscribe("/provision/response")
        assert asking.publish("/provision/request", request_body)
        assert asking.is_closed()
    assert client.ask("POST", "/api/v1/provision", request_body).status_code == 500


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
        # Acknowledged, dropped, and the end of the connection.
        assert asking.publish(TELEMETRY, {"a": 1})
        assert asking.is_closed()
    with Device(sandbox, answer["credentialsValue"]) as device:
        assert device.publish(TELEMETRY, {"a": 1})


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
                process.wait(60)
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


def test_a_profile_has_topics_in_place_of_the_servers_own(sandbox: Sandbox, client: Client) -> None:
    """A wildcard stands for what the device puts there; the short forms go on, and changes come as ever."""
    transport = {
        "type": "MQTT",
        "deviceTelemetryTopic": "kerb/+/telemetry",
        "deviceAttributesTopic": "kerb/attributes",
        "deviceAttributesSubscribeTopic": "kerb/changes",
    }
    profile = client.post(
        "/api/deviceProfile",
        {
            "name": "kerb",
            "type": "DEFAULT",
            "transportType": "MQTT",
            "profileData": {"transportConfiguration": transport},
        },
    )
    meter = client.device("PM-1", deviceProfileId=profile["id"])
    with Device(sandbox, client.token_of(meter)) as device:
        device.publish("kerb/7/telemetry", {"a": 1})
        device.publish(TELEMETRY, {"b": 2})
        device.publish("kerb/telemetry", {"c": 3})
        device.publish("kerb/attributes", {"d": 4})
        device.publish("v2/t", {"f": 6})
        assert {key: value for key, (_, value) in _latest(client, meter).items()} == {"a": 1, "f": 6}
        assert client.attributes(meter, "CLIENT") == {"d": 4}
        assert device.subscribe("kerb/changes") == [1]
        client.set_attributes(meter, {"e": 5}, "SHARED")
        assert device.next() == ("v1/devices/me/attributes", {"e": 5})
