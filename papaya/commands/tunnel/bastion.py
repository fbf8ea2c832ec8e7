"""`papaya tunnel bastion`: the files of the other end of the tunnel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from papaya.commands.options.manifest import manifest_file_options
from papaya.commands.options.tunnel import keys_option
from papaya.commands.output.left_out import tell_first, tell_left_out, told_lines
from papaya.commands.output.written import write_and_tell

if TYPE_CHECKING:
    from papaya.tunnel.line import Line
    from papaya.tunnel.public_keys import PublicKey
    from papaya.workspace.choice import ManifestChoice

_MOST_SHARED = 10


@click.command("bastion")
@manifest_file_options
@keys_option
@click.option(
    "-o",
    "--out",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write the files into this folder instead of printing them.",
)
def render_bastion(manifest: ManifestChoice, keys: Path | None, out: Path | None) -> None:
    """Write the files of the fleet's bastions: who may listen where, and sshd's settings.

    Below DIR/HOST they stand where they belong on that host. They are named by the fleet, so that several
    fleets can use one bastion. The same manifest and keys always make the same files. A device without a
    public key is named and left out; so is one without a port.
    """
    from papaya.tunnel.all_lines import lines_of_all
    from papaya.tunnel.bastion import files_of
    from papaya.tunnel.key_files import folder_of, keys_of

    fleet = manifest.load()
    lines = told_lines(fleet, lines_of_all(fleet))
    known = keys_of({line.device for line in lines}, keys or folder_of(fleet))
    tell_left_out(known.left_out)
    version = fleet.tunnel.server_version if fleet.tunnel is not None else None
    texts = files_of(lines, known.keys, version, fleet.name)
    if out is not None:
        _check_neighbors(out, fleet.name, lines, known.keys)
    for name, text in texts.items():
        if out is not None:
            write_and_tell(out / name, text)
        else:
            click.echo(f"# {name}\n{text}")


def _check_neighbors(
    out: Path, fleet: str, lines: Sequence[Line], keys: Mapping[str, Sequence[PublicKey]]
) -> None:
    """Refuse ports and keys that another fleet's files below the same folder have; name old files there."""
    from papaya.errors import PapayaError
    from papaya.tunnel.bastion import KEYS_FOLDER, bastions_of
    from papaya.tunnel.neighbors import REMEDY, neighbors_in, of_an_earlier_edition, shared_with

    for bastion in bastions_of(lines, None, fleet):
        root = out / bastion.host
        others = neighbors_in(root / KEYS_FOLDER.lstrip("/"), fleet)
        shared = list(shared_with(bastion.lines, keys, others))
        if shared:
            tell_first(shared[1:], _MOST_SHARED)
            raise PapayaError(f"{shared[0]}: nothing was written", remedy=REMEDY)
        for path in of_an_earlier_edition(root, bastion.users):
            click.echo(
                f"{path} is of an earlier edition. Copy the new files, then remove it here and on "
                f"{bastion.host}: it still lets its devices in.",
                err=True,
            )
