"""thingsboard-gateway works on the sandbox: with a device that speaks TCP to it."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from papaya.sandbox import Sandbox
from tests.clients.robot import Robot, soon
from tests.tunnel.bastion import free_port
from tests.unit.sandbox.client import Client

KERB = {
    "addressFilter": "*:*",
    "deviceName": "Kerb-1",
    "deviceType": "default",
    "encoding": "utf-8",
    "telemetry": [{"key": "distance", "byteFrom": 0, "byteTo": 3}],
    "attributes": [{"key": "serial", "byteFrom": 3, "byteTo": -1}],
    "attributeRequests": [],
    "attributeUpdates": [{"encoding": "utf-8", "attributeOnThingsBoard": "limit"}],
    "serverSideRpc": [
        {"methodRPC": "open", "methodProcessing": "write", "withResponse": True, "encoding": "utf-8"}
    ],
}


class Kerb:
    """A device of the gateway: it sends from one port, and listens there."""

    def __init__(self, gateway: int) -> None:
        self._gateway, self._port = gateway, free_port()

    def send(self, text: str) -> bool:
        """Send a reading, or tell that the gateway does not listen yet."""
        with self._bound() as connection:
            if connection.connect_ex(("127.0.0.1", self._gateway)):
                return False
            connection.sendall(text.encode())
            connection.shutdown(socket.SHUT_WR)
            # The gateway closes first, so that the port is free again.
            return connection.recv(1) == b""

    def hear(self, listening: socket.socket) -> str:
        """Return what the gateway sends."""
        connection, _ = listening.accept()
        with connection:
            return connection.recv(100).decode()

    def listen(self) -> socket.socket:
        """Listen where the last reading came from."""
        listening = self._bound()
        listening.settimeout(60)
        listening.listen()
        return listening

    def _bound(self) -> socket.socket:
        bound = socket.socket()
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(("127.0.0.1", self._port))
        return bound


@pytest.fixture(scope="module")
def gateway(client: Client) -> dict[str, Any]:
    return client.device("GW", additionalInfo={"gateway": True})


@pytest.fixture(scope="module")
def kerb(
    sandbox: Sandbox, client: Client, gateway: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Kerb]:
    """A device behind a running gateway, which has sent a first reading."""
    folder, port = tmp_path_factory.mktemp("gateway"), free_port()
    _configure(folder, sandbox.mqtt_port, client.token_of(gateway), port)
    device = Kerb(port)
    with Robot("gateway", folder, folder=folder) as robot:
        assert soon(lambda: device.send("1.5S-7")), robot.log()
        assert soon(lambda: _kerb(client) is not None), robot.log()
        yield device


def _configure(folder: Path, mqtt_port: int, token: str, port: int) -> None:
    general = {
        "thingsboard": {
            "host": "127.0.0.1",
            "port": mqtt_port,
            "remoteShell": False,
            "remoteConfiguration": False,
            "statistics": {"enable": False},
            "minPackSendDelayMS": 50,
            "handleDeviceRenaming": True,
            "security": {"type": "accessToken", "accessToken": token},
            "qos": 1,
        },
        "storage": {"type": "memory", "read_records_count": 100, "max_records_count": 1000},
        "grpc": {"enabled": False},
        "connectors": [{"name": "Kerbs", "type": "socket", "configuration": "kerbs.json"}],
    }
    kerbs = {
        "name": "Kerbs",
        "socket": {"address": "127.0.0.1", "type": "TCP", "port": port},
        "devices": [KERB],
    }
    handler = {"class": "logging.StreamHandler", "stream": "ext://sys.stderr"}
    logs = {"version": 1, "handlers": {"console": handler}, "root": {"handlers": ["console"]}}
    for name, content in (("tb_gateway", general), ("kerbs", kerbs), ("logs", logs)):
        (folder / f"{name}.json").write_text(json.dumps(content))


def _kerb(client: Client, name: str = "Kerb-1") -> dict[str, Any] | None:
    answer = client.ask("GET", "/api/tenant/devices", deviceName=name)
    return answer.json() if answer.status_code == 200 else None


def _latest(client: Client, name: str = "Kerb-1") -> Any:
    device = _kerb(client, name)
    assert device is not None
    path = f"/api/plugins/telemetry/DEVICE/{device['id']['id']}/values/timeseries"
    return client.get(path, keys="distance").get("distance", [{}])[0].get("value")


def test_readings_become_values_of_a_device(client: Client, gateway: dict[str, Any], kerb: Kerb) -> None:
    assert kerb.send("2.5S-8")
    assert soon(lambda: _latest(client) == "2.5")
    device = _kerb(client)
    assert device is not None
    assert device["additionalInfo"] == {"lastConnectedGateway": gateway["id"]["id"]}
    assert soon(lambda: client.attributes(device, "CLIENT").get("serial") == "S-8")


def test_a_shared_attribute_reaches_the_device(client: Client, kerb: Kerb) -> None:
    device = _kerb(client)
    assert device is not None
    with kerb.listen() as listening:
        client.set_attributes(device, {"limit": 30}, "SHARED")
        assert kerb.hear(listening) == "30"


def test_a_command_reaches_the_device_and_is_answered(client: Client, kerb: Kerb) -> None:
    device = _kerb(client)
    assert device is not None
    with kerb.listen() as listening, ThreadPoolExecutor(1) as pool:
        path = f"/api/rpc/twoway/{device['id']['id']}"
        answer = pool.submit(client.post, path, {"method": "open", "params": "now", "timeout": 30000})
        assert kerb.hear(listening) == "now"
        assert answer.result(60) == {"result": "ok"}


def test_a_renamed_device_goes_on_under_its_new_name(client: Client, kerb: Kerb) -> None:
    client.post("/api/device", {**(_kerb(client) or {}), "name": "Kerb-2"})
    assert soon(lambda: kerb.send("3.5S-8") and _latest(client, "Kerb-2") == "3.5")
    assert _kerb(client) is None
