"""`papaya provision`: all six steps for the device on whose hardware this runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from papaya.commands.options.device import device_options, locating_options, token_file_option
from papaya.commands.options.manifest import manifest_file_options
from papaya.commands.options.server import server_options
from papaya.commands.options.transport import Transport, transport_options
from papaya.commands.output.terminal import TERMINAL, terminal_width, wants_color
from papaya.commands.running import checked_session, settings_of
from papaya.errors import PapayaError, PlanRefused
from papaya.render.json_text import json_text

if TYPE_CHECKING:
    from papaya.engine.plan import Plan
    from papaya.provision.choosing import Chosen
    from papaya.provision.locating import Locating
    from papaya.provision.position import Position
    from papaya.provision.steps import Step
    from papaya.settings import Options
    from papaya.workspace.choice import ManifestChoice


@click.command()
@device_options
@manifest_file_options
@server_options
@locating_options(tolerance=True)
@token_file_option
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
    """Bring the device that this machine is to its server.

    Signs in, finds out where it is, sees to its places, its entry and its token, and proves with its first
    telemetry that it is registered. NAME is a device of the manifest or bundle; a config.properties alone
    does, too. Running it again changes nothing that is right already.
    """
    from papaya.provision import registering
    from papaya.provision.administrator import Wishes
    from papaya.provision.choosing import choose_device
    from papaya.provision.hardware import system_information
    from papaya.provision.steps import Progress
    from papaya.settings.device_token import check_storable, path_to_store
    from papaya.settings.quantities import seconds_of

    chosen = choose_device(name, serial, manifest, server)
    settings = settings_of(chosen, server, with_credentials=not with_key)
    wishes = Wishes(
        locating=locating(chosen),
        token_file=credentials_file or path_to_store(chosen.one.device.name),
        information=system_information(addresses=addresses),
        wait=seconds_of(wait, "--wait"),
        take_over=frozenset(take_over),
        broker=transport.broker(settings, "the provision secret" if with_key else "the device's token"),
    )
    if dry_run:
        if with_key:
            raise click.UsageError("--with-key has nothing that could be planned: leave out --dry-run")
        _dry_run(*registering.plan_registration(chosen, wishes, lambda: checked_session(settings)), as_json)
        return
    check_storable(wishes.token_file)
    # Before anything is done, so that a wrong place can still be changed.
    goes = f"its token goes to {wishes.token_file} (mode 0600)"
    elsewhere = "" if credentials_file is not None else ", or to --credentials-file FILE"
    what = f"{chosen.one.device.name} from {chosen.source}, on {settings.url}"
    click.echo(f"{what}; {goes}{elsewhere}", err=as_json)
    progress = Progress(lambda step: None if as_json else _print(step))
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
        if show_token:
            click.echo(f"Token: {token}")


def _dry_run(plan: Plan, position: Position | None, as_json: bool) -> None:
    from papaya.render.as_json import plan_json
    from papaya.render.text import plan_text

    if as_json:
        click.echo(json_text(plan_json(plan)))
    else:
        text = plan_text(plan, width=terminal_width(), color=wants_color())
        click.echo(text.rstrip("\n"))
        if position is not None:
            click.echo(f"Location: {position.words}.")
            for warning in position.warnings:
                TERMINAL.warned(warning)
    if plan.refusals:
        raise PlanRefused("provision would refuse this plan, as said above")


def _print(step: Step) -> None:
    """Print one step as soon as it has ended."""
    title = step.name.capitalize()
    text = step.text.replace("\n", f"\n{'':<27}")
    click.echo(f"  {step.number} {title:<13}{step.outcome:<10}{text}".rstrip())
    for warning in step.warnings:
        click.echo(f"{'':<17}{'warning':<10}{warning}")
