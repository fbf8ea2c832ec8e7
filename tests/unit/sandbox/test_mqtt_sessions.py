"""MQTT connections: who gets in, what is granted, and what ends a session."""

from __future__ import annotations

import json
import select
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from paho.mqtt.enums import MQTTProtocolVersion

from papaya.sandbox import MqttPortTaken, Sandbox
from tests.contract.packets import RawClient
from tests.unit.sandbox.client import Client
from tests.unit.sandbox.device import ATTRIBUTES, CALLS, TELEMETRY, Device

NOT_AUTHORIZED, BAD_USER_NAME, BAD_CLIENT_ID = 135, 134, 133


def _token(client: Client, meter: dict[str, Any]) -> str:
    return client.token_of(meter)


def _replace_credentials(client: Client, meter: dict[str, Any], **fields: Any) -> None:
    found = client.get(f"/api/device/{meter['id']['id']}/credentials")
    client.post("/api/device/credentials", {**found, **fields})


def _soon(condition: Any, seconds: float = 60.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.01)
    return False


def test_token_is_the_user_name_and_the_password_is_ignored(
    sandbox: Sandbox, client: Client, meter: dict[str, Any]
) -> None:
    with Device(sandbox, _token(client, meter), "anything", clean=False, client_id="c") as device:
        assert (device.code, device.session_present) == (0, True)


@pytest.mark.parametrize(
    ("user_name", "code"), [("wrong", NOT_AUTHORIZED), (None, BAD_CLIENT_ID), ("", NOT_AUTHORIZED)]
)
def test_refused_login(sandbox: Sandbox, user_name: str | None, code: int) -> None:
    # paho answers a refused empty client id with one of its own, instead of telling.
    with Device(sandbox, user_name, client_id="c") as device:
        assert device.code == code
        assert device.is_closed()


@pytest.mark.parametrize(
    ("client_id", "user_name", "password", "code"),
    [
        ("", None, None, NOT_AUTHORIZED),
        (" ", None, None, NOT_AUTHORIZED),
        ("c", None, None, BAD_CLIENT_ID),
        ("", "wrong", None, BAD_USER_NAME),
        ("c", "wrong", "wrong", BAD_USER_NAME),
        ("c", "", "", BAD_USER_NAME),
    ],
)
def test_the_code_of_a_refusal_tells_what_was_wrong(
    sandbox: Sandbox, client_id: str, user_name: str | None, password: str | None, code: int
) -> None:
    """Measured on 4.2.2.3 and 4.3.1.3; before MQTT 5 both have one code for a user name and for nothing."""
    five = MQTTProtocolVersion.MQTTv5
    with Device(sandbox, user_name, password, client_id=client_id, protocol=five) as device:
        assert device.code == code
    if code == BAD_USER_NAME:
        with Device(sandbox, user_name, password, client_id=client_id) as device:
            assert device.code == NOT_AUTHORIZED


@pytest.mark.parametrize(
    ("value", "good", "bad"),
    [
        (
            {"clientId": "c", "userName": "u", "password": "p"},
            {"client_id": "c", "user_name": "u", "password": "p"},
            {"client_id": "c", "user_name": "u", "password": "q"},
        ),
        (
            {"userName": "u", "password": "p"},
            {"client_id": "any", "user_name": "u", "password": "p"},
            {"user_name": "u", "password": None},
        ),
        ({"clientId": "c"}, {"client_id": "c", "user_name": None}, {"client_id": "d", "user_name": None}),
    ],
)
def test_basic_credentials(
    sandbox: Sandbox,
    client: Client,
    meter: dict[str, Any],
    value: dict[str, str],
    good: dict[str, Any],
    bad: dict[str, Any],
) -> None:
    kind = {"credentialsType": "MQTT_BASIC", "credentialsId": None, "credentialsValue": json.dumps(value)}
    _replace_credentials(client, meter, **kind)
    with Device(sandbox, **good) as device:
        assert device.code == 0
    with Device(sandbox, **bad) as device:
        assert device.code in (NOT_AUTHORIZED, BAD_CLIENT_ID)


def test_an_unknown_version_closes_the_connection_without_a_word(sandbox: Sandbox) -> None:
    with socket.create_connection(("127.0.0.1", sandbox.mqtt_port), 60) as raw:
        raw.sendall(bytes.fromhex("100d00044d51545406020000000000"))
        assert _read_all(raw) == b""


def test_mqtt_3_1_is_served(sandbox: Sandbox, client: Client, meter: dict[str, Any]) -> None:
    with Device(
        sandbox, _token(client, meter), client_id="old", protocol=MQTTProtocolVersion.MQTTv31
    ) as device:
        assert device.code == 0


def test_quality_is_granted_up_to_1_and_foreign_filters_not_at_all(
    sandbox: Sandbox, client: Client, meter: dict[str, Any]
) -> None:
    with Device(sandbox, _token(client, meter)) as device:
        assert device.subscribe(ATTRIBUTES, CALLS, qos=2) == [1, 1]
        assert device.subscribe(ATTRIBUTES, qos=0) == [0]
        assert device.subscribe("#", "v1/devices/me/#", TELEMETRY, "v1/devices/you/attributes") == [128] * 4


def test_unknown_topic_is_acknowledged_and_dropped(
    sandbox: Sandbox, client: Client, meter: dict[str, Any]
) -> None:
    with Device(sandbox, _token(client, meter)) as device:
        assert device.publish("some/other/topic", {"a": 1})
        assert device.publish(TELEMETRY, {"a": 1})


@pytest.mark.parametrize("payload", ["{broken", "", "5", '"text"', "[5]", '{"ts":1,"values":2}', b"\xff\xfe"])
def test_bad_telemetry_closes_the_connection(
    sandbox: Sandbox, client: Client, meter: dict[str, Any], payload: str | bytes
) -> None:
    with Device(sandbox, _token(client, meter)) as device:
        assert device.publish(TELEMETRY, {"good": 1})
        assert not device.publish(TELEMETRY, payload)
        assert device.is_closed() or not device.client.is_connected()


def test_what_came_before_bad_json_is_acknowledged(
    sandbox: Sandbox, client: Client, meter: dict[str, Any]
) -> None:
    with _raw(sandbox, _token(client, meter)) as raw:
        raw.sendall(_publish(b'{"a":1}', 1) + _publish(b"{", 2))
        assert _read_all(raw) == bytes.fromhex("40020001")


def test_payload_limit(sandbox: Sandbox, client: Client, meter: dict[str, Any]) -> None:
    room, empty = 65536 - 2 - len(TELEMETRY) - 2, json.dumps({"t": ""})
    with Device(sandbox, _token(client, meter)) as device:
        assert device.publish(TELEMETRY, json.dumps({"t": "x" * (room - len(empty))}))
        assert not device.publish(TELEMETRY, json.dumps({"t": "x" * (room - len(empty) + 1)}))


@pytest.mark.parametrize(
    "packet",
    [
        "3003000561",  # a topic longer than its packet
        "30050003fffefd",  # a topic that is no UTF-8
        "36050001610001",  # QoS 3
        "00 00",  # a reserved type
        "8006000100016101",  # SUBSCRIBE with the flags of another packet
        "30040002612b",  # a topic with a wildcard
        "320500016100007b",  # a message with the number 0
        "30ffffffff7f",  # a length of five bytes
    ],
)
def test_malformed_packets_close_one_connection_alone(
    sandbox: Sandbox, client: Client, meter: dict[str, Any], packet: str
) -> None:
    with Device(sandbox, _token(client, client.device("PM-2"))) as other:
        with _raw(sandbox, _token(client, meter)) as raw:
            raw.sendall(bytes.fromhex(packet))
            assert _read_all(raw) == b""
        assert other.publish(TELEMETRY, {"a": 1})


def test_what_comes_before_a_connect_is_passed_over(
    sandbox: Sandbox, client: Client, meter: dict[str, Any]
) -> None:
    with RawClient(sandbox.mqtt_port) as raw:
        raw.publish(TELEMETRY, '{"early": 1}')
        raw.connect(_token(client, meter))
        raw.publish(TELEMETRY, '{"late": 1}')
        assert raw.told(0.05, 2) == [["CONNACK", 0, 0], ["PUBACK", "0002"]]
    path = f"/api/plugins/telemetry/DEVICE/{meter['id']['id']}/keys/timeseries"
    assert client.get(path) == ["late"]


def test_a_client_may_connect_again_over_its_connection(
    sandbox: Sandbox, client: Client, meter: dict[str, Any]
) -> None:
    other = client.device("PM-2")
    with RawClient(sandbox.mqtt_port) as raw:
        for number, device in enumerate((meter, other), start=1):
            raw.connect(_token(client, device))
            raw.publish(TELEMETRY, '{"a": 1}')
            assert raw.told(0.05, 2) == [["CONNACK", 0, 0], ["PUBACK", f"000{number}"]]
        raw.connect("nobody")
        assert raw.told(0.05, 2) == [["CONNACK", 0, 5], "closed"]
    for device in (meter, other):
        path = f"/api/plugins/telemetry/DEVICE/{device['id']['id']}/keys/timeseries"
        assert client.get(path) == ["a"]


def test_newer_session_of_a_device_evicts_the_older(
    sandbox: Sandbox, client: Client, meter: dict[str, Any]
) -> None:
    token = _token(client, meter)
    with Device(sandbox, token) as older, Device(sandbox, token) as newer:
        assert older.is_closed()
        assert newer.publish(TELEMETRY, {"a": 1})
        newer.subscribe(ATTRIBUTES)
        client.set_attributes(meter, {"b": 2}, "SHARED")
        assert newer.next() == (ATTRIBUTES, {"b": 2})


def test_keep_alive_is_kept_by_pings_and_enforced_without(
    sandbox: Sandbox, client: Client, meter: dict[str, Any]
) -> None:
    tokens = [_token(client, one) for one in (meter, client.device("PM-2"))]
    with _raw(sandbox, tokens[0], keep_alive=2) as silent, _raw(sandbox, tokens[1], keep_alive=2) as pinging:
        began = time.monotonic()
        # Many times within the keep-alive, so that a moment without the processor ends nothing.
        while not select.select([silent], [], [], 0.1)[0]:
            assert time.monotonic() - began < 60
            pinging.sendall(bytes.fromhex("c000"))
            assert pinging.recv(2) == bytes.fromhex("d000")
        assert _read_all(silent) == b""
        assert time.monotonic() - began > 2.9
        pinging.sendall(_publish(b'{"a":1}', 1))
        assert pinging.recv(4) == bytes.fromhex("40020001")


@pytest.mark.parametrize(("version", "closes"), [("4.0.1", True), ("4.3.1.3", False)])
def test_saving_equal_credentials_closes_sessions_on_old_versions_alone(version: str, closes: bool) -> None:
    with Sandbox(emulate=version) as sandbox, Client(sandbox) as client:
        meter = client.device("PM-1")
        with Device(sandbox, _token(client, meter)) as device:
            _replace_credentials(client, meter)
            assert device.is_closed(60 if closes else 0.3) is closes


def test_new_token_closes_the_session_and_takes_over(
    sandbox: Sandbox, client: Client, meter: dict[str, Any]
) -> None:
    old = _token(client, meter)
    with Device(sandbox, old) as device:
        _replace_credentials(client, meter, credentialsId="new-token")
        assert device.is_closed()
    with Device(sandbox, old) as device:
        assert device.code == NOT_AUTHORIZED
    with Device(sandbox, "new-token") as device:
        assert device.code == 0


def test_deleting_the_device_closes_its_session(
    sandbox: Sandbox, client: Client, meter: dict[str, Any]
) -> None:
    with Device(sandbox, _token(client, meter)) as device:
        client.ask("DELETE", f"/api/device/{meter['id']['id']}")
        assert device.is_closed()


def test_connection_shows_in_the_attributes(sandbox: Sandbox, client: Client, meter: dict[str, Any]) -> None:
    assert client.attributes(meter) == {"active": False}
    with Device(sandbox, _token(client, meter)):
        assert _soon(lambda: client.attributes(meter)["active"])
        assert {"lastActivityTime", "lastConnectTime"} < client.attributes(meter).keys()
    assert _soon(lambda: "lastDisconnectTime" in client.attributes(meter))
    assert client.attributes(meter)["active"] is True


def test_silent_device_becomes_inactive_and_returns() -> None:
    with Sandbox(activity_check_seconds=0.05) as sandbox, Client(sandbox) as client:
        meter = client.device("PM-1")
        client.set_attributes(meter, {"inactivityTimeout": 300})
        with Device(sandbox, _token(client, meter)) as device:
            assert _soon(lambda: client.attributes(meter)["active"] is False)
            assert "inactivityAlarmTime" in client.attributes(meter)
            client.set_attributes(meter, {"inactivityTimeout": 600_000})
            device.publish(TELEMETRY, {"a": 1})
            assert client.attributes(meter)["active"] is True


def test_taken_port_has_an_error_of_its_own(sandbox: Sandbox) -> None:
    with pytest.raises(MqttPortTaken, match="in use"):
        Sandbox(mqtt_port=sandbox.mqtt_port).start()


def test_without_mqtt_there_is_no_address() -> None:
    with Sandbox(mqtt_port=None) as sandbox:
        assert (sandbox.mqtt_url, sandbox.mqtt_port) == (None, 0)


def _publish(payload: bytes, packet_id: int) -> bytes:
    topic = TELEMETRY.encode()
    body = len(topic).to_bytes(2, "big") + topic + packet_id.to_bytes(2, "big") + payload
    return bytes([0x32, len(body)]) + body


@contextmanager
def _raw(sandbox: Sandbox, token: str, keep_alive: int = 60) -> Iterator[socket.socket]:
    user = token.encode()
    body = b"\0\4MQTT\4\x82" + keep_alive.to_bytes(2, "big") + b"\0\0" + len(user).to_bytes(2, "big") + user
    with socket.create_connection(("127.0.0.1", sandbox.mqtt_port), 60) as raw:
        raw.sendall(bytes([0x10, len(body)]) + body)
        assert raw.recv(4) == bytes.fromhex("20020000")
        yield raw


def _read_all(raw: socket.socket) -> bytes:
    found = b""
    while data := raw.recv(4096):
        found += data
    return found
