"""How commands print whether tunnels are up, as seen from the bastion or from the device."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from papaya import counting
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
    from papaya.tunnel.probe import counted, told
    from papaya.tunnel.probing import as_document

    if as_json:
        _print_document([as_document(line, probes[line]) for line in lines])
        return
    names = {line: visible(line.device) for line in lines}
    width = max(map(len, names.values()), default=0)
    for line in lines:
        word = click.style(f"{'up' if probes[line].is_up else 'not up':<8}", fg=_COLORS[probes[line].is_up])
        service = "" if line.is_own_ssh else f"{line.forward.name}: "
        click.echo(
            f"{word}{names[line]:<{width}}  {line.forward.remote_port:>5}  {service}"
            + told(probes[line], speaks_ssh=line.is_own_ssh)
        )
    if len(lines) > 1:
        click.echo(counted(list(probes.values())))


def tell_conditions(lines: Sequence[Line], conditions: Sequence[Condition], *, as_json: bool) -> None:
    """Print how each line of this machine is doing."""
    if as_json:
        _print_document([condition.as_json() | {"up": condition.is_up} for condition in conditions])
        return
    from papaya.render.layout import visible

    for line, condition in zip(lines, conditions, strict=True):
        word = click.style(f"{'up' if condition.is_up else 'not up':<8}", fg=_COLORS[condition.is_up])
        click.echo(f"{word}{visible(line.device)}  {condition.told()}")
        click.echo(f"{'':<8}port {condition.remote_port} of {line.host}, kept by {condition.told_keeper()}")
        if condition.since is not None:
            word = "connected since" if condition.is_up else "without connection since"
            click.echo(f"{'':<8}{word} {_moment(condition.since)}")
        if condition.retries:
            click.echo(f"{'':<8}{counting.counted(condition.retries, 'retry')} since")
        if condition.complaint is not None:
            when = "" if condition.complained_at is None else f", {_moment(condition.complained_at)}"
            click.echo(f"{'':<8}last error{when}: {visible(condition.complaint.summary)}")
            if condition.is_in_trouble:
                for text in condition.complaint.remedy.splitlines():
                    click.echo(f"{'':<8}{visible(text)}")
        elif condition.is_in_trouble and condition.keeper == "systemd" and os.geteuid():
            click.echo(f"{'':<8}What went wrong last is in the journal: run this as root.")


def _moment(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _print_document(tunnels: Sequence[Mapping[str, object]]) -> None:
    up = all(tunnel["up"] for tunnel in tunnels)
    document = {"formatVersion": FORMAT_VERSION, "tunnels": tunnels, "up": up}
    click.echo(json_text(document))
