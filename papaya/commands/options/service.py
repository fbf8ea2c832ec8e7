"""The options of commands that change the services of this machine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Function = TypeVar("Function", bound=Callable[..., Any])

would_change_option = click.option("--dry-run", is_flag=True, help="Print what would change; change nothing.")
_would_write_option = click.option(
    "--dry-run", is_flag=True, help="Print what would be written; write nothing."
)


def write_options(function: Function) -> Callable[..., Any]:
    """Give a command that writes files `root` and `dry_run`."""
    return _root("Write")(_would_write_option(function))


def change_options(function: Function) -> Callable[..., Any]:
    """Give a command that changes what is there `root` and `dry_run`."""
    return _root("Work")(would_change_option(function))


def _root(verb: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    return click.option(
        "--root",
        metavar="DIR",
        type=click.Path(file_okay=False, path_type=Path),
        help=f"{verb} below this folder, as for an image, and start nothing.",
    )
