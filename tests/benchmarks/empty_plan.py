"""Times `papaya validate` and an empty `papaya plan` as ratios to bare loading and bare reading.

    python -m tests.benchmarks.empty_plan [--devices 1000 10000] [--url URL]

The baseline is measured in the same run: `yaml.load(CSafeLoader)` of the same file, and the page reads of
the same server with `requests` and `json`, one after the other. Without --url a sandbox process serves; with
it the fleet is applied to that server first (slowly) and stays there.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from pathlib import Path

import requests
import yaml

from papaya.cli import main

USERNAME, PASSWORD = "tenant@thingsboard.org", "tenant"
KEYS = [
    "papaya.fleet",
    "papaya.applied",
    "papaya.protect",
    "bays",
    "firmware",
    "serial",
    "latitude",
    "longitude",
]
SHARED = ["reportEverySeconds", "papaya.sensors"]
PAGE = 10_000


def manifest(devices: int) -> str:
    """Return a fleet written out device by device."""
    lines = [
        "apiVersion: papaya/v1",
        "kind: Fleet",
        f"metadata: {{name: benchmark-{devices}}}",
        "profiles: {country: Country, state: State, device: IoT-Gateway, create: true}",
        "sensorSets:",
        "  meter:",
        "    - {key: temperature.celsius, name: Temperature, unit: °C, every: 30s, warnAbove: 60}",
        "    - {key: parking.distance_cm, name: LiDAR left, unit: cm, every: 5s, warnBelow: 20}",
        "countries:",
        f"  - name: BENCH-LAND-{devices}",
        "    states:",
    ]
    states = max(1, min(10, devices // 100))
    for state in range(states):
        lines += [f"      - name: Bench-State-{devices}-{state}", "        devices:"]
        for number in range(state, devices, states):
            latitude, longitude = 12 + number / 1e5, 77 + number / 1e5
            lines += [
                f"          - name: BM-{devices}-{number:05}",
                f"            serial: SN-{number:05}",
                f"            label: Street {number}",
                f"            location: {{latitude: {latitude:.5f}, longitude: {longitude:.5f}}}",
                f"            attributes: {{bays: {number % 5}, firmware: v1.{number % 9}}}",
                "            sharedAttributes: {reportEverySeconds: 5}",
                "            sensors: meter",
            ]
    return "\n".join(lines) + "\n"


def named(text: str, tag: str) -> str:
    """Return the manifest of another fleet: all names begin with the tag."""
    for name in ("BENCH-", "Bench-", "BM-"):
        text = text.replace(name, f"{tag}-")
    return text.replace("benchmark-", f"{tag}-".lower())


def best(work: Callable[[], object], times: int = 3) -> float:
    """Return the seconds of the fastest of some runs."""
    results = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        results.append(time.perf_counter() - started)
    return min(results)


@contextmanager
def server(url: str | None) -> Iterator[str]:
    """Yield the URL of the given server, or of a sandbox in a process of its own."""
    if url is not None:
        yield url
        return
    with served() as base:
        yield base


@contextmanager
def served(data: Path | None = None) -> Iterator[str]:
    """Yield the URL of a sandbox in a process of its own, with the data of a folder if one is named."""
    command = [sys.executable, "-m", "papaya", "sandbox", "--port", "0", "--json"]
    command += [] if data is None else ["--data", str(data)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())["url"]
        process.terminate()


def raw_reads(url: str) -> int:
    """Read what an empty plan depends on, without looking at it; return how many requests that took."""
    with requests.Session() as session:
        answer = session.post(
            f"{url}/api/auth/login", json={"username": USERNAME, "password": PASSWORD}, timeout=60
        )
        session.headers["X-Authorization"] = f"Bearer {answer.json()['token']}"
        sent = 0

        def get(path: str) -> dict[str, object]:
            nonlocal sent
            sent += 1
            body: dict[str, object] = session.get(url + path, timeout=600).json()
            return body

        def find(entity_filter: dict[str, object], fields: list[str], keys: list[dict[str, str]]) -> None:
            nonlocal sent
            page, more = 0, True
            while more:
                sent += 1
                body = {
                    "entityFilter": entity_filter,
                    "pageLink": {
                        "pageSize": PAGE,
                        "page": page,
                        "sortOrder": {"key": {"type": "ENTITY_FIELD", "key": "name"}, "direction": "ASC"},
                    },
                    "entityFields": [{"type": "ENTITY_FIELD", "key": name} for name in fields],
                    "latestValues": keys,
                }
                answer = session.post(f"{url}/api/entitiesQuery/find", json=body, timeout=600).json()
                more, page = answer["hasNext"], page + 1

        get("/api/assetProfile/names")
        get("/api/deviceProfile/names")
        roots: list[str] = []
        for kind in ("assets", "devices"):
            page, more = 0, True
            while more:
                rows = get(
                    f"/api/tenant/{kind}?pageSize={PAGE}&page={page}&sortProperty=createdTime&sortOrder=ASC"
                )
                data = rows["data"]
                assert isinstance(data, list)
                roots += [row["id"]["id"] for row in data if row["id"]["entityType"] == "ASSET"]
                more, page = bool(rows["hasNext"]), page + 1
        attributes = [{"type": "SERVER_ATTRIBUTE", "key": key} for key in KEYS]
        find({"type": "entityType", "entityType": "ASSET"}, [], attributes)
        attributes += [{"type": "SHARED_ATTRIBUTE", "key": key} for key in SHARED]
        find({"type": "entityType", "entityType": "DEVICE"}, [], attributes)
        contains = {
            "type": "relationsQuery",
            "multiRoot": True,
            "multiRootEntitiesType": "ASSET",
            "multiRootEntityIds": roots,
            "direction": "FROM",
            "maxLevel": 1,
            "filters": [{"relationType": "Contains", "entityTypes": ["ASSET", "DEVICE"]}],
        }
        find(contains, ["name", "parentId"], [])
        return sent


def run(*arguments: str) -> str:
    """Run a papaya command in this process and return what it printed."""
    output = StringIO()
    with redirect_stdout(output):
        code = main(list(arguments))
    assert code == 0, output.getvalue()
    return output.getvalue()


def measure(devices: int, url: str | None) -> None:
    """Print the ratios of one size of fleet."""
    with tempfile.TemporaryDirectory() as folder, server(url) as base:
        path = Path(folder) / "fleet.yaml"
        text = manifest(devices)
        path.write_text(text, encoding="utf-8")
        bare = best(lambda: yaml.load(text, Loader=yaml.CSafeLoader))  # noqa: S506 - a subclass of SafeLoader
        validate = best(lambda: run("validate", str(path)))
        started = time.perf_counter()
        run("apply", str(path), "--url", base, "--yes", "--concurrency", "16")
        applied = time.perf_counter() - started
        raw = best(lambda: raw_reads(base))
        plan = best(lambda: run("plan", str(path), "--url", base))
        last = run("plan", str(path), "--url", base).strip().splitlines()
    print(f"{devices} devices on {url or 'the sandbox'}")
    print(f"  bare load              {bare:8.2f} s")
    print(f"  validate               {validate:8.2f} s   {validate / bare:.2f} x the bare load (aim: 3)")
    print(f"  bare reads             {raw:8.2f} s")
    print(
        f"  empty plan             {plan:8.2f} s   {plan / (bare + raw):.2f} x bare load and reads (aim: 2.5)"
    )
    print(f"  first apply            {applied:8.2f} s")
    print(f"  {last[-1]}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--devices", type=int, nargs="*", default=[1_000, 10_000])
    parser.add_argument("--url")
    options = parser.parse_args()
    os.environ.update(PAPAYA_USERNAME=USERNAME, PAPAYA_PASSWORD=PASSWORD)
    for size in options.devices:
        measure(size, options.url)
