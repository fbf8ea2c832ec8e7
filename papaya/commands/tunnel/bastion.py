"""`papaya tunnel bastion`: the files of the other end of the tunnel."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING

import click

from papaya.command_line.output.left_out import tell_first, tell_left_out, told_lines
from papaya.command_line.output.written import write_and_tell
from papaya.command_line.terminal import TERMINAL
from papaya.commands.options.manifest import manifest_path_options
from papaya.commands.options.tunnel import keys_option

if TYPE_CHECKING:
    from papaya.workspace.choice import ManifestChoice

_MOST_SHARED = 10


@click.command("bastion")
@manifest_path_options
@keys_option
@click.option(
    "-o",
    "--out",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write the files into this folder instead of printing them.",
)
def render_bastion(manifest: ManifestChoice, keys: Path | None, out: Path | None) -> None:
    """Write the files of the fleet's bastions: allowed ports, and sshd's settings.

    DIR/HOST has each file at its path on that host. File names contain the fleet's name, so several fleets
    can use one bastion. The same manifest and keys always make the same files. Devices without a public key
    or a port are listed and left out.
    """
    from papaya.tunnel.all_lines import lines_of_all
    from papaya.tunnel.bastion import files_of
    from papaya.tunnel.key_files import folder_of, keys_of
    from papaya.tunnel.neighbors import check_neighbors

    fleet = manifest.load()
    lines = told_lines(fleet, lines_of_all(fleet))
    known = keys_of({line.device for line in lines}, keys or folder_of(fleet))
    tell_left_out(known.left_out)
    version = fleet.tunnel.server_version if fleet.tunnel is not None else None
    texts = files_of(lines, known.keys, version, fleet.name)
    if out is not None:
        tell = functools.partial(tell_first, most=_MOST_SHARED, tell=TERMINAL.noted)
        neighbors = check_neighbors(out, fleet.name, lines, known.keys, tell)
        for note in neighbors:
            TERMINAL.noted(note)
    for name, text in texts.items():
        if out is not None:
            write_and_tell(out / name, text)
        else:
            click.echo(f"# {name}\n{text}")
