"""`papaya tunnel start`: the service of the tunnel runs, now and at every boot."""

from __future__ import annotations

import click

from papaya.command_line.output.services import tell_service
from papaya.commands.options.service import this_device_options, would_change_option


@click.command("start")
@this_device_options
@would_change_option
def start_tunnel(device: str | None, dry_run: bool) -> None:
    """Start the tunnel of this machine, now and at every boot.

    If you name DEVICE and this machine is another device, papaya changes nothing.
    """
    from papaya.services import tunnel

    tunnel.start(device, dry_run=dry_run, tell=tell_service)
