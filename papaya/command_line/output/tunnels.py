"""How commands print whether tunnels are up, as seen from the bastion or from the device."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import click

from papaya.render.json_text import json_text

if TYPE_CHECKING:
    from papaya.tunnel.condition import Condition
    from papaya.tunnel.line import Line
    from papaya.tunnel.probe import Probe

FORMAT_VERSION = "1"
_COLORS = {True: "green", False: "red"}


def tell_probes(lines: Sequence[Line], probes: Mapping[Line, Probe], *, as_json: bool) -> None:
    """Print what was found at the remote port of each line."""
    from papaya.render.layout import visible
    from papaya.tunnel.probe import counted
    from papaya.tunnel.probing import as_document
    from papaya.tunnel.told import probe_line

    if as_json:
        _print_document([as_document(line, probes[line]) for line in lines])
        return
    width = max((len(line.device) for line in lines), default=0)
    for line in lines:
        word = click.style(f"{'up' if probes[line].is_up else 'not up':<8}", fg=_COLORS[probes[line].is_up])
        click.echo(word + visible(probe_line(line, probes[line], width)))
    if len(lines) > 1:
        click.echo(counted(list(probes.values())))


def tell_conditions(lines: Sequence[Line], conditions: Sequence[Condition], *, as_json: bool) -> None:
    """Print how each line of this machine is doing."""
    if as_json:
        _print_document([condition.as_json() | {"up": condition.is_up} for condition in conditions])
        return
    from papaya.render.layout import visible
    from papaya.tunnel.told import condition_lines

    for line, condition in zip(lines, conditions, strict=True):
        word = click.style(f"{'up' if condition.is_up else 'not up':<8}", fg=_COLORS[condition.is_up])
        first, *others = condition_lines(line, condition, is_root=not os.geteuid())
        click.echo(f"{word}{visible(line.device)}  {visible(first)}")
        for text in others:
            click.echo(f"{'':<8}{visible(text)}")


def _print_document(tunnels: Sequence[Mapping[str, object]]) -> None:
    up = all(tunnel["up"] for tunnel in tunnels)
    document = {"formatVersion": FORMAT_VERSION, "tunnels": tunnels, "up": up}
    click.echo(json_text(document))
