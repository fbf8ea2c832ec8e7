"""Gives a command several options at once, in the order in which its help lists them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import click

Function = TypeVar("Function", bound=Callable[..., Any])


def with_options(function: Callable[..., Any], options: Iterable[Callable[..., Any]]) -> Callable[..., Any]:
    """Return the function with these options in front of those that it has."""
    for option in reversed(list(options)):
        function = option(function)
    return function


yes_option = click.option(
    "--yes", is_flag=True, help="Confirm the plan; does not replace --adopt or --allow-destroy."
)
outcome_json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON document about what was done."
)
full_option = click.option("--full", is_flag=True, help="Print every device; fold nothing.")
