"""The lock file of remote ports beside a manifest: read, joined with the fleet, and written."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from papaya.diagnostics import Diagnostic, Mark, in_order
from papaya.errors import ManifestError
from papaya.manifest.load import Loaded
from papaya.manifest.model import Fleet
from papaya.manifest.source import Source
from papaya.tunnel.allot import filled_in, wishes_of
from papaya.tunnel.ports import LOCK_FILE, Ports, parse_ports
from papaya.workspace.files import read_file
from papaya.workspace.written import write_new


def with_allotted_ports(fleet: Fleet, loaded: Loaded) -> Loaded:
    """Return the fleet with the ports of its lock file, if it has one, or what is wrong with that."""
    if all(device.tunnel is None for device in fleet.devices()):
        return Loaded(fleet, loaded.diagnostics)
    try:
        text = _text(fleet)
        if text is not None:
            digest = hashlib.sha256(f"{fleet.digest}\0{text}".encode()).hexdigest()
            fleet = replace(filled_in(fleet, _parsed(fleet, text)), digest=digest)
    except ManifestError as error:
        return Loaded(None, in_order((*loaded.diagnostics, *error.diagnostics)))
    return Loaded(fleet, in_order((*loaded.diagnostics, *_missing(fleet))))


def _missing(fleet: Fleet) -> Iterator[Diagnostic]:
    """Yield a warning if ports are still to be allotted."""
    waiting = [wish for wish in wishes_of(fleet) if wish.port is None]
    if not waiting:
        return
    first = waiting[0]
    tunnel = first.device.tunnel
    others = f" and {len(waiting) - 1:,} more" if len(waiting) > 1 else ""
    yield Diagnostic(
        f"no port on {first.host} is allotted to {first.label}{others} yet",
        (tunnel.mark if tunnel is not None else None) or first.device.mark or Mark(fleet.name),
        "warning",
        "run `papaya tunnel ports --write`, and commit what it writes",
    )


def lock_of(fleet: Fleet) -> Path:
    """Return where the lock file of a fleet is: beside its manifest."""
    return Path(fleet.folder) / LOCK_FILE


def read_ports(fleet: Fleet) -> Ports:
    """Return the ports that are allotted to a fleet; none where there is no lock file."""
    text = _text(fleet)
    return Ports() if text is None else _parsed(fleet, text)


def write_ports(fleet: Fleet, ports: Ports) -> Path:
    """Write the lock file of a fleet, whole or not at all, and return where it is."""
    path = lock_of(fleet)
    write_new(path, ports.text())
    return path


def _text(fleet: Fleet) -> str | None:
    path = lock_of(fleet)
    if not path.exists():
        return None
    text = read_file(path)
    if not isinstance(text, str):
        raise ManifestError((text,))
    return text


def _parsed(fleet: Fleet, text: str) -> Ports:
    return parse_ports(Source(str(lock_of(fleet)), text))
