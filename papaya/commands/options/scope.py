"""The options that limit a command to a part of the fleet."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import click

from papaya.commands.options.group import Function, with_options

_SCOPE = (
    click.option(
        "--target",
        metavar="PATH",
        multiple=True,
        help="Only this: PM-0001, INDIA/Karnataka or 'INDIA/*/PM-0*'; repeatable.",
    ),
    click.option("--exclude", metavar="PATH", multiple=True, help="Everything but this; repeatable."),
)


def scope_options(function: Function) -> Callable[..., Any]:
    """Give a command `--target` and `--exclude`; it receives them as `scope`."""

    @functools.wraps(function)
    def with_scope(*arguments: Any, **parameters: Any) -> Any:
        from papaya.engine.scope import RunScope

        scope = RunScope(tuple(parameters.pop("target")), tuple(parameters.pop("exclude")))
        return function(*arguments, scope=scope, **parameters)

    return with_options(with_scope, _SCOPE)
