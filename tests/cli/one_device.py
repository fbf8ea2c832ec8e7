"""A device on a bench: a sandbox, a stand-in for the geolocation service, a folder with its configuration."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from papaya.cli import main
from papaya.sandbox import Sandbox
from tests.unit.provision.stand_in import StandIn
from tests.unit.sandbox.client import Client

PROPERTIES = """# The meter at MG Road
[thingsboard]
url = {url}
username = {username}
password = {password}

[profiles]
country_profile_name = Country
state_profile_name = State
device_profile_name = IoT-Gateway

[assets]
country_name = India
state_name = Karnataka
serial_number = SN-0001
device_name = PM-0001
"""
MANIFEST = """apiVersion: papaya/v1
kind: Fleet
metadata: {{name: meters}}
server: {{url: {url!r}}}
profiles:
  device: IoT-Gateway
  devices:
    IoT-Gateway: {{provisioning: {{strategy: {strategy}, key: mk1, secret: {{env: MK1_SECRET}}}}}}
countries:
  - name: INDIA
    states:
      - name: Karnataka
        location: {{latitude: 15.3, longitude: 75.7}}
        attributes: {{region: south}}
        devices:
          - {{name: PM-0001, serial: SN-0001, location: auto, attributes: {{bays: 2}}}}
          - {{name: PM-0002, serial: SN-0002, location: {{latitude: 12.9, longitude: 77.5}}}}
"""


class Bench:
    """Everything that a run needs, and what a person would look at afterwards."""

    def __init__(self, folder: Path, sandbox: Sandbox, service: StandIn) -> None:
        self.folder = folder
        self.sandbox = sandbox
        self.service = service
        self.token_file = folder / "device.token"

    def write_properties(self, **changes: str) -> Path:
        """Write a config.properties; `changes` replace texts in it."""
        values = {
            "url": self.sandbox.url,
            "username": self.sandbox.username,
            "password": self.sandbox.password,
        }
        text = PROPERTIES.format(**{**values, **changes})
        path = self.folder / "config.properties"
        path.write_text(text)
        path.chmod(0o600)
        return path

    def write_manifest(self, strategy: str = "allowCreate") -> Path:
        """Write a manifest of two devices."""
        path = self.folder / "fleet.yaml"
        path.write_text(MANIFEST.format(url=self.sandbox.url, strategy=strategy))
        return path

    def variables(self) -> Mapping[str, str]:
        """Return the environment that keeps a run on the bench."""
        return {
            "PAPAYA_GEOLOCATION_URL": self.service.url,
            "PAPAYA_CREDENTIALS_FILE": str(self.token_file),
            "PAPAYA_RETRY_FOR": "2s",
            "PAPAYA_MQTT_PORT": str(self.sandbox.mqtt_port),
            "PAPAYA_MQTT_TLS_PORT": "9",
        }

    def sent(self) -> list[tuple[str, str]]:
        """Return method and path of every request so far that changes anything."""
        return [
            (method, path)
            for method, path, _ in self.sandbox.requests
            if method == "DELETE"
            or (method == "POST" and not path.startswith(("/api/auth/", "/api/entitiesQuery/")))
        ]

    def attributes(self, name: str = "PM-0001") -> dict[str, Any]:
        """Return the server attributes of a device."""
        with Client(self.sandbox) as client:
            return client.attributes(client.get("/api/tenant/devices", deviceName=name))

    def telemetry(self, name: str = "PM-0001") -> dict[str, Any]:
        """Return the latest telemetry of a device."""
        with Client(self.sandbox) as client:
            id_ = client.get("/api/tenant/devices", deviceName=name)["id"]["id"]
            path = f"/api/plugins/telemetry/DEVICE/{id_}/values/timeseries"
            found = client.get(path, useStrictDataTypes=True)
        return {key: points[0]["value"] for key, points in found.items()}

    def names(self, kind: str) -> list[str]:
        """Return the names of all devices or assets."""
        with Client(self.sandbox) as client:
            page = client.get(f"/api/tenant/{kind}", pageSize=100, page=0)
        return sorted(one["name"] for one in page["data"])


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """Return a bench; the working folder is the device's."""
    monkeypatch.chdir(tmp_path)
    with Sandbox() as sandbox, StandIn() as service:
        made = Bench(tmp_path, sandbox, service)
        for name, value in made.variables().items():
            monkeypatch.setenv(name, value)
        yield made


def as_json(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> dict[str, Any]:
    """Run a command with --json and return its document."""
    assert main([*arguments, "--json"]) == code
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    return document


def steps(document: dict[str, Any]) -> dict[str, str]:
    """Return how each step ended."""
    return {step["step"]: step["outcome"] for step in document["steps"]}
