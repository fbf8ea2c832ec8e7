"""What a device asks over MQTT, with real paho against the sandbox and against servers that misbehave."""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from papaya.agent.link import Address
from papaya.api.breakages import Untrusted
from papaya.errors import MissingExtra, PapayaError, Unavailable, Unreachable
from papaya.provision.device_api import TokenRefused
from papaya.provision.device_line import broker_of
from papaya.provision.handshake import handshake_as_device
from papaya.provision.mqtt_device import MqttDevice
from papaya.provision.mqtt_talk import Broker
from papaya.provision.with_key import Key, new_token, register
from papaya.sandbox import Sandbox
from papaya.settings import Settings
from papaya.settings.device_token import pending_path, read_token, store_token
from tests.unit.apply.run import VERSIONS
from tests.unit.provision.relay import Mute, Relay, make_certificate
from tests.unit.sandbox.client import Client

KEY = Key("mk2-key", "mk2-secret", "allowCreate")


@pytest.fixture(params=VERSIONS)
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    with Sandbox(emulate=request.param) as running, Client(running) as client:
        kind = "ALLOW_CREATE_NEW_DEVICES"
        client.post(
            "/api/deviceProfile",
            {
                "name": "MK2",
                "type": "DEFAULT",
                "transportType": "DEFAULT",
                "provisionType": kind,
                "provisionDeviceKey": KEY.key,
                "profileData": {
                    "configuration": {"type": "DEFAULT"},
                    "transportConfiguration": {"type": "DEFAULT"},
                    "provisionConfiguration": {"type": kind, "provisionDeviceSecret": KEY.secret},
                },
            },
        )
        yield running


def device(
    port: int, token: str, *, timeout: float = 10.0, tls: bool = False, ca_file: Path | None = None,
    insecure: bool = False, retry_for: float = 0.0,
) -> MqttDevice:  # fmt: skip
    """Return a device that speaks to a port of this machine."""
    broker = Broker(Address("127.0.0.1", port, tls, ca_file), insecure)
    return MqttDevice(broker, token, timeout=timeout, retry_for=retry_for)


def test_a_registration_and_its_repetition(sandbox: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "PM-1.token"
    first = register("PM-1", KEY, path, lambda token: device(sandbox.mqtt_port, token))
    assert (first.how, read_token(path), path.stat().st_mode & 0o777) == ("registered", first.token, 0o600)
    second = register("PM-1", KEY, path, lambda token: device(sandbox.mqtt_port, token))
    assert (second.how, second.token) == ("known already", first.token)
    with device(sandbox.mqtt_port, first.token) as line:
        arrived = handshake_as_device(line, {"serial": "SN-1"})
    assert (arrived.proof, arrived.over) == ("a nonce read back over MQTT", "MQTT")
    assert not pending_path(path).exists()


def test_a_lost_answer_is_made_up_for_by_the_stored_token(sandbox: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "PM-1.token"
    with Relay(sandbox.mqtt_port, marker=b"/provision/request", lose="answer") as relay:
        with pytest.raises(Unavailable):
            register("PM-1", KEY, path, lambda token: device(relay.port, token, timeout=2))
        waiting = read_token(pending_path(path))
        assert waiting is not None and not path.exists()
        relay.lose = None
        done = register("PM-1", KEY, path, lambda token: device(relay.port, token))
    assert (done.how, done.token) == ("registered earlier", waiting)


def test_a_lost_answer_is_asked_for_again(sandbox: Sandbox, tmp_path: Path) -> None:
    with Relay(sandbox.mqtt_port, marker=b"/provision/request", lose="request") as relay:
        line = device(relay.port, "unused", timeout=2, retry_for=20)

        def heal(seconds: float) -> None:
            relay.lose = None

        line._sleep = heal
        request = {"deviceName": "PM-1", "provisionDeviceKey": "k", "provisionDeviceSecret": "s"}
        assert line.provision(request) == {
            "status": "NOT_FOUND", "errorMsg": "Provision data was not found!",
        }  # fmt: skip
        assert relay.connections == 2


def test_a_device_of_that_name_with_another_token_is_refused(sandbox: Sandbox, tmp_path: Path) -> None:
    register("PM-1", KEY, tmp_path / "one", lambda token: device(sandbox.mqtt_port, token))
    with pytest.raises(PapayaError, match="does not register PM-1") as caught:
        register("PM-1", KEY, tmp_path / "two", lambda token: device(sandbox.mqtt_port, token))
    assert "another token" in caught.value.remedy


def test_an_unknown_token(tmp_path: Path) -> None:
    with Sandbox() as sandbox, device(sandbox.mqtt_port, new_token()) as line:
        assert not line.is_known()
        with pytest.raises(TokenRefused):
            line.send_telemetry(1, {"a": 1})


def test_a_stored_token_that_the_server_has_forgotten_leads_to_a_registration(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    path = tmp_path / "PM-1.token"
    store_token(path, new_token())
    assert register("PM-1", KEY, path, lambda token: device(sandbox.mqtt_port, token)).how == "registered"


def test_servers_that_misbehave_are_told_apart_and_bounded() -> None:
    accepted, busy = b"\x20\x02\x00\x00", b"\x20\x02\x00\x03"
    began = time.monotonic()
    with Mute() as mute, pytest.raises(Unreachable, match="no answer in time"):
        device(mute.port, "t", timeout=0.3).is_known()
    with Mute(accepted) as mute, pytest.raises(Unavailable, match="did not acknowledge") as caught:
        device(mute.port, "t", timeout=2).send_telemetry(1, {"a": 1})
    assert "rate limit" in caught.value.remedy
    with Mute(busy) as mute, pytest.raises(Unavailable, match="server unavailable") as refused:
        device(mute.port, "t").is_known()
    assert "later" in refused.value.remedy
    with Mute() as mute:
        port = mute.port
    with pytest.raises(Unreachable, match="connection refused") as away:
        device(port, "t").is_known()
    assert "--transport http" in away.value.remedy
    assert time.monotonic() - began < 60


# paho leaves it to the garbage collector to close a connection on which TLS could not be agreed on.
unclosed = pytest.mark.filterwarnings(
    "ignore:unclosed:ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)


@unclosed
def test_a_port_that_is_none_of_mqtt() -> None:
    with Sandbox() as sandbox:
        http = int(sandbox.url.rsplit(":", 1)[1])
        with pytest.raises(Unreachable, match=r"closed the connection|did not|no answer"):
            device(http, "t", timeout=3).is_known()
        with pytest.raises(Untrusted, match="does not speak TLS") as caught:
            device(sandbox.mqtt_port, "t", tls=True).is_known()
    assert "--no-mqtt-tls" in caught.value.remedy
    gc.collect()


@unclosed
def test_tls_with_an_authority_of_ones_own(tmp_path: Path) -> None:
    certificate, context = make_certificate(tmp_path)
    with Sandbox() as sandbox, Client(sandbox) as client:
        token = client.token_of(client.device("PM-1"))
        with Relay(sandbox.mqtt_port, context=context) as relay:
            with device(relay.port, token, tls=True, ca_file=certificate) as line:
                assert handshake_as_device(line, {"serial": "SN-1"}).over == "MQTT"
            with device(relay.port, token, tls=True, insecure=True) as line:
                assert line.is_known()
            with pytest.raises(Untrusted, match="certificate is not trusted") as caught:
                device(relay.port, token, tls=True, retry_for=60).is_known()
    assert "--ca-file" in caught.value.remedy
    gc.collect()


def test_without_its_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "paho.mqtt.client", None)
    with pytest.raises(MissingExtra, match="--transport mqtt needs packages") as caught:
        device(9, "t").is_known()
    assert "papayameter[agent]" in caught.value.remedy


@pytest.mark.parametrize(
    ("url", "port", "tls", "address"),
    [
        ("http://tb.example.com:8080", None, None, "mqtt://tb.example.com:1883"),
        ("https://tb.example.com", None, None, "mqtts://tb.example.com:8883"),
        ("https://tb.example.com", 1883, None, "mqtt://tb.example.com:1883"),
        ("http://tb.example.com", 8883, None, "mqtts://tb.example.com:8883"),
        ("https://tb.example.com", 18883, None, "mqtts://tb.example.com:18883"),
        ("https://tb.example.com", None, False, "mqtt://tb.example.com:1883"),
        ("http://[::1]:8080", None, True, "mqtts://[::1]:8883"),
    ],
)
def test_where_mqtt_is_looked_for(url: str, port: int | None, tls: bool | None, address: str) -> None:
    assert str(broker_of(Settings(url), None, port, tls).address) == address
    assert broker_of(Settings(url), "mqtt.example.com", port, tls).address.host == "mqtt.example.com"
