"""`papaya tunnel`: the reverse SSH tunnel, from the manifest to a service that is always there."""

from __future__ import annotations

import click

from papaya.commands.tunnel.bastion import render_bastion, show_authorized_key, show_ssh_config
from papaya.commands.tunnel.check import check_tunnel
from papaya.commands.tunnel.logs import show_logs
from papaya.commands.tunnel.render import make_key, render_unit_files, show_ports
from papaya.commands.tunnel.run import run_tunnel
from papaya.commands.tunnel.service import install_tunnel, start_tunnel, stop_tunnel, uninstall_tunnel
from papaya.commands.tunnel.status import show_status


@click.group()
def command() -> None:
    """Keep a way to a device behind a router: its reverse SSH tunnel.

    The device connects to a bastion and leads one of its ports back to itself. DEVICE is by default the
    device that this machine is.
    """


for _subcommand in (
    show_ports,
    make_key,
    show_authorized_key,
    render_bastion,
    show_ssh_config,
    render_unit_files,
    install_tunnel,
    uninstall_tunnel,
    start_tunnel,
    stop_tunnel,
    run_tunnel,
    show_status,
    show_logs,
    check_tunnel,
):
    command.add_command(_subcommand)
