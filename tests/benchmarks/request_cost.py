"""Measures what each kind of request of a first apply costs a real server in processor time.

    python -m tests.benchmarks.request_cost --url URL [--process TEXT ...] [--devices 300] [--concurrency 8]

In a tenant of its own, devices are created, related and given attributes of both scopes, each kind of
request by itself; then others of the same content by the bulk import. The processor time is that of all
processes whose command line contains one of the texts, such as "thingsboard" and "postgres: postgres",
without what they take when nobody asks anything. On a server that others use as well, the smallest of some
rounds is the one to believe.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from tests.benchmarks.first_apply import Bare
from tests.real.tenants import Tenant, tenant_of

_TICKS = os.sysconf("SC_CLK_TCK")
_SENSORS = [
    {"key": "temperature.celsius", "name": "Temperature", "unit": "°C", "every": 30, "warnAbove": 60},
    {"key": "parking.distance_cm", "name": "LiDAR left", "unit": "cm", "every": 5, "warnBelow": 20},
]


def processor_seconds(texts: Sequence[str]) -> dict[str, float]:
    """Return by text how much processor time the processes have used whose command line contains it."""
    taken = dict.fromkeys(texts, 0.0)
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        for text in texts:
            if text in command and int(folder.name) != os.getpid():
                taken[text] += (int(fields[11]) + int(fields[12])) / _TICKS
    return taken


@dataclass(slots=True)
class Cost:
    """What some rounds of one kind took: seconds and processor seconds for each device."""

    wall: list[float] = field(default_factory=list)
    client: list[float] = field(default_factory=list)
    server: dict[str, list[float]] = field(default_factory=dict)

    def line(self, name: str) -> str:
        """Return the smallest of each, in milliseconds."""
        parts = [f"{min(times) * 1000:8.2f}" for times in self.server.values()]
        total = sum(min(times) for times in self.server.values())
        return (
            f"  {name:<36} {' '.join(parts)} {total * 1000:8.2f}   "
            f"client {min(self.client) * 1000:5.2f}   {1 / min(self.wall):7.1f} a second"
        )


class Measuring:
    """Sends requests of one kind from several threads and looks at the processors before and after."""

    def __init__(self, texts: Sequence[str], concurrency: int) -> None:
        self._texts = texts
        self._pool = ThreadPoolExecutor(concurrency)
        self._idle = self._taken(lambda: time.sleep(3))[1]
        self.costs: dict[str, Cost] = {}

    def of(self, name: str, count: int, work: Callable[[int], Any], pieces: int | None = None) -> list[Any]:
        """Do the work for 0 to `pieces` and note what each of `count` devices costs."""
        answers: list[Any] = []
        before = time.process_time()
        wall, server = self._taken(lambda: answers.extend(self._pool.map(work, range(pieces or count))))
        cost = self.costs.setdefault(name, Cost(server={text: [] for text in self._texts}))
        cost.wall.append(wall / count)
        cost.client.append((time.process_time() - before) / count)
        for text, seconds in server.items():
            cost.server[text].append(max(0.0, seconds - self._idle[text] / 3 * wall) / count)
        return answers

    def _taken(self, work: Callable[[], Any]) -> tuple[float, dict[str, float]]:
        before, started = processor_seconds(self._texts), time.perf_counter()
        work()
        wall = time.perf_counter() - started
        # The rule chain and the audit log work on after the answer.
        time.sleep(0.7)
        after = processor_seconds(self._texts)
        return wall, {text: after[text] - before[text] for text in self._texts}


SHARED = {"reportEverySeconds": 5, "papaya.sensors": _SENSORS}
MARKED = {"papaya": {"fleet": "benchmark", "run": "20261129T000000-benchmark-abcdef"}}
PROFILE = "default"


def server_attributes(name: str) -> dict[str, Any]:
    """Return declared server attributes with papaya's marks and a record of the usual size."""
    record = {
        "name": name,
        "fields": {"label": "Street 1"},
        "profile": PROFILE,
        "parents": ["Bench"],
        "server": ["bays", "firmware", "latitude", "longitude", "serial"],
        "shared": {"reportEverySeconds": "5", "papaya.sensors": "c0ffee"},
        "token": "12345678:abcdef",
    }
    attributes = {"serial": name, "bays": 1, "firmware": "v1.1", "latitude": 12.5, "longitude": 77.5}
    return {**attributes, "papaya.fleet": "benchmark", "papaya.applied": record}


def as_csv(names: Sequence[str], *, update: bool = False) -> dict[str, Any]:
    """Return a bulk import of new devices, or of the attributes of existing ones."""
    fields = ["NAME"] if update else ["NAME", "TYPE", "LABEL", "ACCESS_TOKEN"]
    types = [(field, "") for field in fields]
    types += [("SERVER_ATTRIBUTE", key) for key in server_attributes("")]
    types += [("SHARED_ATTRIBUTE", key) for key in SHARED]
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    for name in names:
        first = [name, PROFILE, "Street 1", uuid.uuid4().hex[:20]][: len(fields)]
        values = [*server_attributes(name).values(), *SHARED.values()]
        writer.writerow(
            [*first, *(json.dumps(one) if isinstance(one, dict | list) else one for one in values)]
        )
    columns = [{"type": kind, "key": key} for kind, key in types]
    mapping = {"columns": columns, "delimiter": ",", "update": update, "header": False}
    return {"file": text.getvalue(), "mapping": mapping}


class Round:
    """The requests for some new devices, by their numbers."""

    def __init__(self, bare: Bare, profile: str, state: str) -> None:
        self._bare, self._profile, self._state = bare, profile, state
        self._tag = uuid.uuid4().hex[:8]
        self.ids: list[str] = []

    def create(self, number: int) -> str:
        """Create a device and return its id."""
        profile = {"entityType": "DEVICE_PROFILE", "id": self._profile}
        body = {"name": f"{self._tag}-{number}", "label": "Street 1", "additionalInfo": MARKED}
        path = f"/api/device?accessToken={uuid.uuid4().hex[:20]}"
        return str(self._bare.send("POST", path, {**body, "deviceProfileId": profile})["id"]["id"])

    def relate(self, number: int) -> None:
        """Let the place contain a device."""
        self._bare.relate(self._state, self.ids[number])

    def attributes(self, number: int) -> None:
        """Write the server attributes of a device."""
        path = f"/api/plugins/telemetry/DEVICE/{self.ids[number]}/attributes/SERVER_SCOPE"
        self._bare.send("POST", path, server_attributes(f"{self._tag}-{number}"))

    def shared(self, number: int) -> None:
        """Write the shared attributes of a device."""
        path = f"/api/plugins/telemetry/DEVICE/{self.ids[number]}/attributes/SHARED_SCOPE"
        self._bare.send("POST", path, SHARED)

    def bulk(self, number: int, size: int) -> None:
        """Create devices with attributes by an import."""
        names = [f"{self._tag}-b{size}-{number}-{row}" for row in range(size)]
        answer = self._bare.send("POST", "/api/device/bulk_import", as_csv(names))
        assert answer is not None, "the import was refused"
        assert answer["created"] == size, answer

    def late(self, number: int) -> None:
        """Write the attributes of a hundred devices by an import."""
        names = [f"{self._tag}-{row}" for row in range(number * 100, number * 100 + 100)]
        answer = self._bare.send("POST", "/api/device/bulk_import", as_csv(names, update=True))
        assert answer is not None, "the import was refused"
        assert answer["updated"] == 100, answer

    def by_name(self, number: int) -> None:
        """Read a device."""
        self._bare.send("GET", f"/api/tenant/devices?deviceName={self._tag}-{number}")

    def page(self, number: int) -> None:
        """Read a page of devices."""
        self._bare.send("GET", "/api/tenant/devices?pageSize=500&page=0")


def measure(tenant: Tenant, texts: Sequence[str], devices: int, concurrency: int, rounds: int) -> None:
    """Print what each kind costs."""
    bare = Bare(tenant.url, tenant.username, tenant.password)
    measuring = Measuring(texts, concurrency)
    profile, state = bare.profile("deviceProfile", PROFILE), bare.state(PROFILE)
    for _ in range(rounds):
        one = Round(bare, profile, state)
        one.ids = measuring.of("POST device", devices, one.create)
        measuring.of("POST relation", devices, one.relate)
        measuring.of("POST server attributes, with record", devices, one.attributes)
        measuring.of("POST shared attributes", devices, one.shared)
        for size in (20, 100):
            bulk = partial(one.bulk, size=size)
            measuring.of(f"bulk import of {size} new devices", devices, bulk, devices // size)
        measuring.of("bulk import of attributes of 100", devices, one.late, devices // 100)
        measuring.of("GET device by its name", devices, one.by_name)
        measuring.of("page of 500 devices", 10 * 500, one.page, 10)
    print(f"{tenant.version}: {devices} devices, {concurrency} at once, smallest of {rounds} rounds")
    print(f"  {'milliseconds for each device':<36} {' '.join(f'{text[:8]:>8}' for text in texts)}    total")
    for name, cost in measuring.costs.items():
        print(cost.line(name))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--url", required=True)
    parser.add_argument("--process", nargs="+", default=[])
    parser.add_argument("--devices", type=int, default=300)
    parser.add_argument("--concurrency", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    with tenant_of(chosen.url) as own:
        measure(own, chosen.process, chosen.devices, chosen.concurrency, chosen.rounds)
