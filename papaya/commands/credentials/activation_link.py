"""`papaya credentials activation-link`: the link by which a new user sets a password."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from papaya.command_line.running import open_session
from papaya.command_line.terminal import TERMINAL
from papaya.commands.options.manifest import manifest_path_options
from papaya.commands.options.server import server_options
from papaya.render.json_text import json_text

if TYPE_CHECKING:
    from papaya.settings import Options
    from papaya.workspace.choice import ManifestChoice


@click.command("activation-link")
@click.argument("email")
@manifest_path_options
@server_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def print_activation_link(email: str, manifest: ManifestChoice, server: Options, as_json: bool) -> None:
    """Print the link by which a new user sets a password.

    EMAIL is the e-mail address or the address of the user (user/EMAIL). The link is a secret: whoever opens
    it first sets the password. Send it to the user alone.
    """
    from papaya.runs.activation import activation_link

    with open_session(server, manifest.load() if manifest.is_named else None) as session:
        found = activation_link(session, email.removeprefix("user/"))
    click.echo(json_text(found.document) if as_json else found.link)
    TERMINAL.noted(found.warning)
