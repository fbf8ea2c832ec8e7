"""`papaya tunnel ports`: which port of which bastion leads to which device."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from papaya.command_line.terminal import TERMINAL
from papaya.commands.options.manifest import manifest_path_options
from papaya.render.json_text import json_text

if TYPE_CHECKING:
    from papaya.workspace.allotment import PortOf
    from papaya.workspace.choice import ManifestChoice

FORMAT_VERSION = "1"


@click.command("ports")
@manifest_path_options
@click.option("--write", is_flag=True, help="Write new ports into tunnel-ports.lock.yaml.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def show_ports(manifest: ManifestChoice, write: bool, as_json: bool) -> None:
    """Show the bastion port of each device, and assign missing ports.

    --write adds ports to the lock file beside the manifest and never changes one; a renamed device keeps its
    port. Commit the file with the manifest.
    """
    from papaya.render.layout import visible
    from papaya.workspace.allotment import allotment_of
    from papaya.workspace.ports import lock_of, write_ports

    fleet = manifest.load(with_ports=False)
    allotment = allotment_of(fleet)
    if allotment.is_news and write:
        TERMINAL.noted(f"Wrote {write_ports(fleet, allotment.after)}.")
    if as_json:
        document = {"formatVersion": FORMAT_VERSION, "ports": [one.as_json() for one in allotment.ports]}
        click.echo(json_text(document))
    else:
        _print(allotment.ports)
        if not allotment.ports:
            TERMINAL.noted(f"No device of the fleet {visible(fleet.name)} asks for a port.")
    if allotment.is_news and not write:
        TERMINAL.noted(f"New ports are not in {lock_of(fleet)} yet: papaya tunnel ports --write")


def _print(ports: Sequence[PortOf]) -> None:
    from papaya.render.layout import visible

    for one in ports:
        note = "  fixed" if one.is_fixed else "" if one.is_allotted else "  new"
        host = f"[{one.host}]" if ":" in one.host else one.host
        click.echo(f"{host}:{one.port}  {visible(one.label)}{note}")
