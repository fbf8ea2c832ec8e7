"""The way to a device's own SSH server, through the port that its manifest or the server names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from papaya.api.kinds import attribute_values_path
from papaya.api.known import known_device
from papaya.api.session import Session
from papaya.engine.inventory import TUNNEL_PORT_KEY
from papaya.errors import PapayaError
from papaya.manifest.model import AUTO, Device, Fleet
from papaya.tunnel.line import Line, lines_of
from papaya.tunnel.ports import Ports


def line_to(fleet: Fleet, device: Device, open_session: Callable[[], Session]) -> Line:
    """Return the line to a device's own SSH server; the server is asked where the manifest has no port.

    Raises `PapayaError` where neither has one, and for what the manifest lacks for a tunnel.
    """
    tunnel = device.tunnel
    if tunnel is not None and tunnel.enabled and tunnel.remote_port in (AUTO, None):
        with open_session() as session:
            port = _port_on_server(session, device.name, fleet.name)
        device = replace(device, tunnel=replace(tunnel, remote_port=port))
    # Ports of further forwards are no business of a shell.
    fleet = replace(fleet, tunnel=replace(fleet.tunnel, forwards={})) if fleet.tunnel is not None else fleet
    return lines_of(fleet, device, Ports())[0]


def _port_on_server(session: Session, name: str, fleet: str) -> int:
    id_ = known_device(session, name, fleet)
    if id_ is None:
        raise PapayaError(
            f"no port is allotted to {name}, and {session.url} has no such device",
            remedy="Run `papaya tunnel ports --write` beside the manifest, and papaya apply.",
        )
    found = session.get(
        attribute_values_path("device", id_, "SERVER_SCOPE"), params={"keys": TUNNEL_PORT_KEY}
    )
    values = [one.get("value") for one in found if isinstance(one, dict)] if isinstance(found, list) else []
    port = values[0] if values else None
    if not isinstance(port, int):
        raise PapayaError(
            f"neither the manifest nor the server has a port for {name}",
            remedy="Run `papaya tunnel ports --write` beside the manifest, and papaya apply.",
        )
    return port
