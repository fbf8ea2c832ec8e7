"""The options that say which programs the agent starts for commands sent to its device."""

from __future__ import annotations

import functools
import shlex
from collections.abc import Callable
from typing import Any, TypeVar

import click

Function = TypeVar("Function", bound=Callable[..., Any])

_IDENTIFY = click.option(
    "--identify-command",
    metavar="COMMAND",
    help="What identify runs, without a shell; {color}, {on}, {off} and {brightness} are filled in.",
)
_RESTART_TUNNEL = click.option(
    "--restart-tunnel-command", metavar="COMMAND", help="What restartTunnel runs, without a shell."
)


def program_options(function: Function) -> Callable[..., Any]:
    """Give a command `identify` and `restart_tunnel`, each a program with its arguments, or none."""

    @functools.wraps(function)
    def with_programs(*arguments: Any, **parameters: Any) -> Any:
        identify = _arguments(parameters.pop("identify_command"), "--identify-command")
        restart = _arguments(parameters.pop("restart_tunnel_command"), "--restart-tunnel-command")
        return function(*arguments, identify=identify, restart_tunnel=restart, **parameters)

    return _IDENTIFY(_RESTART_TUNNEL(with_programs))


def _arguments(written: str | None, option: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(written or ""))
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint=option) from error
