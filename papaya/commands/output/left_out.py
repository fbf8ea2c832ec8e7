"""How commands tell of many things of one kind on stderr: the first ones, and how many more there are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from papaya.counting import counted, counted_are

if TYPE_CHECKING:
    from papaya.api.export import LiveTree
    from papaya.engine.export import Export
    from papaya.manifest.model import Fleet
    from papaya.tunnel.all_lines import AllLines
    from papaya.tunnel.line import Line

_MOST_DEVICES = 10
_MOST_TOLD = 20


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


def tell_export(made: Export, tree: LiveTree, *, is_written: bool) -> None:
    """Say on stderr what the manifest does not hold, and what else it needs."""
    from papaya.engine.declared import UNMANAGED
    from papaya.render.layout import visible

    if made.certificates and not is_written:
        click.echo(
            f"Not written: {counted(len(made.certificates), 'certificate')}; -o writes them.", err=True
        )
    tell_first([f"Write its password yourself: {file}" for file in made.secret_files], _MOST_TOLD)
    tell_first([f"Left out: {one.entity.address}, {one.reason}" for one in made.left_out], _MOST_TOLD)
    tell_first(
        [f"Left out: asset/{name}, a State under no Country" for name in tree.loose_states], _MOST_TOLD
    )
    for reason, keys in made.omissions.by_reason().items():
        named = ", ".join(f"{key} ({number:,}, first {first})" for key, number, first in keys[:_MOST_TOLD])
        more = "; --unmanaged takes them" if reason == UNMANAGED else ""
        click.echo(visible(f"Left out, because {reason}{more}: {named}"), err=True)
    inside = sum(entity.role == "device" for entity in tree.inventory)
    if tree.devices > inside:
        click.echo(
            f"{counted_are(tree.devices - inside, 'device')} in the tenant, but in none of these places.",
            err=True,
        )
    others = {owner: number for owner, number in made.owners.items() if owner != made.name}
    if others and made.name not in made.owners:
        fleets = ", ".join(f"{owner} ({number:,})" for owner, number in others.items())
        takes = " ".join(f"--take-over {owner}" for owner in others)
        click.echo(f"Marked by other fleets: {fleets}. To apply it as {made.name}: {takes}", err=True)
    if made.endangered:
        names = ", ".join(one.entity.address.name for one in made.endangered[:_MOST_TOLD])
        click.echo(
            f"Warning: apply would destroy what carries the mark of {made.name} and is left out: {names}. "
            "Put it into one place first, or release it with papaya forget.",
            err=True,
        )
