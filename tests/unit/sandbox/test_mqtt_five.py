"""MQTT 5: what a client of it sends and hears, and what it is told where something is wrong."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest
from paho.mqtt.enums import MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from papaya.sandbox import Sandbox
from tests.unit.sandbox.client import Client
from tests.unit.sandbox.device import ATTRIBUTES, CALLS, TELEMETRY, Device

FIVE = MQTTProtocolVersion.MQTTv5
SUCCESS, NO_SUBSCRIPTION, MALFORMED = 0x00, 0x11, 0x81
FILTER_INVALID, TOPIC_INVALID, PAYLOAD_INVALID = 0x8F, 0x90, 0x99


@pytest.fixture
def made(client: Client) -> dict[str, Any]:
    return client.device("PM-5")


@pytest.fixture
def device(sandbox: Sandbox, client: Client, made: dict[str, Any]) -> Iterator[Device]:
    with Device(sandbox, client.token_of(made), protocol=FIVE) as device:
        assert device.code == SUCCESS
        yield device


def test_readings_attributes_and_calls_go_both_ways(
    client: Client, made: dict[str, Any], device: Device
) -> None:
    assert device.publish(TELEMETRY, {"temperature": 25})
    assert device.publish(TELEMETRY, {"humidity": 40}, qos=0)
    assert device.publish(ATTRIBUTES, {"firmware": "v1.2"})
    assert device.subscribe(ATTRIBUTES, CALLS) == [1, 1]
    client.set_attributes(made, {"every": 5}, "SHARED")
    assert device.next() == (ATTRIBUTES, {"every": 5})
    client.post(f"/api/plugins/rpc/oneway/{made['id']['id']}", {"method": "blink", "params": {"times": 2}})
    topic, call = device.next()
    assert (topic[: len(CALLS) - 1], call["method"]) == (CALLS[:-1], "blink")
    path = f"/api/plugins/telemetry/DEVICE/{made['id']['id']}/values/timeseries"
    assert set(client.get(path, keys="temperature,humidity")) == {"temperature", "humidity"}
    assert client.attributes(made, "CLIENT")["firmware"] == "v1.2"


def test_what_is_not_taken_is_told_and_the_connection_stays(device: Device) -> None:
    assert device.publish(TELEMETRY, {"temperature": 25})
    assert device.publish("v1/devices/me/nonsense", {"a": 1})
    assert device.publish(TELEMETRY, "this is no JSON")
    assert device.publish(TELEMETRY, {"temperature": 26})
    assert [device.reasons.get(timeout=60) for _ in range(4)] == [
        SUCCESS,
        TOPIC_INVALID,
        PAYLOAD_INVALID,
        SUCCESS,
    ]
    assert device.subscribe("no/such/topic", ATTRIBUTES) == [FILTER_INVALID, 1]
    assert device.unsubscribe(ATTRIBUTES, ATTRIBUTES, "no/such/topic") == [
        SUCCESS,
        NO_SUBSCRIPTION,
        NO_SUBSCRIPTION,
    ]


def test_an_unreadable_payload_that_wants_no_answer_ends_the_connection_with_its_reason(
    device: Device,
) -> None:
    device.publish(TELEMETRY, "this is no JSON", qos=0)
    assert device.ending() == PAYLOAD_INVALID


def test_credentials_that_name_no_device_are_refused_with_the_code_of_the_version(sandbox: Sandbox) -> None:
    with Device(sandbox, "nobody", protocol=FIVE) as device:
        assert device.code == 0x86
    with Device(sandbox, None, client_id="nobody", protocol=FIVE) as device:
        assert device.code == 0x85
    with Device(sandbox, "", client_id="nobody", protocol=FIVE) as device:
        assert device.code == 0x86
    with Device(sandbox, None, protocol=FIVE) as device:
        assert device.code == 0x87


def test_properties_are_read_and_followed_by_none(
    sandbox: Sandbox, client: Client, made: dict[str, Any]
) -> None:
    with Device(sandbox, client.token_of(made), protocol=FIVE) as device:
        told = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        told.ContentType = "application/json"
        told.UserProperty = [("street", "MG Road"), ("street", "Brigade Road")]
        told.MessageExpiryInterval = 10
        sent = device.client.publish(TELEMETRY, '{"temperature": 25}', 1, properties=told)
        sent.wait_for_publish(60)
        asked = Properties(PacketTypes.SUBSCRIBE)  # type: ignore[no-untyped-call]
        asked.SubscriptionIdentifier = 7
        device.client.subscribe(ATTRIBUTES, properties=asked)
    path = f"/api/plugins/telemetry/DEVICE/{made['id']['id']}/values/timeseries"
    assert client.get(path, keys="temperature")["temperature"][0]["value"] == "25"


def test_a_device_provisions_itself(sandbox: Sandbox, client: Client) -> None:
    wrong = {"provisionDeviceKey": "no", "provisionDeviceSecret": "no"}
    with Device(sandbox, "provision", protocol=FIVE) as device:
        assert device.subscribe("/provision/response") == [1]
        assert device.publish("/provision/request", {**wrong, "deviceName": "NEW-1"})
        assert device.next()[1]["status"] == "NOT_FOUND"


_NAME = b"\x00\x04MQTT\x05"


def _connect(rest: bytes) -> bytes:
    body = _NAME + rest
    return b"\x10" + bytes([len(body)]) + body


@pytest.mark.parametrize(
    "packet",
    [
        _connect(b"\x03\x00\x3c\x00\x00\x00"),  # the reserved flag
        _connect(b"\x02\x00\x3c\x05\x11\x00\x00\x00"),  # properties cut short
        _connect(b"\x02\x00\x3c\x02\x7f\x00\x00\x00"),  # a property that does not exist
        _connect(b"\x02\x00\x3c\x00\x00\x05ab"),  # a text cut short
        _connect(b"\x02\x00\x3c\x00\x00\x02\xff\xfe"),  # no UTF-8
        _connect(b"\x02\x00\x3c\x00\x00\x00more"),  # something left over
        _connect(b"\x02\x00"),
        _connect(b"\x02\x00\x3c\xff\xff\xff\xff"),
    ],
)
def test_a_packet_that_is_none_closes_the_connection(sandbox: Sandbox, packet: bytes) -> None:
    with socket.create_connection(("127.0.0.1", sandbox.mqtt_port), timeout=60) as connection:
        connection.sendall(packet)
        while connection.recv(100):
            pass
