"""What the commands about a running tunnel have in common: which lines are meant."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from papaya.commands._manifest import ManifestChoice
    from papaya.manifest.model import Fleet
    from papaya.tunnel.line import Line
    from papaya.tunnel.ports import Ports


def lines_at_hand(name: str | None, manifest: ManifestChoice) -> tuple[Line, ...]:
    """Return the lines of the device that is meant."""
    from papaya.provision.one_device import one_of
    from papaya.tunnel.line import lines_of

    fleet = manifest.load()
    return lines_of(fleet, one_of(fleet, name, None).device, ports_of(fleet))


def ports_of(fleet: Fleet) -> Ports:
    """Return the ports that the lock file beside the manifest allots."""
    from papaya.manifest.source import Source
    from papaya.tunnel.ports import LOCK_FILE, Ports, parse_ports

    path = Path(fleet.folder) / LOCK_FILE
    if not path.is_file():
        return Ports()
    return parse_ports(Source(str(path), path.read_text(encoding="utf-8")))
