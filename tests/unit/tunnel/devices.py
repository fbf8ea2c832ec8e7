"""Fleets of devices with tunnels, as values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from papaya.manifest.model import Country, Device, DeviceTunnel, Fleet, PortRange, State, Tunnel
from papaya.tunnel.line import Line, lines_of
from papaya.tunnel.ports import Ports

HOST = "bastion.example.com"
PORTS = PortRange(20000, 32767)
LINE_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAQHBw2bAJTz4R3nqO2Gyqd0QI0vMCpsJxuBLzgmvHLx"


def device(name: str = "PM-0001", **tunnel: object) -> Device:
    """Return a device with a tunnel to the bastion; its port is fixed unless said otherwise."""
    said = {"remote_port": 20001, "host": HOST, "user": "papaya", "port": 22, **tunnel}
    return Device(name, "INDIA", "Karnataka", "Meter", tunnel=DeviceTunnel(**said))  # type: ignore[arg-type]


def fleet_of(
    devices: Iterable[Device],
    *,
    ports: PortRange | None = PORTS,
    forwards: Mapping[str, int] | None = None,
    version: str | None = None,
) -> Fleet:
    """Return a fleet of devices that stand in one State."""
    state = State("Karnataka", "Karnataka", devices=tuple(devices))
    tunnel = Tunnel(HOST, remote_ports=ports, forwards=forwards or {}, server_version=version)
    return Fleet("meters", tunnel=tunnel, countries=(Country("INDIA", "INDIA", states=(state,)),))


def line(name: str = "PM-0001", **tunnel: object) -> Line:
    """Return the one line of a device."""
    (only,) = lines_of(fleet_of([device(name, **tunnel)]), device(name, **tunnel), Ports())
    return only


def waiting(name: str, host: str = HOST) -> Device:
    """Return a device that asks for a port."""
    return device(name, remote_port="auto", host=host)


def renamed_device(name: str, formerly: str) -> Device:
    """Return a device that asks for a port and had another name."""
    return replace(waiting(name), formerly=formerly)
