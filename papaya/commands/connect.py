"""`papaya connect`: a shell on a device, through its tunnel."""

from __future__ import annotations

import json
import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from papaya.commands.options.manifest import manifest_file_options
from papaya.commands.options.server import server_options
from papaya.commands.running import open_session
from papaya.errors import PapayaError

if TYPE_CHECKING:
    from papaya.manifest.model import Device, Fleet
    from papaya.settings import Options
    from papaya.tunnel.line import Line
    from papaya.workspace.choice import ManifestChoice

FORMAT_VERSION = "1"


@click.command()
@click.argument("device", metavar="DEVICE")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[-- ARGUMENT...]")
@manifest_file_options
@server_options
@click.option("--print", "only_print", is_flag=True, help="Print the command instead of running it.")
@click.option("--jump-user", metavar="USER", help="Who you are on the bastion.")
@click.option("--device-user", metavar="USER", help="Who you are on the device.")
@click.option("--on-bastion", is_flag=True, help="Go straight to the port: this machine is the bastion.")
@click.option(
    "--ssh-config",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Configuration of ssh to use instead of your own.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the command as a JSON document; do not run it.")
def command(
    device: str,
    arguments: tuple[str, ...],
    manifest: ManifestChoice,
    server: Options,
    only_print: bool,
    jump_user: str | None,
    device_user: str | None,
    on_bastion: bool,
    ssh_config: Path | None,
    as_json: bool,
) -> None:
    """Sign in to a device through its tunnel.

    Runs ssh, over the bastion to the port that leads to the device: the port of the manifest and its lock
    file, else the one that the server has. ARGUMENTS after -- are ssh's: options, or what to run there.
    """
    from papaya.provision.one_device import one_of
    from papaya.tunnel.connection import connect_arguments
    from papaya.tunnel.keeping import find_ssh

    fleet = manifest.load()
    line = _line(fleet, one_of(fleet, device, None).device, server)
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
        click.echo(json.dumps(document, indent=2, ensure_ascii=False))
    elif only_print:
        click.echo(shlex.join(["ssh", *words]))
    else:
        _become(find_ssh(), words)


def _line(fleet: Fleet, device: Device, server: Options) -> Line:
    """Return the way to a device's own SSH server; the server is asked where the manifest has no port."""
    from dataclasses import replace

    from papaya.manifest.model import AUTO
    from papaya.tunnel.line import lines_of
    from papaya.tunnel.ports import Ports

    tunnel = device.tunnel
    if tunnel is not None and tunnel.enabled and tunnel.remote_port in (AUTO, None):
        port = _port_on_server(fleet, device.name, server)
        device = replace(device, tunnel=replace(tunnel, remote_port=port))
    # Ports of further forwards are no business of a shell.
    fleet = replace(fleet, tunnel=replace(fleet.tunnel, forwards={})) if fleet.tunnel is not None else fleet
    return lines_of(fleet, device, Ports())[0]


def _port_on_server(fleet: Fleet, name: str, server: Options) -> int:
    from papaya.api.kinds import attribute_values_path
    from papaya.engine.inventory import TUNNEL_PORT_KEY
    from papaya.provision.live_device import find_id

    with open_session(server, fleet) as session:
        id_ = find_id(session, "device", name)
        if id_ is None:
            raise PapayaError(
                f"no port is allotted to {name}, and {session.url} has no such device",
                remedy="Run `papaya tunnel ports --write` beside the manifest, and papaya apply.",
            )
        found = session.get(
            attribute_values_path("device", id_, "SERVER_SCOPE"), params={"keys": TUNNEL_PORT_KEY}
        )
    values = [one.get("value") for one in found if isinstance(one, dict)] if isinstance(found, list) else []
    port = values[0] if values else None
    if not isinstance(port, int):
        raise PapayaError(
            f"neither the manifest nor the server has a port for {name}",
            remedy="Run `papaya tunnel ports --write` beside the manifest, and papaya apply.",
        )
    return port


def _become(ssh: str, words: tuple[str, ...]) -> NoReturn:
    sys.stdout.flush()
    sys.stderr.flush()
    # In its place and not below it: the terminal, its signals and the exit code are ssh's own. No shell.
    os.execv(ssh, ["ssh", *words])  # noqa: S606
