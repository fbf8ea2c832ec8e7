"""`papaya init`: a manifest to start from."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from papaya.command_line.terminal import TERMINAL, terminal_width
from papaya.commands.options.server import server_options
from papaya.errors import PapayaError

if TYPE_CHECKING:
    from papaya.settings import Options


@click.command()
@server_options
@click.argument("paths", nargs=-1, metavar="[PATH]", type=click.Path(path_type=Path))
@click.option("-o", "--out", metavar="FILE", type=click.Path(path_type=Path), help="The same as PATH.")
@click.option("--name", metavar="FLEET", help="What the fleet is called.  [default: as its folder]")
@click.option(
    "--from-config",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Take over a config.properties of one device; secrets stay where they are.",
)
@click.option(
    "--from-csv",
    metavar="FILE",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Take the devices from this CSV file or Excel workbook. More files can follow.",
)
@click.option("--from-server", is_flag=True, help="Take the devices that are on the server.")
@click.option("--map", "said", metavar="FIELD=COLUMN", multiple=True, help="Name a column or an attribute.")
@click.option("--sheet", metavar="NAME", help="Which sheet of an Excel workbook.")
@click.option("--yes", is_flag=True, help="Take the columns that were found; ask nothing.")
@click.option("--force", is_flag=True, help="Replace the file that is there.")
def command(
    server: Options,
    paths: tuple[Path, ...],
    out: Path | None,
    name: str | None,
    from_config: Path | None,
    from_csv: tuple[Path, ...],
    from_server: bool,
    said: tuple[str, ...],
    sheet: str | None,
    yes: bool,
    force: bool,
) -> int:
    """Start a manifest.

    Writes fleet.yaml, or PATH, with one country, one state and one device to start from. A PATH without a
    suffix is a folder, which gets a fleet.yaml. --from-config takes them from a config.properties,
    without passwords and tokens. --from-csv takes them from tables: papaya
    recognizes the columns, and asks where it is unsure. --from-server takes them from the server, and groups
    devices in no place by an attribute, by customer or profile, by coordinates or by a part of their names:
    --map state=city, --map state=name:^([A-Z]+)-
    """
    from papaya.workspace import starting
    from papaya.workspace.written import write_new

    tables = (*from_csv, *paths) if from_csv else ()
    path = out or (paths[0] if paths and not tables else Path("fleet.yaml"))
    if len(paths) > 1 and not tables:
        raise click.UsageError("name one file to write")
    if path.is_dir() or (not path.suffix and not os.path.lexists(path)):
        path /= "fleet.yaml"
    if os.path.lexists(path) and not force:
        raise PapayaError(f"{path} is there already", remedy="name another file, or replace it with --force")
    called = name or starting.fleet_name(path.absolute().parent.name)
    notes: list[str] = []
    ask = _ask if sys.stdin.isatty() and not yes else None
    telling = starting.Telling(click.echo, ask, takes_guesses=yes, width=terminal_width())
    if from_server:
        from papaya.command_line.running import open_session
        from papaya.runs.from_server import manifest_of

        with open_session(server) as session:
            text, notes = manifest_of(session, called, said, telling, TERMINAL)
    elif tables:
        url = starting.configured(server.url)
        text = starting.of_tables(tables, said, sheet, called, url, path.parent, telling)
    elif from_config is not None:
        text, notes = starting.of_configuration(from_config, name, starting.normal(server.url))
    else:
        text = starting.starter(called, starting.configured(server.url))
    write_new(path, text)
    for note in notes:
        TERMINAL.noted(note)
    words, faults, is_valid = starting.verdict(path)
    if faults:
        click.echo(faults, err=True)
    click.echo(words)
    return 0 if is_valid else 1


def _ask(question: str, default: str) -> str:
    return str(click.prompt(question, default=default or None))
