"""`papaya whoami`: the server, the user and their rights, and where each setting came from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from papaya.command_line.running import fleet_at_hand, session_for, settings_for
from papaya.commands.options.manifest import manifest_path_options
from papaya.commands.options.server import server_options
from papaya.errors import SettingsError
from papaya.remedies import HOW_TO_LOG_IN
from papaya.render.json_text import json_text

if TYPE_CHECKING:
    from papaya.settings import Options
    from papaya.workspace.choice import ManifestChoice


@click.command()
@manifest_path_options
@server_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(manifest: ManifestChoice, server: Options, as_json: bool) -> None:
    """Show the server, the user and their rights."""
    from papaya.runs.identity import identity_of, identity_text

    settings = settings_for(server, fleet_at_hand(manifest, server))
    if not settings.credentials:
        raise SettingsError(
            f"there are no credentials for {settings.url}", remedy="\n".join((*settings.notes, HOW_TO_LOG_IN))
        )
    with session_for(settings) as session:
        session.authenticate()
        found = identity_of(session, settings)
    if as_json:
        click.echo(json_text(found))
        return
    click.echo(identity_text(found))
