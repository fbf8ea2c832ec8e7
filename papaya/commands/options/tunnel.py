"""Which device's tunnel is meant: one of a manifest, or the one that this machine is."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from papaya.commands.options.manifest import manifest_file_options
from papaya.errors import PapayaError, SettingsError

if TYPE_CHECKING:
    from papaya.manifest.model import Device, Fleet
    from papaya.settings import Properties
    from papaya.tunnel.line import Line
    from papaya.workspace.choice import ManifestChoice

Function = TypeVar("Function", bound=Callable[..., Any])

# What papaya tunnel install leaves on a device: the bundle that the other commands read there.
BUNDLE = Path("/etc/papaya/tunnel.yaml")

_DEVICE = click.argument("device", required=False, metavar="[DEVICE]")
_CONFIG = click.option(
    "--config", metavar="FILE", help="The config.properties that is meant where there is no manifest."
)


@dataclass(frozen=True, slots=True)
class Target:
    """The device whose tunnel is meant, and the fleet that it was found in."""

    fleet: Fleet
    device: Device

    def lines(self) -> tuple[Line, ...]:
        """Return the device's connections, or raise what its manifest lacks for them."""
        from papaya.tunnel.line import lines_of
        from papaya.tunnel.ports import Ports

        # The ports of the lock file came with the fleet.
        return lines_of(self.fleet, self.device, Ports())


@dataclass(frozen=True, slots=True)
class TargetChoice:
    """What the command line says about the device."""

    name: str | None
    manifest: ManifestChoice
    config: str | None

    def find(self) -> Target:
        """Return the device: of the manifest at hand, of this machine's bundle, of a config.properties."""
        from papaya.provision.one_device import one_of

        manifest = self._manifest()
        if manifest is not None:
            fleet = manifest.load()
            return Target(fleet, one_of(fleet, self.name, None).device)
        properties = self._properties()
        if properties is None:
            raise SettingsError(
                "there is neither a manifest nor a config.properties here, and no bundle of this machine",
                remedy=f"Name a manifest or a bundle with -f PATH; papaya tunnel install leaves {BUNDLE}.",
            )
        from papaya.provision.from_properties import fleet_of

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
        said = click.get_current_context().get_parameter_source("paths")
        if said not in (None, ParameterSource.DEFAULT):
            return self.manifest
        if self.config is not None:
            return None
        if BUNDLE.is_file() and (self.name is None or not self.manifest.paths):
            return replace(self.manifest, paths=(BUNDLE,))
        return self.manifest if self.manifest.paths else None

    def _properties(self) -> Properties | None:
        from papaya.commands.output.terminal import TERMINAL
        from papaya.runs.session import as_warning
        from papaya.settings import find_properties

        properties = find_properties(self.config)
        for warning in properties.warnings if properties is not None else ():
            TERMINAL.warned(as_warning(warning))
        return properties


def tunnel_device_options(function: Function) -> Callable[..., Any]:
    """Give a command the device whose tunnel it is about, as `target`, a TargetChoice."""

    @functools.wraps(function)
    def with_target(*arguments: Any, **parameters: Any) -> Any:
        choice = TargetChoice(parameters.pop("device"), parameters.pop("manifest"), parameters.pop("config"))
        return function(*arguments, target=choice, **parameters)

    return _DEVICE(manifest_file_options(_CONFIG(with_target)))
