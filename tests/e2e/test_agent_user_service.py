"""`papaya agent install --user` under the systemd of a user, on a booted machine: needs root to boot it."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.field import wait_for
from tests.lab.machine import Machine

pytestmark = pytest.mark.soak

HOME = "/home/technician"
METER = Path(__file__).parents[2] / "manifests" / "parking-meter" / "fleet.yaml"
SESSION = ("env", "XDG_RUNTIME_DIR=/run/user/0", f"HOME={HOME}")


@pytest.fixture
def machine() -> Iterator[Machine]:
    """Boot a machine on which somebody has signed in, so that systemd keeps services of that user."""
    with Machine("technician") as booted:
        booted.write(f"{HOME}/fleet.yaml", METER.read_text(encoding="utf-8"))
        booted.write(f"{HOME}/PM-0001.token", "a-token-of-the-device\n", mode=0o600)
        booted.run("mkdir", "-p", "--mode=0700", "/run/user/0")
        systemd = ["/lib/systemd/systemd", "--user"]
        booted.run("systemd-run", "--unit=session", "-p", "Delegate=yes", *SESSION, *systemd)
        wait_for(
            lambda: booted.path("/run/user/0/systemd/private").exists(), 60, lambda: booted.journal("session")
        )
        yield booted


@pytest.mark.skipif(not shutil.which("loginctl"), reason="loginctl is not on this machine")
def test_a_user_installs_runs_and_removes_an_agent_without_a_service_of_the_machine(machine: Machine) -> None:
    papaya = (*SESSION, sys.executable, "-m", "papaya", "agent")
    named = ("PM-0001", "-f", f"{HOME}/fleet.yaml", "--user")
    unit = ("systemctl", "--user", "is-active", "papaya-agent")
    assert "there is no token" in machine.run(*papaya, "install", *named, check=False).stderr
    options = (
        "--token-file",
        f"{HOME}/PM-0001.token",
        "--",
        "--simulate",
        "--mqtt-url",
        "mqtt://127.0.0.1:9",
    )
    done = machine.run(*papaya, "install", *named, *options)
    assert "journalctl --user -u papaya-agent.service" in done.stdout
    assert "sudo loginctl enable-linger root" in done.stderr
    assert machine.run(*SESSION, *unit).stdout.strip() == "active"
    spool = machine.path(f"{HOME}/.local/state/papaya/agent/PM-0001.spool")
    wait_for(spool.exists, 60, lambda: f"{spool} does not exist")
    assert machine.run(*papaya, "install", *named, *options).stdout.count("unchanged") == 2
    assert not machine.path("/etc/papaya/agent.yaml").exists()
    machine.run(*papaya, "uninstall", "PM-0001", "-f", f"{HOME}/fleet.yaml", "--user")
    assert machine.run(*SESSION, *unit, check=False).stdout.strip() == "inactive"
    assert not machine.path(f"{HOME}/.config/systemd/user/papaya-agent.service").exists()
    assert spool.exists()
