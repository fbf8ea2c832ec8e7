"""`papaya init`: a manifest to start from."""

from __future__ import annotations

import os
from pathlib import Path

import click

EXIT_DONE = 0
EXIT_FAULTY = 1


@click.command()
@click.argument("path", default="fleet.yaml", metavar="[PATH]", type=click.Path(path_type=Path))
@click.option("--name", metavar="FLEET", help="What the fleet is called: the owner's mark on the server.")
@click.option("--url", metavar="URL", help="Where the server answers.")
@click.option(
    "--from-config",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Take over a config.properties of one device; secrets stay where they are.",
)
@click.option("--force", is_flag=True, help="Replace the file that is there.")
def command(path: Path, name: str | None, url: str | None, from_config: Path | None, force: bool) -> int:
    """Start a manifest.

    Writes fleet.yaml, or PATH, with one Country, one State and one device to go on from. With --from-config
    they are those of an existing config.properties. No password and no token is ever copied.
    """
    from papaya.errors import PapayaError
    from papaya.workspace.old_configuration import read_old_configuration
    from papaya.workspace.starting import DEFAULT_NAME, starter, taken_over
    from papaya.workspace.written import write_new

    if path.is_dir():
        path /= "fleet.yaml"
    if os.path.lexists(path) and not force:
        raise PapayaError(f"{path} is there already", remedy="name another file, or replace it with --force")
    if url is not None:
        from papaya.settings.url import normalized

        url = normalized(url, "--url")
    notes: list[str] = []
    if from_config is None:
        text = starter(name or DEFAULT_NAME, url or "http://127.0.0.1:8080")
    else:
        old = read_old_configuration(from_config)
        text = taken_over(old, name, url)
        notes = old.notes
    write_new(path, text)
    for note in notes:
        click.echo(note, err=True)
    return _tell(path)


def _tell(path: Path) -> int:
    """Say what was written, and whether anything in it has to be mended."""
    from papaya.render.diagnostics import as_text, count
    from papaya.workspace.fleet import read_fleet

    loaded = read_fleet((path,))
    if loaded.diagnostics:
        click.echo(as_text(loaded.diagnostics), err=True)
    if loaded.fleet is None:
        click.echo(f"Wrote {path}, which has {count(loaded.diagnostics)} to mend: papaya validate {path}")
        return EXIT_FAULTY
    click.echo(f"Wrote {path}. Next: papaya validate {path}, then papaya plan {path}")
    return EXIT_DONE
