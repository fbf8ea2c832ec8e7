"""A fleet for a lab, and what papaya renders for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from papaya.manifest.load import Source, load
from papaya.manifest.model import Device, Fleet
from papaya.tunnel.bastion import authorized_keys, bastions_of, server_settings
from papaya.tunnel.known_hosts import known_hosts_of
from papaya.tunnel.line import Line, lines_of
from papaya.tunnel.ports import Ports
from papaya.tunnel.public_keys import read_keys
from papaya.tunnel.unit import OLDEST_SYSTEMD, render

BASTION_NAME = "bastion.example.com"
FIRST_PORT = 20001

_HEAD = """\
apiVersion: papaya/v1
kind: Fleet
metadata: {{name: field}}
server: {{url: http://127.0.0.1:8080}}
profiles: {{country: Country, state: State, device: Meter}}
tunnel: {{host: {host}, user: {user}, port: {port}, serverVersion: {server_version}, hostKeys: ["{key}"]}}
countries:
  - name: INDIA
    states:
      - name: Karnataka
        devices:
"""
_DEVICE = "          - {{name: {name}, tunnel: {{remotePort: {port}}}}}\n"


def device_name(number: int) -> str:
    """Return the name of a device of a lab."""
    return f"M-{number}"


@dataclass(frozen=True, slots=True)
class Rendering:
    """What a fleet renders to; devices count from 0, and so do their ports."""

    text: str
    fleet: Fleet

    def line(self, number: int) -> Line:
        """Return the connection of a device to its bastion."""
        (line,) = lines_of(self.fleet, self._device(number), Ports())
        return line

    def unit(self, number: int, systemd: int = OLDEST_SYSTEMD) -> str:
        """Return the unit of a device, for a version of systemd."""
        return render(self.line(number), systemd=systemd)

    def known_hosts(self, number: int) -> str:
        """Return the file that pins the bastion's key on a device."""
        return known_hosts_of(self._device(number))

    def authorized_keys(self, keys: Mapping[int, str]) -> str:
        """Return the file that lets devices in on the bastion, from their public keys."""
        named = {self._device(number).name: read_keys(key, "key") for number, key in keys.items()}
        return authorized_keys([self.line(number) for number in keys], named)

    def server_settings(self) -> str:
        """Return the drop-in of the bastion's sshd."""
        version = self.fleet.tunnel.server_version if self.fleet.tunnel is not None else None
        (bastion,) = bastions_of(
            [self.line(number) for number, _ in enumerate(self._devices())], version, self.fleet.name
        )
        return server_settings(bastion)

    def _device(self, number: int) -> Device:
        return self._devices()[number]

    def _devices(self) -> list[Device]:
        return list(self.fleet.devices())


def rendering(
    devices: int,
    host_key: str,
    *,
    host: str = BASTION_NAME,
    user: str = "papaya",
    port: int = 22,
    first_port: int = FIRST_PORT,
    server_version: str | None = None,
) -> Rendering:
    """Return what papaya renders for a fleet of so many devices and a bastion with this public host key."""
    version = "null" if server_version is None else f'"{server_version}"'
    head = _HEAD.format(host=host, user=user, port=port, key=host_key, server_version=version)
    text = head + "".join(
        _DEVICE.format(name=device_name(number), port=first_port + number) for number in range(devices)
    )
    loaded = load([Source("fleet.yaml", text)])
    assert loaded.fleet is not None, "\n".join(str(fault) for fault in loaded.diagnostics)
    return Rendering(text, loaded.fleet)
