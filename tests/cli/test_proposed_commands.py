"""A command that papaya proposes works as it stands, on what the person asked about."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from papaya.cli import main
from papaya.sandbox import Sandbox

HEAD = "{apiVersion: papaya/v1, kind: Fleet, metadata: {name: %s}, profiles: {create: true}, countries: [%s]}"
STATE = "{name: %s, states: [{name: %s-1, devices: [%s]}, {name: %s-2, devices: [%s]}]}"


def write(path: Path, fleet: str, first: int, second: int) -> None:
    """Write a fleet with so many devices in each of its two States."""
    devices = [
        ", ".join(f"{{name: {fleet}-{state}-{number}}}" for number in range(count))
        for state, count in ((1, first), (2, second))
    ]
    path.write_text(HEAD % (fleet, STATE % (fleet.upper(), fleet, devices[0], fleet, devices[1])))


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Stand in a folder of a fleet; another fleet lies below it, and both are on the server."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PAPAYA_USERNAME", Sandbox.username)
    monkeypatch.setenv("PAPAYA_PASSWORD", Sandbox.password)
    Path("other city").mkdir()
    write(Path("fleet.yaml"), "usual", 2, 2)
    write(Path("other city/fleet.yaml"), "other", 3, 3)
    with Sandbox() as running:
        for path in ("fleet.yaml", "other city/fleet.yaml"):
            assert main(["apply", path, "--yes", "--url", running.url]) == 0
        write(Path("fleet.yaml"), "usual", 0, 0)
        write(Path("other city/fleet.yaml"), "other", 0, 0)
        yield running.url


def proposed(capsys: pytest.CaptureFixture[str], *command: str) -> list[str]:
    """Run a command and return the words of the first one that its output proposes."""
    capsys.readouterr()
    main(list(command))
    told = capsys.readouterr().out.splitlines()
    line = next(line for line in told if "papaya apply " in line and "--allow-destroy" in line)
    return shlex.split(line[line.index("papaya apply ") :])[1:]


def test_what_a_refused_plan_proposes_deletes_what_it_showed(
    server: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = proposed(capsys, "plan", "other city/fleet.yaml", "--target", "OTHER/other-1", "--url", server)
    part = ["--target", "OTHER/other-1"]
    assert words == ["apply", "other city/fleet.yaml", "--url", server, *part, "--allow-destroy", "3"]
    assert main([*words, "--yes"]) == 0
    assert "3 deleted" in capsys.readouterr().out
    # Only that part of only that fleet.
    assert proposed(capsys, "plan", "other city/fleet.yaml", "--url", server)[-1] == "3"
    assert proposed(capsys, "plan", "--url", server) == ["apply", "--url", server, "--allow-destroy", "4"]


def test_a_refused_saved_plan_proposes_its_manifest_to_commands_that_take_no_plan(
    server: str, capsys: pytest.CaptureFixture[str]
) -> None:
    only = ("other city/fleet.yaml", "--target", "OTHER/other-1/other-1-0", "--url", server)
    main(["plan", *only, "-o", "saved.json"])
    capsys.readouterr()
    assert main(["apply", "saved.json", "--url", server, "--yes"]) == 1
    told = " ".join(capsys.readouterr().out.split())
    command = told[told.index("papaya forget") :]
    assert command == f"papaya forget OTHER/other-1/other-1-0 -f 'other city/fleet.yaml' --url {server}"
    assert main([*shlex.split(command)[1:], "--yes"]) == 0


def test_a_refused_saved_plan_proposes_its_file_and_no_value_of_a_variable(
    server: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["plan", "other city/fleet.yaml", "-o", "saved.json", "--url", server])
    words = proposed(capsys, "apply", "saved.json", "--url", server, "--yes")
    assert words == ["apply", "saved.json", "--url", server, "--allow-destroy", "6"]
    words = proposed(capsys, "plan", "other city/fleet.yaml", "--var", "password=hunter2", "--url", server)
    assert words[2:4] == ["--var", "password=..."]
    main(["apply", "saved.json", "--url", server, "--yes", "--allow-destroy", "6"])
    assert "6 deleted" in capsys.readouterr().out
