"""`papaya tunnel`: the reverse SSH tunnel, from the manifest to a service that is always there."""

from __future__ import annotations

import click

from papaya.commands.tunnel.authorized_key import show_authorized_key
from papaya.commands.tunnel.bastion import render_bastion
from papaya.commands.tunnel.check import check_tunnel
from papaya.commands.tunnel.install import install_tunnel
from papaya.commands.tunnel.keygen import make_key
from papaya.commands.tunnel.logs import show_logs
from papaya.commands.tunnel.ports import show_ports
from papaya.commands.tunnel.render import render_unit_files
from papaya.commands.tunnel.run import run_tunnel
from papaya.commands.tunnel.ssh_config import show_ssh_config
from papaya.commands.tunnel.start import start_tunnel
from papaya.commands.tunnel.status import show_status
from papaya.commands.tunnel.stop import stop_tunnel
from papaya.commands.tunnel.uninstall import uninstall_tunnel


@click.group()
def command() -> None:
    """Reach devices behind a router through a reverse SSH tunnel.

    The device connects to a bastion, which forwards one of its ports back to the device. DEVICE defaults to
    this machine's own device.
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
