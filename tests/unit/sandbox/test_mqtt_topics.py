"""The short topics, the numbers in topics, firmware in chunks, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from paho.mqtt.enums import MQTTProtocolVersion

from papaya.sandbox import Sandbox
from tests.unit.sandbox.client import Client
from tests.unit.sandbox.device import Device

FIVE = MQTTProtocolVersion.MQTTv5


def test_the_short_topics_for_json_are_stored_and_answered(
    client: Client, meter: dict[str, Any], device: Device
) -> None:
    assert device.publish("v2/t/j", {"t": 1})
    assert device.publish("v2/a/j", {"a": 2})
    path = f"/api/plugins/telemetry/DEVICE/{meter['id']['id']}/values/timeseries"
    assert client.get(path, keys="t")["t"][0]["value"] == "1"
    device.publish("v2/a/req/j/7", {"clientKeys": "a"})
    assert device.next() == ("v2/a/res/j/7", {"client": {"a": 2}})
    assert device.subscribe("v2/a/j", "v2/r/req/j/+", "v2/a/res/j/+", "v2/r/res/j/+") == [1, 1, 1, 1]
    client.set_attributes(meter, {"every": 5}, "SHARED")
    assert device.next() == ("v2/a/j", {"every": 5})
    client.post(f"/api/rpc/oneway/{meter['id']['id']}", {"method": "blink", "params": 1})
    assert device.next() == ("v2/r/req/j/0", {"method": "blink", "params": 1})


def test_protobuf_is_refused_and_the_log_says_who_sent_it(
    sandbox: Sandbox, client: Client, meter: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    with Device(sandbox, client.token_of(meter), protocol=FIVE) as device:
        assert device.publish("v2/t/p", b"\x09\x00")
        assert device.reasons.get(timeout=60) == 0x99
        assert device.subscribe("v2/a/p", "v2/r/req/p/+") == [0x8F, 0x8F]
    assert "not in the sandbox: protobuf on v2/t/p (asked by 127.0.0.1:" in caplog.text
    with Device(sandbox, client.token_of(meter)) as device:
        assert not device.publish("v2/a/p", b"\x09\x00")


@pytest.mark.parametrize("number", ["0", "1000000000", "2147483647"])
def test_requests_have_numbers_of_31_bits(device: Device, number: str) -> None:
    device.publish(f"v1/devices/me/attributes/request/{number}", {})
    assert device.next()[0] == f"v1/devices/me/attributes/response/{number}"
    device.publish(f"v1/devices/me/rpc/request/{number}", {"method": "getSessionLimits", "params": {}})
    assert device.next()[0] == f"v1/devices/me/rpc/response/{number}"


@pytest.mark.parametrize(
    ("topic", "reason", "end"),
    [
        ("v1/devices/me/attributes/request/2147483648", 0x99, None),
        ("v1/devices/me/attributes/request/x", 0x99, None),
        ("v1/devices/me/attributes/request/", 0x99, None),
        ("v1/devices/me/attributes/request/1/2", 0x99, None),
        ("v1/devices/me/attributes/request/-5", 0, None),
        ("v1/devices/me/rpc/response/x", 0x99, None),
        ("v1/devices/me/telemetry/x", 0x90, None),
        ("v2/a/j/req/1", 0x90, None),
        ("v2/fw/request/abc/chunk/0", 0x90, None),
        ("v1/devices/me/rpc/request/3000000000", None, 0x8B),
        ("v2/fw/request/1/chunk/99999999999", None, 0x8B),
    ],
)
def test_topics_with_other_numbers_are_answered_as_by_the_server(
    sandbox: Sandbox, client: Client, meter: dict[str, Any], topic: str, reason: int | None, end: int | None
) -> None:
    with Device(sandbox, client.token_of(meter), protocol=FIVE) as device:
        device.start_publishing(topic, {"method": "m", "params": {}})
        if reason is not None:
            assert device.reasons.get(timeout=60) == reason
        if end is not None:
            assert device.ending() == end


def test_keys_that_are_no_text_are_refused(sandbox: Sandbox, client: Client, meter: dict[str, Any]) -> None:
    with Device(sandbox, client.token_of(meter), protocol=FIVE) as device:
        device.publish("v1/devices/me/attributes/request/1", {"clientKeys": 5})
        assert device.next() == ("v1/devices/me/attributes/response/1", {})
        device.publish("v1/devices/me/attributes/request/2", {"clientKeys": {}})
        assert [device.reasons.get(timeout=60) for _ in range(2)] == [0, 0x99]


def test_a_profile_may_forgive_messages_that_cannot_be_read(sandbox: Sandbox, client: Client) -> None:
    transport = {"type": "MQTT", "sendAckOnValidationException": True}
    data = {"configuration": {"type": "DEFAULT"}, "transportConfiguration": transport}
    kind = {"name": "kerb", "type": "DEFAULT", "transportType": "MQTT", "profileData": data}
    profile = client.post("/api/deviceProfile", kind)
    with Device(sandbox, client.token_of(client.device("PM-2", deviceProfileId=profile["id"]))) as device:
        assert device.publish("v1/devices/me/telemetry", "{broken")
        assert device.publish("v1/devices/me/telemetry", {"t": 1})


def test_a_package_that_is_not_there_ends_the_connection_unacknowledged(
    sandbox: Sandbox, client: Client, meter: dict[str, Any]
) -> None:
    for topic, size, fault in (("sw", "", "NOT_FOUND"), ("fw", "70000", "PAYLOAD_TOO_LARGE")):
        with Device(sandbox, client.token_of(meter), protocol=FIVE) as device:
            heard: list[tuple[str, bytes]] = []
            device.client.on_message = lambda client, _, message, to=heard: to.append(
                (message.topic, message.payload)
            )
            device.client.publish(f"v2/{topic}/request/1/chunk/0", size, 1)
            assert device.ending() == 0x83
            assert heard == [("v2/fw/error", fault.encode())]
            assert device.reasons.empty()


def test_what_is_lost_is_told_once_a_session(device: Device, caplog: pytest.LogCaptureFixture) -> None:
    for number in range(50):
        device.publish("some/topic", json.dumps({"n": number}))
    assert caplog.text.count("some/topic") == 1
