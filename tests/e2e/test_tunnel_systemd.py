"""The rendered service under a real systemd, on booted machines with a network of their own.

Every machine is made by the test, in namespaces; see tests/lab. This needs root.
"""

from __future__ import annotations

import random
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from papaya.tunnel.bastion import SERVER_ALIVE_COUNT, SERVER_ALIVE_INTERVAL
from papaya.tunnel.line import ALIVE_COUNT, ALIVE_INTERVAL, IDENTITY_FILE
from tests.lab import faults
from tests.lab.endurance import BUDGET, SILENCE, Fault, drop_all, endure, move_all, pause_of, told
from tests.lab.field import UNIT, Device, Field, wait_for
from tests.lab.machine import Machine
from tests.lab.network import listens
from tests.lab.rendering import FIRST_PORT, rendering
from tests.lab.watch import Watch

pytestmark = pytest.mark.soak

# A key of nobody: these units are read, not run.
HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJm0aGSpRQ8lw2Vr9EVIrR3o5iG2h9cTLcHbNTQ6VEdW"
EXPOSURE = 1.2
DEVICES = 10


@pytest.fixture(scope="module")
def field() -> Iterator[Field]:
    """Boot a bastion and a device, connected, with nothing started."""
    with Field() as made:
        yield made


@pytest.fixture
def device(field: Field) -> Iterator[Device]:
    """Return the device with its tunnel up and forgotten at the end."""
    (device,) = field.devices
    device.machine.systemctl("start", UNIT)
    yield device
    device.machine.systemctl("stop", UNIT)
    device.machine.systemctl("reset-failed", UNIT, check=False)


def verified(folder: Path, unit: str) -> subprocess.CompletedProcess[str]:
    """Return what systemd says of a unit that it is only to read."""
    path = folder / UNIT
    path.write_text(unit, encoding="utf-8")
    command = ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", str(path)]
    return subprocess.run(command, capture_output=True, text=True)


def exposure(folder: Path, unit: str) -> float:
    """Return how exposed systemd thinks a unit is, from 0 to 10."""
    path = folder / UNIT
    path.write_text(unit, encoding="utf-8")
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager", str(path)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", said)
    assert found is not None, said
    return float(found[1])


def test_systemd_understands_the_whole_unit(tmp_path: Path) -> None:
    said = verified(tmp_path, rendering(1, HOST_KEY).unit(0))
    assert (said.returncode, said.stderr) == (0, "")


@pytest.mark.parametrize(
    "wrong",
    [
        ("LockPersonality=", "LockPersonalty="),
        ("Restart=always", "Restart=allways"),
        ("RestartSec=", "RestartSec=banana"),
        ("RestrictAddressFamilies=", "RestrictAddressFamilies=AF_NOTHING "),
        ("SystemCallFilter=@system-service", "SystemCallFilter=@system-servce"),
        ("/usr/bin/ssh", "/usr/bin/no-ssh"),
    ],
)
def test_a_unit_that_systemd_does_not_understand_would_be_noticed(
    tmp_path: Path, wrong: tuple[str, str]
) -> None:
    unit = rendering(1, HOST_KEY).unit(0)
    assert wrong[0] in unit
    said = verified(tmp_path, unit.replace(*wrong))
    assert (said.returncode, said.stderr) != (0, "")


def test_the_unit_is_hardly_exposed(tmp_path: Path) -> None:
    found = exposure(tmp_path, rendering(1, HOST_KEY).unit(0))
    print(f"exposure {found}")
    assert found <= EXPOSURE


def test_a_command_goes_through_the_bastion_and_back(field: Field, device: Device) -> None:
    assert device.works()
    assert device.status().is_active
    key = "/root/.ssh/id_ed25519"
    field.bastion.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key)
    public = field.bastion.path(f"{key}.pub").read_text(encoding="utf-8")
    device.machine.write("/root/.ssh/authorized_keys", public, 0o600)
    options = ("-o", "StrictHostKeyChecking=no", "-o", "LogLevel=ERROR", "-p", str(device.port))
    said = field.bastion.run("ssh", *options, "root@127.0.0.1", "cat /etc/hostname")
    assert said.stdout.strip() == device.machine.name


def test_nothing_of_the_key_can_be_seen_by_others_on_the_device(device: Device) -> None:
    machine = device.machine
    assert machine.path(IDENTITY_FILE).stat().st_mode & 0o077 == 0
    shown = machine.run(
        "runuser", "-u", "nobody", "--", "cat", f"/run/credentials/{UNIT}/identity", check=False
    )
    assert shown.returncode != 0 and "Permission denied" in shown.stderr


def test_a_unit_that_scores_well_and_cannot_run_is_caught(tmp_path: Path, field: Field) -> None:
    (device,) = field.devices
    right = field.rendering.unit(0)
    dead = right.replace(" AF_UNIX", "")
    assert dead != right
    assert exposure(tmp_path, dead) <= EXPOSURE
    assert verified(tmp_path, dead).stderr == ""
    place = f"/etc/systemd/system/{UNIT}"
    device.machine.write(place, dead)
    device.machine.systemctl("daemon-reload")
    try:
        with Watch(device) as watch:
            device.machine.systemctl("start", UNIT, check=False)
            time.sleep(3 * pause_of(dead))
        assert watch.counted["samples"] > 10
        assert watch.counted["active"] == 0
        assert not device.works()
    finally:
        device.machine.write(place, right)
        device.machine.systemctl("daemon-reload")
        device.machine.systemctl("stop", UNIT)


def test_active_means_that_the_forward_works_whatever_goes_wrong(field: Field, device: Device) -> None:
    chance = random.Random(8)
    plan: list[tuple[Fault, float]] = []
    plan += [(fault, chance.uniform(0.5, 6)) for fault in faults.LOUD for _ in range(16)]
    plan += [(fault, chance.uniform(1, 5)) for fault in faults.SILENT for _ in range(6)]
    plan += [(fault, SILENCE + 5) for fault in faults.SILENT if fault is not faults.address_changed]
    chance.shuffle(plan)
    took = endure(field, device, plan)
    assert sum(map(len, took.values())) >= 100


@pytest.fixture(scope="module")
def fleet() -> Iterator[Field]:
    """Boot a bastion and ten devices, connected, with their tunnels up."""
    with Field(DEVICES) as made:
        for device in made.devices:
            device.machine.systemctl("start", "--no-block", UNIT)
        for device in made.devices:
            wait_for(device.works, BUDGET, device.explain)
        yield made


def test_twenty_seconds_without_a_line_and_a_new_address_cost_less_than_forty_five(fleet: Field) -> None:
    chance = random.Random(45)
    away: list[float] = []
    for _ in range(5):
        time.sleep(chance.uniform(10, 20))
        assert all(device.works() for device in fleet.devices)
        # The bastion's look at its sessions is not to begin with this test's own connection.
        time.sleep(2 * SERVER_ALIVE_INTERVAL)
        away += move_all(fleet, 20)
    print(f"{len(away)} drops of 20 s with a new address; reached again after the drop: {told(away)}")
    print(f"keep-alives: device {ALIVE_INTERVAL} s x {ALIVE_COUNT}, ", end="")
    print(f"bastion {SERVER_ALIVE_INTERVAL} s x {SERVER_ALIVE_COUNT}")
    assert max(away) <= BUDGET


def test_one_drop_after_health_costs_one_pause(fleet: Field) -> None:
    over: list[float] = []
    for _ in range(3):
        time.sleep(20)
        over += drop_all(fleet)
    print(f"{len(over)} drops after 20 s of health; reached again after the first pause and {told(over)}")
    assert max(over) <= 2


def test_a_hundred_devices_come_back_at_once(field: Field) -> None:
    count = 100
    (first,) = field.devices
    machine = first.machine
    crowd = [
        Device(machine, first.line, field.bastion, FIRST_PORT + n, f"papaya-ssh-{n}.service")
        for n in range(count)
    ]
    field.set_up_bastion(count)
    keys: dict[int, str] = {}
    for number, device in enumerate(crowd):
        place = f"{IDENTITY_FILE}-{number}"
        machine.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", place)
        keys[number] = machine.path(f"{place}.pub").read_text(encoding="utf-8")
        unit = field.rendering.unit(number).replace(UNIT, device.unit).replace(IDENTITY_FILE, place)
        machine.write(f"/etc/systemd/system/{device.unit}", unit)
    field.authorize(keys)
    machine.systemctl("daemon-reload")
    names = [device.unit for device in crowd]
    started = time.monotonic()
    machine.systemctl("start", "--no-block", *names)
    all_up(crowd)
    print(f"{count} at once from nothing: all reached after {time.monotonic() - started:.1f} s")
    struck = time.monotonic()
    field.start_bastion()
    wait_for(
        lambda: not any(listens(field.bastion, device.port) for device in crowd), 5, lambda: "still there"
    )
    all_up(crowd)
    print(f"{count} at once after the bastion's end: all reached after {time.monotonic() - struck:.1f} s")
    log = field.bastion.journal("ssh", 20_000)
    refused = len(re.findall(r"drop connection|beginning MaxStartups", log))
    print(f"connections refused by MaxStartups: {refused}")
    machine.systemctl("stop", *names)
    assert refused == 0


def all_up(devices: list[Device]) -> None:
    """Wait until every device is reached and called active; nobody helps."""
    bastion = devices[0].bastion
    wait_for(lambda: all(listens(bastion, device.port) for device in devices), 90, devices[0].explain)
    for device in devices:
        wait_for(device.works, 10, device.explain)
    names = [device.unit for device in devices]
    active = devices[0].machine.systemctl("is-active", *names, check=False).split()
    assert Counter(active) == {"active": len(devices)}


def test_an_image_with_an_installed_tunnel_has_it_from_its_first_boot_on(
    field: Field, tmp_path: Path
) -> None:
    (first,) = field.devices
    manifest, image = tmp_path / "fleet.yaml", tmp_path / "image"
    manifest.write_text(field.rendering.text, encoding="utf-8")
    command = ("tunnel", "install", first.machine.name, "-f", str(manifest), "--root", str(image))
    subprocess.run([sys.executable, "-m", "papaya", *command], check=True, capture_output=True)
    for place, mode in ((IDENTITY_FILE, 0o600), ("/etc/hosts", 0o644)):
        copy = image / place.lstrip("/")
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(first.machine.path(place), copy)
        copy.chmod(mode)
    with Machine(first.machine.name, image) as machine:
        plugged_in = time.monotonic()
        device = Device(machine, field.network.connect(machine), field.bastion, first.port)
        machine.systemctl("start", "ssh")
        wait_for(device.works, BUDGET, device.explain)
        print(f"reached {time.monotonic() - plugged_in:.1f} s after its line was plugged in")
        wait_for(lambda: device.status().is_active, BUDGET, device.explain)
