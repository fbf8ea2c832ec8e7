"""A device's certificate in front of a real mosquitto, which checks it as every TLS server does."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from papaya.agent.link import Address
from papaya.errors import PapayaError
from papaya.provision.mqtt_device import MqttDevice
from papaya.provision.mqtt_talk import Broker, NotThingsBoard
from papaya.sandbox.mqtt.tls import make_certificate
from papaya.settings.device_login import DeviceLogin, of_certificate
from tests.tunnel.bastion import free_port
from tests.unit.certificates import made

MOSQUITTO = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    """Start a mosquitto that lets in who shows the one certificate that it knows."""
    assert MOSQUITTO is not None, "install mosquitto: .ci/packages"
    own, trusted = make_certificate(tmp_path, "127.0.0.1")
    key, certificate = made("PM-1")
    (tmp_path / "PM-1.key").write_bytes(key)
    (tmp_path / "PM-1.crt").write_bytes(certificate)
    port = free_port()
    settings = tmp_path / "mosquitto.conf"
    settings.write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous true\ncafile {tmp_path / 'PM-1.crt'}\n"
        f"certfile {own}\nkeyfile {own}\nrequire_certificate true\nuser root\n"
    )
    process = subprocess.Popen([MOSQUITTO, "-c", str(settings)], stderr=subprocess.DEVNULL)
    until = time.monotonic() + 60
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 5).close()
            break
        except OSError:
            assert time.monotonic() < until and process.poll() is None
            time.sleep(0.05)
    yield Broker(Address("127.0.0.1", port, tls=True, ca_file=trusted))
    process.terminate()
    process.wait(60)


def fault_of(broker: Broker, login: DeviceLogin) -> PapayaError:
    """Return what a device is told: a plain broker answers no question about it."""
    with (
        MqttDevice(broker, login, timeout=10, retry_for=0) as device,
        pytest.raises(PapayaError) as error,
    ):
        device.is_known()
    return error.value


def test_a_broker_that_requires_the_certificate_lets_the_device_in(broker: Broker, tmp_path: Path) -> None:
    known = of_certificate(tmp_path / "PM-1.crt", tmp_path / "PM-1.key")
    assert isinstance(fault_of(broker, known), NotThingsBoard)
    unchecked = Broker(broker.address, insecure=True)
    assert isinstance(fault_of(unchecked, known), NotThingsBoard)


def test_it_lets_nobody_else_in(broker: Broker, tmp_path: Path) -> None:
    key, certificate = made("PM-2")
    (tmp_path / "PM-2.key").write_bytes(key)
    (tmp_path / "PM-2.crt").write_bytes(certificate)
    for login in (
        of_certificate(tmp_path / "PM-2.crt", tmp_path / "PM-2.key"),
        DeviceLogin("accessToken", "a-token"),
    ):
        assert not isinstance(fault_of(broker, login), NotThingsBoard)
