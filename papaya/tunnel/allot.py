"""Gives every forward of a fleet a port of its bastion, once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from papaya.diagnostics import Diagnostic, Mark, in_order
from papaya.errors import ManifestError, PapayaError
from papaya.manifest.model import AUTO, Device, DeviceTunnel, Fleet
from papaya.manifest.ports import OWN_FORWARD, host_name
from papaya.tunnel.ports import LOCK_FILE, Ports


@dataclass(frozen=True, slots=True)
class Wish:
    """What a manifest says about one forward of a device: a port, or None where papaya is to allot one."""

    host: str
    device: Device
    forward: str
    port: int | None

    @property
    def label(self) -> str:
        """The device, and the forward unless it is the device's own SSH server."""
        return self.device.name if self.forward == OWN_FORWARD else f"{self.device.name} ({self.forward})"


def wishes_of(fleet: Fleet) -> Iterator[Wish]:
    """Yield every forward of a fleet that wants a port, in the order of the manifest."""
    further = fleet.tunnel.forwards if fleet.tunnel is not None else {}
    for device in fleet.devices():
        tunnel = device.tunnel
        if tunnel is None or not tunnel.enabled or tunnel.host is None or tunnel.remote_port is None:
            continue
        said = {OWN_FORWARD: tunnel.remote_port, **dict.fromkeys(further, AUTO), **tunnel.forward_ports}
        for forward, port in said.items():
            yield Wish(host_name(tunnel.host), device, forward, port if isinstance(port, int) else None)


def allot(fleet: Fleet, ports: Ports) -> Ports:
    """Return the ports with one for every forward that wants one and has none; nothing else changes.

    Where a search starts depends on the names alone. So the result does not depend on the order of devices,
    and two people who each add devices seldom allot the same port.
    """
    hosts = {host: dict(devices) for host, devices in ports.hosts.items()}
    waiting = [wish for wish in wishes_of(fleet) if wish.port is None and not _has(ports, wish)]
    if not waiting:
        return ports
    bounds = fleet.tunnel.remote_ports if fleet.tunnel is not None else None
    if bounds is None:
        raise PapayaError(
            f"{waiting[0].label} asks for a port, and the fleet has none to allot",
            remedy="Write `tunnel: {remotePorts: {from: 20000, to: 32767}}` on the fleet.",
        )
    taken = {host: set(ports.holders(host)) for host in {wish.host for wish in waiting}}
    for wish in wishes_of(fleet):
        if wish.port is not None and wish.host in taken:
            taken[wish.host].add(wish.port)
    for wish in sorted(waiting, key=lambda wish: (wish.device.name, wish.forward)):
        port = _free(wish, range(bounds.first, bounds.last + 1), taken[wish.host])
        taken[wish.host].add(port)
        devices = hosts.setdefault(wish.host, {})
        devices[wish.device.name] = {**devices.get(wish.device.name, {}), wish.forward: port}
    return Ports(hosts)


def renamed(fleet: Fleet, ports: Ports) -> Ports:
    """Return the ports with the entries of devices that were renamed in place under their new names."""
    hosts = {host: dict(devices) for host, devices in ports.hosts.items()}
    moved = {
        (host, device.name): device.formerly
        for device in fleet.devices()
        if device.formerly is not None
        for host, devices in ports.hosts.items()
        if device.name not in devices and device.formerly in devices
    }
    for (host, name), former in moved.items():
        hosts[host][name] = hosts[host].pop(former)
    return Ports(hosts) if moved else ports


def filled_in(fleet: Fleet, ports: Ports) -> Fleet:
    """Return the fleet with allotted ports in the place of `auto`; what is not allotted yet stays `auto`.

    A port that the manifest gives to one device and the lock file to another is raised as a ManifestError.
    """
    ports = renamed(fleet, ports)
    _check(fleet, ports)
    if not ports.hosts:
        return fleet
    further = tuple(fleet.tunnel.forwards) if fleet.tunnel is not None else ()

    def with_ports(device: Device) -> Device:
        tunnel = device.tunnel
        if tunnel is None or tunnel.host is None:
            return device
        its = ports.of(host_name(tunnel.host), device.name)
        return replace(device, tunnel=_with_ports(tunnel, its, further)) if its else device

    return replace(
        fleet,
        countries=tuple(
            replace(
                country,
                states=tuple(
                    replace(state, devices=tuple(with_ports(device) for device in state.devices))
                    for state in country.states
                ),
            )
            for country in fleet.countries
        ),
    )


def _with_ports(tunnel: DeviceTunnel, its: Mapping[str, int], further: tuple[str, ...]) -> DeviceTunnel:
    own = its.get(OWN_FORWARD, AUTO) if tunnel.remote_port == AUTO else tunnel.remote_port
    forwards = {name: its[name] for name in further if name in its}
    return replace(tunnel, remote_port=own, forward_ports={**forwards, **tunnel.forward_ports})


def _check(fleet: Fleet, ports: Ports) -> None:
    faults: list[Diagnostic] = []
    holders = {host: ports.holders(host) for host in ports.hosts}
    for wish in wishes_of(fleet):
        holder = holders.get(wish.host, {}).get(wish.port) if wish.port is not None else None
        if holder is None or holder == (wish.device.name, wish.forward):
            continue
        mark = (
            (wish.device.tunnel.mark if wish.device.tunnel else None) or wish.device.mark or Mark(fleet.name)
        )
        name, forward = holder
        faults.append(
            Diagnostic(
                f"the port {wish.port} on {wish.host} is allotted to {name}"
                f"{'' if forward == OWN_FORWARD else f' ({forward})'} in {LOCK_FILE}, "
                f"so it cannot lead to {wish.label}",
                mark,
                "error",
                f"choose another port; if {name} is gone for good, remove its entry from {LOCK_FILE}",
            )
        )
    if faults:
        raise ManifestError(in_order(faults))


def _has(ports: Ports, wish: Wish) -> bool:
    return ports.port(wish.host, wish.device.name, wish.forward) is not None


def _free(wish: Wish, bounds: range, taken: set[int]) -> int:
    name = f"{wish.device.name}\0{wish.forward}".encode(errors="surrogatepass")
    start = int.from_bytes(hashlib.sha256(name).digest()[:8], "big") % max(len(bounds), 1)
    for step in range(len(bounds)):
        port = bounds[(start + step) % len(bounds)]
        if port not in taken:
            return port
    raise PapayaError(
        f"no port of {bounds.start} to {bounds.stop - 1} on {wish.host} is left for {wish.label}",
        remedy=f"Widen remotePorts, or remove entries of devices that are gone for good from {LOCK_FILE}.",
    )
