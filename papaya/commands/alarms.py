"""`papaya alarms`: the server's alarms of a fleet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from papaya.command_line.asking import confirm
from papaya.command_line.output.left_out import tell_first
from papaya.command_line.running import open_session
from papaya.command_line.terminal import TERMINAL, terminal_width, wants_color
from papaya.commands.options.manifest import manifest_options
from papaya.commands.options.server import server_options
from papaya.commands.options.targets import targets_at_hand, targets_option, typed_targets
from papaya.counting import counted
from papaya.render.json_text import json_text

if TYPE_CHECKING:
    from papaya.settings import Options
    from papaya.workspace.choice import ManifestChoice

_MOST_FAILED = 10


@click.command()
@manifest_options
@server_options
@targets_option
@click.option("--ack", is_flag=True, help="Acknowledge the listed alarms.")
@click.option("--clear", is_flag=True, help="Clear the listed alarms.")
@click.option("--yes", is_flag=True, help="Do not ask before alarms are changed.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(
    manifest: ManifestChoice,
    server: Options,
    target: tuple[str, ...],
    ack: bool,
    clear: bool,
    yes: bool,
    as_json: bool,
) -> int:
    """List the server's alarms of the fleet's devices, and acknowledge or clear them.

    Lists alarms that are active or not acknowledged, the most severe first. The server raises a cleared alarm
    again if its condition still holds.
    """
    from papaya.render.outcomes import alarms_json, alarms_text
    from papaya.runs.alarms import alarms_in, change_alarms
    from papaya.runs.meant import devices_meant
    from papaya.runs.progress import rows_told

    fleet = manifest.load()
    with open_session(server, fleet) as session:
        with rows_told(session, TERMINAL):
            devices = devices_meant(session, fleet, (*targets_at_hand(), *typed_targets(target)))
        found = alarms_in(session, devices, TERMINAL)
        alarms, now, heading = found.rows, session.server_time(), f"{fleet.name} on {session.url}"
        if as_json:
            click.echo(json_text(alarms_json(alarms, fleet.name, session.url, unread=found.unread)))
        else:
            text = alarms_text(alarms, now=now, heading=heading, width=terminal_width(), color=wants_color())
            click.echo(text.rstrip("\n"))
        if not alarms or not (ack or clear):
            return 0
        what = " and ".join(word for word, wanted in (("acknowledge", ack), ("clear", clear)) if wanted)
        if not yes:
            confirm(f"{what.capitalize()} {counted(len(alarms), 'alarm')}?")
        failed = change_alarms(session, alarms, acknowledge=ack, clear=clear, observer=TERMINAL)
    done = "acknowledged and cleared" if ack and clear else "acknowledged" if ack else "cleared"
    click.echo(f"{counted(len(alarms) - len(failed), 'alarm')} {done}.", err=as_json)
    tell_first([f"not {done}: {one.kind} of {one.device}: {reason}" for one, reason in failed], _MOST_FAILED)
    return 1 if failed else 0
