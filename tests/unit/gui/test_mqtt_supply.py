"""A broker as the window's source, and what becomes of it when the broker goes and comes."""

from __future__ import annotations

import shutil
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from papaya_gui.sources.mqtt import MqttSupply
from papaya_gui.sources.topics import place_of

from papaya.manifest.model import Fleet
from papaya.sensors.condition import Health
from tests.e2e.shaky import ShakyLine
from tests.unit.gui.broker import MOSQUITTO, PASSWORD, USER, Broker, Publisher
from tests.unit.gui.ear import Ear, fleet_of, meter

pytestmark = pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not on this machine")


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    """A broker that lets everybody in."""
    with Broker(tmp_path) as running:
        yield running


def listen(
    ears: list[Ear], url: str, fleet: Fleet | None = None, ca_file: Path | None = None, **options: Any
) -> tuple[Ear, MqttSupply]:
    """Start a source, as a rule for two meters."""
    ear = Ear(fleet or fleet_of(meter("PM-1", "t", "n"), meter("PM-2", "t")))
    ears.append(ear)
    options = {"longest_pause": 0.2, "pause_when_refused": 0.2, **options}
    supply = MqttSupply(ear.catalog, ear.inbox, ear.told.append, place_of(url, ca_file), **options)
    return ear, ear.hear(supply)


def test_values_come_from_both_forms_of_messages(broker: Broker, ears: list[Ear]) -> None:
    ear, supply = listen(ears, broker.url)
    ear.until_health(Health.LIVE)
    with Publisher(broker) as publisher:
        publisher.say("papaya/PM-1/telemetry", '{"t": 21.5, "n": 3}')
        publisher.say("papaya/PM-2/t", "idle")
        publisher.say("papaya/PM-2/new", "true")
    ear.until_text("PM-1", "t", "21.5")
    ear.until_text("PM-1", "n", "3")
    ear.until_text("PM-2", "t", "idle")
    ear.until_text("PM-2", "new", "true")
    assert supply.where == f"{broker.url}/papaya/{{device}}/{{key}}"
    assert not supply.has_history


def test_strangers_and_nonsense_are_told(broker: Broker, ears: list[Ear]) -> None:
    ear, _ = listen(ears, broker.url)
    ear.until_health(Health.LIVE)
    with Publisher(broker) as publisher:
        publisher.say("papaya/PM-9/t", "1")
        publisher.say("papaya/PM-1/t", "NaN")
    ear.until(lambda: "cannot be read" in ear.until_health(Health.LIVE).reason)
    told = ear.until_health(Health.LIVE)
    assert "devices that the manifest does not have (1): PM-9" in told.reason
    assert "values that cannot be read (1), the last on papaya/PM-1/t" in told.reason
    assert "narrow the pattern" in told.remedy


def test_a_killed_broker_is_down_and_comes_back_by_itself(broker: Broker, ears: list[Ear]) -> None:
    ear, _ = listen(ears, broker.url)
    ear.until_health(Health.LIVE)
    broker.kill()
    told = ear.until_health(Health.DOWN)
    assert f"mqtt://127.0.0.1:{broker.port}" in told.reason
    assert "Is the broker running" in told.remedy
    broker.start()
    ear.until_health(Health.LIVE)
    with Publisher(broker) as publisher:
        publisher.say("papaya/PM-1/t", "7")
    ear.until_text("PM-1", "t", "7")


def test_a_broker_that_is_not_there_is_told_and_starting_waits_for_nothing(ears: list[Ear]) -> None:
    began = time.monotonic()
    ear, supply = listen(ears, "mqtt://127.0.0.1:9")
    assert time.monotonic() - began < 5
    assert "takes no connection: connection refused" in ear.until_health(Health.DOWN).reason
    began = time.monotonic()
    supply.close()
    assert time.monotonic() - began < 20


def test_a_frozen_broker_keeps_nobody_from_leaving(broker: Broker, ears: list[Ear]) -> None:
    ear, supply = listen(ears, broker.url)
    ear.until_health(Health.LIVE)
    assert broker.process is not None
    broker.process.send_signal(signal.SIGSTOP)
    began = time.monotonic()
    supply.close()
    assert time.monotonic() - began < 20


def test_a_wrong_password_is_refused_and_the_right_one_lets_in(tmp_path: Path, ears: list[Ear]) -> None:
    with Broker(tmp_path, locked=True) as broker:
        url = broker.url.replace("//", f"//{USER}@")
        for address, password in ((broker.url, None), (url, "wrong-password")):
            ear, _ = listen(ears, address, password=password)
            told = ear.until_health(Health.REFUSED)
            assert "refuses" in told.reason
            assert "PAPAYA_MQTT_PASSWORD" in told.remedy
            assert "wrong-password" not in f"{told}"
        ear, _ = listen(ears, url, password=PASSWORD)
        ear.until_health(Health.LIVE)
        with Publisher(broker, locked=True) as publisher:
            publisher.say("papaya/PM-1/t", "1")
        ear.until_text("PM-1", "t", "1")


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not on this machine")
def test_a_broker_in_tls_is_trusted_by_the_authority_that_is_named(
    broker: Broker, tmp_path: Path, ears: list[Ear]
) -> None:
    made = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -keyout key.pem -out ca.pem -subj /CN=localhost"
    command = [*made.split(), "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "ca.pem", tmp_path / "key.pem")
    with ShakyLine(broker.port, context) as line:
        url = f"mqtts://localhost:{line.port}"
        ear, _ = listen(ears, url)
        told = ear.until_health(Health.DOWN)
        assert "its certificate is not trusted" in told.reason
        assert "--ca-file" in told.remedy
        ear, supply = listen(ears, url, ca_file=tmp_path / "ca.pem")
        ear.until_health(Health.LIVE)
        with Publisher(broker) as publisher:
            publisher.say("papaya/PM-1/t", "1")
        ear.until_text("PM-1", "t", "1")
        for one in ears:
            one.close()


def test_what_is_no_broker_is_told(ears: list[Ear]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        ear, _ = listen(ears, f"mqtt://127.0.0.1:{listening.getsockname()[1]}")
        connection, _ = listening.accept()
        connection.close()
        assert "closed the connection without an answer" in ear.until_health(Health.DOWN).reason


def test_a_burst_is_received_to_the_last_message(broker: Broker, ears: list[Ear]) -> None:
    ear, supply = listen(ears, broker.url)
    ear.until_health(Health.LIVE)
    with Publisher(broker) as publisher:
        publisher.say_quickly("papaya/PM-1/n", map(str, range(5_000)))
        publisher.say("papaya/PM-2/t", "1")
    ear.until_text("PM-2", "t", "1")
    assert list(ear.values("PM-1", "n")) == list(range(5_000))
    assert supply.received == 5_001
