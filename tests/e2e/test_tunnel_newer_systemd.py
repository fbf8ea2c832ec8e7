"""The rendered service under systemd and OpenSSH of Debian 13, where pauses grow and sshd has penalties.

The release is a folder that LAB_TREE names, with the packages of `PACKAGES`, as debootstrap makes one.
Nothing is fetched here; without that folder these tests are left out and say so. They need root.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab import faults
from tests.lab.endurance import BUDGET, SILENCE, Fault, drop_all, endure, move_all, told
from tests.lab.field import UNIT, Device, Field, Release, wait_for
from tests.lab.machine import check_possible

pytestmark = pytest.mark.soak

PACKAGES = "systemd-sysv,dbus,libnss-systemd,openssh-server,iproute2"
SYSTEMD = 257
DEVICES = 5


@pytest.fixture(scope="module")
def trixie() -> Release:
    """Return Debian 13."""
    check_possible()
    folder = os.environ.get("LAB_TREE")
    if not folder:
        pytest.skip(
            "LAB_TREE names no folder with Debian 13; one is made by: "
            f"debootstrap --variant=minbase --include={PACKAGES} trixie FOLDER"
        )
    return Release(Path(folder), SYSTEMD, "10.0")


@pytest.fixture(scope="module")
def fleet(trixie: Release) -> Iterator[Field]:
    """Boot a bastion and devices with their tunnels up."""
    with Field(DEVICES, trixie) as made:
        for device in made.devices:
            device.machine.systemctl("start", "--no-block", UNIT)
        for device in made.devices:
            wait_for(device.works, BUDGET, device.explain)
        yield made


def test_the_machines_are_what_they_are_taken_for(fleet: Field) -> None:
    (first, *_) = fleet.devices
    assert f"systemd {SYSTEMD}" in first.machine.run("systemctl", "--version").stdout
    assert "OpenSSH_10" in first.machine.run("ssh", "-V").stderr
    assert "PerSourcePenalties" in fleet.rendering.server_settings()


def test_systemd_understands_the_whole_unit_and_finds_it_hardly_exposed(fleet: Field) -> None:
    machine = fleet.devices[0].machine
    place = f"/etc/systemd/system/{UNIT}"
    said = machine.run("systemd-analyze", "verify", "--man=no", "--recursive-errors=no", place)
    assert said.stdout + said.stderr == ""
    exposure = machine.run("systemd-analyze", "security", "--no-pager", "--threshold=12", UNIT)
    print(exposure.stdout.strip().splitlines()[-1].lstrip("→ "))


def test_the_pause_grows_and_is_forgotten_once_the_tunnel_is_up(fleet: Field) -> None:
    (first, *_) = fleet.devices
    fleet.bastion.systemctl("stop", "ssh")
    time.sleep(BUDGET)
    attempts = first.status().restarts
    fleet.start_bastion()
    for device in fleet.devices:
        wait_for(device.works, 2 * BUDGET, device.explain)
    print(f"{attempts} attempts in {BUDGET:.0f} s without a bastion")
    assert attempts <= 10
    time.sleep(20)
    over = drop_all(fleet)
    print(f"one drop after 20 s of health; reached again after the first pause and {told(over)}")
    assert max(over) <= 2


def test_twenty_seconds_without_a_line_and_a_new_address_cost_less_than_forty_five(fleet: Field) -> None:
    away: list[float] = []
    for _ in range(2):
        time.sleep(20)
        away += move_all(fleet, 20)
    print(f"{len(away)} drops of 20 s with a new address; reached again after the drop: {told(away)}")
    assert max(away) <= BUDGET


def test_active_means_that_the_forward_works_whatever_goes_wrong(fleet: Field) -> None:
    device: Device = fleet.devices[0]
    plan: list[tuple[Fault, float]] = [(fault, 4.0) for fault in (*faults.LOUD, *faults.SILENT)]
    plan += [(fault, SILENCE + 5) for fault in (faults.key_refused, faults.packets_lost)]
    endure(fleet, device, plan)
