"""`papaya tunnel status` on the device and from the bastion's side, with real sshds."""

from __future__ import annotations

import contextlib
import io
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from papaya_gui.terminal import connect_command, in_terminal, run_detached

from papaya.cli import main
from tests.e2e.meter import PATIENCE, wait_for
from tests.tunnel.bastion import Sshd, free_port
from tests.tunnel.rig import DEVICE, Rig


@pytest.fixture
def rig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rig]:
    """Return a bastion, a device and a manifest that joins them."""
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path))
    with Sshd(tmp_path / "bastion") as bastion, Sshd(tmp_path / "device") as device:
        yield Rig(tmp_path, bastion=bastion, device=device)


def status(rig: Rig, *options: str, code: int) -> dict[str, Any]:
    """Return the one tunnel of the document that status prints."""
    with contextlib.redirect_stdout(io.StringIO()) as out:
        assert main([*arguments(rig), *options, "--json"]) == code
    document = json.loads(out.getvalue())
    assert document["formatVersion"] == "1"
    assert document["up"] == (code == 0)
    (tunnel,) = document["tunnels"]
    assert isinstance(tunnel, dict)
    return tunnel


def text(rig: Rig, *options: str) -> str:
    """Return what status prints for people."""
    with contextlib.redirect_stdout(io.StringIO()) as out:
        main([*arguments(rig), *options])
    return out.getvalue()


def arguments(rig: Rig) -> list[str]:
    """Return how status is asked for the device."""
    return ["tunnel", "status", DEVICE, "-f", str(rig.manifest), "--wait", "3s"]


def test_the_device_says_whether_the_bastion_forwards_since_when_and_why_not(rig: Rig) -> None:
    nobody = status(rig, code=1)
    assert (nobody["condition"], nobody["keptBy"]) == ("absent", "nobody")
    with rig.run() as run:
        run.told("up")
        up = status(rig, code=0)
        assert (up["condition"], up["keptBy"], up["remotePort"]) == ("up", "run", rig.remote_port)
        assert (up["retries"], up["lastError"]) == (0, None)
        assert up["since"].endswith("Z")
        assert f"port {rig.remote_port} of 127.0.0.1, kept by papaya tunnel run" in text(rig)
        rig.bastion.kill()
        run.told("failed")
        down = status(rig, code=1)
        assert down["condition"] in {"waiting", "connecting"}
        assert down["retries"] >= 1
        assert down["lastError"]["kind"] in {"refused", "lost"}
        rig.bastion.start()
    assert status(rig, code=1)["condition"] == "absent"


@pytest.mark.parametrize("side", ["--on-bastion", "--from-bastion"])
def test_a_live_port_is_told_from_a_stale_one(rig: Rig, side: str) -> None:
    options = [side, *rig.operator_options] if side == "--from-bastion" else [side]
    assert status(rig, *options, code=1)["condition"] == "notListening"
    with socket.create_server(("127.0.0.1", rig.remote_port)):
        assert "stale listener" in text(rig, *options)
    with rig.run() as run:
        run.told("up")
        up = status(rig, *options, code=0)
        assert up["condition"] == "up"
        assert up["banner"].startswith("SSH-2.0-OpenSSH")
        rig.device.kill()
        assert status(rig, *options, code=1)["condition"] == "deadEnd"


def test_an_operator_whom_the_bastion_does_not_let_in_learns_why(
    rig: Rig, capsys: pytest.CaptureFixture[str]
) -> None:
    rig.bastion.forget_keys()
    assert main([*arguments(rig), "--from-bastion", *rig.operator_options]) == 1
    said = capsys.readouterr().err
    assert "does not let you in" in said
    assert "ssh-agent" in said


def test_a_bastion_that_is_away_hides_no_other_ones_devices(
    rig: Rig, capsys: pytest.CaptureFixture[str]
) -> None:
    fleet = json.loads(rig.manifest.read_text(encoding="utf-8"))
    devices = fleet["countries"][0]["states"][0]["devices"]
    devices.insert(0, {"name": "PM-0002", "tunnel": {"port": free_port(), "remotePort": 20001}})
    rig.manifest.write_text(json.dumps(fleet), encoding="utf-8")
    with rig.run() as run:
        run.told("up")
        assert (
            main(["tunnel", "status", "-f", str(rig.manifest), "--from-bastion", *rig.operator_options]) == 1
        )
        said = capsys.readouterr()
        assert "PM-0002  20001  not known: the bastion could not be asked\n" in said.out
        assert f"up      {DEVICE}  {rig.remote_port}  up: SSH-2.0-" in said.out
        assert "refuses connections" in said.err


def test_ports_that_an_operator_may_not_reach_are_told(rig: Rig) -> None:
    rig.bastion.forget_keys()
    rig.bastion.authorize(rig.operator_key, 'restrict,port-forwarding,permitopen="127.0.0.1:9"')
    assert status(rig, "--from-bastion", *rig.operator_options, code=1)["condition"] == "forbidden"


def test_connect_runs_a_command_on_the_device_and_ends_as_it_does(rig: Rig) -> None:
    named = ["connect", DEVICE, "-f", str(rig.manifest), *rig.operator_options]
    with rig.run() as run:
        run.told("up")
        done = rig.papaya(*named, "--", "-T", "echo hello; exit 7")
        assert (done.returncode, done.stdout) == (7, "hello\n"), done.stderr


def test_the_window_opens_a_shell_on_the_device_in_a_terminal_of_the_users_choice(
    rig: Rig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said, terminal = tmp_path / "said", tmp_path / "my terminal"
    # In place of a person, it types into the shell; what the shell says is shown in a file.
    typed = "printf 'echo on $((40 + 2)); exit 7\\n\\n'"
    terminal.write_text(
        f'#!/bin/sh\n[ "$1" = -e ] && shift\n{typed} | "$@" >\'{said}\' 2>&1\n', encoding="utf-8"
    )
    terminal.chmod(0o700)
    for name, value in zip(rig.operator_options[::2], rig.operator_options[1::2], strict=True):
        monkeypatch.setenv(f"PAPAYA_{name[2:].replace('-', '_').upper()}", value)
    with rig.run() as run:
        run.told("up")
        command = in_terminal(
            connect_command(DEVICE, [str(rig.manifest)], None), {"TERMINAL": f"'{terminal}'"}
        )
        assert command is not None and command[0] == str(terminal)
        run_detached(command)
        wait_for(lambda: said.exists() and "Ended with 7" in said.read_text(), PATIENCE, said.read_text)
    assert "on 42" in said.read_text()


def test_no_ssh_of_a_probe_stays(rig: Rig) -> None:
    status(rig, "--from-bastion", *rig.operator_options, code=1)
    assert not rig.processes_with(rig.operator_configuration)
