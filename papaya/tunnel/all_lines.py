"""The lines of a whole fleet, for who looks at them from the bastion's side."""

from __future__ import annotations

from dataclasses import dataclass

from papaya.errors import PapayaError
from papaya.manifest.model import Fleet
from papaya.tunnel.line import Line, lines_of
from papaya.tunnel.ports import Ports


@dataclass(frozen=True, slots=True)
class AllLines:
    """Lines of several devices; `left_out` says in a sentence or two of each other device what it lacks."""

    lines: tuple[Line, ...]
    left_out: tuple[str, ...] = ()


def lines_of_all(fleet: Fleet) -> AllLines:
    """Return the lines of every device that keeps a tunnel and has what it needs; there may be none."""
    lines: list[Line] = []
    told: list[str] = []
    for device in fleet.devices():
        if device.tunnel is None or not device.tunnel.enabled:
            continue
        try:
            lines.extend(lines_of(fleet, device, Ports()))
        except PapayaError as error:
            told.append(f"{error.message}. {error.remedy}")
    return AllLines(tuple(lines), tuple(told))


def nobody_keeps_one(fleet: Fleet) -> PapayaError:
    """Return the fault of a fleet without tunnels."""
    return PapayaError(
        f"no device of the fleet {fleet.name} keeps a tunnel",
        remedy="Write `tunnel: {remotePort: auto}` at its entry in the manifest.",
    )
