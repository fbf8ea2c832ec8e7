"""The command of the rendered unit, as systemd runs it: it returns when the bastion forwards, not before."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from papaya.tunnel.line import Forward, Line
from papaya.tunnel.unit import render
from tests.tunnel.bastion import Sshd, banner_at, free_port, make_key
from tests.tunnel.processes import is_alive
from tests.tunnel.rig import wait_until
from tests.unit.tunnel.systemd_syntax import arguments_of, settings_of

PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Service:
    """The command of a device's unit, with the files that systemd would hand over."""

    line: Line
    command: list[str]

    def start(self) -> subprocess.CompletedProcess[str]:
        """Run the command until it has gone to the background or failed."""
        return subprocess.run(
            self.command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )

    def processes(self) -> list[int]:
        """Return the ids of what runs with this device's key."""
        option = f"IdentityFile={self.line.identity_file}".encode()
        found = []
        for entry in Path("/proc").iterdir():
            # Others come and go, and are nobody's business.
            with contextlib.suppress(OSError):
                if entry.name.isdigit() and option in (entry / "cmdline").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
        return [pid for pid in found if is_alive(pid)]


@pytest.fixture
def bastion(tmp_path: Path) -> Iterator[Sshd]:
    """Start a bastion."""
    with Sshd(tmp_path / "bastion", ["AllowTcpForwarding remote"]) as sshd:
        yield sshd


@pytest.fixture
def service(bastion: Sshd, tmp_path: Path) -> Iterator[Service]:
    """Render the unit of a device whose own SSH server is the bastion, and end what it leaves running."""
    key, hosts = tmp_path / "identity", tmp_path / "known_hosts"
    make_key(key)
    bastion.authorize(key, "restrict,port-forwarding")
    hosts.write_text(bastion.known_hosts_line, encoding="utf-8")
    forward = Forward("ssh", free_port(), bastion.port)
    line = Line("PM-1", "127.0.0.1", bastion.user, bastion.port, str(key), str(hosts), forward)
    unit = render(line).replace(f"/run/credentials/{line.unit}", str(tmp_path))
    (command,) = [value for _, setting, value in settings_of(unit) if setting == "ExecStart"]
    made = Service(line, arguments_of(command))
    yield made
    for pid in made.processes():
        os.kill(pid, signal.SIGTERM)


def test_when_it_returns_the_bastion_forwards_and_one_process_stays(service: Service) -> None:
    started = service.start()
    assert (started.returncode, started.stdout, started.stderr) == (0, "", "")
    assert banner_at(service.line.forward.remote_port).startswith("SSH-2.0-")
    (pid,) = service.processes()
    os.kill(pid, signal.SIGTERM)
    wait_until(
        lambda: not banner_at(service.line.forward.remote_port), PATIENCE, "the bastion still forwards"
    )
    # The bastion may notice that the connection has ended before ssh is quite gone.
    wait_until(lambda: not service.processes(), PATIENCE, "an ssh stays behind")


def test_while_the_port_is_taken_it_fails_and_leaves_nothing(service: Service) -> None:
    assert service.start().returncode == 0
    (first,) = service.processes()
    assert service.start().returncode == 255
    assert service.processes() == [first]


def test_a_bastion_with_another_host_key_is_refused(service: Service, bastion: Sshd) -> None:
    bastion.change_host_key()
    assert service.start().returncode == 255
    assert service.processes() == []


def test_a_key_that_is_not_let_in_any_more_is_no_tunnel(service: Service, bastion: Sshd) -> None:
    bastion.forget_keys()
    assert service.start().returncode == 255
    assert banner_at(service.line.forward.remote_port) == ""
