"""`papaya tunnel keygen`: the key by which a device signs in to its bastion."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from papaya.command_line.terminal import TERMINAL
from papaya.commands.options.tunnel import tunnel_device_options

if TYPE_CHECKING:
    from papaya.provision.tunnel_target import TargetChoice


@click.command("keygen")
@tunnel_device_options
@click.option(
    "--out",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the key goes.  [default: the identityFile of the manifest]",
)
def make_key(target: TargetChoice, out: Path | None) -> None:
    """Create the device's key, and print the public key.

    Creates an Ed25519 key that only its owner can read. An existing key is never replaced.
    """
    from papaya.tunnel import key_files
    from papaya.tunnel.public_keys import FOLDER, file_of

    device = target.find().device
    path = key_files.make_key(device, out)
    click.echo(Path(f"{path}.pub").read_text(encoding="utf-8"), nl=False)
    where = f"{FOLDER}/{file_of(device.name)}"
    TERMINAL.noted(f"Wrote {path}. Save the line above beside the manifest, as {where}.")
