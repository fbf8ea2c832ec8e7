"""Lines from devices to a bastion, with a router in the middle that a test can break."""

from __future__ import annotations

import ctypes
import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.lab.machine import Machine

# Addresses for documentation: should one ever leave its namespace, it leads nowhere.
DEVICES = "192.0.2"
BASTION = "198.51.100.2"
_GATEWAYS = {"devices": f"{DEVICES}.1", "bastion": "198.51.100.1"}
_CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


class Network:
    """A router with the bastion on one side and any number of devices on the other."""

    def __init__(self, bastion: Machine) -> None:
        self.bastion = bastion
        self._taken = 1
        self._lines: list[Line] = []
        self._router: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        # It lives as long as somebody holds the other end of its input.
        self._router = subprocess.Popen(
            ["unshare", "--net", "sh", "-c", "echo ready; exec cat"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._router.stdout is not None
        self._router.stdout.readline()
        self.route("sysctl -q -w net.ipv4.ip_forward=1")
        self.route("ip link add devices type bridge")
        self.route(f"ip link add bastion type veth peer name eth0 netns {self.bastion.pid}")
        for name, gateway in _GATEWAYS.items():
            self.route(f"ip address add {gateway}/24 dev {name}")
            self.route(f"ip link set {name} up")
        take(self.bastion, BASTION, _GATEWAYS["bastion"])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._router is not None
        self._router.kill()
        self._router.communicate()

    def connect(self, device: Machine) -> Line:
        """Return a new line from a device to the bastion."""
        line = Line(self, device, f"port{len(self._lines)}")
        self._lines.append(line)
        return line

    def free_address(self) -> str:
        """Return an address for a device that was not used for long and is not in use."""
        used = {line.address for line in self._lines}
        while True:
            self._taken = 2 if self._taken == 250 else self._taken + 1
            if f"{DEVICES}.{self._taken}" not in used:
                return f"{DEVICES}.{self._taken}"

    def route(self, command: str) -> None:
        """Run a command, split at blanks, on the router."""
        assert self._router is not None
        enter = ["nsenter", "--target", str(self._router.pid), "--net", "--"]
        subprocess.run([*enter, *command.split()], check=True)


class Line:
    """What leads from one device to the bastion."""

    def __init__(self, network: Network, device: Machine, name: str) -> None:
        self.network, self.device, self.name = network, device, name
        self.address = ""
        network.route(f"ip link add {name} type veth peer name eth0 netns {device.pid}")
        network.route(f"ip link set {name} master devices up")
        self.move()

    def cut(self) -> None:
        """Pull the device's plug: its interface has no carrier."""
        self.network.route(f"ip link set {self.name} down")

    def mend(self) -> None:
        """Put the plug back."""
        self.network.route(f"ip link set {self.name} up")

    def swallow(self) -> None:
        """Lose every packet from and to the device without a word to anybody."""
        for direction in ("from", "to"):
            self.network.route(f"ip rule add {direction} {self.address} blackhole")

    def deliver(self) -> None:
        """Pass packets on again."""
        for direction in ("from", "to"):
            self.network.route(f"ip rule del {direction} {self.address} blackhole")

    def move(self) -> None:
        """Give the device another address, as a new lease or another network does."""
        self.address = self.network.free_address()
        self.device.run("ip", "address", "flush", "dev", "eth0")
        take(self.device, self.address, _GATEWAYS["devices"])


def take(machine: Machine, address: str, gateway: str) -> None:
    """Give a machine an address and the way to everywhere else."""
    for command in (
        f"ip address add {address}/24 dev eth0",
        "ip link set lo up",
        "ip link set eth0 up",
        f"ip route replace default via {gateway}",
    ):
        machine.run(*command.split())


@contextmanager
def inside(machine: Machine) -> Iterator[None]:
    """Let this thread stand in a machine's network for a moment: sockets made there stay there."""
    here = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    there = os.open(f"/proc/{machine.pid}/ns/net", os.O_RDONLY)
    try:
        _stand_in(there)
        try:
            yield
        finally:
            _stand_in(here)
    finally:
        os.close(there)
        os.close(here)


def _stand_in(namespace: int) -> None:
    if _libc.setns(namespace, _CLONE_NEWNET) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def banner(machine: Machine, port: int, patience: float = 2.0) -> str:
    """Return the first line that is said at a port of a machine's loopback; empty if nobody speaks there."""
    with inside(machine):
        connection = socket.socket()
    with connection:
        connection.settimeout(patience)
        try:
            connection.connect(("127.0.0.1", port))
            return connection.recv(255).decode(errors="replace").partition("\r\n")[0]
        except OSError:
            return ""


def listens(machine: Machine, port: int) -> bool:
    """Return whether anybody listens on a TCP port of a machine's loopback."""
    table = Path(f"/proc/{machine.pid}/net/tcp").read_text(encoding="utf-8")
    return f" 0100007F:{port:04X} 00000000:0000 0A" in table
