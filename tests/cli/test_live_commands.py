"""`papaya show` with filters, `call`, `alarms`, `open` and `agent read`, against one sandbox."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from papaya.cli import main
from papaya.command_line import watch as watching
from papaya.errors import PapayaError
from papaya.sandbox import Sandbox
from tests.unit.sandbox.client import Client

MANIFEST = """
apiVersion: papaya/v1
kind: Fleet
metadata: {name: meters}
profiles: {create: true}
countries:
  - name: INDIA
    states:
      - name: Goa
        devices:
          - {name: PM-1, serial: SN-1, label: Beach road}
          - {name: PM-2}
      - name: Kerala
        devices:
          - name: PM-3
            sensors:
              - {key: t, name: Temperature, unit: °C, source: {type: file, path: t.txt}, warnAbove: 30}
              - {key: nowhere}
"""


class Line:
    """A device that takes commands over HTTP, and answers with what it is told, or never."""

    def __init__(self, sandbox: Sandbox, token: str, answer: Any) -> None:
        self._base, self._answer = f"{sandbox.url}/api/v1/{token}", answer
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while not self._ended.is_set():
            with contextlib.suppress(requests.RequestException):
                got = requests.get(f"{self._base}/rpc", params={"timeout": 20_000}, timeout=30)
                if got.status_code == 200 and self._answer is not None:
                    requests.post(f"{self._base}/rpc/{got.json()['id']}", json=self._answer, timeout=30)

    def close(self) -> None:
        self._ended.set()


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(rpc_timeout_floor=0.5) as running:
        yield running


@pytest.fixture(autouse=True)
def folder(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in (("URL", sandbox.url), ("USERNAME", sandbox.username), ("PASSWORD", sandbox.password)):
        monkeypatch.setenv(f"PAPAYA_{name}", value)
    Path("fleet.yaml").write_text(MANIFEST)
    Path("t.txt").write_text("31.5\n")


@pytest.fixture(scope="module")
def tokens(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    path = tmp_path_factory.mktemp("fleet") / "fleet.yaml"
    path.write_text(MANIFEST)
    signed_in = ("--url", sandbox.url, "--username", sandbox.username)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PAPAYA_PASSWORD", sandbox.password)
        assert main(["apply", "--yes", str(path), *signed_in]) == 0
    with Client(sandbox) as client:
        devices = {
            name: client.get("/api/tenant/devices", deviceName=name) for name in ("PM-1", "PM-2", "PM-3")
        }
        return {name: client.token_of(device) for name, device in devices.items()}


@pytest.fixture(scope="module")
def raised(sandbox: Sandbox, tokens: dict[str, str]) -> str:
    """Return the id of a critical alarm of PM-1, which has sent something."""
    url = f"{sandbox.url}/api/v1/{tokens['PM-1']}/telemetry"
    requests.post(url, json={"t": 1}, timeout=60).raise_for_status()
    with Client(sandbox) as client:
        device = client.get("/api/tenant/devices", deviceName="PM-1")
        alarm = {"originator": device["id"], "type": "Tamper", "severity": "CRITICAL", "name": "Tamper"}
        created = client.post("/api/alarm", {**alarm, "details": {"by": "nobody"}})
        return str(created["id"]["id"])


def output(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    capsys.readouterr()
    returned = main(arguments)
    captured = capsys.readouterr()
    assert returned == code, captured
    return captured.out


def names(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    document = json.loads(output(capsys, "show", "--json", *arguments))
    return [one["name"] for one in document["entities"]]


def test_show_lists_the_devices_that_pass_the_filters(
    tokens: dict[str, str], raised: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert names(capsys, "--offline") == ["PM-2", "PM-3"]
    assert names(capsys, "--silent-for", "1h") == ["PM-2", "PM-3"]
    assert names(capsys, "--alarms") == ["PM-1"]
    assert names(capsys, "--search", "BEACH") == ["PM-1"]
    assert names(capsys, "--offline", "--target", "INDIA/Kerala") == ["PM-3"]
    assert names(capsys, "--sort", "name") == ["PM-1", "PM-2", "PM-3"]
    assert names(capsys, "--sort", "seen")[-1] == "PM-1"
    assert names(capsys, "--sort", "alarms")[0] == "PM-1"
    assert names(capsys, "PM-3") == ["INDIA", "Kerala", "PM-3"]
    told = output(capsys, "show", "--alarms")
    assert "CRITICAL 1" in told and "1 of 3 devices." in told
    assert "No device: 0 of 3 devices." in output(capsys, "show", "--search", "nothing like it")
    output(capsys, "show", "--silent-for", "soon", code=64)
    output(capsys, "show", "PM-9", code=1)


def test_show_draws_again_until_ctrl_c_and_outlives_a_server_that_is_away(
    capsys: pytest.CaptureFixture[str],
) -> None:
    drawn: list[str] = []

    def draw() -> str:
        drawn.append("x")
        if len(drawn) == 2:
            raise PapayaError("the server is away")
        return "the fleet"

    def sleep(seconds: float) -> None:
        if len(drawn) == 3:
            raise KeyboardInterrupt

    assert watching.watch(draw, 5, sleep=sleep) == 0
    told = capsys.readouterr().out
    assert told.count("the fleet") == 2 and "the server is away\nTrying again in 5 s." in told


def test_a_call_tells_answered_offline_slow_and_refused_apart(
    sandbox: Sandbox, tokens: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [Line(sandbox, tokens["PM-1"], {"ok": True}), Line(sandbox, tokens["PM-2"], {"error": "busy"})]
    try:
        document = json.loads(
            output(capsys, "call", "PM-*", "ping", "--yes", "--wait", "1s", "--json", code=1)
        )
        found = {one["device"]: one["status"] for one in document["outcomes"]}
        assert found == {"PM-1": "answered", "PM-2": "refused", "PM-3": "offline"}
        assert document["totals"] == {"answered": 1, "offline": 1, "refused": 1}
    finally:
        for line in lines:
            line.close()
    mute = Line(sandbox, tokens["PM-3"], None)
    try:
        told = output(capsys, "call", "--target", "INDIA/Kerala", "ping", "--wait", "2s", code=1)
        assert "slow" in told and "ping: 1 slow." in told
    finally:
        mute.close()


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("PM-*", "ping"), 1, "Send ping to 3 devices?"),
        (("PM-1",), 64, "Name a target and a method"),
        (("PM-1", "ping", "{x"), 64, "neither JSON nor NAME=VALUE"),
        (("PM-9", "ping"), 1, "there is no device or place PM-9"),
        (("XX/*", "ping"), 1, "no device or place matches XX/*"),
    ],
)
def test_a_call_that_is_wrong_says_how_it_is_right(
    arguments: tuple[str, ...],
    code: int,
    told: str,
    tokens: dict[str, str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    capsys.readouterr()
    assert main(["call", *arguments]) == code
    assert told in capsys.readouterr().err


def test_alarms_are_listed_acknowledged_and_cleared(raised: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert "CRITICAL" in output(capsys, "alarms") and "1 alarm, 1 active." in output(capsys, "alarms", "PM-1")
    assert "no alarms" in output(capsys, "alarms", "--target", "INDIA/Kerala")
    output(capsys, "alarms", "--ack", code=1)
    assert "1 alarm acknowledged." in output(capsys, "alarms", "--ack", "--yes")
    (alarm,) = json.loads(output(capsys, "alarms", "--json"))["alarms"]
    assert alarm["acknowledged"] and not alarm["cleared"] and alarm["details"] == {"by": "nobody"}
    assert "1 alarm cleared." in output(capsys, "alarms", "--clear", "--yes")
    assert "no alarms" in output(capsys, "alarms")


def test_a_page_of_a_device_and_of_a_place_is_named(
    tokens: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for variable in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(variable, raising=False)
    assert "/entities/devices/" in output(capsys, "open", "PM-1")
    assert "/entities/assets/" in output(capsys, "open", "INDIA/Kerala")
    assert "/entities/assets/" in output(capsys, "open", "INDIA", "--print")
    output(capsys, "open", "nothing", code=1)


def test_sensors_are_read_once_without_a_server(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("PAPAYA_URL")
    told = output(capsys, "agent", "read", "--device", "PM-3", "t")
    assert "31.5 °C" in told and "warn" in told
    document = json.loads(output(capsys, "agent", "read", "--target", "PM-3", "--json", code=1))
    assert [one["value"] for one in document["sensors"]] == [31.5, None]
    assert "no source" in document["sensors"][1]["fault"]
    output(capsys, "agent", "read", "--device", "PM-1", code=1)
    output(capsys, "agent", "read", "--device", "PM-3", "x", code=1)


def test_an_agent_on_a_terminal_shows_its_sensors_and_ends_with_a_summary(
    sandbox: Sandbox, tokens: dict[str, str], tmp_path: Path
) -> None:
    token = tmp_path / "token"
    token.write_text(tokens["PM-3"])
    token.chmod(0o600)
    words = [sys.executable, "-m", "papaya", "agent", "run", "PM-3", "--mqtt-url", sandbox.mqtt_url or ""]
    words += ["--token-file", str(token), "--spool", str(tmp_path / "spool")]
    parent, child = pty.openpty()
    with os.fdopen(child, "wb") as terminal:
        process = subprocess.Popen(
            words, stdout=terminal, stderr=terminal, env={**os.environ, "TERM": "xterm", "COLUMNS": "80"}
        )
    told = b""
    try:
        while not (b"31.5" in told and re.search(rb"[1-9] sent, ", told)):
            told += os.read(parent, 65536)
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(OSError):
            while more := os.read(parent, 65536):
                told += more
    finally:
        process.kill()
        os.close(parent)
    assert process.wait(60) == 0
    assert b"SENSOR" in told and b"warn" in told
    assert b"PM-3 ran for" in told and b"sent, none waiting" in told
