"""`papaya tunnel stop`: the service of the tunnel ends, until it is started again."""

from __future__ import annotations

import click

from papaya.command_line.output.services import tell_service
from papaya.commands.options.service import this_device_options, would_change_option


@click.command("stop")
@this_device_options
@would_change_option
def stop_tunnel(device: str | None, dry_run: bool) -> None:
    """Stop the tunnel of this machine, until it is started again.

    If you name DEVICE and this machine is another device, papaya changes nothing.
    """
    from papaya.services import tunnel

    tunnel.stop(device, dry_run=dry_run, tell=tell_service)
