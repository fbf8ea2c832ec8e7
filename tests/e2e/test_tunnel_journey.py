"""The way of docs/tunnel.md, from a manifest to a shell on the device, on booted machines: needs root."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from papaya.tunnel.public_keys import file_of
from tests.lab.field import UNIT, wait_for
from tests.lab.machine import ROOT_HOME, Machine
from tests.lab.network import BASTION, Network, listens

pytestmark = pytest.mark.soak

BASTION_NAME = "bastion.example.com"
WEB_UNIT = "papaya-ssh@web.service"
USERADD = ("useradd", "--system", "--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin", "papaya")
PAPAYA = (sys.executable, "-m", "papaya")
FLEET = """\
apiVersion: papaya/v1
kind: Fleet
metadata: {{name: garage}}
tunnel:
  host: {host}
  user: papaya
  remotePorts: {{from: 20000, to: 32767}}
  hostKeys: ["{host_key}"]
  forwards: {{web: 22}}
defaults: {{device: {{tunnel: {{remotePort: auto}}}}}}
countries: [{{name: INDIA, states: [{{name: Karnataka, devices: [{{name: GM-001}}, {{name: GM-002}}]}}]}}]
"""


@dataclass(frozen=True, slots=True)
class World:
    """A bastion, a device and an operator's machine, of which nobody knows another yet."""

    bastion: Machine
    device: Machine
    operator: Machine
    folder: Path

    def papaya(self, *arguments: str) -> str:
        """Run papaya where the manifest is."""
        done = subprocess.run(
            [*PAPAYA, *arguments], cwd=self.folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def on_device(self, *arguments: str, expected: int = 0) -> str:
        """Run papaya as root on the device, and return everything that it says."""
        done = self.device.run(*PAPAYA, *arguments, check=False, timeout=120)
        assert done.returncode == expected, done.stdout + done.stderr
        return done.stdout + done.stderr


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Boot the machines, and write a manifest that pins the bastion's key."""
    with ExitStack() as open_ones:
        bastion, device, operator = (
            open_ones.enter_context(Machine(name)) for name in ("bastion", "gm-001", "operator")
        )
        network = open_ones.enter_context(Network(bastion))
        for machine in (device, operator):
            network.connect(machine)
            machine.write("/etc/hosts", f"127.0.0.1 localhost\n{BASTION} {BASTION_NAME}\n")
        for machine in (bastion, device):
            machine.systemctl("start", "ssh")
        public = bastion.path("/etc/ssh/ssh_host_ed25519_key.pub").read_text(encoding="utf-8")
        text = FLEET.format(host=BASTION_NAME, host_key=public.strip())
        (tmp_path / "fleet.yaml").write_text(text, encoding="utf-8")
        (tmp_path / "keys").mkdir()
        yield World(bastion, device, operator, tmp_path)


def let_operator_in(world: World) -> None:
    """Give the operator an account on the bastion and on the device, as they have one in any case."""
    key = f"{ROOT_HOME}/.ssh/id_ed25519"
    world.operator.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key)
    public = world.operator.path(f"{key}.pub").read_text(encoding="utf-8")
    world.bastion.run("useradd", "--create-home", "--shell", "/bin/sh", "alice")
    world.bastion.write("/home/alice/.ssh/authorized_keys", public)
    world.bastion.run("chown", "-R", "alice:", "/home/alice/.ssh")
    world.device.write(f"{ROOT_HOME}/.ssh/authorized_keys", public, 0o600)


def ask_as_the_agent(world: World, bundle: str) -> None:
    """Have the tunnel started anew as the agent does: with no right but to its own state folder."""
    world.on_device("tunnel", "install", "-f", bundle, "--restart-by-agent")
    before = world.device.systemctl("show", "--property=InvocationID", "--value", UNIT)
    rights = ("--property=DynamicUser=yes", "--property=StateDirectory=papaya-agent", "--unit=papaya-agent")
    wish = ("touch", "/var/lib/papaya-agent/restart-tunnel")
    world.device.run("systemd-run", "--quiet", "--wait", *rights, *wish)

    def is_new() -> bool:
        asked = world.device.systemctl("show", "--property=InvocationID,ActiveState", "--value", UNIT)
        return before not in asked and "active" in asked.split()

    wait_for(is_new, 30, lambda: world.device.journal("papaya-ssh-restart.service"))
    assert not world.device.path("/var/lib/private/papaya-agent/restart-tunnel").exists()
    assert "papaya-ssh-restart.path" in world.on_device("tunnel", "install", "-f", bundle)
    assert not world.device.path("/etc/systemd/system/papaya-ssh-restart.path").exists()


def lock_out(world: World, port: int) -> None:
    """Take the device's key away as docs/tunnel.md says, and insist that the device is out."""
    key = world.folder / "keys" / "GM-001.pub"
    key.rename(key.with_suffix(".kept"))
    bring_files(world)
    world.bastion.systemctl("restart", "ssh")
    assert listens(world.bastion, port), "sshd's end is not that of its connections"
    world.bastion.run("pkill", "-u", "papaya")
    wait_for(lambda: not listens(world.bastion, port), 30, lambda: "the port is still there")
    wait_for(
        lambda: "does not let the device's key in" in world.on_device("tunnel", "status", expected=1),
        30,
        lambda: world.device.journal(UNIT),
    )
    key.with_suffix(".kept").rename(key)
    bring_files(world)
    world.on_device("tunnel", "start")


def set_up_bastion(world: World) -> None:
    """Make the bastion's user, and bring it its files."""
    world.bastion.run(*USERADD)
    bring_files(world)


def bring_files(world: World) -> None:
    """Render the bastion's files, put them where they belong, and let sshd take them up."""
    world.papaya("tunnel", "bastion", "-o", "bastion")
    rendered = world.folder / "bastion" / BASTION_NAME
    for path in rendered.rglob("*"):
        if path.is_file():
            world.bastion.write(f"/{path.relative_to(rendered)}", path.read_text(encoding="utf-8"))
    world.bastion.run("sh", "-c", "sshd -t && systemctl reload ssh")


def test_names_and_paths_with_every_special_character_are_what_was_meant(world: World) -> None:
    name = 'it\'s 100% "GM" $HOME ${PATH} %n ;x# \\'
    key, hosts = "/etc/papaya/it's 100% $HOME #1 ;id", "/etc/papaya/ %h %%d known $PATH hosts"
    manifest = world.folder / "fleet.yaml"
    text = manifest.read_text(encoding="utf-8").replace("{name: GM-001}", f"{{name: {json.dumps(name)}}}")
    files = f"  identityFile: {json.dumps(key)}\n  knownHosts: {json.dumps(hosts)}\n"
    manifest.write_text(text.replace("  user: papaya\n", f"  user: papaya\n{files}"), encoding="utf-8")
    world.papaya("tunnel", "ports", "--write")
    world.papaya("render", "fleet.yaml", "--device", name, "-o", "bundle.yaml")
    world.device.write(f"{ROOT_HOME}/bundle.yaml", (world.folder / "bundle.yaml").read_text(encoding="utf-8"))
    public = world.device.run(*PAPAYA, "tunnel", "keygen", "-f", f"{ROOT_HOME}/bundle.yaml").stdout
    (world.folder / "keys" / file_of(name)).write_text(public, encoding="utf-8")
    set_up_bastion(world)
    world.on_device("tunnel", "install", "-f", f"{ROOT_HOME}/bundle.yaml")
    assert world.device.systemctl("is-active", UNIT, WEB_UNIT).split() == ["active", "active"]
    assert "ssh -f -y" in world.device.systemctl("show", "--property=ExecStart", UNIT)
    assert world.device.path(key).stat().st_mode & 0o777 == 0o600
    description = world.device.systemctl("show", "--property=Description", "--value", UNIT)
    assert description.startswith(f"papaya tunnel of {name}: {BASTION_NAME}:")


def test_from_a_manifest_to_a_shell_and_back(world: World) -> None:
    bundle = f"{ROOT_HOME}/gm-001.yaml"
    world.papaya("tunnel", "ports", "--write")
    world.papaya("render", "fleet.yaml", "--device", "GM-001", "-o", "gm-001.yaml")
    world.device.write(bundle, (world.folder / "gm-001.yaml").read_text(encoding="utf-8"))

    assert "papaya tunnel keygen" in world.on_device("tunnel", "install", "-f", bundle, expected=1)
    key = world.device.run(*PAPAYA, "tunnel", "keygen", "-f", bundle).stdout
    (world.folder / "keys" / "GM-001.pub").write_text(key, encoding="utf-8")
    told = world.on_device("tunnel", "install", "-f", bundle, expected=1)
    assert "tries again by itself" in told, "the bastion does not know the key yet"

    set_up_bastion(world)
    world.on_device("tunnel", "start")
    assert world.on_device("tunnel", "install", "-f", bundle).count("unchanged") == 4
    assert world.device.systemctl("is-enabled", UNIT, WEB_UNIT).split() == ["enabled", "enabled"]
    assert "the bastion forwards to this device" in world.on_device("tunnel", "status")

    ask_as_the_agent(world, bundle)
    let_operator_in(world)
    world.operator.write(
        f"{ROOT_HOME}/.ssh/fleet", world.papaya("tunnel", "ssh-config", "--jump-user", "alice")
    )
    world.operator.write(f"{ROOT_HOME}/.ssh/config", "Include fleet\nStrictHostKeyChecking accept-new\n")
    assert world.operator.run("ssh", "GM-001", "uname -n").stdout == "gm-001\n"

    port = int(world.operator.run("ssh", "-G", "GM-001").stdout.split("\nport ")[1].split("\n")[0])
    lock_out(world, port)
    world.on_device("tunnel", "stop")
    wait_for(lambda: not listens(world.bastion, port), 30, lambda: "the port is still there")
    assert world.device.systemctl("is-enabled", UNIT, check=False) == "disabled"
    world.on_device("tunnel", "start")
    assert listens(world.bastion, port)
    world.on_device("tunnel", "uninstall")
    wait_for(lambda: not listens(world.bastion, port), 30, lambda: "the port is still there")
    left = {path.name for path in world.device.path("/etc/systemd/system").rglob("papaya*")}
    assert left == set()
    assert world.device.path("/etc/papaya/id_ed25519").exists()
