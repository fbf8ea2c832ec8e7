"""`papaya tunnel install`: the tunnel as a service of this machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from papaya.command_line.output.services import tell_service
from papaya.command_line.terminal import TERMINAL
from papaya.commands.options.service import change_options
from papaya.commands.options.tunnel import tunnel_device_options

if TYPE_CHECKING:
    from papaya.provision.tunnel_target import TargetChoice


@click.command("install")
@tunnel_device_options
@click.option(
    "--systemd",
    metavar="VERSION",
    type=click.IntRange(min=247),
    help="The version of systemd that the unit is for.  [default: this machine's]",
)
@click.option(
    "--restart-by-agent",
    is_flag=True,
    help="Let papaya agent restart the tunnel with the file restart-tunnel in its state folder.",
)
@change_options
def install_tunnel(
    target: TargetChoice, systemd: int | None, restart_by_agent: bool, root: Path | None, dry_run: bool
) -> None:
    """Install the tunnel of DEVICE as a service of this machine, and start it.

    Writes the units, the device bundle to /etc/papaya/tunnel.yaml, and the bastion's host keys if the
    manifest pins them; shows the changes. Running it again updates everything.
    """
    from papaya.services import tunnel

    tunnel.check_rights("install", root=root, dry_run=dry_run)
    tunnel.install(
        target.find(),
        systemd_version=systemd,
        restart_by_agent=restart_by_agent,
        root=root,
        dry_run=dry_run,
        tell=tell_service,
        observer=TERMINAL,
    )
