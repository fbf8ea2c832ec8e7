"""How commands tell of many things of one kind on stderr: the first ones, and how many more there are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from papaya.manifest.model import Fleet
    from papaya.tunnel.all_lines import AllLines
    from papaya.tunnel.line import Line

_MOST_DEVICES = 10


def tell_first(texts: Sequence[str], most: int) -> None:
    """Print at most so many of the texts, each on a line of its own."""
    from papaya.render.layout import visible

    for text in texts[:most]:
        click.echo(visible(text), err=True)
    if len(texts) > most:
        click.echo(f"… and {len(texts) - most:,} more", err=True)


def tell_left_out(reasons: Sequence[str]) -> None:
    """Print which devices are left out, and why."""
    tell_first([f"Left out: {reason}" for reason in reasons], _MOST_DEVICES)


def told_lines(fleet: Fleet, found: AllLines) -> tuple[Line, ...]:
    """Return the lines of a fleet's devices, at least one; the devices that lack something are named."""
    from papaya.tunnel.all_lines import nobody_keeps_one

    tell_left_out(found.left_out)
    if not found.lines:
        raise nobody_keeps_one(fleet)
    return found.lines
