"""`papaya credentials show`: the credentials of one device."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from papaya.command_line.running import fleet_at_hand, open_session
from papaya.commands.options.manifest import manifest_file_options
from papaya.commands.options.server import server_options
from papaya.commands.options.targets import device_argument

if TYPE_CHECKING:
    from papaya.settings import Options
    from papaya.workspace.choice import ManifestChoice


@click.command("show")
@device_argument("device", required=True)
@manifest_file_options
@server_options
@click.option("--show-token", is_flag=True, help="Print the token, or the MQTT password, itself.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def show_credentials(
    device: str, manifest: ManifestChoice, server: Options, show_token: bool, as_json: bool
) -> None:
    """Show the credentials of one device.

    DEVICE is its name in the manifest or on the server, its path or its address. A token or an MQTT password
    is printed only with --show-token. A certificate is no secret: --json prints it.
    """
    from papaya.runs.credentials import credentials_of, credentials_text

    fleet = fleet_at_hand(manifest, server)
    with open_session(server, fleet) as session:
        device, found = credentials_of(session, fleet, device)
    click.echo(credentials_text(device, found, with_secrets=show_token, as_json=as_json))
