"""`papaya export`: what is live, adopted or not, as a manifest."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from papaya.command_line.running import open_session
from papaya.command_line.terminal import TERMINAL
from papaya.commands.options.manifest import manifest_path_options
from papaya.commands.options.server import server_options
from papaya.counting import counted

if TYPE_CHECKING:
    from papaya.manifest.model import Fleet
    from papaya.settings import Options
    from papaya.workspace.choice import ManifestChoice


@click.command()
@manifest_path_options
@server_options
@click.option("--country", "countries", metavar="NAME", multiple=True, help="Only this Country; repeatable.")
@click.option("--name", metavar="FLEET", help="The fleet's name.  [default: the live one, else fleet]")
@click.option(
    "--country-profile", metavar="NAME", default="Country", show_default=True, help="What makes a Country."
)
@click.option(
    "--state-profile", metavar="NAME", default="State", show_default=True, help="What makes a State."
)
@click.option("--tunnel-host", metavar="HOST", help="The bastion that the remote ports of devices are on.")
@click.option("--unmanaged", is_flag=True, help="Also what somebody else keeps on entities of the fleet.")
@click.option(
    "-o",
    "--out",
    metavar="PATH",
    type=click.Path(path_type=Path),
    help="Write a file (*.yaml), or a folder with a file for each Country and tables of many devices.",
)
@click.option(
    "--with",
    "sections",
    metavar="SECTION",
    multiple=True,
    help="Also objects beside the tree, such as customers, or credentials; all takes every kind. Repeatable.",
)
@click.option("--force", is_flag=True, help="Replace files that are there.")
@click.option("--json", "as_json", is_flag=True, help="Write JSON, which is YAML, too.")
def command(
    manifest: ManifestChoice,
    server: Options,
    countries: tuple[str, ...],
    name: str | None,
    country_profile: str,
    state_profile: str,
    tunnel_host: str | None,
    unmanaged: bool,
    out: Path | None,
    sections: tuple[str, ...],
    force: bool,
    as_json: bool,
) -> None:
    """Write a manifest of what is on the server.

    PATH is a manifest that names the server; -o says where to write. papaya reads the assets of the Country
    profile and the States and devices in them. A plan of the result adopts
    what no fleet manages, and updates papaya's own records of tokens and former names; it changes nothing
    else. Reading attributes with their types takes one request for each device. Certificates and MQTT basic
    credentials that papaya applied are written without secrets; --with credentials writes all of them. What
    a manifest cannot hold is listed and left out.
    """
    from papaya.api.export import Choice
    from papaya.engine.export import FLEET_NAME, Wishes
    from papaya.render.layout import visible
    from papaya.runs import export as runs
    from papaya.runs.export_remarks import export_remarks

    if name is not None and not FLEET_NAME.fullmatch(name):
        raise click.BadParameter(
            "a name starts with a letter; then digits, - _ . are fine", param_hint="--name"
        )
    if out is not None and as_json and runs.is_folder(out):
        raise click.UsageError("a folder holds YAML; give -o a file for --json")
    try:
        keys = runs.kinds_of(sections)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--with") from error
    reads = bool({runs.CREDENTIALS, "all"} & set(sections))
    choice = Choice(country_profile, state_profile, countries, reads)
    with open_session(server, _naming_the_server(manifest, server)) as session:
        wishes = Wishes(country_profile, state_profile, name, session.url, tunnel_host, unmanaged)
        made, tree = runs.exported(session, choice, wishes, observer=TERMINAL)
        made, files = runs.with_objects(session, made, tree, keys, unmanaged=unmanaged)
        source = f"{session.url} (ThingsBoard {session.info().version})"
    if files and (out is None or not runs.is_folder(out)):
        raise click.UsageError("--with writes files beside the manifest: give -o a folder")
    texts = runs.texts_of(made, source, in_folder=out is not None and runs.is_folder(out), as_json=as_json)
    contents = {**texts, **files}
    remarks = [*export_remarks(made, tree, is_written=out is not None, state_profile=state_profile)]
    # Of 100,000 devices both take 250 MB, which reading the texts needs.
    del made, tree
    if faults := runs.faults_of(contents):
        click.echo(faults, err=True)
    if out is None:
        click.echo("".join(text for name, text in texts.items() if not name.endswith(".pem")), nl=False)
    else:
        paths = runs.write(out, contents, force=force)
        what = f"{counted(len(paths), 'file')} in {out}" if runs.is_folder(out) else str(out)
        TERMINAL.noted(f"Wrote {what}. To see what apply would do: papaya plan {shlex.quote(str(out))}")
    for remark in remarks:
        TERMINAL.noted(visible(remark))


def _naming_the_server(manifest: ManifestChoice, server: Options) -> Fleet | None:
    """Return the fleet that says which server is meant; the one of this folder only if nothing else does."""
    from papaya.errors import SettingsError
    from papaya.settings import find_settings

    if not manifest.is_named:
        try:
            find_settings(server)
        except SettingsError:
            return manifest.load() if manifest.paths else None
        return None
    return manifest.load()
