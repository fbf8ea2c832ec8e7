"""The options that limit a command to a part of the fleet."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import click

from papaya.command_line.completion import complete_names
from papaya.commands.options.group import Function, with_options
from papaya.commands.options.targets import targets_at_hand, typed_targets

_SCOPE = (
    click.option(
        "--target",
        metavar="PATH",
        multiple=True,
        shell_complete=complete_names,
        help="Only this: PM-0001, INDIA/Karnataka, 'INDIA/*/PM-0*' or 'customer/City'; repeatable.",
    ),
    click.option(
        "--exclude",
        metavar="PATH",
        multiple=True,
        shell_complete=complete_names,
        help="Everything but this; repeatable.",
    ),
    click.option("--only-tree", is_flag=True, help="Only countries, states, devices and their profiles."),
    click.option(
        "--only-resources", is_flag=True, help="Only the objects beside the tree, such as customers."
    ),
)


def scope_options(function: Function) -> Callable[..., Any]:
    """Give a command the options that limit it; it receives them as `scope`."""

    @functools.wraps(function)
    def with_scope(*arguments: Any, **parameters: Any) -> Any:
        from papaya.engine.scope import RunScope

        tree, resources = parameters.pop("only_tree"), parameters.pop("only_resources")
        if tree and resources:
            raise click.UsageError("--only-tree and --only-resources exclude each other: choose one")
        scope = RunScope(
            (*targets_at_hand(), *typed_targets(parameters.pop("target"))),
            tuple(parameters.pop("exclude")),
            "tree" if tree else "resources" if resources else None,
        )
        return function(*arguments, scope=scope, **parameters)

    return with_options(with_scope, _SCOPE)
