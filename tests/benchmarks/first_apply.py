"""Times the creation of a fleet as a ratio to bare concurrent requests of the same kinds on the same server.

    python -m tests.benchmarks.first_apply [--devices 1000] [--concurrency 16] [--url URL]

Three ways in one run: `papaya apply`; threads that do nothing but send the same four requests a device; and a
sequential script that asks before it writes, as provisioning scripts do (about twelve requests a device, a
tenth of the devices). Without --url a sandbox process serves. What was created is deleted at the end.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import requests

from tests.benchmarks.empty_plan import PASSWORD, USERNAME, manifest, run, server


class Bare:
    """Requests without any thought, one connection pool a thread."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._local = threading.local()
        answer = requests.post(
            f"{url}/api/auth/login", json={"username": USERNAME, "password": PASSWORD}, timeout=60
        )
        self._token = answer.json()["token"]

    def send(self, method: str, path: str, body: Any = None) -> Any:
        """Send one request and return the answer's JSON, if it has any."""
        if not hasattr(self._local, "session"):
            self._local.session = requests.Session()
            self._local.session.headers["X-Authorization"] = f"Bearer {self._token}"
        answer = self._local.session.request(method, self._url + path, json=body, timeout=120)
        return answer.json() if answer.content and answer.status_code == 200 else None

    def profile(self, kind: str, name: str) -> str:
        """Return the id of a profile."""
        rows = self.send("GET", f"/api/{kind}/names?activeOnly=false")
        return str(next(row["id"]["id"] for row in rows if row["name"] == name))

    def state(self) -> str:
        """Create a place to put devices in and return its id."""
        profile = {"entityType": "ASSET_PROFILE", "id": self.profile("assetProfile", "State")}
        body = {"name": f"bare-{uuid.uuid4().hex[:8]}", "assetProfileId": profile}
        created = self.send("POST", "/api/asset", body)
        return str(created["id"]["id"])

    def device(self, name: str, profile: str, state: str) -> None:
        """Create one device with what papaya gives it: object, relation, attributes of both scopes."""
        body = {
            "name": name,
            "label": "Street 1",
            "deviceProfileId": {"entityType": "DEVICE_PROFILE", "id": profile},
        }
        id_ = self.send("POST", "/api/device", body)["id"]["id"]
        relation = {
            "from": {"entityType": "ASSET", "id": state},
            "to": {"entityType": "DEVICE", "id": id_},
            "type": "Contains",
            "typeGroup": "COMMON",
        }
        self.send("POST", "/api/relation", relation)
        attributes = {"serial": "SN-1", "bays": 1, "firmware": "v1.1", "latitude": 12.5, "longitude": 77.5}
        self.send("POST", f"/api/plugins/telemetry/DEVICE/{id_}/attributes/SERVER_SCOPE", attributes)
        shared = {"reportEverySeconds": 5, "papaya.sensors": [{"key": "temperature.celsius"}]}
        self.send("POST", f"/api/plugins/telemetry/DEVICE/{id_}/attributes/SHARED_SCOPE", shared)

    def careful_device(self, name: str, profile: str, state: str) -> None:
        """Create one device as a careful script does: look for everything, write, look again."""
        self.send("GET", "/api/auth/user")
        self.send("GET", "/api/assetProfile/names?activeOnly=false")
        self.send("GET", "/api/deviceProfile/names?activeOnly=false")
        self.send("GET", f"/api/asset/{state}")
        self.send("GET", f"/api/tenant/devices?deviceName={name}")
        self.send("GET", f"/api/relations?fromId={state}&fromType=ASSET")
        self.device(name, profile, state)
        found = self.send("GET", f"/api/tenant/devices?deviceName={name}")
        self.send("GET", f"/api/device/{found['id']['id']}/credentials")


def seconds(work: Any) -> float:
    """Return how long something takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def measure(devices: int, concurrency: int, url: str | None) -> None:
    """Print the rates of the three ways."""
    with tempfile.TemporaryDirectory() as folder, server(url) as base:
        path = Path(folder) / "fleet.yaml"
        path.write_text(manifest(devices), encoding="utf-8")
        options = ("--url", base, "--concurrency", str(concurrency))
        applied = seconds(lambda: run("apply", str(path), *options, "--yes"))
        bare = Bare(base)
        profile, state = bare.profile("deviceProfile", "IoT-Gateway"), bare.state()
        tag = uuid.uuid4().hex[:6]

        def in_parallel() -> None:
            with ThreadPoolExecutor(concurrency) as pool:
                list(pool.map(lambda n: bare.device(f"{tag}-{n}", profile, state), range(devices)))

        parallel = seconds(in_parallel)
        few = max(1, devices // 10)

        def one_by_one() -> None:
            for number in range(few):
                bare.careful_device(f"{tag}-s{number}", profile, state)

        script = seconds(one_by_one)
        plan = seconds(lambda: run("plan", str(path), *options))
    print(f"{devices} devices on {url or 'the sandbox'}, concurrency {concurrency}")
    rates = devices / applied, devices / parallel, few / script
    print(f"  papaya apply           {rates[0]:8.1f} devices a second")
    print(f"  bare requests          {rates[1]:8.1f}   papaya reaches {rates[0] / rates[1]:.0%} (aim: 90 %)")
    print(f"  sequential script      {rates[2]:8.1f}   papaya is {rates[0] / rates[2]:.1f} times as fast")
    print(f"  empty plan             {plan:8.2f} s, the script's way {script / few * devices:.0f} s")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--devices", type=int, default=1_000)
    parser.add_argument("--concurrency", type=int, default=16)
    parser.add_argument("--url")
    chosen = parser.parse_args()
    os.environ.update(PAPAYA_USERNAME=USERNAME, PAPAYA_PASSWORD=PASSWORD)
    measure(chosen.devices, chosen.concurrency, chosen.url)
