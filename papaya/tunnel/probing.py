"""Probes the remote ports of many lines, on this machine or through ssh to each bastion."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from papaya.errors import PapayaError
from papaya.manifest.model import Json
from papaya.tunnel.keeping import find_ssh
from papaya.tunnel.line import Line
from papaya.tunnel.passage import Login, Passage
from papaya.tunnel.probe import Probe, connect_here, probe_ports


@dataclass(frozen=True, slots=True)
class ThroughSsh:
    """Who signs in to the bastions, and with which configuration of ssh; None stands for the person's own."""

    user: str | None = None
    configuration: Path | None = None


def probe_lines(
    lines: Sequence[Line],
    *,
    wait: float,
    through: ThroughSsh | None,
    unasked: Callable[[PapayaError], None],
) -> dict[Line, Probe]:
    """Return what was found at the remote port of each line; bastions are asked one after the other.

    A device has `wait` seconds to answer. Without `through`, this machine is the bastion. Of several
    bastions, `unasked` hears why one could not be asked; of a single one, that is raised.
    """
    bastions = dict.fromkeys((line.host, line.port) for line in lines)
    found: dict[Line, Probe] = {}
    for host, port in bastions:
        there = {line.forward.remote_port: line for line in lines if (line.host, line.port) == (host, port)}
        speaks_ssh = {number: line.is_own_ssh for number, line in there.items()}
        try:
            probes = _probe(host, port, speaks_ssh, wait, through)
        except PapayaError as error:
            if len(bastions) == 1:
                raise
            # The devices of the other bastions are worth knowing about all the same.
            unasked(error)
            probes = {number: Probe(number, "notAsked") for number in there}
        found |= {line: probes[number] for number, line in there.items()}
    return found


def as_document(line: Line, probe: Probe) -> dict[str, Json]:
    """Return what was found at the remote port of a line as one member of a document."""
    return {
        "device": line.device,
        "unit": line.unit,
        "bastion": line.host,
        "remotePort": line.forward.remote_port,
        "up": probe.is_up,
        "condition": probe.verdict,
        "banner": probe.banner or None,
    }


def _probe(
    host: str, port: int, speaks_ssh: dict[int, bool], wait: float, through: ThroughSsh | None
) -> dict[int, Probe]:
    if through is None:
        return asyncio.run(probe_ports(speaks_ssh, connect_here, wait=wait))
    login = Login(host, port, through.user, through.configuration)
    with Passage(find_ssh(), login, list(speaks_ssh)) as passage:
        return passage.corrected(asyncio.run(probe_ports(speaks_ssh, passage.connect, wait=wait)))
