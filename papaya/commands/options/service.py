"""The options of commands that change the services of this machine."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from papaya.commands.options.manifest import manifest_file_options
from papaya.commands.options.targets import device_argument

Function = TypeVar("Function", bound=Callable[..., Any])

would_change_option = click.option("--dry-run", is_flag=True, help="Print what would change; change nothing.")
_would_write_option = click.option(
    "--dry-run", is_flag=True, help="Print what would be written; write nothing."
)


def user_option(function: Function) -> Callable[..., Any]:
    """Give a command `of_user`: whether the service is one of the user who runs it, not of the machine."""

    @functools.wraps(function)
    def for_user(*arguments: Any, **parameters: Any) -> Any:
        if parameters["of_user"] and parameters.get("root"):
            raise click.UsageError("--user is for this machine: leave out --root")
        if parameters["of_user"] and (groups := parameters.get("group")):
            add = f"sudo usermod --append --groups {','.join(groups)} $USER"
            raise click.UsageError(f"--user has the groups of its user: leave out --group, and run: {add}")
        return function(*arguments, **parameters)

    told = "Without root: a service of your own user."
    return click.option("--user", "of_user", is_flag=True, help=told)(for_user)


def write_options(function: Function) -> Callable[..., Any]:
    """Give a command that writes files `root` and `dry_run`."""
    return _root("Write")(_would_write_option(function))


def change_options(function: Function) -> Callable[..., Any]:
    """Give a command that changes what is there `root` and `dry_run`."""
    return _root("Work")(would_change_option(function))


def this_device_options(function: Function) -> Callable[..., Any]:
    """Give a command about a service of this machine the name that its device should have, as `device`.

    A manifest is read where one is named, or where a path or a pattern has to be resolved.
    """

    @functools.wraps(function)
    def with_device(*arguments: Any, **parameters: Any) -> Any:
        manifest, said = parameters.pop("manifest"), parameters.pop("device")
        if said is not None and (manifest.is_named or set(said) & set("/*?[")):
            from papaya.provision.one_device import one_of

            said = one_of(manifest.load(), said, None).device.name
        return function(*arguments, device=said, **parameters)

    return device_argument("device")(manifest_file_options(with_device))


def _root(verb: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    return click.option(
        "--root",
        metavar="DIR",
        type=click.Path(file_okay=False, path_type=Path),
        help=f"{verb} below this folder, as for an image, and start nothing.",
    )
