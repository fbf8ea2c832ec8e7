"""`papaya tunnel uninstall`: the service of the tunnel is removed."""

from __future__ import annotations

from pathlib import Path

import click

from papaya.command_line.output.services import tell_service
from papaya.commands.options.service import change_options, this_device_options


@click.command("uninstall")
@this_device_options
@change_options
def uninstall_tunnel(device: str | None, root: Path | None, dry_run: bool) -> None:
    """Stop the tunnel of this machine and remove its service.

    Keeps the device's key and the bastion's host keys. If you name DEVICE and this machine is another
    device, papaya changes nothing.
    """
    from papaya.services import tunnel

    tunnel.uninstall(device, root=root, dry_run=dry_run, tell=tell_service)
