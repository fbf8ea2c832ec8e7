"""Devices in the field and their bastion, each a booted machine, set up as papaya renders them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from papaya.tunnel.bastion import drop_in, keys_file
from papaya.tunnel.line import IDENTITY_FILE, KNOWN_HOSTS
from papaya.tunnel.unit import OLDEST_SYSTEMD
from tests.lab.machine import HERE, Machine
from tests.lab.network import BASTION, Line, Network, banner
from tests.lab.rendering import BASTION_NAME, FIRST_PORT, Rendering, device_name, rendering

UNIT = "papaya-ssh.service"
AUTHORIZED_KEYS = keys_file("papaya", "field")
HOST_KEY = "/etc/ssh/ssh_host_ed25519_key"
_ASKED = ("ActiveState", "SubState", "InvocationID", "NRestarts", "ActiveEnterTimestampMonotonic")
USER_ADD = "useradd --system --home-dir /nonexistent --shell /usr/sbin/nologin papaya"
# Nothing but the test starts the bastion's sshd again, and its end is the end of every session.
_PLAIN = "[Service]\nRestart=no\nKillMode=control-group\n"


@dataclass(frozen=True, slots=True)
class UnitStatus:
    """What systemd says of a unit; `active_since` is when it last became active, by the monotonic clock."""

    active: str
    sub: str
    run: str
    restarts: int
    active_since: float

    @property
    def is_active(self) -> bool:
        """Return whether systemd calls the unit active, as `systemctl is-active` does."""
        return self.active == "active"


class Device:
    """A device's machine with its line, its unit and its port on the bastion."""

    def __init__(self, machine: Machine, line: Line, bastion: Machine, port: int, unit: str = UNIT) -> None:
        self.machine, self.line, self.bastion, self.port, self.unit = machine, line, bastion, port, unit

    def status(self) -> UnitStatus:
        """Ask systemd about the unit."""
        said = self.machine.systemctl("show", *(f"--property={name}" for name in _ASKED), self.unit)
        told = dict(row.split("=", 1) for row in said.splitlines())
        return UnitStatus(
            told["ActiveState"],
            told["SubState"],
            told["InvocationID"],
            int(told["NRestarts"]),
            int(told["ActiveEnterTimestampMonotonic"]) / 1e6,
        )

    def works(self, patience: float = 3.0) -> bool:
        """Return whether the device's sshd answers through the port on the bastion."""
        return banner(self.bastion, self.port, patience).startswith("SSH-2.0-")

    def wait_until_works(self, patience: float) -> float:
        """Return how long it takes until the device is reached; fail after `patience`."""
        start = time.monotonic()
        wait_for(self.works, patience, self.explain)
        return time.monotonic() - start

    def explain(self) -> str:
        """Return what the unit and the bastion say, for the message of a failing test."""
        return (
            f"{self.machine.name}: {self.status()}\n{self.machine.journal(self.unit)}\n"
            f"bastion:\n{self.bastion.journal('ssh', 20)}"
        )


@dataclass(frozen=True, slots=True)
class Release:
    """A Debian to boot: where its root filesystem is, and what a manifest has to say of it."""

    system: Path = HERE
    systemd: int = OLDEST_SYSTEMD
    openssh: str | None = None


BOOKWORM = Release()


class Field:
    """A bastion and devices, booted and connected, with what papaya renders for them and nothing started."""

    def __init__(self, devices: int = 1, release: Release = BOOKWORM) -> None:
        self.release = release
        self.bastion = Machine("bastion", system=release.system)
        self.network = Network(self.bastion)
        self.devices: list[Device] = []
        self._machines = [Machine(device_name(number), system=release.system) for number in range(devices)]
        self._open: list[Machine | Network] = []
        self._rendering: Rendering | None = None

    def __enter__(self) -> Self:
        try:
            for machine in (self.bastion, *self._machines):
                self._open.append(machine.__enter__())
            self._open.append(self.network.__enter__())
            self._start_services()
            self.set_up_bastion(len(self._machines))
            for number, machine in enumerate(self._machines):
                self._set_up_device(number, machine)
            self.authorize({number: public_key(machine) for number, machine in enumerate(self._machines)})
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        while self._open:
            self._open.pop().__exit__(kind, fault, trace)

    @property
    def rendering(self) -> Rendering:
        """What papaya renders for this field."""
        assert self._rendering is not None, "the bastion is not set up"
        return self._rendering

    def unit(self, number: int) -> str:
        """Return the unit of a device, for the version of systemd that it has."""
        return self.rendering.unit(number, self.release.systemd)

    def set_up_bastion(self, devices: int) -> None:
        """Make the bastion what papaya renders for so many devices, and start its sshd."""
        host_key = self.bastion.path(f"{HOST_KEY}.pub").read_text(encoding="utf-8")
        self._rendering = rendering(
            devices, " ".join(host_key.split()[:2]), server_version=self.release.openssh
        )
        self.bastion.write(drop_in("field"), self.rendering.server_settings())
        self.start_bastion()

    def authorize(self, keys: Mapping[int, str]) -> None:
        """Let devices in on the bastion by their public keys, each for its own port."""
        self.bastion.write(AUTHORIZED_KEYS, self.rendering.authorized_keys(keys))

    def start_bastion(self) -> None:
        """Start the bastion's sshd anew, whatever happened to it: every session ends."""
        self.bastion.systemctl("kill", "--signal=KILL", "ssh", check=False)
        self.bastion.systemctl("reset-failed", "ssh", check=False)
        self.bastion.systemctl("restart", "ssh")

    def _start_services(self) -> None:
        self.bastion.run(*USER_ADD.split())
        self.bastion.write("/etc/systemd/system/ssh.service.d/lab.conf", _PLAIN)
        self.bastion.systemctl("daemon-reload")
        self.start_bastion()
        for number, machine in enumerate(self._machines):
            machine.write("/etc/hosts", f"127.0.0.1 localhost\n{BASTION} {BASTION_NAME}\n")
            machine.systemctl("start", "ssh")
            line = self.network.connect(machine)
            self.devices.append(Device(machine, line, self.bastion, FIRST_PORT + number))

    def _set_up_device(self, number: int, machine: Machine) -> None:
        machine.path("/etc/papaya").mkdir(mode=0o700)
        machine.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", IDENTITY_FILE)
        machine.write(KNOWN_HOSTS, self.rendering.known_hosts(number))
        machine.write(f"/etc/systemd/system/{UNIT}", self.unit(number))
        machine.systemctl("daemon-reload")


def public_key(machine: Machine) -> str:
    """Return the public half of a device's key."""
    return machine.path(f"{IDENTITY_FILE}.pub").read_text(encoding="utf-8")


def wait_for(true: Callable[[], bool], patience: float, explain: Callable[[], str]) -> None:
    """Wait until something is true; fail with an explanation after `patience` seconds."""
    until = time.monotonic() + patience
    while not true():
        if time.monotonic() > until:
            raise AssertionError(f"not within {patience:.0f} s:\n{explain()}")
        time.sleep(0.1)
