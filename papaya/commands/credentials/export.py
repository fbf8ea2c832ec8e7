"""`papaya credentials export`: the credentials of a fleet's devices in a private file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from papaya.command_line.running import running
from papaya.command_line.terminal import TERMINAL
from papaya.commands.options.manifest import manifest_options
from papaya.commands.options.scope import scope_options
from papaya.commands.options.server import server_options
from papaya.errors import PapayaError

if TYPE_CHECKING:
    from papaya.engine.scope import RunScope
    from papaya.settings import Options
    from papaya.workspace.choice import ManifestChoice


@click.command("export")
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
@click.option("--with-passwords", is_flag=True, help="Also MQTT client ids, user names and passwords.")
@click.option("--show", "on_screen", is_flag=True, help="Print the credentials instead of writing a file.")
@click.option("--force", is_flag=True, help="Replace a file that is there.")
def export_tokens(
    manifest: ManifestChoice,
    server: Options,
    scope: RunScope,
    out: Path | None,
    form: str | None,
    with_passwords: bool,
    on_screen: bool,
    force: bool,
) -> None:
    """Write the credentials of the fleet's devices to a private file.

    The file is readable by its owner alone and complete or absent. It holds access tokens, and MQTT
    passwords with --with-passwords; certificates, which are no secrets, are in the JSON form.
    """
    from papaya.counting import counted
    from papaya.runs.credentials import holders_csv, holders_in, holders_json
    from papaya.settings.private_file import replace_private

    if (out is None) != on_screen:
        raise click.UsageError("say where the credentials go: -o FILE, or --show for the screen")
    if out is not None and out.exists() and not force:
        raise PapayaError(
            f"{out} is there already: nothing was written", remedy="Name another file, or add --force."
        )
    form = form or ("json" if out is not None and out.suffix.lower() == ".json" else "csv")
    fleet = manifest.load()
    with running(fleet, server) as run:
        holders = list(holders_in(run, scope))
        if form == "json":
            text = holders_json(run, holders, with_passwords=with_passwords)
        else:
            text = holders_csv(holders, with_passwords=with_passwords)
    if out is None:
        click.echo(text, nl=False)
        return
    try:
        replace_private(out, text.encode())
    except OSError as error:
        raise PapayaError(f"{out} cannot be written: {error.strerror or error}") from error
    told = counted(len(holders), "device")
    TERMINAL.noted(f"Wrote the credentials of {told} to {out}, for its owner alone.")
