"""`papaya credentials show`: the credentials of one device."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from papaya.commands.options.manifest import manifest_file_options
from papaya.commands.options.server import server_options
from papaya.commands.running import fleet_at_hand, open_session
from papaya.errors import PapayaError
from papaya.render.json_text import json_text

if TYPE_CHECKING:
    from papaya.settings import Options
    from papaya.workspace.choice import ManifestChoice

FORMAT_VERSION = "1"


@click.command("show")
@click.argument("device")
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
    from papaya.api.known import known_device
    from papaya.api.tokens import read_credentials
    from papaya.engine.meaning import device_named
    from papaya.remedies import nearest
    from papaya.render.layout import visible
    from papaya.runs.credentials import details, summary

    fleet = fleet_at_hand(manifest, server)
    declared = device_named(fleet, device) if fleet is not None else None
    device = declared.name if declared is not None else device.removeprefix("device/")
    with open_session(server, fleet) as session:
        id_ = known_device(session, device, fleet.name if fleet is not None else None)
        if id_ is None:
            near = nearest(device, (one.name for one in fleet.devices())) if fleet is not None else ""
            raise PapayaError(
                f"there is no device called {device} on {session.url}",
                remedy=f"Did you mean {near}?" if near and near != device else "",
            )
        found = read_credentials(session, id_)
    if as_json:
        told = {"formatVersion": FORMAT_VERSION, "device": device, "type": found.kind}
        told |= details(found.proof, with_secrets=show_token)
        document = {**told, "token": found.token} if show_token else told
        click.echo(json_text(document))
        return
    password = found.proof.login[2] if found.proof is not None else None
    secret = found.token or password
    if show_token and secret is not None:
        click.echo(secret)
    else:
        hidden = "; to see it: --show-token" if secret is not None else ""
        more = visible(summary(found.proof))
        click.echo(f"{device}: {found.kind}{f' ({more})' if more else ''}{hidden}")
