"""`papaya show`: the fleet as the server has it, with who is online."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from papaya.command_line.running import running
from papaya.command_line.terminal import terminal_width, wants_color
from papaya.commands.options.manifest import manifest_options
from papaya.commands.options.server import server_options
from papaya.render.json_text import json_text

if TYPE_CHECKING:
    from papaya.settings import Options
    from papaya.workspace.choice import ManifestChoice


@click.command()
@manifest_options
@server_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option("--full", is_flag=True, help="Print every device; fold nothing.")
def command(manifest: ManifestChoice, server: Options, as_json: bool, full: bool) -> None:
    """Print the fleet as the server has it.

    What carries the fleet's mark, the places above it, and what else stands in its places; devices with their
    profile, serial, label and whether they are online. Ten devices of a place and more come as one line.
    """
    from papaya.render.tree import fleet_tree, tree_json
    from papaya.runs.showing import objects_shown_by, shown_by

    fleet = manifest.load()
    with running(fleet, server) as run:
        shown, objects = shown_by(run), objects_shown_by(run)
    where = run.session.url
    if as_json:
        click.echo(json_text(tree_json(shown, fleet=fleet.name, server=where, objects=objects)))
        return
    text = fleet_tree(
        shown,
        fleet=fleet.name,
        server=where,
        width=terminal_width(),
        color=wants_color(),
        full=full,
        objects=objects,
    )
    click.echo(text.rstrip("\n"))
