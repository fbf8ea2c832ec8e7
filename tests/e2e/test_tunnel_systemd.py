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
from collections.abc import Iterator
from pathlib import Path

import pytest

from papaya.tunnel.bastion import SERVER_ALIVE_COUNT, SERVER_ALIVE_INTERVAL, drop_in
from papaya.tunnel.line import ALIVE_COUNT, ALIVE_INTERVAL, IDENTITY_FILE, KNOWN_HOSTS
from tests.lab import faults
from tests.lab.endurance import BUDGET, SILENCE, Fault, back_after, drop_all, endure, move_all, pause_of, told
from tests.lab.field import UNIT, Device, Field, public_key, wait_for
from tests.lab.machine import ROOT_HOME, Machine
from tests.lab.network import listens
from tests.lab.rendering import BASTION_NAME, FIRST_PORT, rendering
from tests.lab.watch import Watch

pytestmark = pytest.mark.soak

# A key of nobody: these units are read, not run.
HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJm0aGSpRQ8lw2Vr9EVIrR3o5iG2h9cTLcHbNTQ6VEdW"
EXPOSURE = 1.2
DEVICES = 10
CROWD = 100


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
    key = f"{ROOT_HOME}/.ssh/id_ed25519"
    field.bastion.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key)
    public = field.bastion.path(f"{key}.pub").read_text(encoding="utf-8")
    device.machine.write(f"{ROOT_HOME}/.ssh/authorized_keys", public, 0o600)
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


def test_what_takes_root_on_both_ends_is_refused_too(field: Field, device: Device) -> None:
    machine, bastion = device.machine, field.bastion
    ssh = (
        *("ssh", "-F", "none", "-i", IDENTITY_FILE, "-o", f"UserKnownHostsFile={KNOWN_HOSTS}"),
        *("-o", "BatchMode=yes", "-o", "ExitOnForwardFailure=yes"),
    )
    tunnel_device = (*ssh, "-N", "-w", "any:any")
    allowed = "PermitTunnel yes\nPermitRootLogin prohibit-password\n"
    bastion.write("/etc/ssh/sshd_config.d/90-open.conf", allowed)
    bastion.write(f"{ROOT_HOME}/.ssh/authorized_keys", public_key(machine), 0o600)
    field.start_bastion()
    with machine.running(*tunnel_device, f"root@{BASTION_NAME}"):
        wait_for(lambda: "tun0" in bastion.run("ip", "link").stdout, 10, device.explain)
    bastion.path(f"{ROOT_HOME}/.ssh/authorized_keys").unlink()
    denied = machine.run(*ssh, f"root@{BASTION_NAME}", "true", check=False)
    assert denied.returncode == 255 and "Permission denied" in denied.stderr
    for options in (("-N", "-w", "any:any"), ("-N", "-o", "Tunnel=ethernet", "-w", "any:any")):
        refused = machine.run(*ssh, *options, f"papaya@{BASTION_NAME}", check=False)
        assert refused.returncode == 255 and "tunnel" in refused.stderr.lower(), refused.stderr
        assert "tun0" not in bastion.run("ip", "link").stdout


def test_a_port_that_somebody_tries_all_the_time_is_free_soon_after(field: Field, device: Device) -> None:
    wait_for(device.works, BUDGET, device.explain)
    struck = time.monotonic()
    with faults.address_changed(field, device):
        time.sleep(1)
    tried = 0
    while time.monotonic() < struck + BUDGET and device.status().active_since < struck:
        device.works(0.5)
        tried += 1
        time.sleep(1)
    rested = time.monotonic()
    held = "still held" if device.status().active_since < struck else "free"
    print(f"tried {tried} times in {rested - struck:.0f} s, the port of a device that had moved was {held}")
    back_after([device], struck, 4 * BUDGET)
    print(f"reached {time.monotonic() - rested:.1f} s after the last try")


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


@pytest.fixture
def crowd() -> Iterator[tuple[Field, list[Device]]]:
    """Boot a bastion and one machine with the units of a hundred devices, as many behind one address."""
    with Field() as field:
        (first,) = field.devices
        field.set_up_bastion(CROWD)
        names = [f"papaya-ssh-{number}.service" for number in range(CROWD)]
        devices = [
            Device(first.machine, first.line, field.bastion, FIRST_PORT + number, name)
            for number, name in enumerate(names)
        ]
        keys: dict[int, str] = {}
        for number, device in enumerate(devices):
            place = f"{IDENTITY_FILE}-{number}"
            device.machine.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", place)
            keys[number] = device.machine.path(f"{place}.pub").read_text(encoding="utf-8")
            unit = field.unit(number).replace(UNIT, device.unit).replace(IDENTITY_FILE, place)
            device.machine.write(f"/etc/systemd/system/{device.unit}", unit)
        field.authorize(keys)
        first.machine.systemctl("daemon-reload")
        yield field, devices


def test_a_hundred_devices_come_back_at_once(crowd: tuple[Field, list[Device]]) -> None:
    field, devices = crowd
    machine = devices[0].machine
    names = [device.unit for device in devices]
    right = field.rendering.server_settings()
    field.bastion.write(drop_in("field"), re.sub("^MaxStartups .*$", "", right, flags=re.MULTILINE))
    field.start_bastion()
    machine.systemctl("start", "--no-block", *names)
    wait_for(lambda: refused(field) > 0, BUDGET, lambda: "without MaxStartups, nobody is refused")
    machine.systemctl("stop", *names)

    field.bastion.write(drop_in("field"), right)
    field.start_bastion()
    before = refused(field)
    started = time.monotonic()
    machine.systemctl("start", "--no-block", *names)
    all_up(devices)
    print(f"{CROWD} at once from nothing: all reached after {time.monotonic() - started:.1f} s")
    struck = time.monotonic()
    field.start_bastion()
    assert not all(listens(field.bastion, device.port) for device in devices)
    all_up(devices)
    print(f"{CROWD} at once after the bastion's end: all reached after {time.monotonic() - struck:.1f} s")
    print(f"refused by sshd's own MaxStartups: {before}, by the rendered one: {refused(field) - before}")
    assert refused(field) == before


def refused(field: Field) -> int:
    """Return how many connections the bastion's sshd did not even talk to."""
    return len(re.findall(r"drop connection #|past MaxStartups", field.bastion.journal("ssh", 100_000)))


def all_up(devices: list[Device]) -> None:
    """Wait until every device is reached and called active; nobody helps."""
    bastion = devices[0].bastion
    wait_for(lambda: all(listens(bastion, device.port) for device in devices), 90, devices[0].explain)
    for device in devices:
        wait_for(device.works, 10, device.explain)
    machine, names = devices[0].machine, [device.unit for device in devices]
    wait_for(
        lambda: set(machine.systemctl("is-active", *names, check=False).split()) == {"active"},
        10,
        devices[0].explain,
    )
