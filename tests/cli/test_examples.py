"""The examples in the help of every command: each is there, and each works as it stands."""

from __future__ import annotations

import os
import shlex
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from papaya import cli
from papaya.command_line.examples import EXAMPLES
from papaya.sandbox import Sandbox

MANIFEST = """
apiVersion: papaya/v1
kind: Fleet
metadata: {name: meters}
profiles: {create: true}
customers:
  - title: City
    users: [{email: viewer@city.example, firstName: Asha}]
tunnel:
  {host: bastion.example.com, user: papaya, identityFile: /etc/papaya/key,
   knownHosts: /etc/papaya/known_hosts, remotePorts: {from: 20000, to: 20010}}
countries:
  - name: INDIA
    location: {latitude: 20, longitude: 78}
    states:
      - name: Karnataka
        location: {latitude: 13, longitude: 77}
        devices:
"""
SENSORS = "sensors: [{key: temperature, source: {type: simulated}, every: 1s}]"
# What serves until a signal, needs another machine or root, or replaces this process.
ONLY_CHECKED = ("gui", "demo", "login", "connect", "tunnel", "agent install", "agent uninstall")
ENDED_BY_A_SIGNAL = ("agent PM-0001", "agent run", "sandbox")
CODES = {"doctor": {0, 1}, "drift": {0, 2}, "call": {0, 1}}


def commands() -> Iterator[tuple[str, click.Command]]:
    context = click.Context(cli.papaya)
    pending = [(name, cli.papaya.get_command(context, name)) for name in cli.VERBS]
    for name, command in pending:
        assert command is not None
        yield name, command
        if isinstance(command, click.Group):
            pending += [(f"{name} {below}", inner) for below, inner in command.commands.items()]


def words_of(line: str) -> list[str]:
    """Return the words after `papaya`, without what is a shell's."""
    if line.startswith("eval"):
        line = line.removeprefix('eval "$(').removesuffix(')"')
    words = shlex.split(line)
    assert words[0] == "papaya"
    return words[1 : next((number for number, word in enumerate(words) if word in (">", ">>")), None)]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(rpc_timeout_floor=0.1) as running:
        yield running


@pytest.fixture
def folder(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    for name, value in (("URL", sandbox.url), ("USERNAME", sandbox.username), ("PASSWORD", sandbox.password)):
        monkeypatch.setenv(f"PAPAYA_{name}", value)
    monkeypatch.setenv("PAPAYA_NO_GEOLOCATE", "1")
    devices = "".join(
        f"          - {{name: PM-{n:04}, serial: SN-{n}, location: {{latitude: 13, longitude: 77}},"
        f" tunnel: {{remotePort: auto}}, {SENSORS}}}\n"
        for n in (1, 2, 3)
    )
    Path("fleet.yaml").write_text(MANIFEST + devices)
    Path("devices.csv").write_text("name;country;state;serial\nM-1;INDIA;Goa;S-1\nM-2;INDIA;Goa;S-2\n")
    return here


def test_every_command_has_an_example() -> None:
    assert [name for name, _ in commands() if name not in EXAMPLES] == []
    assert [name for name in EXAMPLES if name not in dict(commands()) and name != "help connection"] == []


def test_every_help_shows_its_examples(capsys: pytest.CaptureFixture[str]) -> None:
    for name, _ in commands():
        assert cli.main([*name.split(), "--help"]) == 0
        told = capsys.readouterr().out
        assert all(line in told for line, _ in EXAMPLES[name]), name


@pytest.mark.parametrize("name", [name for name in EXAMPLES if not name.startswith("help connection")])
def test_an_example_works(
    name: str,
    sandbox: Sandbox,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if name not in ("validate", "schema", "completion", "help", "version", "gui", "demo"):
        assert cli.main(["apply", "--yes", "--adopt"]) == 0
    if name in ("agent", "agent run"):
        assert cli.main(["provision", "PM-0001"]) == 0
    for line, _ in EXAMPLES[name]:
        words = words_of(line)
        if words[0] == "init":
            Path("fleet.yaml").unlink(missing_ok=True)
            monkeypatch.delenv("PAPAYA_URL", raising=False)
            if "--from-server" in words:
                monkeypatch.setenv("PAPAYA_URL", sandbox.url)
        if " ".join(words).startswith(ONLY_CHECKED):
            check(words)
            continue
        if words[0] == "call":
            words += ["--wait", "0.2s"]
        if words[0] == "apply" and "--yes" not in words:
            words.append("--yes")
        timer = threading.Timer(2.0, os.kill, (os.getpid(), signal.SIGINT))
        if " ".join(words).startswith(ENDED_BY_A_SIGNAL):
            words += ["--port", "0"] if words[0] == "sandbox" else ["--mqtt-url", sandbox.mqtt_url or ""]
            timer.start()
        capsys.readouterr()
        code = cli.main(words)
        timer.cancel()
        assert code in CODES.get(name.split()[0], {0}), capsys.readouterr()


def check(words: list[str]) -> None:
    """Parse a command line as the command itself would."""
    context = click.Context(cli.papaya, info_name="papaya")
    command: click.Command | None = cli.papaya
    while isinstance(command, click.Group):
        command = command.get_command(context, words.pop(0))
    assert command is not None
    command.make_context("trial", words, parent=context)
