"""`papaya connect`: a shell on a device, through its tunnel."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from papaya.child_environment import child_environment
from papaya.command_line.completion import complete_devices
from papaya.command_line.running import open_session
from papaya.commands.options.manifest import manifest_file_options
from papaya.commands.options.server import server_options
from papaya.commands.options.targets import target_option
from papaya.render.json_text import json_text

if TYPE_CHECKING:
    from papaya.settings import Options
    from papaya.workspace.choice import ManifestChoice

FORMAT_VERSION = "1"


@click.command()
@click.argument("device", metavar="DEVICE", required=False, shell_complete=complete_devices)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[-- ARGUMENT...]")
@manifest_file_options
@target_option
@server_options
@click.option("--print", "only_print", is_flag=True, help="Print the command instead of running it.")
@click.option("--jump-user", metavar="USER", help="Your user name on the bastion.")
@click.option("--device-user", metavar="USER", help="Your user name on the device.")
@click.option("--on-bastion", is_flag=True, help="Connect directly to the port: this machine is the bastion.")
@click.option(
    "--ssh-config",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="ssh configuration file to use instead of your own.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the command as a JSON document; do not run it.")
def command(
    device: str | None,
    arguments: tuple[str, ...],
    manifest: ManifestChoice,
    target: str | None,
    server: Options,
    only_print: bool,
    jump_user: str | None,
    device_user: str | None,
    on_bastion: bool,
    ssh_config: Path | None,
    as_json: bool,
) -> None:
    """Sign in to a device through its tunnel.

    Runs ssh through the bastion to the device's port, which is in the manifest or its lock file, else on the
    server. ARGUMENTS after -- are passed to ssh: options, or a command to run on the device.
    """
    from papaya.provision.one_device import one_of
    from papaya.provision.way_in import line_to
    from papaya.tunnel.connection import connect_arguments
    from papaya.tunnel.keeping import find_ssh

    if target is not None and device is not None:
        arguments = (device, *arguments)
    device = target or device
    if device is None:
        raise click.UsageError("Missing argument 'DEVICE'.")
    fleet = manifest.load()
    line = line_to(fleet, one_of(fleet, device, None).device, lambda: open_session(server, fleet))
    words = connect_arguments(
        line,
        jump=jump_user,
        user=device_user,
        on_bastion=on_bastion,
        configuration=str(ssh_config) if ssh_config is not None else None,
        further=arguments,
    )
    if as_json:
        document = {
            "formatVersion": FORMAT_VERSION,
            "device": line.device,
            "bastion": line.host,
            "remotePort": line.forward.remote_port,
            "command": ["ssh", *words],
        }
        click.echo(json_text(document))
    elif only_print:
        click.echo(shlex.join(["ssh", *words]))
    else:
        _become(find_ssh(), words)


def _become(ssh: str, words: tuple[str, ...]) -> NoReturn:
    sys.stdout.flush()
    sys.stderr.flush()
    # In its place and not below it: the terminal, its signals and the exit code are ssh's own. No shell.
    os.execve(ssh, ["ssh", *words], child_environment())  # noqa: S606
