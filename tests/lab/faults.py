"""What goes wrong between a device and its bastion: each fault is a block of code that it lasts for."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.lab.field import AUTHORIZED_KEYS, HOST_KEY, Device, Field, wait_for
from tests.lab.machine import ROOT_HOME
from tests.lab.network import inside, listens


@contextmanager
def bastion_killed(field: Field, device: Device) -> Iterator[None]:
    """End the bastion's sshd and every session of it; nobody listens."""
    field.bastion.systemctl("kill", "--signal=KILL", "ssh")
    yield
    field.start_bastion()


@contextmanager
def port_taken(field: Field, device: Device) -> Iterator[None]:
    """End the session and let somebody else listen on the device's port, who says nothing."""
    field.bastion.systemctl("kill", "--signal=KILL", "ssh")
    wait_for(lambda: not listens(field.bastion, device.port), 10, device.explain)
    with inside(field.bastion):
        other = socket.socket()
    with other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", device.port))
        other.listen(50)
        field.start_bastion()
        yield


@contextmanager
def host_key_changed(field: Field, device: Device) -> Iterator[None]:
    """Start the bastion's sshd again with another host key, as an impostor has."""
    bastion = field.bastion
    bastion.run("mkdir", "--parents", f"{ROOT_HOME}/right")
    bastion.run("mv", HOST_KEY, f"{HOST_KEY}.pub", f"{ROOT_HOME}/right")
    bastion.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", HOST_KEY)
    field.start_bastion()
    yield
    bastion.run("cp", "--recursive", f"{ROOT_HOME}/right/.", str(Path(HOST_KEY).parent))
    field.start_bastion()


@contextmanager
def key_refused(field: Field, device: Device) -> Iterator[None]:
    """Forget the device's key on the bastion, and end the session that it had opened."""
    keys = field.bastion.path(AUTHORIZED_KEYS)
    text = keys.read_text(encoding="utf-8")
    keys.write_text("", encoding="utf-8")
    field.start_bastion()
    yield
    keys.write_text(text, encoding="utf-8")


@contextmanager
def sessions_dropped(field: Field, device: Device) -> Iterator[None]:
    """End every session of a bastion that is there again at once."""
    field.start_bastion()
    yield


@contextmanager
def bastion_frozen(field: Field, device: Device) -> Iterator[None]:
    """Stop the bastion's sshd: its kernel takes connections, nobody answers."""
    field.bastion.systemctl("kill", "--signal=STOP", "ssh")
    yield
    field.bastion.systemctl("kill", "--signal=CONT", "ssh")


@contextmanager
def plug_pulled(field: Field, device: Device) -> Iterator[None]:
    """Take the carrier from the device's interface."""
    device.line.cut()
    yield
    device.line.mend()


@contextmanager
def packets_lost(field: Field, device: Device) -> Iterator[None]:
    """Lose every packet between device and bastion."""
    device.line.swallow()
    yield
    device.line.deliver()


@contextmanager
def address_changed(field: Field, device: Device) -> Iterator[None]:
    """Take the line away and give it back with another address."""
    device.line.cut()
    yield
    device.line.move()
    device.line.mend()


# Loud: the connection ends, so the device knows at once. Silent: only what does not come tells it.
LOUD: Final = (bastion_killed, sessions_dropped, port_taken, host_key_changed, key_refused)
SILENT: Final = (bastion_frozen, plug_pulled, packets_lost, address_changed)
