"""`papaya handshake`: telemetry with the device's own token, and the proof that it has arrived."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from papaya.command_line.running import checked_session, settings_of
from papaya.commands.options.certificate import certificate_options
from papaya.commands.options.device import device_options, token_file_option
from papaya.commands.options.manifest import manifest_file_options
from papaya.commands.options.server import server_options
from papaya.commands.options.transport import Transport, transport_options
from papaya.errors import SecretUnavailable
from papaya.render.json_text import json_text

if TYPE_CHECKING:
    from papaya.provision.choosing import Chosen
    from papaya.settings import Options, Settings
    from papaya.settings.device_login import DeviceLogin
    from papaya.workspace.choice import ManifestChoice

FORMAT_VERSION = "1"


@click.command()
@device_options
@manifest_file_options
@server_options
@token_file_option
@certificate_options
@transport_options
@click.option("--addresses", is_flag=True, help="Send the addresses of this machine's interfaces, too.")
@click.option("--wait", metavar="TIME", default="15s", show_default=True, help="How long telemetry may take.")
@click.option("--as-device", is_flag=True, help="Prove it with the device's token alone, without a user.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(
    name: str | None,
    serial: str | None,
    manifest: ManifestChoice,
    server: Options,
    credentials_file: Path | None,
    login: DeviceLogin | None,
    transport: Transport,
    addresses: bool,
    wait: str,
    as_device: bool,
    as_json: bool,
) -> None:
    """Check that this device reaches its server.

    Sends the device's serial number and description with the token that provision stored, and reads them
    back: over REST with a user's credentials, or without them as the device itself.
    """
    from papaya.provision.administrator import what_was_sent
    from papaya.provision.choosing import choose_device
    from papaya.provision.device_line import connect_by
    from papaya.provision.hardware import system_information
    from papaya.provision.proof import prove
    from papaya.provision.stored_login import stored_login
    from papaya.settings.quantities import seconds_of

    chosen = choose_device(name, serial, manifest, server)
    path = credentials_file
    if login is None:
        login, path = stored_login(chosen.one.device.name, credentials_file)
    settings = _settings(chosen, server, as_device=as_device)
    information = system_information(addresses=addresses)
    as_device = as_device or not settings.credentials
    arrived = prove(
        chosen.one,
        connect_by(settings, transport.broker(settings, "the device's token")),
        login,
        path,
        information,
        wait=seconds_of(wait, "--wait"),
        open_session=None if as_device else lambda: checked_session(settings),
    )
    if as_json:
        document = {
            "formatVersion": FORMAT_VERSION,
            "device": chosen.one.device.name,
            "server": settings.url,
            "ts": arrived.ts,
            "values": dict(arrived.values),
            "proof": arrived.proof,
            "transport": arrived.over.lower(),
            "seconds": round(arrived.seconds, 3),
        }
        click.echo(json_text(document))
        return
    way = "" if arrived.over == "HTTP" else f" over {arrived.over}"
    click.echo(f"{chosen.one.device.name} sent {what_was_sent(arrived.values)}{way}.")
    click.echo(f"Arrived at {settings.url}: {arrived.proof} after {arrived.seconds:.1f} s.")


def _settings(chosen: Chosen, server: Options, *, as_device: bool) -> Settings:
    if as_device:
        return settings_of(chosen, server, with_credentials=False)
    try:
        return settings_of(chosen, server)
    except SecretUnavailable:
        # The fleet's user is no business of a device.
        return settings_of(chosen, server, with_credentials=False)
