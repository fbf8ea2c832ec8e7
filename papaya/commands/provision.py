"""`papaya provision`: all six steps for the device on whose hardware this runs."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from papaya.commands.options.device import (
    Chosen,
    choose_device,
    device_options,
    locating_options,
    seconds_of,
    settings_of,
    token_file_option,
)
from papaya.commands.options.manifest import manifest_file_options
from papaya.commands.options.server import server_options
from papaya.commands.options.transport import Transport, transport_options
from papaya.commands.running import checked_session
from papaya.errors import PapayaError, PlanRefused

if TYPE_CHECKING:
    from papaya.api.session import Session
    from papaya.manifest.model import Json
    from papaya.provision.administrator import Wishes
    from papaya.provision.locating import Locating
    from papaya.provision.steps import Progress, Step
    from papaya.provision.with_key import Key
    from papaya.settings import Options, Settings
    from papaya.workspace.choice import ManifestChoice

FORMAT_VERSION = "1"
_TITLES = {
    "authenticate": "Authenticate",
    "locate": "Locate",
    "hierarchy": "Hierarchy",
    "device": "Device",
    "credential": "Credential",
    "handshake": "Handshake",
}
_SECRET_VARIABLE = "PAPAYA_PROVISION_SECRET"  # noqa: S105 - the name of a variable


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
@click.option("--provision-key", metavar="KEY", help=f"The key; its secret stands in {_SECRET_VARIABLE}.")
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
    from papaya.provision.administrator import Wishes
    from papaya.provision.hardware import system_information
    from papaya.provision.steps import Progress
    from papaya.settings.device_token import path_to_store

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
        _dry_run(chosen, settings, wishes, with_key, as_json)
        return
    if not as_json:
        click.echo(f"{chosen.one.device.name} from {chosen.source}, on {settings.url}")
    progress = Progress(lambda step: None if as_json else _print(step))
    token: str | None = None
    failure: PapayaError | None = None
    try:
        if with_key:
            token = _with_key(progress, chosen, settings, _key(chosen, provision_key), wishes)
        else:
            token = _as_administrator(progress, chosen, settings, wishes)
    except PapayaError as error:
        failure = error
    if as_json:
        document = _document(chosen, settings, progress, failure, token if show_token else None)
        click.echo(json.dumps(document, indent=2, ensure_ascii=False))
    if failure is not None:
        raise failure
    if not as_json:
        click.echo(f"{chosen.one.device.name} is registered.")
        if show_token:
            click.echo(f"Token: {token}")


def _as_administrator(progress: Progress, chosen: Chosen, settings: Settings, wishes: Wishes) -> str:
    from platformdirs import user_state_path

    from papaya.apply.journal import FileJournal
    from papaya.provision.administrator import provision

    run = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-provision-{secrets.token_hex(3)}"
    with progress.step("authenticate") as step:
        session = checked_session(settings)
        _tell_session(step, session, settings)
    with session:
        journal = FileJournal(user_state_path("papaya") / "journals" / f"{run}.jsonl", now=_now)
        kept, _ = provision(progress, chosen.one, session, settings, journal, wishes, run=run)
    return kept.token


def _with_key(progress: Progress, chosen: Chosen, settings: Settings, key: Key | None, wishes: Wishes) -> str:
    from papaya.provision.key_holder import provision_with_key
    from papaya.settings.url import travels_in_the_clear

    if wishes.broker is None and travels_in_the_clear(settings.url):
        click.echo(
            f"Warning: the provision secret for {settings.url} can be read by everybody on the way to it. "
            "Use https://.",
            err=True,
        )
    registered, _ = provision_with_key(progress, chosen.one, settings, key, wishes)
    return registered.token


def _key(chosen: Chosen, provision_key: str | None) -> Key | None:
    """Return the key: the one that was given, with its secret from the environment, or the manifest's."""
    from papaya.manifest.model import SecretReference
    from papaya.provision.with_key import Key
    from papaya.secrets import resolve

    profiles = {profile.name: profile.provisioning for profile in chosen.whole.profiles.devices}
    declared = profiles.get(chosen.one.device.profile)
    if provision_key is not None:
        secret = resolve(SecretReference(env=_SECRET_VARIABLE), Path())
        return Key(provision_key, secret, declared.strategy if declared is not None else None)
    if declared is None:
        return None
    return Key(declared.key, resolve(declared.secret, Path(chosen.whole.folder)), declared.strategy)


def _tell_session(step: Step, session: Session, settings: Settings) -> None:
    user = session.user()
    origin = settings.origin("credentials")
    how = {
        "refreshed": f"the token from {origin} was refreshed",
        "logged in": f"logged in anew with the password from {origin}",
    }.get(session.renewal or "", f"the credentials from {origin} are valid")
    from papaya.settings.candidates import CONFIG_PROPERTIES, LOGIN

    kept = session.renewal is not None and settings.credentials_source in (CONFIG_PROPERTIES, LOGIN)
    step.ended("ok", f"{user}; {how}{', written back' if kept else ''}")
    step.details.update(user=user.email, authority=user.authority, renewal=session.renewal)


def _dry_run(chosen: Chosen, settings: Settings, wishes: Wishes, with_key: bool, as_json: bool) -> None:
    from papaya.commands.output.terminal import terminal_width, wants_color
    from papaya.provision.administrator import located
    from papaya.provision.locating import find_position
    from papaya.provision.reconcile import plan_device
    from papaya.render.as_json import plan_json
    from papaya.render.text import plan_text

    if with_key:
        raise click.UsageError(
            "--with-key asks the server for nothing that could be planned: leave out --dry-run"
        )
    with checked_session(settings) as session:
        position = find_position(chosen.one, wishes.locating, lambda: session)
        one = located(chosen.one, position)
        plan, _, _ = plan_device(session, one.fleet, wishes.take_over)
    if as_json:
        click.echo(json.dumps(plan_json(plan), indent=2, ensure_ascii=False))
    else:
        text = plan_text(plan, width=terminal_width(), color=wants_color())
        click.echo(text.rstrip("\n"))
        if position is not None:
            click.echo(f"Location: {position.words}.")
            for warning in position.warnings:
                click.echo(f"Warning: {warning}", err=True)
    if plan.refusals:
        raise PlanRefused("provision would refuse this plan, as said above")


def _print(step: Step) -> None:
    """Print one step as soon as it has ended."""
    title = _TITLES[step.name]
    text = step.text.replace("\n", f"\n{'':<27}")
    click.echo(f"  {step.number} {title:<13}{step.outcome:<10}{text}".rstrip())
    for warning in step.warnings:
        click.echo(f"{'':<17}{'warning':<10}{warning}")


def _document(
    chosen: Chosen, settings: Settings, progress: Progress, failure: PapayaError | None, token: str | None
) -> dict[str, Json]:
    steps: list[Json] = [step.as_json() for step in progress.steps]
    document: dict[str, Json] = {
        "formatVersion": FORMAT_VERSION,
        "device": chosen.one.device.name,
        "path": [*chosen.one.path],
        "source": chosen.source,
        "server": settings.url,
        "registered": failure is None,
        "steps": steps,
    }
    if failure is not None:
        document["error"] = {"message": failure.message, "remedy": failure.remedy}
    if token is not None:
        document["token"] = token
    return document


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
