"""`papaya tunnel ssh-config`: how ssh finds the devices."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from papaya.command_line.output.left_out import told_lines
from papaya.commands.options.manifest import manifest_path_options

if TYPE_CHECKING:
    from papaya.workspace.choice import ManifestChoice


@click.command("ssh-config")
@manifest_path_options
@click.option("--jump-user", metavar="USER", help="Your user name on the bastion.")
@click.option("--device-user", metavar="USER", help="Your user name on the devices.")
def show_ssh_config(manifest: ManifestChoice, jump_user: str | None, device_user: str | None) -> None:
    """Print the ssh configuration for operators.

    With this configuration, ssh DEVICE connects through the bastion.
    """
    from papaya.tunnel.all_lines import lines_of_all
    from papaya.tunnel.ssh_config import ssh_config

    fleet = manifest.load()
    lines = told_lines(fleet, lines_of_all(fleet))
    click.echo(ssh_config(lines, jump_user=jump_user, device_user=device_user), nl=False)
