"""A device's whole way to its server in processes of its own, and a power cut at each step of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from papaya.sandbox import Fault, Sandbox
from tests.cli.one_device import Bench
from tests.unit.provision.stand_in import TIME_OUT, StandIn
from tests.unit.sandbox.client import Client

TIMEOUT = 90
# What a run for a new device writes: two places with attributes and their relation, the device with its
# relation, its attributes and its position, and telemetry.
WRITES = 10


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """Return a bench with both configurations on it."""
    with Sandbox() as sandbox, StandIn() as service:
        made = Bench(tmp_path, sandbox, service)
        made.write_properties()
        yield made


def environment(bench: Bench) -> dict[str, str]:
    """Return the environment of a process that keeps to the bench."""
    return {**os.environ, **bench.variables(), "MK1_SECRET": "mk1-secret", "PYTHONDONTWRITEBYTECODE": "1"}


def start(bench: Bench, *arguments: str) -> subprocess.Popen[str]:
    """Start papaya as a process."""
    return subprocess.Popen(
        [sys.executable, "-m", "papaya", *arguments],
        cwd=bench.folder,
        env=environment(bench),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(bench: Bench, *arguments: str, code: int = 0) -> tuple[str, str]:
    """Run papaya as a process to its end."""
    with start(bench, *arguments) as process:
        out, err = process.communicate(timeout=TIMEOUT)
    assert process.returncode == code, out + err
    assert "Traceback" not in err
    return out, err


def is_write(method: str, path: str) -> bool:
    """Return whether a request changes anything but a session."""
    reads = ("/api/auth/", "/api/entitiesQuery/")
    return method == "DELETE" or (method == "POST" and not path.startswith(reads))


def cut_power(bench: Bench, number: int, *arguments: str, handled: bool) -> bool:
    """Kill the process at its write of this number, before or after it is done; say whether it came."""
    reached, count, sent = threading.Event(), [0], len(bench.sent())

    def hold(method: str, path: str) -> Fault | None:
        if not is_write(method, path):
            return None
        count[0] += 1
        if count[0] < number:
            return None
        # The rest of the requests under way die with the process.
        reached.set()
        return Fault(drop=True, handled=handled and count[0] == number)

    bench.sandbox.before_reply = hold
    with start(bench, *arguments) as process:
        while process.poll() is None and not reached.wait(0.01):
            pass
        # A request that is to be carried out has to be taken in as a whole first.
        while handled and process.poll() is None and len(bench.sent()) < sent + number:
            time.sleep(0.01)
        process.kill()
        process.communicate(timeout=TIMEOUT)
    bench.sandbox.before_reply = None
    return reached.is_set()


def document(out: str) -> dict[str, Any]:
    """Return the one document of a run with --json."""
    parsed: dict[str, Any] = json.loads(out)
    return parsed


def left_over(bench: Bench) -> list[str]:
    """Return what lies in the folder beside what a person put or wants there."""
    return [
        path.name for path in bench.folder.iterdir() if path.suffix not in (".properties", ".yaml", ".token")
    ]


def test_twice_in_a_row(bench: Bench) -> None:
    first, _ = run(bench, "provision")
    assert first.endswith("PM-0001 is registered.\n")
    out, err = run(bench, "provision", "--json")
    assert err == ""
    outcomes = [step["outcome"] for step in document(out)["steps"]]
    assert outcomes == ["ok", "ok", "unchanged", "unchanged", "unchanged", "ok"]
    assert left_over(bench) == []
    run(bench, "handshake")
    out, _ = run(bench, "doctor", "--json")
    assert document(out)["failed"] is False


def test_power_cut_after_power_cut_each_run_gets_one_write_further(bench: Bench) -> None:
    written: list[str] = []
    while not written or not written[-1].endswith("/telemetry"):
        assert cut_power(bench, 1, "provision", handled=True)
        written.append(bench.sent()[-1][1])
        assert len(written) <= WRITES
    # A place that a cut run had created is nobody's to complete: its coordinates are not written later.
    assert len(written) >= WRITES - 3
    check_converged(bench)


@pytest.mark.soak
@pytest.mark.parametrize("handled", [False, True])
@pytest.mark.parametrize("number", range(1, WRITES + 1))
def test_a_power_cut_of_either_kind_at_any_write(bench: Bench, number: int, handled: bool) -> None:
    cut_power(bench, number, "provision", handled=handled)
    run(bench, "provision")
    check_converged(bench)


def check_converged(bench: Bench) -> None:
    """Hold the server and the folder against what one undisturbed run leaves."""
    assert bench.names("devices") == ["PM-0001"]
    assert bench.names("assets") == ["INDIA", "Karnataka"]
    with Client(bench.sandbox) as client:
        live = client.get("/api/tenant/devices", deviceName="PM-0001")
        above = client.get("/api/relations/info", toId=live["id"]["id"], toType="DEVICE")
        assert [row["fromName"] for row in above] == ["Karnataka"]
        assert bench.token_file.read_text() == f"{client.token_of(live)}\n"
    assert bench.attributes()["latitude"] == 12.9716
    assert bench.telemetry()["serial"] == "SN-0001"
    before = len(bench.sent())
    run(bench, "provision")
    assert len(bench.sent()) == before + 1
    assert left_over(bench) == []


@pytest.mark.parametrize(("number", "handled"), [(1, False), (1, True), (2, True)])
def test_a_power_cut_during_a_registration_with_a_key(bench: Bench, number: int, handled: bool) -> None:
    bench.write_manifest()
    let_register(bench)
    arguments = ("provision", "PM-0001", "--with-key")
    assert cut_power(bench, number, *arguments, handled=handled)
    run(bench, *arguments)
    with Client(bench.sandbox) as client:
        live = client.get("/api/tenant/devices", deviceName="PM-0001")
        assert bench.token_file.read_text() == f"{client.token_of(live)}\n"
    assert left_over(bench) == []


def let_register(bench: Bench) -> None:
    """Do what `papaya apply` does for the manifest's profile."""
    with Client(bench.sandbox) as client:
        rows = client.get("/api/deviceProfile/names")
        id_ = next(row["id"]["id"] for row in rows if row["name"] == "IoT-Gateway")
        profile = client.get(f"/api/deviceProfile/{id_}")
        kind = "ALLOW_CREATE_NEW_DEVICES"
        profile.update(provisionType=kind, provisionDeviceKey="mk1")
        configuration = {"type": kind, "provisionDeviceSecret": "mk1-secret"}
        profile["profileData"]["provisionConfiguration"] = configuration
        client.post("/api/deviceProfile", profile)


def test_many_devices_of_a_new_state_are_switched_on_at_once(bench: Bench) -> None:
    text = (bench.folder / "config.properties").read_text()
    processes = []
    for number in range(1, 5):
        path = bench.folder / f"{number}.properties"
        path.write_text(text.replace("-0001", f"-000{number}"))
        path.chmod(0o600)
        token = str(bench.folder / f"{number}.token")
        processes.append(
            start(bench, "provision", "--config", str(path), "--credentials-file", token, "--json")
        )
    for process in processes:
        out, err = process.communicate(timeout=TIMEOUT)
        assert process.returncode == 0, out + err
    assert bench.names("devices") == [f"PM-000{number}" for number in range(1, 5)]
    assert bench.names("assets") == ["INDIA", "Karnataka"]


def test_a_silent_geolocation_service_costs_seconds_and_not_the_run(bench: Bench) -> None:
    bench.service.shape = TIME_OUT
    path = bench.folder / "config.properties"
    path.write_text(path.read_text() + "[location]\nlatitude = 12.97\nlongitude = 77.6\n")
    out, _ = run(bench, "provision")
    assert "location detection failed: 127.0.0.1: no answer in time; fallback used: 12.97, 77.6" in out
    assert len(bench.service.requests) == 2


def test_a_refused_run_leaves_nothing_half_written(bench: Bench) -> None:
    path = bench.folder / "config.properties"
    text = path.read_text().replace("IoT-Gateway", "Unknown")
    path.write_text(text)
    _, err = run(bench, "provision", code=1)
    assert "device profile not found: Unknown; the server has IoT-Gateway, default" in err
    assert (bench.names("devices"), bench.names("assets")) == ([], [])
    assert not bench.token_file.exists()
