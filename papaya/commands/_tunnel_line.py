"""What the commands about a running tunnel have in common: which lines are meant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from papaya.commands._manifest import ManifestChoice
    from papaya.tunnel.line import Line


def lines_at_hand(name: str | None, manifest: ManifestChoice) -> tuple[Line, ...]:
    """Return the lines of the device that is meant."""
    from papaya.commands._ports import read_ports
    from papaya.provision.one_device import one_of
    from papaya.tunnel.line import lines_of

    fleet = manifest.load()
    return lines_of(fleet, one_of(fleet, name, None).device, read_ports(fleet))


def lines_of_devices(names: Sequence[str], manifest: ManifestChoice) -> tuple[Line, ...]:
    """Return the lines of the named devices, or of every device of the fleet that keeps a tunnel."""
    from papaya.commands._ports import read_ports
    from papaya.errors import PapayaError
    from papaya.provision.one_device import one_of
    from papaya.tunnel.line import lines_of

    fleet = manifest.load()
    if names:
        meant = [one_of(fleet, name, None).device for name in dict.fromkeys(names)]
    else:
        meant = [one for one in fleet.devices() if one.tunnel is not None and one.tunnel.enabled]
    if not meant:
        raise PapayaError(
            f"no device of {fleet.name} keeps a tunnel",
            remedy="Write `tunnel: {remotePort: auto}` at devices in the manifest.",
        )
    ports = read_ports(fleet)
    return tuple(line for device in meant for line in lines_of(fleet, device, ports))
