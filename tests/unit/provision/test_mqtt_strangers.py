"""Provisioning and doctor in front of a broker that takes every device and every message."""

from __future__ import annotations

from pathlib import Path

import pytest

from papaya.agent.link import Address
from papaya.doctor.device import check_mqtt_login
from papaya.provision.handshake import handshake_as_device
from papaya.provision.mqtt_device import MqttDevice
from papaya.provision.mqtt_talk import Broker, NotThingsBoard
from tests.hostile.mosquitto import MOSQUITTO, Mosquitto

pytestmark = pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not on this machine")


def test_a_plain_broker_is_no_server_and_gets_neither_telemetry_nor_a_yes(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("any-token", encoding="utf-8")
    token.chmod(0o600)
    with Mosquitto(tmp_path) as server:
        broker = Broker(Address("127.0.0.1", server.port))
        with MqttDevice(broker, "any-token", timeout=2) as line:
            with pytest.raises(NotThingsBoard, match="as a plain MQTT broker does") as told:
                handshake_as_device(line, {"serial": "SN-1"})
            assert str(server.port) in told.value.message
            assert "--mqtt-host, --mqtt-port" in told.value.remedy
        (found,) = check_mqtt_login(token, broker, 2)
        assert found.status != "ok"
        assert "plain MQTT broker" in found.text
        assert not server.has_telemetry


def test_a_registration_with_a_plain_broker_says_what_it_met(tmp_path: Path) -> None:
    with Mosquitto(tmp_path) as server:
        line = MqttDevice(Broker(Address("127.0.0.1", server.port)), "unused", timeout=2)
        with pytest.raises(NotThingsBoard, match="answers no question"):
            line.provision({"deviceName": "PM-1"})
