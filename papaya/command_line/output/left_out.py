"""How commands tell of many things of one kind on stderr: the first ones, and how many more there are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import click

from papaya.command_line.terminal import TERMINAL

if TYPE_CHECKING:
    from papaya.manifest.model import Fleet
    from papaya.tunnel.all_lines import AllLines
    from papaya.tunnel.line import Line

_MOST_DEVICES = 10


def _told(text: str) -> None:
    click.echo(text, err=True)


def tell_first(texts: Sequence[str], most: int, *, tell: Callable[[str], None] = _told) -> None:
    """Print at most so many of the texts, each on a line of its own; `tell` prints a line."""
    from papaya.render.layout import visible

    for text in texts[:most]:
        tell(visible(text))
    if len(texts) > most:
        tell(f"… and {len(texts) - most:,} more")


def tell_left_out(reasons: Sequence[str]) -> None:
    """Print which devices are left out, and why."""
    tell_first([f"Left out: {reason}" for reason in reasons], _MOST_DEVICES, tell=TERMINAL.noted)


def told_lines(fleet: Fleet, found: AllLines) -> tuple[Line, ...]:
    """Return the lines of a fleet's devices, at least one; the devices that lack something are named."""
    from papaya.tunnel.all_lines import nobody_keeps_one

    tell_left_out(found.left_out)
    if not found.lines:
        raise nobody_keeps_one(fleet)
    return found.lines
