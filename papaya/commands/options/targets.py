"""The arguments and options that name devices and places, among which manifests may be named, too."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from papaya.command_line.completion import PATHS, TARGETS, complete_devices, complete_names
from papaya.commands.options.group import Function, with_options


def told_apart(context: click.Context, parameter: click.Parameter, words: Any) -> Any:
    """Keep the manifests among the words for `_with_manifest`, and return the other words."""
    from papaya.workspace.files import is_manifest

    context.meta[PATHS] = tuple(Path(word) for word in words or () if is_manifest(word))
    context.meta[TARGETS] = others = tuple(word for word in words or () if not is_manifest(word))
    return others


def device_argument(name: str, *, required: bool = False) -> Callable[[Function], Callable[..., Any]]:
    """Give a command the one device that it is about as `name`, by an argument or `--target`.

    Arguments that name manifests are added to those of `-f`.
    """

    def decorate(function: Function) -> Callable[..., Any]:
        @functools.wraps(function)
        def with_device(*arguments: Any, **parameters: Any) -> Any:
            said = typed_targets(parameters.pop("target", None))
            parameters[name] = one_target(said[0] if said else None)
            if required and parameters[name] is None:
                raise click.UsageError(f"Missing argument '{name.upper()}'.")
            return function(*arguments, **parameters)

        metavar = name.upper() if required else f"[{name.upper()}]"
        return with_options(with_device, (_names(name, metavar, complete_devices), target_option))

    return decorate


def devices_argument(name: str, metavar: str, *, required: bool = False) -> Callable[..., Any]:
    """Give a command any number of devices or places as `name`, by arguments or `--target`."""

    def decorate(function: Function) -> Callable[..., Any]:
        @functools.wraps(function)
        def with_devices(*arguments: Any, **parameters: Any) -> Any:
            parameters[name] = (*targets_at_hand(), *typed_targets(parameters.pop("target")))
            if required and not parameters[name]:
                raise click.UsageError(f"Missing argument '{metavar}'.")
            return function(*arguments, **parameters)

        return with_options(with_devices, (_names(name, metavar, complete_names), targets_option))

    return decorate


def _names(name: str, metavar: str, completes: Callable[..., Any]) -> Callable[..., Any]:
    return click.argument(name, nargs=-1, metavar=metavar, callback=told_apart, shell_complete=completes)


target_option = click.option(
    "--target",
    metavar="DEVICE",
    shell_complete=complete_devices,
    help="The device; the same as the argument.",
)
targets_option = click.option(
    "--target",
    metavar="PATH",
    multiple=True,
    shell_complete=complete_names,
    help="The same as an argument: PM-0001, INDIA/Karnataka or 'INDIA/*/PM-0*'; repeatable.",
)


def targets_at_hand() -> tuple[str, ...]:
    """Return the arguments of this command that name no manifest."""
    targets: tuple[str, ...] = click.get_current_context().meta.get(TARGETS, ())
    return targets


def typed_targets(said: str | Sequence[str] | None) -> tuple[str, ...]:
    """Return what `--target` says; where arguments name targets, a variable counts as little as elsewhere."""
    context = click.get_current_context()
    is_variable = context.get_parameter_source("target") is ParameterSource.ENVIRONMENT
    if said is None or (is_variable and targets_at_hand()):
        return ()
    return (said,) if isinstance(said, str) else tuple(said)


def one_target(said: str | None) -> str | None:
    """Return the device that an option or the one argument beside the manifests names."""
    named = {*targets_at_hand(), *([said] if said is not None else [])}
    if len(named) > 1:
        raise click.UsageError(f"this command is about one device, not about {' and '.join(sorted(named))}")
    return next(iter(named), None)


def keys_and_manifests(context: click.Context, parameter: click.Parameter, words: Any) -> tuple[str, ...]:
    """Keep the manifests among the words for the manifest's options, and return the keys of sensors."""
    keys: tuple[str, ...] = told_apart(context, parameter, words)
    context.meta[TARGETS] = ()
    return keys
