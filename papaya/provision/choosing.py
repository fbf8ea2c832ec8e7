"""Which device a run is about: one of a manifest, or the one that a config.properties alone describes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from papaya.errors import SettingsError
from papaya.manifest.model import Fleet, Location, Server
from papaya.provision.from_properties import fleet_of
from papaya.provision.hardware import AUTO, read_serial
from papaya.provision.one_device import OneDevice, one_of
from papaya.settings import Options, Properties, find_properties
from papaya.settings.warnings import tell_warnings
from papaya.workspace.choice import ManifestChoice


@dataclass(frozen=True, slots=True)
class Chosen:
    """The device that is meant, the fleet that it was found in, and the config.properties at hand."""

    one: OneDevice
    whole: Fleet
    properties: Properties | None
    source: str

    @property
    def without_user(self) -> Fleet:
        """The fleet with its server alone, so that no secret of a user is looked for."""
        server = self.whole.server
        return replace(self.whole, server=Server(url=server.url, tenant=server.tenant, mark=server.mark))

    @property
    def configured(self) -> Location | None:
        """The coordinates of a config.properties, unless it is about another device."""
        properties = self.properties
        if properties is None or properties.device_name not in (None, self.one.device.name):
            return None
        location = properties.location
        # 0, 0 is what was never filled in.
        return None if location is None or location.latitude == location.longitude == 0 else location


def choose_device(name: str | None, serial: str | None, manifest: ManifestChoice, server: Options) -> Chosen:
    """Return the device that is meant, from the manifest at hand or from a config.properties alone.

    `serial` may be `auto`, this machine's. The manifest's observer hears warnings. Raises `SettingsError`
    where there is neither, `ManifestError` for a faulty manifest, `PapayaError` where no device fits.
    """
    number = read_serial().text if serial is not None and serial.lower() == AUTO else serial
    properties = find_properties(server.config)
    # A config.properties that was named counts, and a manifest that just lies in the working folder does not.
    if manifest.paths and (manifest.is_named or server.config is None):
        fleet = manifest.load()
        one = one_of(fleet, name or _named_by(properties, fleet, number), number)
        return Chosen(one, fleet, properties, ", ".join(map(_told, manifest.paths)))
    if properties is None:
        raise SettingsError(
            "there is neither a manifest nor a config.properties here",
            remedy="Name a manifest or device bundle with -f PATH, or use --config FILE.",
        )
    tell_warnings(properties, manifest.observer)
    fleet = fleet_of(properties, name, number)
    one = one_of(fleet, None, number, origin="config.properties")
    return Chosen(one, fleet, properties, properties.name)


def is_anything_at_hand(manifest: ManifestChoice, server: Options) -> bool:
    """Return whether a manifest or a config.properties could say which device is meant."""
    return bool(manifest.paths) or find_properties(server.config) is not None


def _told(path: Path) -> str:
    return "the manifest in this folder" if path == Path() else str(path)


def _named_by(properties: Properties | None, fleet: Fleet, serial: str | None) -> str | None:
    """Return the device that a config.properties beside the manifest names, if nothing else says which."""
    if serial is not None or fleet.bundle is not None or properties is None:
        return None
    return properties.device_name
