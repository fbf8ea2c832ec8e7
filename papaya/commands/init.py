"""`papaya init`: a manifest to start from."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from papaya.command_line.terminal import terminal_width
from papaya.errors import PapayaError


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH]", type=click.Path(path_type=Path))
@click.option("-o", "--out", metavar="FILE", type=click.Path(path_type=Path), help="The same as PATH.")
@click.option("--name", metavar="FLEET", help="What the fleet is called.  [default: as its folder]")
@click.option("--url", metavar="URL", help="Where the server answers.")
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
@click.option("--map", "said", metavar="FIELD=COLUMN", multiple=True, help="Name a column of the table.")
@click.option("--sheet", metavar="NAME", help="Which sheet of an Excel workbook.")
@click.option("--yes", is_flag=True, help="Take the columns that were found; ask nothing.")
@click.option("--force", is_flag=True, help="Replace the file that is there.")
def command(
    paths: tuple[Path, ...],
    out: Path | None,
    name: str | None,
    url: str | None,
    from_config: Path | None,
    from_csv: tuple[Path, ...],
    said: tuple[str, ...],
    sheet: str | None,
    yes: bool,
    force: bool,
) -> int:
    """Start a manifest.

    Writes fleet.yaml, or PATH, with one Country, one State and one device to go on from. With --from-config
    they are those of a config.properties; no password and no token is copied. With --from-csv they are those
    of a table: papaya finds out which column is what, and asks where it is unsure.
    """
    from papaya.workspace import starting
    from papaya.workspace.written import write_new

    tables = (*from_csv, *paths) if from_csv else ()
    path = out or (paths[0] if paths and not tables else Path("fleet.yaml"))
    if len(paths) > 1 and not tables:
        raise click.UsageError("name one file to write")
    if path.is_dir():
        path /= "fleet.yaml"
    if os.path.lexists(path) and not force:
        raise PapayaError(f"{path} is there already", remedy="name another file, or replace it with --force")
    called = name or starting.fleet_name(path.absolute().parent.name)
    notes: list[str] = []
    if tables:
        asks = sys.stdin.isatty() and not yes
        text = starting.of_tables(
            tables, said, sheet, called, starting.configured(url), path.parent,
            show=click.echo, width=terminal_width(), ask=_ask if asks else None, takes_guesses=yes,
        )  # fmt: skip
    elif from_config is not None:
        text, notes = starting.of_configuration(from_config, name, starting.normal(url))
    else:
        text = starting.starter(called, starting.configured(url))
    write_new(path, text)
    for note in notes:
        click.echo(note, err=True)
    words, faults, is_valid = starting.verdict(path)
    if faults:
        click.echo(faults, err=True)
    click.echo(words)
    return 0 if is_valid else 1


def _ask(question: str, default: str) -> str:
    return str(click.prompt(question, default=default or None))
