"""What the commands about one device have in common: which device is meant, and where it is."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from papaya.errors import SettingsError

if TYPE_CHECKING:
    from papaya.manifest.model import Fleet, Location
    from papaya.provision.locating import Locating
    from papaya.provision.one_device import OneDevice
    from papaya.settings import Options, Properties, Settings
    from papaya.workspace.choice import ManifestChoice

Function = TypeVar("Function", bound=Callable[..., Any])

_NAME = click.argument("name", required=False, metavar="[NAME]")
_SERIAL = click.option(
    "--serial",
    metavar="SERIAL|auto",
    help="The device's serial number; auto reads it from this machine (device tree or DMI).",
)
_LOCATING = (
    click.option("--latitude", metavar="DEGREES", type=click.FloatRange(-90, 90), help="Where it is."),
    click.option("--longitude", metavar="DEGREES", type=click.FloatRange(-180, 180), help="Where it is."),
    click.option("--no-geolocate", is_flag=True, help="Do not ask the geolocation service."),
    click.option(
        "--geolocation-url", metavar="URL", help="The service to ask.  [default: https://ipapi.co/json/]"
    ),
)
_TOLERANCE = click.option(
    "--location-tolerance",
    metavar="KM",
    type=click.FloatRange(min=0),
    default=1.0,
    show_default=True,
    help="How far a found position may move before it is written anew.",
)
_TOKEN_FILE = click.option(
    "--credentials-file",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the device's token is kept.  [default: /etc/papaya/NAME.token, else the user's state folder]",
)


@dataclass(frozen=True, slots=True)
class Chosen:
    """The device that is meant, the fleet that it was found in, and the config.properties at hand."""

    one: OneDevice
    whole: Fleet
    properties: Properties | None
    source: str


def device_options(function: Function) -> Callable[..., Any]:
    """Give a command the device that it is about; it receives `name` and `serial`."""
    return _NAME(_SERIAL(function))


def token_file_option(function: Function) -> Callable[..., Any]:
    """Give a command the file of the device's token, as `credentials_file`."""
    return _TOKEN_FILE(function)


def locating_options(*, tolerance: bool) -> Callable[[Function], Callable[..., Any]]:
    """Give a command the options about the position; it receives a function of the properties, `locating`."""

    def decorate(function: Function) -> Callable[..., Any]:
        @functools.wraps(function)
        def with_locating(*arguments: Any, **parameters: Any) -> Any:
            wanted = _Wanted(
                parameters.pop("latitude"),
                parameters.pop("longitude"),
                parameters.pop("no_geolocate"),
                parameters.pop("geolocation_url"),
                parameters.pop("location_tolerance", 1.0),
            )
            return function(*arguments, locating=wanted.for_device, **parameters)

        decorated: Callable[..., Any] = with_locating
        for option in reversed((*_LOCATING, *([_TOLERANCE] if tolerance else []))):
            decorated = option(decorated)
        return decorated

    return decorate


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What the options say about the position."""

    latitude: float | None
    longitude: float | None
    no_geolocate: bool
    url: str | None
    tolerance: float

    def for_device(self, chosen: Chosen | None) -> Locating:
        """Return how the position of a device, or of whatever machine this is, is found."""
        from papaya.manifest.model import Location
        from papaya.provision.geolocation import DEFAULT_URL
        from papaya.provision.locating import Locating
        from papaya.settings.proxies import proxies_for

        if (self.latitude is None) != (self.longitude is None):
            raise click.UsageError("--latitude and --longitude stand together")
        given = None
        if self.latitude is not None and self.longitude is not None:
            given = Location(self.latitude, self.longitude)
        url = self.url or DEFAULT_URL
        return Locating(
            given=given,
            geolocate=not self.no_geolocate,
            url=url,
            proxies=proxies_for(url, os.environ),
            configured=_configured(chosen) if chosen is not None else None,
            tolerance_km=self.tolerance,
        )


def choose_device(name: str | None, serial: str | None, manifest: ManifestChoice, server: Options) -> Chosen:
    """Return the device that is meant, from the manifest at hand or from a config.properties alone."""
    from papaya.provision.from_properties import fleet_of
    from papaya.provision.hardware import AUTO, read_serial
    from papaya.provision.one_device import one_of
    from papaya.settings import find_properties

    number = read_serial().text if serial is not None and serial.lower() == AUTO else serial
    properties = find_properties(server.config)
    if manifest.paths and not _means_properties_alone(server):
        fleet = manifest.load()
        one = one_of(fleet, name or _named_by(properties, fleet, number), number)
        return Chosen(one, fleet, properties, ", ".join(str(path) for path in manifest.paths))
    if properties is None:
        raise SettingsError(
            "there is neither a manifest nor a config.properties here",
            remedy="Name a manifest or a bundle with -f PATH, or a config.properties with --config FILE.",
        )
    _tell_warnings(properties)
    fleet = fleet_of(properties, name, number)
    one = one_of(fleet, None, number, origin="config.properties")
    return Chosen(one, fleet, properties, properties.name)


def _tell_warnings(properties: Properties) -> None:
    from papaya.commands.output.terminal import TERMINAL
    from papaya.runs.session import as_warning

    for warning in properties.warnings:
        TERMINAL.warned(as_warning(warning))


def is_anything_at_hand(manifest: ManifestChoice, server: Options) -> bool:
    """Return whether a manifest or a config.properties could say which device is meant."""
    from papaya.settings import find_properties

    return bool(manifest.paths) or find_properties(server.config) is not None


def seconds_of(text: str, origin: str) -> float:
    """Return the duration that an option says."""
    from papaya.settings.model import Given
    from papaya.settings.quantities import seconds

    return seconds(Given(text, origin), least=0)


def settings_of(chosen: Chosen, server: Options, *, with_credentials: bool = True) -> Settings:
    """Return the settings for the device's server; without credentials no secret of a user is looked for."""
    from papaya.commands.running import settings_for
    from papaya.manifest.model import Server

    fleet = chosen.whole
    if not with_credentials:
        bare = Server(url=fleet.server.url, tenant=fleet.server.tenant, mark=fleet.server.mark)
        fleet = replace(fleet, server=bare)
    return settings_for(server, fleet)


def _means_properties_alone(server: Options) -> bool:
    """Return whether a config.properties was named and no manifest, though one lies in the working folder."""
    source = click.get_current_context().get_parameter_source("paths")
    return server.config is not None and source in (None, ParameterSource.DEFAULT)


def _named_by(properties: Properties | None, fleet: Fleet, serial: str | None) -> str | None:
    """Return the device that a config.properties beside the manifest names, if nothing else says which."""
    if serial is not None or fleet.bundle is not None or properties is None:
        return None
    return properties.device_name


def _configured(chosen: Chosen) -> Location | None:
    """Return the coordinates of a config.properties, unless it is about another device."""
    properties = chosen.properties
    if properties is None or properties.device_name not in (None, chosen.one.device.name):
        return None
    location = properties.location
    # 0, 0 is what was never filled in.
    return None if location is None or location.latitude == location.longitude == 0 else location
