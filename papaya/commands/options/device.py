"""The options of the commands about one device: which it is, and where."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from papaya.commands.options.numbers import Number
from papaya.commands.options.targets import device_argument

if TYPE_CHECKING:
    from papaya.provision.choosing import Chosen
    from papaya.provision.locating import Locating

Function = TypeVar("Function", bound=Callable[..., Any])

_SERIAL = click.option(
    "--serial",
    metavar="SERIAL|auto",
    help="The device's serial number; auto reads it from this machine (device tree or DMI).",
)
_LOCATING = (
    click.option("--latitude", metavar="DEGREES", type=Number(-90, 90), help="Where it is."),
    click.option("--longitude", metavar="DEGREES", type=Number(-180, 180), help="Where it is."),
    click.option("--no-geolocate", is_flag=True, help="Do not ask the geolocation service."),
    click.option(
        "--geolocation-url", metavar="URL", help="The service to ask.  [default: https://ipapi.co/json/]"
    ),
)
_TOLERANCE = click.option(
    "--location-tolerance",
    metavar="KM",
    type=Number(0),
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


def device_options(function: Function) -> Callable[..., Any]:
    """Give a command the device that it is about; it receives `name` and `serial`."""
    return device_argument("name")(_SERIAL(function))


def token_file_option(function: Function) -> Callable[..., Any]:
    """Give a command the file of the device's token, as `credentials_file`."""
    return _TOKEN_FILE(function)


def locating_options(*, tolerance: bool) -> Callable[[Function], Callable[..., Any]]:
    """Give a command the options about the position; it receives a function of the properties, `locating`."""

    def decorate(function: Function) -> Callable[..., Any]:
        @functools.wraps(function)
        def with_locating(*arguments: Any, **parameters: Any) -> Any:
            from papaya.provision.locating import Wanted

            wanted = Wanted(
                parameters.pop("latitude"),
                parameters.pop("longitude"),
                parameters.pop("no_geolocate"),
                parameters.pop("geolocation_url"),
                parameters.pop("location_tolerance", 1.0),
                getattr(parameters.get("server"), "timeout", None),
            )

            def for_device(chosen: Chosen | None) -> Locating:
                if (wanted.latitude is None) != (wanted.longitude is None):
                    raise click.UsageError("--latitude and --longitude stand together")
                return wanted.for_device(chosen)

            return function(*arguments, locating=for_device, **parameters)

        decorated: Callable[..., Any] = with_locating
        for option in reversed((*_LOCATING, *([_TOLERANCE] if tolerance else []))):
            decorated = option(decorated)
        return decorated

    return decorate
