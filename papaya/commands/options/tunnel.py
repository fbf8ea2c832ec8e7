"""The options that say which device's tunnel is meant."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from papaya.commands.options.manifest import manifest_file_options
from papaya.commands.options.targets import device_argument

Function = TypeVar("Function", bound=Callable[..., Any])

_CONFIG = click.option(
    "--config", metavar="FILE", help="The config.properties that is meant where there is no manifest."
)
_KEYS = click.option(
    "--keys",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder of the devices' public keys, DEVICE.pub.  [default: keys, beside the manifest]",
)


def tunnel_device_options(function: Function) -> Callable[..., Any]:
    """Give a command the device whose tunnel it is about, as `target`, a TargetChoice."""

    @functools.wraps(function)
    def with_target(*arguments: Any, **parameters: Any) -> Any:
        from papaya.provision.tunnel_target import TargetChoice

        choice = TargetChoice(parameters.pop("device"), parameters.pop("manifest"), parameters.pop("config"))
        return function(*arguments, target=choice, **parameters)

    return device_argument("device")(manifest_file_options(_CONFIG(with_target)))


def keys_option(function: Function) -> Callable[..., Any]:
    """Give a command the folder of public keys, as `keys`."""
    return _KEYS(function)
