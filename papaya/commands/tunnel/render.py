"""`papaya tunnel render`: the units of a device's tunnel, before anything is installed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from papaya.command_line.output.written import write_and_tell
from papaya.commands.options.tunnel import tunnel_device_options

if TYPE_CHECKING:
    from papaya.provision.tunnel_target import TargetChoice


@click.command("render")
@tunnel_device_options
@click.option(
    "--systemd",
    metavar="VERSION",
    type=click.IntRange(min=247),
    help="The version of systemd that the unit is for.  [default: 252]",
)
@click.option(
    "-o",
    "--out",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write the files into this folder instead of printing the units.",
)
def render_unit_files(target: TargetChoice, systemd: int | None, out: Path | None) -> None:
    """Write the systemd unit of a device's tunnel.

    With --out also the known_hosts file, if the manifest pins the bastion's keys. The same manifest always
    makes the same files.
    """
    from papaya.tunnel.known_hosts import known_hosts_of
    from papaya.tunnel.unit import OLDEST_SYSTEMD, render

    found = target.find()
    lines = found.lines()
    texts = {line.unit: render(line, systemd=systemd or OLDEST_SYSTEMD) for line in lines}
    if out is None:
        click.echo("\n".join(texts.values()), nl=False)
        return
    pinned = known_hosts_of(found.device)
    if pinned:
        texts["known_hosts"] = pinned
    for name, text in texts.items():
        write_and_tell(out / name, text)
