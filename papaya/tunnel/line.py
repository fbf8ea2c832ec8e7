"""The connections that a device keeps to its bastion, and how ssh is told about each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from papaya.errors import PapayaError
from papaya.manifest.model import AUTO, Device, DeviceTunnel, Fleet
from papaya.manifest.ports import OWN_FORWARD
from papaya.tunnel.escape import (
    checked_forward,
    checked_host,
    checked_path,
    checked_port,
    checked_user,
    ssh_option,
)
from papaya.tunnel.ports import Ports

SERVICE: Final = "papaya-ssh"
LOOPBACK: Final = "127.0.0.1"
IDENTITY_FILE: Final = "/etc/papaya/id_ed25519"
DEFAULT_USER: Final = "papaya"
KNOWN_HOSTS: Final = "/etc/papaya/known_hosts"
# A connection that went silent is given up after this many seconds times one more than the count. The bastion
# gives up sooner, so that the port is free when the device comes back.
ALIVE_INTERVAL: Final = 10
ALIVE_COUNT: Final = 2
CONNECT_SECONDS: Final = 15

_FIXED: Final = (
    "ExitOnForwardFailure=yes",
    f"ServerAliveInterval={ALIVE_INTERVAL}",
    f"ServerAliveCountMax={ALIVE_COUNT}",
    "TCPKeepAlive=yes",
    f"ConnectTimeout={CONNECT_SECONDS}",
    "ConnectionAttempts=1",
    "BatchMode=yes",
    "PreferredAuthentications=publickey",
    "IdentitiesOnly=yes",
    "IdentityAgent=none",
    "StrictHostKeyChecking=yes",
    "GlobalKnownHostsFile=/dev/null",
    "UpdateHostKeys=no",
    "CheckHostIP=no",
    "ForwardAgent=no",
    "ForwardX11=no",
    "RequestTTY=no",
    "PermitLocalCommand=no",
    "ControlMaster=no",
    "ControlPath=none",
)


@dataclass(frozen=True, slots=True)
class Forward:
    """One port of the bastion that leads back to a port of the device; both are on the loopback address.

    `name` is "ssh" for the device's own SSH server, else one of the fleet's `tunnel.forwards`.
    """

    name: str
    remote_port: int
    local_port: int


@dataclass(frozen=True, slots=True)
class Line:
    """One connection of a device to its bastion that leads one port of the bastion back to the device."""

    device: str
    host: str
    user: str
    port: int
    identity_file: str
    known_hosts: str
    forward: Forward

    @property
    def is_own_ssh(self) -> bool:
        """Whether the device's own SSH server is at the end of it."""
        return self.forward.name == OWN_FORWARD

    @property
    def unit(self) -> str:
        """The name of the systemd service that keeps this connection."""
        instance = "" if self.forward.name == OWN_FORWARD else f"@{self.forward.name}"
        return f"{SERVICE}{instance}.service"


def lines_of(fleet: Fleet, device: Device, ports: Ports) -> tuple[Line, ...]:
    """Return the connections of a device, its own SSH server's first; what is missing is raised as a fault.

    The values are those that ssh and systemd are told: checked, with ports from `ports` where the manifest
    leaves them to papaya.
    """
    tunnel = device.tunnel
    where = _where(device)
    if tunnel is None:
        raise PapayaError(
            f"{where}the device {device.name} keeps no tunnel",
            remedy="Write `tunnel: {remotePort: auto}` at its entry in the manifest.",
        )
    if not tunnel.enabled:
        raise PapayaError(
            f"{where}the tunnel of {device.name} is switched off",
            remedy="Write `enabled: true` there; in a config.properties, `enabled = true` in [ssh].",
        )
    if tunnel.host is None:
        raise PapayaError(
            f"{where}the tunnel of {device.name} leads to no host",
            remedy="Write `tunnel: {host: bastion.example.com}` on the fleet.",
        )
    host = checked_host(tunnel.host, f"{where}tunnel.host: ")
    return tuple(
        Line(
            device=device.name,
            host=host,
            user=checked_user(tunnel.user or DEFAULT_USER, f"{where}tunnel.user: "),
            port=checked_port(22 if tunnel.port is None else tunnel.port, f"{where}tunnel.port: "),
            identity_file=checked_path(
                tunnel.identity_file or IDENTITY_FILE, f"{where}tunnel.identityFile: "
            ),
            known_hosts=checked_path(tunnel.known_hosts or KNOWN_HOSTS, f"{where}tunnel.knownHosts: "),
            forward=forward,
        )
        for forward in _forwards(fleet, device, tunnel, host, ports)
    )


def ssh_arguments(
    line: Line,
    *,
    identity_file: str | None = None,
    known_hosts: str | None = None,
    in_background: bool = False,
) -> tuple[str, ...]:
    """Return the arguments after `ssh` that keep a connection and run no command.

    Other files stand in for those of the line, where a supervisor hands them over. With `in_background`, ssh
    returns once the forward is there, and writes its log to the system's from then on.
    """
    forward = line.forward
    options = (
        *_FIXED,
        ssh_option("IdentityFile", identity_file or line.identity_file),
        ssh_option("UserKnownHostsFile", known_hosts or line.known_hosts),
    )
    return (
        # Without -y what ends a connection that was once up would be told to nobody.
        *(("-f", "-y") if in_background else ()),
        *("-F", "none"),
        *("-N", "-T", "-a", "-x"),
        *(part for option in options for part in ("-o", option)),
        *("-R", f"{LOOPBACK}:{forward.remote_port}:{LOOPBACK}:{forward.local_port}"),
        *("-p", str(line.port)),
        *("-l", line.user),
        "--",
        line.host,
    )


def _forwards(
    fleet: Fleet, device: Device, tunnel: DeviceTunnel, host: str, ports: Ports
) -> tuple[Forward, ...]:
    services = {OWN_FORWARD: tunnel.local_port, **(fleet.tunnel.forwards if fleet.tunnel else {})}
    where = _where(device)
    return tuple(
        Forward(
            checked_forward(name, where),
            _remote_port(device, tunnel, host, name, ports),
            checked_port(local_port, f"{where}the local port for {name}: "),
        )
        for name, local_port in services.items()
    )


def _remote_port(device: Device, tunnel: DeviceTunnel, host: str, name: str, ports: Ports) -> int:
    where = _where(device)
    if name == OWN_FORWARD and tunnel.remote_port is None:
        raise PapayaError(
            f"{where}the tunnel of {device.name} has no remotePort",
            remedy="Write `remotePort: auto`, or a port of the bastion that is its alone; "
            "in a config.properties, `remote_port = 20001` in [ssh].",
        )
    said = tunnel.remote_port if name == OWN_FORWARD else tunnel.forward_ports.get(name, AUTO)
    if isinstance(said, int):
        return checked_port(said, f"{where}the remote port of {device.name}: ")
    allotted = ports.port(host, device.name, name)
    if allotted is None:
        what = "port" if name == OWN_FORWARD else f"port for {name}"
        raise PapayaError(
            f"{where}no {what} on {host} is allotted to {device.name} yet",
            remedy="Run `papaya tunnel ports --write` beside the manifest, and commit what it writes.",
        )
    return allotted


def _where(device: Device) -> str:
    mark = (device.tunnel.mark if device.tunnel is not None else None) or device.mark
    return "" if mark is None else f"{mark}: "
