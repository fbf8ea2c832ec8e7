"""Times the creation of a fleet as a ratio to bare concurrent requests of the same kinds on the same server.

    python -m tests.benchmarks.first_apply [--devices 1000] [--concurrency 16] [--url URL]

Three ways in one run, the first two in turns: `papaya apply`; threads that do nothing but send the same
four requests a device; and a sequential script that asks before it writes, as provisioning scripts do (about
twelve requests a device, a tenth of the devices). Without --url a sandbox process serves; on a server with
demo data, all is done in a tenant of its own, which is deleted at the end.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from tests.benchmarks.empty_plan import PASSWORD, USERNAME, manifest, named, run, server
from tests.real.tenants import tenant_of


class Bare:
    """Requests without any thought, one connection pool a thread."""

    def __init__(self, url: str, username: str = USERNAME, password: str = PASSWORD) -> None:
        self._url = url
        self._local = threading.local()
        answer = requests.post(
            f"{url}/api/auth/login", json={"username": username, "password": password}, timeout=60
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

    def state(self, profile_name: str = "State") -> str:
        """Create a place to put devices in and return its id."""
        profile = {"entityType": "ASSET_PROFILE", "id": self.profile("assetProfile", profile_name)}
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
        self.relate(state, id_)
        attributes = {"serial": "SN-1", "bays": 1, "firmware": "v1.1", "latitude": 12.5, "longitude": 77.5}
        self.send("POST", f"/api/plugins/telemetry/DEVICE/{id_}/attributes/SERVER_SCOPE", attributes)
        shared = {"reportEverySeconds": 5, "papaya.sensors": [{"key": "temperature.celsius"}]}
        self.send("POST", f"/api/plugins/telemetry/DEVICE/{id_}/attributes/SHARED_SCOPE", shared)

    def relate(self, state: str, device: str) -> None:
        """Let a place contain a device."""
        relation = {
            "from": {"entityType": "ASSET", "id": state},
            "to": {"entityType": "DEVICE", "id": device},
            "type": "Contains",
            "typeGroup": "COMMON",
        }
        self.send("POST", "/api/relation", relation)

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


@dataclass(slots=True)
class Taken:
    """What a way took: seconds of each round, and processor seconds of this process."""

    wall: list[float] = field(default_factory=list)
    client: list[float] = field(default_factory=list)

    def by(self, work: Callable[[], object]) -> None:
        """Do the work and note what it took."""
        client, started = time.process_time(), time.perf_counter()
        work()
        self.wall.append(time.perf_counter() - started)
        self.client.append(time.process_time() - client)

    def rate(self, devices: int) -> float:
        """Return devices a second, by the median of the rounds."""
        return devices / statistics.median(self.wall)

    def line(self, name: str, devices: int) -> str:
        """Return a line of the report."""
        cost = min(self.client) / devices * 1000
        rate = f"{self.rate(devices):8.1f} devices a second"
        return f"  {name:<22} {rate}, {cost:5.2f} ms of processor a device here"


@contextmanager
def place(url: str | None) -> Iterator[tuple[str, str, str]]:
    """Yield URL, user and password: a tenant of its own on a given server, else a sandbox."""
    if url is None:
        with server(None) as base:
            yield base, USERNAME, PASSWORD
        return
    with tenant_of(url) as tenant:
        yield tenant.url, tenant.username, tenant.password


def measure(devices: int, concurrency: int, url: str | None, rounds: int) -> None:
    """Print the rates of the three ways."""
    applied, parallel, script, planned = Taken(), Taken(), Taken(), Taken()
    few = max(1, devices // 10)
    with tempfile.TemporaryDirectory() as folder, place(url) as (base, username, password):
        os.environ.update(PAPAYA_USERNAME=username, PAPAYA_PASSWORD=password)
        path = Path(folder) / "fleet.yaml"
        options = ("--url", base, "--concurrency", str(concurrency))
        for number in range(rounds):
            path.write_text(named(manifest(devices), f"ROUND{number}"), encoding="utf-8")
            applied.by(lambda: run("apply", str(path), *options, "--yes"))
            bare = Bare(base, username, password)
            profile, state = bare.profile("deviceProfile", "IoT-Gateway"), bare.state()
            tag = uuid.uuid4().hex[:6]

            def create(
                number: int, bare: Bare = bare, names: tuple[str, str, str] = (tag, profile, state)
            ) -> None:
                bare.device(f"{names[0]}-{number}", names[1], names[2])

            def in_parallel(create: Callable[[int], None] = create) -> None:
                with ThreadPoolExecutor(concurrency) as pool:
                    list(pool.map(create, range(devices)))

            parallel.by(in_parallel)

        def one_by_one() -> None:
            for number in range(few):
                bare.careful_device(f"{tag}-s{number}", profile, state)

        script.by(one_by_one)
        planned.by(lambda: run("plan", str(path), *options))
    print(f"{devices} devices on {url or 'the sandbox'}, concurrency {concurrency}, {rounds} rounds")
    print(applied.line("papaya apply", devices))
    reached = statistics.median(one / two for one, two in zip(parallel.wall, applied.wall, strict=True))
    print(parallel.line("bare requests", devices) + f"; papaya reaches {reached:.0%} (aim: 90 %)")
    faster = applied.rate(devices) / script.rate(few)
    print(script.line("sequential script", few) + f"; papaya is {faster:.1f} times as fast")
    way = devices / script.rate(few)
    print(f"  empty plan             {planned.wall[0]:8.2f} s, the script's way {way:.0f} s")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--devices", type=int, default=1_000)
    parser.add_argument("--concurrency", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--url")
    chosen = parser.parse_args()
    measure(chosen.devices, chosen.concurrency, chosen.url, chosen.rounds)
