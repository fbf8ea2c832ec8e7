"""`papaya export`: what is live, adopted or not, as a manifest."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from papaya.commands.options.server import server_options
from papaya.commands.output.terminal import TERMINAL
from papaya.errors import PapayaError

if TYPE_CHECKING:
    from papaya.api.export import Choice, LiveTree
    from papaya.api.session import Session
    from papaya.engine.export import Export
    from papaya.settings import Options

_DOCUMENTS = (".yaml", ".yml", ".json")
_MOST_TOLD = 20


@click.command()
@server_options
@click.option(
    "--country", "countries", metavar="NAME", multiple=True, help="Only this Country; may be given again."
)
@click.option("--name", metavar="FLEET", help="The fleet's name.  [default: of the marks, else fleet]")
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
@click.option("--force", is_flag=True, help="Replace files that are there.")
@click.option("--json", "as_json", is_flag=True, help="Write JSON, which is YAML, too.")
def command(
    server: Options,
    countries: tuple[str, ...],
    name: str | None,
    country_profile: str,
    state_profile: str,
    tunnel_host: str | None,
    unmanaged: bool,
    out: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    """Write what is live as a manifest.

    Roots are the assets of the Country profile, States and devices what they contain. A plan of the result is
    empty, but for the adoption of what nobody has marked, and for papaya's own record of declared tokens and
    of former names, which are not exported. Attributes are read with their types, which takes a request for
    each device. What a manifest cannot say is told and left out.
    """
    from papaya.api.export import Choice
    from papaya.commands.running import open_session
    from papaya.engine.export import FLEET_NAME, Wishes, export
    from papaya.engine.standing import stand

    if name is not None and not FLEET_NAME.fullmatch(name):
        raise click.BadParameter(
            "a name starts with a letter; then digits, - _ . are fine", param_hint="--name"
        )
    if out is not None and as_json and _is_folder(out):
        raise click.UsageError("a folder holds YAML; give -o a file for --json")
    choice = Choice(country_profile, state_profile, countries)
    with open_session(server) as session:
        tree = _read(session, choice)
        wishes = Wishes(country_profile, state_profile, name, session.url, tunnel_host, unmanaged)
        source = f"{session.url} (ThingsBoard {session.info().version})"
        made = export(stand(tree.inventory, state_profile), wishes)
    texts = _texts(made, source, out, as_json=as_json)
    _check(texts)
    if out is None:
        click.echo("".join(texts.values()), nl=False)
    else:
        _write(out, texts, force=force)
    _tell(made, tree)


def _read(session: Session, choice: Choice) -> LiveTree:
    """Read the live tree with a progress bar on a terminal."""
    from papaya.api.export import read_tree

    TERMINAL.began("reading", None)
    try:
        return read_tree(
            session,
            choice,
            concurrency=session.concurrency,
            progress=lambda done, total: TERMINAL.progressed("reading", done, total),
        )
    finally:
        TERMINAL.ended("reading")


def _is_folder(out: Path) -> bool:
    return out.is_dir() or out.suffix.lower() not in _DOCUMENTS


def _texts(made: Export, source: str, out: Path | None, *, as_json: bool) -> dict[str, str]:
    """Return the text of each file by its name; a single one has none."""
    from papaya.engine.export import in_files
    from papaya.render.manifest import comment_of, csv_text, manifest_text

    if as_json:
        return {"": json.dumps(made.document, indent=2, ensure_ascii=False) + "\n"}
    comment = comment_of(made, source)
    if out is None or not _is_folder(out):
        return {"": manifest_text(made.document, comment)}
    files = in_files(made.document)
    texts = {
        name: manifest_text(document, comment if name == "fleet.yaml" else "")
        for name, document in files.documents.items()
    }
    return {**texts, **{name: csv_text(table) for name, table in files.tables.items()}}


def _check(texts: Mapping[str, str]) -> None:
    """Load what was made before anybody relies on it."""
    from papaya.diagnostics import has_errors
    from papaya.manifest.load import Source, load
    from papaya.render.diagnostics import as_text

    def read_csv(asking: Source, name: str) -> Source | str:
        return Source(name, texts[name], "csv")

    sources = [
        Source(name or "fleet.yaml", text) for name, text in texts.items() if not name.endswith(".csv")
    ]
    loaded = load(sources, read_csv=read_csv)
    if has_errors(loaded.diagnostics):
        click.echo(as_text(loaded.diagnostics), err=True)
        click.echo("The manifest needs these corrections before it can be used.", err=True)


def _write(out: Path, texts: Mapping[str, str], *, force: bool) -> None:
    from papaya.whole_file import write_whole

    paths = {out / name if name else out: text for name, text in texts.items()}
    present = [path for path in paths if os.path.lexists(path)]
    if present and not force:
        raise PapayaError(
            f"{present[0]} is there already: nothing was written",
            remedy="Name another path with -o, or replace it with --force.",
        )
    try:
        if _is_folder(out):
            out.mkdir(parents=True, exist_ok=True)
        for path, text in paths.items():
            write_whole(path, text, mode=0o644)
    except OSError as error:
        raise PapayaError(f"{error.filename or out} cannot be written: {error.strerror or error}") from error
    what = f"{len(paths)} files in {out}" if _is_folder(out) else str(out)
    click.echo(f"Wrote {what}. To see what apply would do: papaya plan {out}", err=True)


def _tell(made: Export, tree: LiveTree) -> None:
    """Say on stderr what the manifest does not hold."""
    from papaya.engine.declared import UNMANAGED
    from papaya.render.layout import visible

    _lines([f"Left out: {one.entity.address}, {one.reason}" for one in made.left_out])
    _lines([f"Left out: asset/{name}, a State under no Country" for name in tree.loose_states])
    for reason, keys in made.omissions.by_reason().items():
        named = ", ".join(f"{key} ({number:,}, first {first})" for key, number, first in keys[:_MOST_TOLD])
        more = "; --unmanaged takes them" if reason == UNMANAGED else ""
        click.echo(visible(f"Left out, because {reason}{more}: {named}"), err=True)
    inside = sum(entity.role == "device" for entity in tree.inventory)
    if tree.devices > inside:
        click.echo(
            f"{tree.devices - inside:,} devices of the tenant stand in none of these places.", err=True
        )
    others = {owner: number for owner, number in made.owners.items() if owner != made.name}
    if others and made.name not in made.owners:
        fleets = ", ".join(f"{owner} ({number:,})" for owner, number in others.items())
        takes = " ".join(f"--take-over {owner}" for owner in others)
        click.echo(f"Marked by other fleets: {fleets}. To apply it as {made.name}: {takes}", err=True)
    if made.endangered:
        names = ", ".join(one.entity.address.name for one in made.endangered[:_MOST_TOLD])
        click.echo(
            f"Warning: apply would destroy what carries the mark of {made.name} and is left out: {names}. "
            "Put it into one place first, or release it with papaya forget.",
            err=True,
        )


def _lines(lines: Sequence[str]) -> None:
    from papaya.render.layout import visible

    for line in lines[:_MOST_TOLD]:
        click.echo(visible(line), err=True)
    if len(lines) > _MOST_TOLD:
        click.echo(f"… and {len(lines) - _MOST_TOLD:,} more", err=True)
