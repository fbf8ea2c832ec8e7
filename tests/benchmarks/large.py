"""Times and weighs validate, plan and apply of a large fleet as ratios to bare loading and bare reading.

    python -m tests.benchmarks.large [--devices 100000] [--changes 2000] [--written-out] [--commands]

The fleet is a table of so many rows. A sandbox gets it as `tests.benchmarks.filled` says, not by an apply.
Each step is a process of its own: its seconds, its processor time and its peak of memory are those that the
system counts (`wait4`). The baselines are measured in the same run: the table read by `csv` and the manifest
by PyYAML, and the page reads of an empty plan with `requests`. With --written-out the same fleet is also read
and validated as YAML, device by device. With --commands the other commands are measured instead of plan and
apply: each with its requests.
"""

from __future__ import annotations

import argparse
import csv
import json
import logging
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks.empty_plan import KEYS, PASSWORD, SHARED, USERNAME, raw_reads, served

_MEBIBYTE = 1024
_AT_ONCE = 4
_PAPAYA = ("-m", "papaya")
_HERE = ("-m", "tests.benchmarks.large", "--part")


@dataclass(frozen=True, slots=True)
class Cost:
    """What a process took: seconds, seconds of processor time, MiB at the peak; and what it printed."""

    seconds: float
    processor: float
    peak: float
    output: str

    def __str__(self) -> str:
        return f"{self.seconds:8.1f} s  {self.processor:7.1f} s of processor  {self.peak:6.0f} MiB"


def cost(*arguments: str, failing: bool = False) -> Cost:
    """Run Python with these arguments and return what that took."""

    # This process stays small: a child's peak counts from what it is forked from.
    with tempfile.TemporaryFile("w+") as output:
        started = time.perf_counter()
        child = os.posix_spawn(
            sys.executable,
            [sys.executable, *arguments],
            os.environ,
            file_actions=[(os.POSIX_SPAWN_DUP2, output.fileno(), 1)],
        )
        _, status, used = os.wait4(child, 0)
        seconds = time.perf_counter() - started
        output.seek(0)
        text = output.read()
    assert failing or os.waitstatus_to_exitcode(status) == 0, text
    return Cost(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / _MEBIBYTE, text)


def bare_load(folder: Path) -> str:
    """Read table and manifest without looking at them."""
    import yaml

    with (folder / "meters.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    yaml.load((folder / "fleet.yaml").read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)  # noqa: S506
    return f"{len(rows)} rows"


def bare_load_written_out(folder: Path) -> str:
    """Read the manifest that has every device, without looking at it."""
    import yaml

    text = (folder / "written-out.yaml").read_text(encoding="utf-8")
    yaml.load(text, Loader=yaml.CSafeLoader)  # noqa: S506
    return f"{len(text)} characters"


def raw_reads_at_once(url: str) -> str:
    """Do the same reads with the pages of each list at once."""
    import requests

    with requests.Session() as first:
        login = {"username": USERNAME, "password": PASSWORD}
        token = first.post(f"{url}/api/auth/login", json=login, timeout=60).json()["token"]
    header = {"X-Authorization": f"Bearer {token}"}
    sent = 0

    def page(asked: tuple[str, dict[str, Any] | None, int]) -> Any:
        path, body, number = asked
        if body is None:
            return requests.get(f"{url}{path}&page={number}", headers=header, timeout=900).json()
        link = {**body["pageLink"], "page": number}
        return requests.post(url + path, json={**body, "pageLink": link}, headers=header, timeout=900).json()

    lists = list(_lists())
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for path, body in lists:
            answer = page((path, body, 0))
            count = answer["totalPages"]
            for _ in pool.map(page, [(path, body, number) for number in range(1, count)]):
                pass
            sent += max(1, count)
    return str(sent)


def _lists() -> Sequence[tuple[str, dict[str, Any] | None]]:
    latest = [{"type": "SERVER_ATTRIBUTE", "key": key} for key in KEYS]
    shared = [{"type": "SHARED_ATTRIBUTE", "key": key} for key in SHARED]
    order = {"key": {"type": "ENTITY_FIELD", "key": "name"}, "direction": "ASC"}
    body = {
        "entityFilter": {"type": "entityType", "entityType": "DEVICE"},
        "pageLink": {"pageSize": 10_000, "sortOrder": order},
        "entityFields": [],
        "latestValues": latest + shared,
    }
    objects = "/api/tenant/devices?pageSize=10000&sortProperty=createdTime&sortOrder=ASC"
    edges = {**body, "latestValues": [], "entityFields": [{"type": "ENTITY_FIELD", "key": "name"}]}
    return [(objects, None), ("/api/entitiesQuery/find", body), ("/api/entitiesQuery/find", edges)]


def apply(folder: Path, url: str) -> str:
    """Apply the fleet, and tell the memory when the plan was carried out, before and after."""
    import resource

    from papaya.cli import main
    from papaya.runs import execution, run

    carry_out, weights = execution.carry_out, list[float]()

    def weighed(*arguments: Any, **named: Any) -> Any:
        weights.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _MEBIBYTE)
        result = carry_out(*arguments, **named)
        weights.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _MEBIBYTE)
        return result

    vars(run)["carry_out"] = weighed
    assert main(["apply", str(folder / "fleet.yaml"), "--url", url, "--yes"]) == 0
    return json.dumps({"planned": weights[0], "applied": weights[1]})


def target(folder: Path, url: str) -> str:
    """Load the fleet, plan one of its devices, and tell what the part after loading takes."""
    from papaya.engine.scope import RunScope
    from papaya.runs.run import open_run
    from papaya.settings import Options
    from papaya.workspace.fleet import load_fleet

    fleet, scope = load_fleet([folder / "fleet.yaml"]), RunScope(targets=("LM-000042",))
    began, worked = time.perf_counter(), time.process_time()
    with open_run(fleet, Options(url=url), scope=scope) as run:
        run.plan(scope=scope)
        told = {"requests": run.session.requests_sent}
    return json.dumps(
        {**told, "seconds": time.perf_counter() - began, "processor": time.process_time() - worked}
    )


class _Requests(logging.Handler):
    """Counts what a session logs: a line for each request."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.count = 0

    def emit(self, record: logging.LogRecord) -> None:
        self.count += " /api/" in record.getMessage()


def command(words: Sequence[str]) -> str:
    """Run a command of papaya with its output going nowhere, and tell its exit code and requests."""
    from papaya.cli import main

    heard, log = _Requests(), logging.getLogger("papaya.api.session")
    log.addHandler(heard)
    log.setLevel(logging.DEBUG)
    log.propagate = False
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere, redirect_stdout(nowhere):
        code = main(list(words))
    return json.dumps({"code": code, "requests": heard.count})


def measure_commands(devices: int) -> None:
    """Print what every command takes that does not stand in the other measurement."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        data, manifest = folder / "data", str(folder / "fleet.yaml")
        cost("-m", "tests.benchmarks.filled", str(data), str(folder), str(devices))
        print(f"{devices:,} devices from a table, on the sandbox")
        with served(data) as url:
            for words in _commands(manifest, folder, url):
                run = cost(*_HERE, "command", str(folder), *words)
                told = json.loads(run.output.strip().splitlines()[-1])
                shown = " ".join(words).replace(str(folder), ".").replace(f"--url {url}", "--url URL")
                print(f"  {run} {told['requests']:>8,} requests  exit {told['code']}  {shown}", flush=True)


def _commands(manifest: str, folder: Path, url: str) -> Sequence[Sequence[str]]:
    server, one = ("--url", url), "LM-000042"
    return (
        ("render", manifest),
        ("render", manifest, "--device", one),
        ("tunnel", "ports", manifest),
        ("init", "--from-csv", str(folder / "meters.csv"), "-o", str(folder / "new"), "--yes"),
        ("show", manifest, *server, "--target", one),
        ("show", manifest, *server),
        ("show", manifest, *server, "--sort", "name"),
        ("drift", manifest, *server),
        ("call", one, "ping", "-f", manifest, *server),
        ("call", "LM-*", "ping", "-f", manifest, *server, "--yes"),
        ("alarms", manifest, *server),
        ("forget", one, "-f", manifest, *server),
        ("destroy", manifest, *server),
        ("credentials", "export", manifest, *server, "-o", str(folder / "tokens.csv")),
        ("export", *server, "-o", str(folder / "exported")),
        ("doctor", one, "-f", manifest, *server, "--no-geolocate"),
    )


def measure(devices: int, changes: int, *, written_out: bool) -> None:
    """Print what every step of one size of fleet takes."""
    from tests.benchmarks.filled import write_fleet

    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        data, manifest = folder / "data", str(folder / "fleet.yaml")
        filling = cost("-m", "tests.benchmarks.filled", str(data), str(folder), str(devices))
        print(f"{devices:,} devices from a table, on the sandbox (filled in {filling.seconds:.0f} s)")
        bare = _told("bare load (csv, yaml)", cost(*_HERE, "bare", str(folder)))
        _told("validate", cost(*_PAPAYA, "validate", manifest), "bare load", bare)
        if written_out:
            cost(*_HERE, "write-out", str(folder))
            whole = _told("bare load, written out", cost(*_HERE, "bare-written-out", str(folder)))
            path = str(folder / "written-out.yaml")
            _told("validate, written out", cost(*_PAPAYA, "validate", path), "bare load", whole)
        with served(data) as url:
            raw = _told("raw reads, one at a time", cost(*_HERE, "raw", str(folder), url))
            _told("raw reads, four at once", cost(*_HERE, "raw-at-once", str(folder), url))
            plan = (*_PAPAYA, "plan", manifest, "--url", url)
            _told("empty plan", cost(*plan), "bare load and raw reads", bare, raw)
            one = cost(*plan, "--target", "LM-000042")
            _told("plan --target of one device", one)
            print(f"      {one.output.strip().splitlines()[-1]}")
            after = json.loads(cost(*_HERE, "target", str(folder), url).output.strip().splitlines()[-1])
            print(
                f"      after loading {after['seconds']:.1f} s, {after['processor']:.2f} s of processor, "
                f"{after['requests']} requests"
            )
            write_fleet(folder, devices, changed=changes)
            applied = _told(f"apply of {changes:,} changes", cost(*_HERE, "apply", str(folder), url))
            weights = json.loads(applied.output.strip().splitlines()[-1])
            planned, at_the_end = weights["planned"], weights["applied"]
            print(f"      peak after planning {planned:.0f} MiB, after applying {at_the_end:.0f}")
        write_fleet(folder, devices)
        with served() as url:
            first = cost(*_PAPAYA, "plan", manifest, "--url", url)
            _told("first plan, all to create", first, "bare load", bare)


def _told(name: str, cost: Cost, of: str = "", *baselines: Cost) -> Cost:
    ratio = ""
    if baselines:
        seconds = cost.seconds / sum(one.seconds for one in baselines)
        processor = cost.processor / sum(one.processor for one in baselines)
        ratio = f"   {seconds:.2f} x {of} ({processor:.2f} x by processor)"
    print(f"  {name:<28} {cost}{ratio}", flush=True)
    return cost


def _part(name: str, folder: Path, words: Sequence[str]) -> str:
    if name == "command":
        return command(words)
    url = words[0] if words else ""
    if name == "target":
        return target(folder, url)
    if name == "write-out":
        from papaya.cli import main

        with (folder / "written-out.yaml").open("w", encoding="utf-8") as file:
            sys.stdout = file
            main(["render", str(folder / "fleet.yaml")])
        sys.stdout = sys.__stdout__
        return ""
    if name == "bare":
        return bare_load(folder)
    if name == "bare-written-out":
        return bare_load_written_out(folder)
    if name == "raw":
        return str(raw_reads(url))
    return raw_reads_at_once(url) if name == "raw-at-once" else apply(folder, url)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--devices", type=int, default=100_000)
    parser.add_argument("--changes", type=int, default=2_000)
    parser.add_argument("--written-out", action="store_true")
    parser.add_argument("--commands", action="store_true")
    parser.add_argument("--part", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    os.environ.update(PAPAYA_USERNAME=USERNAME, PAPAYA_PASSWORD=PASSWORD)
    if chosen.part:
        named, where, *words = chosen.part
        print(_part(named, Path(where), words))
    elif chosen.commands:
        measure_commands(chosen.devices)
    else:
        measure(chosen.devices, chosen.changes, written_out=chosen.written_out)
