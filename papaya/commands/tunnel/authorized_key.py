"""`papaya tunnel authorized-key`: what lets one device in on its bastion."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from papaya.commands.options.tunnel import keys_option, tunnel_device_options

if TYPE_CHECKING:
    from papaya.provision.tunnel_target import TargetChoice


@click.command("authorized-key")
@tunnel_device_options
@keys_option
@click.option(
    "--key",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The device's public key.  [default: its file among --keys, else the one on this device]",
)
def show_authorized_key(target: TargetChoice, keys: Path | None, key: Path | None) -> None:
    """Print the authorized_keys line of a device for its bastion, and its settings.

    The line allows the device to listen on its own ports of the bastion, and nothing else.
    """
    from papaya.tunnel.bastion import authorized_key, bastions_of, drop_in, keys_file, recommended_settings
    from papaya.tunnel.key_files import folder_of, read_key_file
    from papaya.tunnel.public_keys import file_of

    found = target.find()
    lines = found.lines()
    candidates = [
        (keys or folder_of(found.fleet)) / file_of(found.device.name),
        Path(f"{lines[0].identity_file}.pub"),
    ]
    path = key or next((path for path in candidates if path.is_file()), candidates[0])
    line = authorized_key(lines, read_key_file(path))
    version = found.fleet.tunnel.server_version if found.fleet.tunnel is not None else None
    fleet = found.fleet.name
    (bastion,) = bastions_of(lines, version, fleet)
    click.echo(f"# {bastion.host}:{drop_in(fleet)}")
    click.echo("\n".join(f"# {setting}" for setting in recommended_settings(bastion)))
    click.echo(f"# {bastion.host}:{keys_file(lines[0].user, fleet)}")
    click.echo(line, nl=False)
