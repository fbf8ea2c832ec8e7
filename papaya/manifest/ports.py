"""Remote ports of the reverse SSH tunnels: one device each, and enough of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from papaya.manifest.model import AUTO, Device, DeviceTunnel, Fleet
from papaya.manifest.report import Report


def check_tunnels(fleet: Fleet, devices: Iterable[Device], report: Report) -> None:
    """Note what keeps the tunnels of a fleet from leading to its devices."""
    ports: dict[tuple[str, int], Device] = {}
    allotted: dict[str, list[Device]] = {}
    for device in devices:
        tunnel = device.tunnel
        if tunnel is None or not tunnel.enabled:
            continue
        if tunnel.host is None:
            if "tunnel" not in report.unsure:
                report.add_at(
                    tunnel.mark or device.mark,
                    f"the tunnel of {device.name} leads to no host",
                    "write `tunnel: {host: bastion.example.com}` on the fleet",
                )
            continue
        if tunnel.remote_port == AUTO:
            allotted.setdefault(tunnel.host, []).append(device)
        elif isinstance(tunnel.remote_port, int):
            first = ports.setdefault((tunnel.host, tunnel.remote_port), device)
            if first is not device:
                report.add_at(
                    tunnel.mark or device.mark,
                    f"the port {tunnel.remote_port} on {tunnel.host} leads to {first.name} already, "
                    f"so it cannot lead to {device.name}",
                    "choose another port, or `remotePort: auto`",
                )
    _check_range(fleet, ports, allotted, report)


def _check_range(
    fleet: Fleet,
    ports: Mapping[tuple[str, int], Device],
    allotted: Mapping[str, list[Device]],
    report: Report,
) -> None:
    tunnel = fleet.tunnel
    if tunnel is None or tunnel.remote_ports is None:
        for waiting in allotted.values():
            if "tunnel" not in report.unsure:
                mark = (waiting[0].tunnel or DeviceTunnel()).mark or waiting[0].mark
                report.add_at(
                    mark,
                    f"the tunnel of {waiting[0].name} asks for a port, and the fleet has none to allot",
                    "write `tunnel: {remotePorts: {from: 20000, to: 32767}}` on the fleet",
                )
        return
    first, last = tunnel.remote_ports.first, tunnel.remote_ports.last
    if first > last:
        report.add_at(tunnel.mark, f"the remote ports end ({last}) before they start ({first})", "swap them")
        return
    for host, waiting in allotted.items():
        taken = sum(1 for other, port in ports if other == host and first <= port <= last)
        free = last - first + 1 - taken
        if len(waiting) > free:
            report.add_at(
                tunnel.mark,
                f"{len(waiting):,} devices ask for a port on {host}, {free:,} of {first} to {last} are free",
                "widen remotePorts",
            )
