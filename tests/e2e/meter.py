"""A meter: an agent in a process of its own, sensors that keep a list of what they said, and its server."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import requests

from papaya.sandbox import Sandbox
from tests.tunnel.bastion import free_port

ROOT = Path(__file__).resolve().parents[2]
DEVICE, TOKEN = "PM-0001", "T0ken-of-PM-0001"  # noqa: S105
PATIENCE = 80.0

METADATA = "Metadata-Version: 2.1\nName: witness\nVersion: 1.0\n"
ENTRY_POINTS = "[papaya.sensors]\nwitness = witness_driver:Witness\n"
# A driver as somebody else would ship it. What it says it writes down first, so that a test knows it.
WITNESS = """
import os
from papaya.sensors.backend import SensorBackend
from papaya.sensors.reading import SensorReading


class Witness(SensorBackend):
    def __init__(self, source):
        self.source = source
        self.log = os.open(source.path("log"), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self.number = 0

    def get_available_sensors(self):
        return self.source.sensors

    def get_latest_readings(self):
        now = self.source.now()
        self.number += 1
        lines, readings = [], []
        for sensor in self.source.sensors:
            value = self.number * 1000 + os.getpid() % 1000
            lines.append(f"{os.getpid()} {self.number} {sensor.key} {now} {value}\\n")
            readings.append(SensorReading(sensor.key, value, sensor.unit, now))
        os.write(self.log, "".join(lines).encode())
        return readings
"""


class Meter:
    """The device's side; `folder` holds all that it has."""

    def __init__(self, folder: Path, mqtt_url: str, sensors: list[dict[str, Any]] | None = None) -> None:
        self.folder, self.mqtt_url = folder, mqtt_url
        self.log = folder / "witness.log"
        self.token_file, self.spool = folder / "token", folder / "agent.spool"
        self.token_file.write_text(TOKEN, encoding="utf-8")
        self.process: subprocess.Popen[bytes] | None = None
        self.said = folder / "agent.log"
        self._plug_in()
        self.write(sensors if sensors is not None else witnesses())

    def write(self, sensors: list[dict[str, Any]], **device: Any) -> None:
        """Write the meter's manifest."""
        manifest = {
            "apiVersion": "papaya/v1",
            "kind": "Fleet",
            "metadata": {"name": "meters"},
            "countries": [
                {
                    "name": "INDIA",
                    "states": [
                        {"name": "Karnataka", "devices": [{"name": DEVICE, "sensors": sensors, **device}]}
                    ],
                }
            ],
        }
        (self.folder / "fleet.yaml").write_text(json.dumps(manifest), encoding="utf-8")

    def start(
        self, *options: str, environment: Mapping[str, str] | None = None, device: str = DEVICE
    ) -> None:
        """Start the agent."""
        command = [sys.executable, "-m", "papaya", "agent", device, "-f", "fleet.yaml"]
        command += ["--mqtt-url", self.mqtt_url, "--token-file", "token", "--spool", str(self.spool)]
        command += ["--longest-pause", "2s", *options]
        paths = os.pathsep.join([str(ROOT), str(self.folder / "plug-ins")])
        with self.said.open("ab") as said:
            self.process = subprocess.Popen(
                command,
                cwd=self.folder,
                env={**os.environ, "PYTHONPATH": paths, **(environment or {})},
                stdout=said,
                stderr=said,
            )

    def kill(self) -> None:
        """End the agent without warning."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """End the agent as a service manager does, and return its exit code."""
        return self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> int:
        if self.process is None:
            return 0
        self.process.send_signal(number)
        code = self.process.wait(PATIENCE)
        self.process = None
        return code

    @property
    def text(self) -> str:
        """What the agent has said so far."""
        return self.said.read_text(encoding="utf-8")

    def hears(self, words: str, patience: float = PATIENCE) -> None:
        """Wait until the agent has said something."""
        wait_for(lambda: words in self.text, patience, lambda: f"{words!r} is not in:\n{self.text}")

    def produced(self) -> dict[tuple[str, int, int], tuple[int, int]]:
        """Return what the sensors said: key, time and value, and by which process as its how-manieth."""
        lines = self.log.read_text(encoding="utf-8").splitlines() if self.log.exists() else []
        told = {}
        for line in lines:
            process, number, key, ts, value = line.split()
            told[key, int(ts), int(value)] = int(process), int(number)
        return told

    def _plug_in(self) -> None:
        folder = self.folder / "plug-ins"
        marks = folder / "witness-1.0.dist-info"
        marks.mkdir(parents=True)
        (folder / "witness_driver.py").write_text(WITNESS, encoding="utf-8")
        (marks / "METADATA").write_text(
            "Metadata-Version: 2.1\nName: witness\nVersion: 1.0\n", encoding="utf-8"
        )
        (marks / "entry_points.txt").write_text(
            "[papaya.sensors]\nwitness = witness_driver:Witness\n", encoding="utf-8"
        )


class ServerProcess:
    """A sandbox in a process of its own, which keeps its ports and its data when it is started again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port, self.mqtt_port = free_port(), free_port()
        self.process: subprocess.Popen[str] | None = None
        self.headers: dict[str, str] = {}

    @property
    def url(self) -> str:
        """Where its REST is."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def mqtt_url(self) -> str:
        """Where devices connect."""
        return f"mqtt://127.0.0.1:{self.mqtt_port}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        command = [sys.executable, "-m", "papaya", "sandbox", "--json", "--data", str(self.folder / "data")]
        command += ["--port", str(self.port), "--mqtt-port", str(self.mqtt_port)]
        with (self.folder / "server.log").open("ab") as said:
            self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=said, text=True)
        if self.process.stdout is None:
            raise AssertionError("stdout is a pipe")
        assert self.process.stdout.readline(), (self.folder / "server.log").read_text(encoding="utf-8")

    def signal(self, number: signal.Signals) -> None:
        """Freeze it, or let it go on."""
        if self.process is not None:
            self.process.send_signal(number)

    def kill(self) -> None:
        """End it without warning."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(PATIENCE)
            if self.process.stdout is not None:
                self.process.stdout.close()
            self.process = None


class Tenant:
    """The administrator of a server."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.session = requests.Session()
        answer = self._ask(
            "POST", "/api/auth/login", {"username": Sandbox.username, "password": Sandbox.password}
        )
        self.session.headers["X-Authorization"] = f"Bearer {answer['token']}"

    def close(self) -> None:
        """Close the connections."""
        self.session.close()

    def create(self, name: str = DEVICE, token: str = TOKEN, profile: str = "default") -> str:
        """Create a device and return its id."""
        device = {"name": name, "type": profile}
        made = self._ask("POST", f"/api/device?accessToken={token}", device)
        number: str = made["id"]["id"]
        return number

    def create_profile(self, name: str, telemetry: str, attributes: str) -> None:
        """Create a device profile with topics of its own."""
        transport = {
            "type": "MQTT",
            "deviceTelemetryTopic": telemetry,
            "deviceAttributesTopic": attributes,
            "deviceAttributesSubscribeTopic": attributes,
            "transportPayloadTypeConfiguration": {"transportPayloadType": "JSON"},
        }
        profile = {
            "name": name,
            "type": "DEFAULT",
            "transportType": "MQTT",
            "profileData": {"configuration": {"type": "DEFAULT"}, "transportConfiguration": transport},
        }
        self._ask("POST", "/api/deviceProfile", profile)

    def send(self, device: str, values: Mapping[str, Any]) -> None:
        """Store telemetry of now, as if the device had sent it."""
        self._ask("POST", f"/api/plugins/telemetry/DEVICE/{device}/timeseries/ANY", values)

    def telemetry(self, device: str, key: str) -> list[tuple[int, Any]]:
        """Return all of a key's telemetry, oldest first."""
        path = f"/api/plugins/telemetry/DEVICE/{device}/values/timeseries"
        query = f"keys={key}&startTs=0&endTs=9999999999999&limit=1000000&useStrictDataTypes=true&orderBy=ASC"
        answer = self._ask("GET", f"{path}?{query}")
        return [(point["ts"], point["value"]) for point in answer.get(key, [])]

    def attributes(self, device: str, scope: str) -> dict[str, Any]:
        """Return the attributes of a scope."""
        answer = self._ask("GET", f"/api/plugins/telemetry/DEVICE/{device}/values/attributes/{scope}")
        return {item["key"]: item["value"] for item in answer}

    def share(self, device: str, values: Mapping[str, Any]) -> None:
        """Set shared attributes."""
        self._ask("POST", f"/api/plugins/telemetry/DEVICE/{device}/attributes/SHARED_SCOPE", values)

    def call(self, device: str, method: Any, params: Any = None) -> Any:
        """Call the device and return its answer."""
        return self._ask("POST", f"/api/rpc/twoway/{device}", {"method": method, "params": params})

    def change_token(self, device: str, token: str) -> None:
        """Give the device another token; sessions with the old one end."""
        credentials = self._ask("GET", f"/api/device/{device}/credentials")
        self._ask("POST", "/api/device/credentials", {**credentials, "credentialsId": token})

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.session.request(method, self.url + path, json=body, timeout=PATIENCE)
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None


def witnesses(number: int = 3, every: str = "100ms") -> list[dict[str, Any]]:
    """Return sensors that keep a list of what they said."""
    return [
        {"key": f"w{index}", "every": every, "source": {"type": "witness", "log": "witness.log"}}
        for index in range(number)
    ]


def wait_for(holds: Callable[[], bool], patience: float, otherwise: Callable[[], str]) -> None:
    """Wait until something holds."""
    until = time.monotonic() + patience
    while not holds():
        assert time.monotonic() < until, otherwise()
        time.sleep(0.05)
