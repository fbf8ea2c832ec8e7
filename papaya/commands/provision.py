"""`papaya provision`: all six steps for the device on whose hardware this runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from papaya.command_line.output.registration import tell_dry_run, tell_step
from papaya.command_line.running import checked_session, settings_of
from papaya.command_line.terminal import TERMINAL
from papaya.commands.options.certificate import own_certificate_options
from papaya.commands.options.device import device_options, locating_options, token_file_option
from papaya.commands.options.manifest import manifest_file_options
from papaya.commands.options.server import server_options
from papaya.commands.options.transport import Transport, transport_options
from papaya.errors import PapayaError
from papaya.render.json_text import json_text

if TYPE_CHECKING:
    from papaya.provision.choosing import Chosen
    from papaya.provision.locating import Locating
    from papaya.settings import Options
    from papaya.settings.device_login import DeviceLogin
    from papaya.workspace.choice import ManifestChoice


@click.command()
@device_options
@manifest_file_options
@server_options
@locating_options(tolerance=True)
@token_file_option
@own_certificate_options
@transport_options
@click.option("--show-token", is_flag=True, help="Print the device's access token at the end.")
@click.option("--addresses", is_flag=True, help="Send the addresses of this machine's interfaces, too.")
@click.option("--wait", metavar="TIME", default="15s", show_default=True, help="How long telemetry may take.")
@click.option(
    "--take-over", metavar="FLEET", multiple=True, help="Take the device over if this fleet owns it."
)
@click.option("--with-key", is_flag=True, help="Register with the device profile's provision key alone.")
@click.option("--provision-key", metavar="KEY", help="The key; its secret stands in PAPAYA_PROVISION_SECRET.")
@click.option("--dry-run", is_flag=True, help="Print the plan; write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(
    name: str | None,
    serial: str | None,
    manifest: ManifestChoice,
    server: Options,
    locating: Callable[[Chosen], Locating],
    credentials_file: Path | None,
    login: DeviceLogin | None,
    certificate_days: int | None,
    transport: Transport,
    show_token: bool,
    addresses: bool,
    wait: str,
    take_over: tuple[str, ...],
    with_key: bool,
    provision_key: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Register this machine as a device.

    Signs in, finds the location, creates the places and the device on the server, stores its token, and
    checks the result with a first telemetry message. With --with-certificate the device makes a key, which
    never leaves it, and signs in with a certificate. NAME is a device of the manifest or device bundle;
    without them a config.properties names it. Running the command again changes only what is not yet right.
    """
    from papaya.engine.credentials import word_of
    from papaya.provision import registering
    from papaya.provision.administrator import Wishes
    from papaya.provision.certificate import refuse_declared
    from papaya.provision.choosing import choose_device
    from papaya.provision.hardware import system_information
    from papaya.provision.steps import Progress
    from papaya.settings.device_token import check_storable, path_to_store
    from papaya.settings.quantities import seconds_of

    chosen = choose_device(name, serial, manifest, server)
    declared = chosen.one.device.credentials
    if certificate_days is not None and declared is not None:
        raise refuse_declared(chosen.one.device.name, word_of(declared))
    settings = settings_of(chosen, server, with_credentials=not with_key)
    wishes = Wishes(
        locating=locating(chosen),
        token_file=credentials_file or path_to_store(chosen.one.device.name),
        information=system_information(addresses=addresses),
        wait=seconds_of(wait, "--wait"),
        take_over=frozenset(take_over),
        broker=transport.broker(settings, "the provision secret" if with_key else "the device's token"),
        login=login,
        certificate_days=certificate_days,
    )
    if dry_run:
        if with_key:
            raise click.UsageError("--with-key has nothing that could be planned: leave out --dry-run")
        tell_dry_run(
            *registering.plan_registration(chosen, wishes, lambda: checked_session(settings)), as_json
        )
        return
    check_storable(wishes.token_file)
    # Before anything is done, so that a wrong place can still be changed.
    what = "its certificate and key go beside" if certificate_days is not None else "its token goes to"
    goes = f"{what} {wishes.token_file} (mode 0600)"
    elsewhere = "" if credentials_file is not None else ", or to --credentials-file FILE"
    what = f"{chosen.one.device.name} from {chosen.source}, on {settings.url}"
    if elsewhere or not as_json:
        click.echo(f"{what}; {goes}{elsewhere}", err=as_json)
    progress = Progress(lambda step: None if as_json else tell_step(step))
    token: str | None = None
    failure: PapayaError | None = None
    try:
        if with_key:
            token = registering.register_with_key(
                progress, chosen, settings, wishes, key=provision_key, observer=TERMINAL
            )
        else:
            token = registering.register_as_administrator(progress, chosen, settings, wishes, checked_session)
    except PapayaError as error:
        failure = error
    if as_json:
        document = registering.as_document(chosen, settings, progress, failure, token if show_token else None)
        click.echo(json_text(document))
    if failure is not None:
        raise failure
    if not as_json:
        click.echo(f"{chosen.one.device.name} is registered.")
        if show_token and token is not None:
            click.echo(f"Token: {token}")
