"""`papaya call`: a command to one device or to many."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from papaya.command_line.asking import confirm
from papaya.command_line.completion import complete_names
from papaya.command_line.running import fleet_at_hand, open_session
from papaya.command_line.terminal import TERMINAL, terminal_width, wants_color
from papaya.commands.options.manifest import manifest_file_options
from papaya.commands.options.numbers import duration
from papaya.commands.options.server import server_options
from papaya.commands.options.targets import targets_option
from papaya.counting import counted
from papaya.render.json_text import json_text

if TYPE_CHECKING:
    from papaya.settings import Options
    from papaya.workspace.choice import ManifestChoice


@click.command()
@click.argument("words", nargs=-1, metavar="TARGET METHOD [PARAMS]...", shell_complete=complete_names)
@manifest_file_options
@server_options
@targets_option
@click.option("--wait", metavar="TIME", default="10s", callback=duration, show_default=True,
              help="How long a device may take to answer; at most 25s.")  # fmt: skip
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@click.option("--full", is_flag=True, help="Print the whole answer of every device.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(
    words: tuple[str, ...],
    manifest: ManifestChoice,
    server: Options,
    target: tuple[str, ...],
    wait: float,
    yes: bool,
    full: bool,
    as_json: bool,
) -> int:
    """Send a command to one device or to many.

    TARGET is a name, a path or a pattern; with --target the arguments begin with METHOD. PARAMS are one JSON
    value or NAME=VALUE pairs. The outcome of each device is answered, offline, slow (it got the command and
    did not answer in time) or refused. Exits with 1 unless all answered.
    """
    from papaya.render.outcomes import outcomes_json, outcomes_text
    from papaya.runs.calling import call_many, parameters_of
    from papaya.runs.meant import devices_meant
    from papaya.runs.progress import rows_told

    targets, rest = (target, words) if target else (words[:1], words[1:])
    if not targets or not rest:
        raise click.UsageError("Name a target and a method, as in: papaya call PM-0001 ping")
    try:
        parameters = parameters_of(rest[1:])
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    fleet = fleet_at_hand(manifest, server)
    with open_session(server, fleet) as session:
        with rows_told(session, TERMINAL):
            devices = devices_meant(session, fleet, targets)
        if len(devices) > 1 and not yes:
            confirm(f"Send {rest[0]} to {counted(len(devices), 'device')}?")
        outcomes = call_many(session, devices, rest[0], parameters, seconds=wait, observer=TERMINAL)
        if as_json:
            click.echo(json_text(outcomes_json(outcomes, rest[0], session.url)))
        else:
            text = outcomes_text(outcomes, rest[0], width=terminal_width(), color=wants_color(), full=full)
            click.echo(text.rstrip("\n"))
    if any(one.status == "not sent" for one in outcomes):
        return 130
    return 0 if all(one.status == "answered" for one in outcomes) else 1
