"""papaya as a process of its own: what a server plays costs little memory and time, and no traceback."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.hostile import server as plays
from tests.hostile.server import USER, Asked, HostileServer, json_of
from tests.hostile.tenant import Tenant

PASSWORD = "pass-phrase-of-the-operator"
MOST_MEGABYTES = 300
MANIFEST = """apiVersion: papaya/v1
kind: Fleet
metadata: {name: meters}
countries: [{name: INDIA, states: [{name: Karnataka, devices: [{name: PM-0001}]}]}]
"""
# A process counts what the one had that started it, so that a small one starts papaya.
MEASURE = """
import resource, subprocess, sys
code = subprocess.call(sys.argv[2:])
with open(sys.argv[1], "w") as file:
    file.write(f"{code} {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss}")
"""
FLOODS = (plays.endless_list, plays.endless_text, plays.gzip_bomb, plays.large_list, plays.deep, plays.wide)


def parts_of(*quick: Callable[[], Iterator[bytes]]) -> list[Any]:
    """Return all floods; those that are not `quick` belong to the long tests: each takes two processes."""
    marks = {play: () if play in quick else (pytest.mark.soak,) for play in FLOODS}
    return [pytest.param(play, marks=marks[play]) for play in FLOODS]


def run(folder: Path, *arguments: str, manifest: str = MANIFEST) -> tuple[int, str, float]:
    """Run papaya; return its exit code, all that it printed, and how many megabytes it took at most."""
    (folder / "fleet.yaml").write_text(manifest, encoding="utf-8")
    told, measured = folder / "told", folder / "measured"
    environment = {**os.environ, "PAPAYA_USERNAME": "operator@example.com", "PAPAYA_PASSWORD": PASSWORD}
    command = [sys.executable, "-c", MEASURE, str(measured), sys.executable, "-m", "papaya", *arguments]
    with told.open("wb") as output:
        subprocess.run(
            command, cwd=folder, env=environment, stdout=output, stderr=subprocess.STDOUT, check=True
        )
    code, kilobytes = measured.read_text(encoding="utf-8").split()
    return int(code), told.read_text(encoding="utf-8"), int(kilobytes) / 1024


@pytest.fixture(scope="module")
def at_the_start(tmp_path_factory: pytest.TempPathFactory) -> float:
    """How many megabytes papaya takes when it asks a server that is not there."""
    folder = tmp_path_factory.mktemp("start")
    return run(folder, "plan", "fleet.yaml", "--url", "http://127.0.0.1:9", "--retry-for", "0s")[2]


def expect_bounded(folder: Path, at_the_start: float, server: HostileServer, *arguments: str) -> str:
    """Run a command against a server, and expect an error in order; return what it printed."""
    began = time.monotonic()
    code, told, megabytes = run(folder, *arguments, "--url", server.url, "--retry-for", "0s")
    assert code == 1, told
    assert "Traceback" not in told, told
    assert PASSWORD not in told
    assert server.url in told
    print(f"{megabytes - at_the_start:.0f} MB above the start")
    assert megabytes - at_the_start < MOST_MEGABYTES
    assert time.monotonic() - began < 240
    return told


@pytest.mark.parametrize(
    "play", parts_of(plays.endless_list, plays.gzip_bomb), ids=lambda play: play.__name__
)
def test_a_flood_before_any_credentials_costs_little(
    play: Callable[[], Iterator[bytes]], tmp_path: Path, at_the_start: float
) -> None:
    with HostileServer(lambda _: play()) as server:
        told = expect_bounded(tmp_path, at_the_start, server, "whoami")
    assert len(told) < 2_000


@pytest.mark.parametrize("play", parts_of(plays.large_list, plays.wide), ids=lambda play: play.__name__)
def test_a_flood_of_everything_that_a_plan_reads_costs_little(
    play: Callable[[], Iterator[bytes]], tmp_path: Path, at_the_start: float
) -> None:
    def signed_in(asked: Asked) -> Iterator[bytes]:
        if asked.target == "/api/auth/login":
            return json_of({"token": "the-token", "refreshToken": "the-refresh-token"})
        if asked.target == "/api/auth/user":
            return json_of(USER)
        if asked.target == "/api/system/info":
            return json_of({"version": "4.3.1.3", "type": "CE"})
        if asked.target == "/api/entitiesQuery/count":
            return json_of(2)
        return play()

    with HostileServer(signed_in) as server:
        told = expect_bounded(tmp_path, at_the_start, server, "plan", "fleet.yaml")
    assert "the-token" not in told


READS = (
    ("plan", "fleet.yaml"),
    ("show", "fleet.yaml"),
    ("export", "--json"),
    ("apply", "fleet.yaml", "--yes"),
)


@pytest.mark.soak
@pytest.mark.parametrize("command", READS, ids=lambda command: command[0])
def test_several_lists_without_end_cost_little_together_in_every_command(
    command: tuple[str, ...], tmp_path: Path, at_the_start: float
) -> None:
    with HostileServer(Tenant(None)) as server:
        told = expect_bounded(tmp_path, at_the_start, server, *command)
    assert "/api/" in told
    assert "more than" in told


@pytest.mark.soak
def test_a_fleet_of_a_hundred_thousand_devices_is_planned(tmp_path: Path) -> None:
    lines = ["countries:", "  - name: INDIA", "    states:"]
    for state in range(200):
        devices = range(500 * state, 500 * state + 500)
        listed = ", ".join(
            f"{{name: IoT-Gateway-{number:06}, attributes: {{bays: 5}}}}" for number in devices
        )
        lines.append(f"      - {{name: State-{state:06}, devices: [{listed}]}}")
    manifest = MANIFEST[: MANIFEST.index("countries")] + "\n".join(lines) + "\n"
    with HostileServer(Tenant(100_000)) as server:
        code, told, megabytes = run(
            tmp_path, "plan", "fleet.yaml", "--url", server.url, "--retry-for", "0s", manifest=manifest
        )
    print(f"{megabytes:.0f} MB in all")
    assert code == 0, told[-2_000:]
    assert "100,000 devices" in told


@pytest.mark.parametrize("play", [plays.dripping_body, plays.dripping_head, plays.dripping_continue])
def test_a_drip_ends_a_command_in_about_its_timeout(
    play: Callable[[], Iterator[bytes]], tmp_path: Path, at_the_start: float
) -> None:
    with HostileServer(lambda _: play()) as server:
        began = time.monotonic()
        expect_bounded(tmp_path, at_the_start, server, "whoami", "--timeout", "2s")
    assert time.monotonic() - began < 60
