"""Remote ports of the reverse SSH tunnels: one device each, and enough of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from papaya.counting import are, counted_are
from papaya.manifest.explain import did_you_mean
from papaya.manifest.model import AUTO, Device, DeviceTunnel, Fleet, Tunnel
from papaya.manifest.public_key import is_public_key
from papaya.manifest.report import Report

# What the way to a device's own SSH server is called beside the fleet's forwards.
OWN_FORWARD: Final = "ssh"
_BETWEEN: Final = "choose from 1024 to 32767"
# Ports of one machine that no system service keeps for itself.
_MOST_PORTS: Final = 65_535 - 1_023
_WIDER: Final = "widen remotePorts"
_ANOTHER_BASTION: Final = (
    "one bastion has 64,512 ports at most: name another one for a part of the fleet, "
    "`defaults: {device: {tunnel: {host: HOST}}}` on a country or a state"
)
# Below it only root opens ports, and the bastion's user is not root.
FIRST_OF_ANYBODY: Final = 1024
# From here on Linux gives ports to outgoing connections (net.ipv4.ip_local_port_range).
FIRST_OUTGOING: Final = 32768


def host_name(host: str) -> str:
    """Return one spelling of a host: without brackets around an address, in small letters."""
    return (host[1:-1] if host.startswith("[") and host.endswith("]") else host).lower()


def check_tunnels(fleet: Fleet, devices: Iterable[Device], report: Report) -> None:
    """Note what keeps the tunnels of a fleet from leading to its devices."""
    ports: dict[tuple[str, int], tuple[Device, str]] = {}
    waiting: dict[str, list[Device]] = {}
    forwards = fleet.tunnel.forwards if fleet.tunnel is not None else {}
    _check_forwards(fleet, report)
    checked: set[str] = set()
    if fleet.tunnel is not None:
        _check_host_keys(fleet.tunnel, checked, report)
    for device in devices:
        tunnel = device.tunnel
        if tunnel is None or not tunnel.enabled:
            continue
        _check_host_keys(tunnel, checked, report)
        if tunnel.host is None:
            if "tunnel" not in report.unsure:
                report.add_at(
                    tunnel.mark or device.mark,
                    f"the tunnel of {device.name} leads to no host",
                    "write `tunnel: {host: bastion.example.com}` on the fleet",
                )
            continue
        further = forwards if tunnel.remote_port is not None else ()
        said = {OWN_FORWARD: tunnel.remote_port, **dict.fromkeys(further, AUTO), **tunnel.forward_ports}
        for forward, port in said.items():
            if forward != OWN_FORWARD and forward not in forwards:
                report.add_at(
                    tunnel.mark or device.mark,
                    f"forwardPorts of {device.name} names {forward}, and the fleet has no such forward",
                    did_you_mean(forward, forwards),
                )
            elif port == AUTO:
                waiting.setdefault(host_name(tunnel.host), []).append(device)
            elif isinstance(port, int):
                _check_port(device, forward, port, ports, report)
    _warn_of_ports(fleet, ports, report)
    _check_range(fleet, {place: device for place, (device, _) in ports.items()}, waiting, report)


def _check_forwards(fleet: Fleet, report: Report) -> None:
    if fleet.tunnel is not None and OWN_FORWARD in fleet.tunnel.forwards:
        report.add_at(
            fleet.tunnel.mark,
            f"a forward cannot be called {OWN_FORWARD}: so is the one that every device has",
            "write `localPort` at the tunnel of a device whose SSH server has another port",
        )


def _check_host_keys(tunnel: Tunnel | DeviceTunnel, checked: set[str], report: Report) -> None:
    """Note each key that is none, once: a fleet's is that of all its devices."""
    for key in tunnel.host_keys:
        if key not in checked and not is_public_key(*key.split()[:2]):
            report.add_at(
                tunnel.mark,
                f"{key.split()[0]} {key.split()[1][:24]}… in hostKeys is no whole key of that kind",
                "copy the whole line that `cat /etc/ssh/ssh_host_ed25519_key.pub` prints on the bastion",
            )
        checked.add(key)


def _check_port(
    device: Device,
    forward: str,
    port: int,
    ports: dict[tuple[str, int], tuple[Device, str]],
    report: Report,
) -> None:
    tunnel = device.tunnel or DeviceTunnel()
    first, its = ports.setdefault((host_name(tunnel.host or ""), port), (device, forward))
    if first is device and its == forward:
        return
    report.add_at(
        tunnel.mark or device.mark,
        f"the port {port} on {tunnel.host} leads to {_called(first, its)} already, "
        f"so it cannot lead to {_called(device, forward)}",
        "choose another port, or `remotePort: auto`" if forward == OWN_FORWARD else "choose another port",
    )


def _warn_of_ports(fleet: Fleet, ports: Mapping[tuple[str, int], tuple[Device, str]], report: Report) -> None:
    """Warn once of the allotted ports and once of the fixed ones that the bastion may not be able to open."""
    allotted = fleet.tunnel.remote_ports if fleet.tunnel is not None else None
    if fleet.tunnel is not None and allotted is not None:
        doubt = _doubt_of(allotted.first) or _doubt_of(allotted.last)
        if doubt:
            said = f"remotePorts from {allotted.first} to {allotted.last}: {doubt}"
            report.add_at(fleet.tunnel.mark, said, _BETWEEN, severity="warning")
    doubtful = [(device, port) for (_, port), (device, _) in ports.items() if _doubt_of(port)]
    if doubtful:
        device, port = doubtful[0]
        more = f"; the same holds for {len(doubtful) - 1:,} more" if len(doubtful) > 1 else ""
        mark = (device.tunnel or DeviceTunnel()).mark or device.mark
        said = f"the port {port} of {device.name}: {_doubt_of(port)}{more}"
        report.add_at(mark, said, _BETWEEN, severity="warning")


def _doubt_of(port: int) -> str:
    if port < FIRST_OF_ANYBODY:
        return f"only root can open ports below {FIRST_OF_ANYBODY} on the bastion"
    if port >= FIRST_OUTGOING:
        return f"from {FIRST_OUTGOING} on Linux gives ports to outgoing connections, and one may hold it"
    return ""


def _called(device: Device, forward: str) -> str:
    return device.name if forward == OWN_FORWARD else f"{device.name} ({forward})"


def _check_range(
    fleet: Fleet,
    ports: Mapping[tuple[str, int], Device],
    waiting: Mapping[str, list[Device]],
    report: Report,
) -> None:
    tunnel = fleet.tunnel
    if tunnel is None or tunnel.remote_ports is None:
        asking = [device for some in waiting.values() for device in some if _asks(device)]
        if asking and "tunnel" not in report.unsure:
            report.add_at(
                (asking[0].tunnel or DeviceTunnel()).mark or asking[0].mark,
                f"the tunnel of {asking[0].name} asks for a port, and the fleet has none to allot",
                "write `tunnel: {remotePorts: {from: 20000, to: 32767}}` on the fleet",
            )
        return
    lowest, last = tunnel.remote_ports.first, tunnel.remote_ports.last
    if lowest > last:
        report.add_at(tunnel.mark, f"the remote ports end ({last}) before they start ({lowest})", "swap them")
        return
    for host, asking in waiting.items():
        taken = sum(1 for other, port in ports if other == host and lowest <= port <= last)
        free = last - lowest + 1 - taken
        if len(asking) > free:
            report.add_at(
                tunnel.mark,
                f"{counted_are(len(asking), 'port')} asked for on {host}, "
                f"{free:,} of {lowest} to {last} {are(free)} free",
                _WIDER if len(asking) + taken <= _MOST_PORTS else _ANOTHER_BASTION,
            )


def _asks(device: Device) -> bool:
    """Return whether a device says itself that it wants a port allotted."""
    return device.tunnel is not None and device.tunnel.remote_port == AUTO
