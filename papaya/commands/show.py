"""`papaya show`: the fleet as the server has it, with who is online."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from papaya.command_line.running import running
from papaya.command_line.terminal import terminal_width, wants_color
from papaya.command_line.watch import watch
from papaya.commands.options.group import full_option
from papaya.commands.options.manifest import manifest_options
from papaya.commands.options.numbers import duration
from papaya.commands.options.server import server_options
from papaya.commands.options.targets import targets_at_hand, targets_option, typed_targets
from papaya.render.devices import ORDERS, Filters
from papaya.render.json_text import json_text

if TYPE_CHECKING:
    from papaya.render.devices import Order
    from papaya.settings import Options
    from papaya.workspace.choice import ManifestChoice


@click.command()
@manifest_options
@server_options
@targets_option
@click.option("--offline", is_flag=True, help="Only devices that are not online.")
@click.option(
    "--silent-for", metavar="TIME", callback=duration, help="Only devices not active for 90s, 1h, 2d."
)
@click.option("--alarms", is_flag=True, help="Only devices with active alarms of the server.")
@click.option(
    "--search", metavar="TEXT", default="", help="Only devices with TEXT in name, label, serial or place."
)
@click.option("--sort", "order", type=click.Choice(ORDERS), help="List devices in this order.")
@click.option("--watch", "every", metavar="TIME", is_flag=False, flag_value="5s", callback=duration,
              help="Draw again and again, every 5s unless TIME says otherwise.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@full_option
def command(
    manifest: ManifestChoice,
    server: Options,
    target: tuple[str, ...],
    offline: bool,
    silent_for: float | None,
    alarms: bool,
    search: str,
    order: Order | None,
    every: float | None,
    as_json: bool,
    full: bool,
) -> int:
    """Show the fleet on the server.

    Shows what the fleet manages, the places above it, what else is in its places, and which devices are
    online. Ten or more devices of a place are one line. A filter or --sort lists devices in a table, of more
    than 1,000 the first.
    """
    from papaya.engine.scope import RunScope
    from papaya.runs.shown import View

    filters = Filters(offline, silent_for, alarms, search)
    targets = (*targets_at_hand(), *typed_targets(target))
    scope = RunScope(targets=targets) if targets else None
    with running(manifest.load, server, scope=scope) as run:
        view = View(run, targets, filters, order)
        if as_json:
            click.echo(json_text(view.document()))
            return 0

        def text() -> str:
            return view.text(width=terminal_width(), color=wants_color(), full=full)

        if every is not None:
            return watch(text, max(every, 0.5))
        click.echo(text().rstrip("\n"))
        return 0
