"""`papaya tunnel status`: whether tunnels are up, as seen from the device or from the bastion."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from papaya.command_line.output.left_out import told_lines
from papaya.command_line.output.tunnels import tell_conditions, tell_probes
from papaya.command_line.terminal import TERMINAL
from papaya.commands.options.manifest import manifest_file_options
from papaya.commands.options.targets import devices_argument

if TYPE_CHECKING:
    from papaya.errors import PapayaError
    from papaya.tunnel.line import Line
    from papaya.workspace.choice import ManifestChoice

EXIT_DONE = 0
EXIT_FAILED = 1
_MOST_SHARED = 10


@click.command("status")
@devices_argument("names", "[DEVICE]...")
@manifest_file_options
@click.option("--from-bastion", is_flag=True, help="Probe the ports of the bastion, through your ssh.")
@click.option("--on-bastion", is_flag=True, help="Probe the ports of this machine: it is the bastion.")
@click.option("--config", metavar="FILE", help="The config.properties to use without a manifest.")
@click.option("--jump-user", metavar="USER", help="Your user name on the bastion.")
@click.option(
    "--ssh-config",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="ssh configuration file to use instead of your own.",
)
@click.option(
    "--wait", metavar="TIME", default="3s", show_default=True, help="How long a device may take to answer."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def show_status(
    names: tuple[str, ...],
    manifest: ManifestChoice,
    from_bastion: bool,
    on_bastion: bool,
    config: str | None,
    jump_user: str | None,
    ssh_config: Path | None,
    wait: str,
    as_json: bool,
) -> int:
    """Show whether the tunnel of DEVICE is up.

    On the device: the service, since when the tunnel is up, and the last error. From the bastion's side, for
    all devices or those named: whether the device's SSH server answers through the remote port, which tells
    a live port from a stale one. Exits with 1 if a tunnel is not up.
    """
    from papaya.provision.tunnel_target import TargetChoice, lines_here, lines_of_named
    from papaya.settings.quantities import seconds_of
    from papaya.tunnel.here import condition_here
    from papaya.tunnel.probing import ThroughSsh, probe_lines

    if from_bastion and on_bastion:
        raise click.UsageError("--from-bastion and --on-bastion exclude each other")
    if from_bastion or on_bastion:
        fleet = manifest.load()
        lines = told_lines(fleet, lines_of_named(fleet, names))
        if on_bastion:
            _tell_shared_ports(fleet.name, lines)
        through = ThroughSsh(jump_user, ssh_config) if from_bastion else None
        probes = probe_lines(lines, wait=seconds_of(wait, "--wait"), through=through, unasked=_tell_unasked)
        tell_probes(lines, probes, as_json=as_json)
        return EXIT_DONE if all(probe.is_up for probe in probes.values()) else EXIT_FAILED
    if len(names) > 1:
        raise click.UsageError("a machine is one device; add --from-bastion to ask for several")
    lines = lines_here(TargetChoice(names[0] if names else None, manifest, config))
    conditions = [condition_here(line, os.environ) for line in lines]
    tell_conditions(lines, conditions, as_json=as_json)
    return EXIT_DONE if all(condition.is_up for condition in conditions) else EXIT_FAILED


def _tell_shared_ports(fleet: str, lines: Sequence[Line]) -> None:
    """Name the ports of this bastion that another fleet's device has, too: whoever is first gets them."""
    from papaya.command_line.output.left_out import tell_first
    from papaya.tunnel.bastion import KEYS_FOLDER
    from papaya.tunnel.neighbors import REMEDY, neighbors_in, shared_with

    shared = list(shared_with(lines, {}, neighbors_in(Path(KEYS_FOLDER), fleet)))
    if shared:
        tell_first([f"warning: {one}" for one in shared], _MOST_SHARED, tell=TERMINAL.noted)
        TERMINAL.noted(REMEDY)


def _tell_unasked(error: PapayaError) -> None:
    from papaya.render.layout import visible

    click.echo("\n".join(map(visible, f"{error.message}\n{error.remedy}".splitlines())), err=True)
