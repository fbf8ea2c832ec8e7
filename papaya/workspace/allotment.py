"""Which remote port each forward of a fleet has, and which the lock file lacks."""

from __future__ import annotations

from dataclasses import dataclass

from papaya.manifest.model import Fleet, Json
from papaya.tunnel.allot import allot, filled_in, renamed, wishes_of
from papaya.tunnel.ports import Ports
from papaya.workspace.ports import read_ports


@dataclass(frozen=True, slots=True)
class PortOf:
    """The port of a bastion for one forward of a device.

    It is fixed where the manifest says it, and allotted where that or the lock file does.
    """

    host: str
    device: str
    forward: str
    label: str
    port: int | None
    is_fixed: bool
    is_allotted: bool

    def as_json(self) -> dict[str, Json]:
        """Return the port as one member of a document."""
        return {
            "host": self.host,
            "device": self.device,
            "forward": self.forward,
            "port": self.port,
            "fixed": self.is_fixed,
            "allotted": self.is_allotted,
        }


@dataclass(frozen=True, slots=True)
class Allotment:
    """The ports of a fleet in the order of the manifest, and the lock file that would hold them all."""

    ports: tuple[PortOf, ...]
    after: Ports
    is_news: bool


def allotment_of(fleet: Fleet) -> Allotment:
    """Return the ports of a fleet that was loaded without its lock file; writes nothing.

    Raises `ManifestError` for a port that the manifest gives to one device and the lock file to another.
    """
    written = read_ports(fleet)
    filled_in(fleet, written)
    before = renamed(fleet, written)
    after = allot(fleet, before)
    ports = []
    for wish in wishes_of(fleet):
        name = wish.device.name
        port = after.port(wish.host, name, wish.forward) if wish.port is None else wish.port
        is_fixed = wish.port is not None
        is_allotted = is_fixed or before.port(wish.host, name, wish.forward) == port
        ports.append(PortOf(wish.host, name, wish.forward, wish.label, port, is_fixed, is_allotted))
    return Allotment(tuple(ports), after, after != written)
