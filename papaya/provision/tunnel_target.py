"""Which device's tunnel is meant: one of a manifest, or the one that this machine is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from papaya.errors import PapayaError, SettingsError
from papaya.manifest.model import Device, Fleet
from papaya.provision.from_properties import fleet_of
from papaya.provision.one_device import WhichDevice, one_of
from papaya.settings import find_properties
from papaya.settings.warnings import tell_warnings
from papaya.tunnel.all_lines import AllLines, lines_of_all
from papaya.tunnel.line import Line, lines_of
from papaya.tunnel.ports import Ports
from papaya.workspace.choice import ManifestChoice

# What papaya tunnel install leaves on a device: the bundle that the other commands read there.
BUNDLE: Final = Path("/etc/papaya/tunnel.yaml")


@dataclass(frozen=True, slots=True)
class Target:
    """The device whose tunnel is meant, and the fleet that it was found in."""

    fleet: Fleet
    device: Device

    def lines(self) -> tuple[Line, ...]:
        """Return the device's connections, or raise what its manifest lacks for them."""
        # The ports of the lock file came with the fleet.
        return lines_of(self.fleet, self.device, Ports())


@dataclass(frozen=True, slots=True)
class TargetChoice:
    """What a person says about the device: its name, a manifest, the path of a config.properties."""

    name: str | None
    manifest: ManifestChoice
    config: str | None

    def find(self) -> Target:
        """Return the device: of the manifest at hand, of this machine's bundle, of a config.properties.

        Raises `PapayaError` where there is none of them, or where they name no such device or no bastion.
        """
        manifest = self._manifest()
        if manifest is not None:
            fleet = manifest.load()
            return Target(fleet, one_of(fleet, self.name, None).device)
        properties = find_properties(self.config)
        if properties is None:
            raise SettingsError(
                "there is no manifest, config.properties or device bundle here",
                remedy=f"Name a manifest or device bundle with -f PATH; tunnel install writes {BUNDLE}.",
            )
        tell_warnings(properties, self.manifest.observer)
        # The name of a fleet that a file may have: the one of provisioning is no name on purpose.
        fleet = replace(fleet_of(properties, self.name), name="provisioned")
        device = next(fleet.devices())
        if device.tunnel is None:
            raise PapayaError(
                f"{properties.name} names no bastion",
                remedy="Write its section [ssh]: enabled, host, user, key_path, remote_port.",
            )
        return Target(fleet, device)

    def _manifest(self) -> ManifestChoice | None:
        if self.manifest.is_named:
            return self.manifest
        if self.config is not None:
            return None
        if BUNDLE.is_file() and (self.name is None or not self.manifest.paths):
            return replace(self.manifest, paths=(BUNDLE,))
        return self.manifest if self.manifest.paths else None


def lines_of_named(fleet: Fleet, names: Sequence[str]) -> AllLines:
    """Return the lines of the named devices, or of all that have what they need."""
    if not names:
        return lines_of_all(fleet)
    meant = [one_of(fleet, name, None).device for name in dict.fromkeys(names)]
    return AllLines(tuple(line for device in meant for line in lines_of(fleet, device, Ports())))


def lines_here(choice: TargetChoice) -> tuple[Line, ...]:
    """Return the lines of this machine's device; raises `WhichDevice` where that is not clear."""
    try:
        return choice.find().lines()
    except WhichDevice as error:
        error.remedy = "Name it where this machine is one of them, or ask about all with --from-bastion."
        raise
