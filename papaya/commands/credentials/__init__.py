"""`papaya credentials`: the access tokens of a fleet's devices; none of them on a screen unless asked for."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from papaya.errors import NotFound, PapayaError
from papaya.runs.lock import lease_options
from papaya.runs.run import running, scope_options
from papaya.runs.session import fleet_at_hand, open_session, server_options
from papaya.workspace.fleet import manifest_file_options, manifest_options

if TYPE_CHECKING:
    from papaya.engine.scope import RunScope
    from papaya.runs.credentials import Holder
    from papaya.runs.lock import LeaseChoice
    from papaya.runs.run import Run
    from papaya.settings import Options
    from papaya.workspace.fleet import ManifestChoice

FORMAT_VERSION = "1"
_COLUMNS = ("device", "path", "type", "token")


@click.group()
def command() -> None:
    """Export, show or rotate the access tokens of devices."""


@command.command("export")
@manifest_options
@server_options
@scope_options
@click.option("-o", "--out", metavar="FILE", type=click.Path(path_type=Path), help="Write to this file.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "json"]),
    help="What to write.  [default: by FILE, else csv]",
)
@click.option("--show", "on_screen", is_flag=True, help="Print the tokens instead of writing a file.")
@click.option("--force", is_flag=True, help="Replace a file that is there.")
def export(
    manifest: ManifestChoice,
    server: Options,
    scope: RunScope,
    out: Path | None,
    form: str | None,
    on_screen: bool,
    force: bool,
) -> None:
    """Write the tokens of the fleet's devices to a private file.

    The file is readable by its owner alone and complete or absent. Devices with other credentials than a
    token are listed without one.
    """
    from papaya.render.words import counted
    from papaya.runs.credentials import holders_in
    from papaya.settings.private_file import replace_private

    if (out is None) != on_screen:
        raise click.UsageError("say where the tokens go: -o FILE, or --show for the screen")
    if out is not None and out.exists() and not force:
        raise PapayaError(
            f"{out} is there already: nothing was written", remedy="Name another file, or add --force."
        )
    form = form or ("json" if out is not None and out.suffix.lower() == ".json" else "csv")
    fleet = manifest.load()
    with running(fleet, server) as run:
        holders = list(holders_in(run, scope))
        text = _json(run, holders) if form == "json" else _csv(holders)
    if out is None:
        click.echo(text, nl=False)
        return
    try:
        replace_private(out, text.encode())
    except OSError as error:
        raise PapayaError(f"{out} cannot be written: {error.strerror or error}") from error
    told = counted(len(holders), "device")
    click.echo(f"Wrote the credentials of {told} to {out}, for its owner alone.", err=True)


@command.command("show")
@click.argument("device")
@manifest_file_options
@server_options
@click.option("--show-token", is_flag=True, help="Print the token itself.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def show(device: str, manifest: ManifestChoice, server: Options, show_token: bool, as_json: bool) -> None:
    """Show the credentials of one device.

    DEVICE is its name on the server. The token is printed only with --show-token.
    """
    from papaya.api.fetch import identifier
    from papaya.api.tokens import read_credentials

    with open_session(server, fleet_at_hand(manifest, server)) as session:
        try:
            body = session.get("/api/tenant/devices", params={"deviceName": device})
        except NotFound as error:
            raise PapayaError(f"there is no device called {device} on {session.url}") from error
        found = read_credentials(session, identifier(body if isinstance(body, dict) else {}))
    if as_json:
        told = {"formatVersion": FORMAT_VERSION, "device": device, "type": found.kind}
        click.echo(json.dumps({**told, "token": found.token} if show_token else told, indent=2))
    elif show_token and found.token is not None:
        click.echo(found.token)
    else:
        hidden = "; to see it: --show-token" if found.token is not None else ""
        click.echo(f"{device}: {found.kind}{hidden}")


@command.command("rotate")
@manifest_options
@server_options
@scope_options
@lease_options
@click.option(
    "--out",
    metavar="FILE",
    required=True,
    type=click.Path(path_type=Path),
    help="Where old and new tokens are written first; the same file again continues.",
)
@click.option("--yes", is_flag=True, help="Accepted for scripts; agrees to nothing that cuts devices off.")
@click.option(
    "--allow-token-change",
    metavar="N",
    type=click.IntRange(min=0),
    help="Replace the tokens of up to N devices without asking.",
)
def rotate(
    manifest: ManifestChoice,
    server: Options,
    scope: RunScope,
    lease: LeaseChoice,
    out: Path,
    yes: bool,
    allow_token_change: int | None,
) -> int:
    """Give the fleet's devices new generated tokens.

    Each device is cut off until it gets its new token. Devices whose token the manifest declares are refused:
    change the secret, and apply. Should the run end early, the same command with the same file continues.
    """
    from papaya.runs.rotation import agree, carry_out, keep, prepared

    fleet = manifest.load()
    with running(fleet, server, lease=lease) as run:
        rotation = prepared(run, scope, out)
        if not rotation.turns:
            click.echo("No device is meant.", err=True)
            return 0
        agree(rotation, allow_token_change, out)
        keep(rotation, out)
        return carry_out(run, rotation, lease, out)


def _csv(holders: list[Holder]) -> str:
    from papaya.engine.address import path_text

    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for one in holders:
        writer.writerow((one.entity.address.name, path_text(one.path), one.kind, one.token or ""))
    return file.getvalue()


def _json(run: Run, holders: list[Holder]) -> str:
    document = {
        "formatVersion": FORMAT_VERSION,
        "fleet": run.fleet.name,
        "server": run.session.url,
        "devices": [
            {
                "device": one.entity.address.name,
                "path": list(one.path),
                "type": one.kind,
                "token": one.token,
            }
            for one in holders
        ],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
