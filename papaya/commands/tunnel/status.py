"""`papaya tunnel status`: whether tunnels are up, as seen from the device or from the bastion."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from papaya.commands.options.manifest import manifest_file_options
from papaya.commands.options.tunnel import TargetChoice
from papaya.commands.tunnel.bastion import lines_of_all
from papaya.errors import PapayaError

if TYPE_CHECKING:
    from papaya.tunnel.condition import Condition
    from papaya.tunnel.line import Line
    from papaya.tunnel.probe import Probe
    from papaya.workspace.choice import ManifestChoice

EXIT_DONE = 0
EXIT_FAILED = 1
FORMAT_VERSION = "1"
_COLORS = {True: "green", False: "red"}


@click.command("status")
@click.argument("names", nargs=-1, metavar="[DEVICE]...")
@manifest_file_options
@click.option("--from-bastion", is_flag=True, help="Probe the ports of the bastion, through your ssh.")
@click.option("--on-bastion", is_flag=True, help="Probe the ports of this machine: it is the bastion.")
@click.option("--config", metavar="FILE", help="The config.properties that is meant without a manifest.")
@click.option("--jump-user", metavar="USER", help="Who you are on the bastion.")
@click.option(
    "--ssh-config",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Configuration of ssh to use instead of your own.",
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
    """Say whether the tunnel of DEVICE is up.

    On the device: what keeps the tunnel, since when it is up, and what went wrong last. From the bastion's
    side, for all devices unless some are named: whether the device's SSH server answers through the remote
    port, which tells a live port from one that an earlier connection still holds. Exits with 1 when a tunnel
    is not up.
    """
    from papaya.commands.options.device import seconds_of

    if from_bastion and on_bastion:
        raise click.UsageError("--from-bastion and --on-bastion exclude each other")
    if from_bastion or on_bastion:
        lines = _lines(names, manifest)
        through_ssh = (jump_user, ssh_config) if from_bastion else None
        probes = _probe(lines, seconds_of(wait, "--wait"), through_ssh)
        _tell_probes(lines, probes, as_json=as_json)
        return EXIT_DONE if all(probe.is_up for probe in probes.values()) else EXIT_FAILED
    if len(names) > 1:
        raise click.UsageError("a machine is one device; add --from-bastion to ask for several")
    lines = _lines_here(TargetChoice(names[0] if names else None, manifest, config))
    conditions = [_condition(line) for line in lines]
    _tell_conditions(lines, conditions, as_json=as_json)
    return EXIT_DONE if all(condition.is_up for condition in conditions) else EXIT_FAILED


def _lines_here(choice: TargetChoice) -> Sequence[Line]:
    """Return the lines of this machine's device."""
    from papaya.provision.one_device import WhichDevice

    try:
        return choice.find().lines()
    except WhichDevice as error:
        error.remedy = "Name it where this machine is one of them, or ask about all with --from-bastion."
        raise


def _lines(names: Sequence[str], manifest: ManifestChoice) -> Sequence[Line]:
    """Return the lines of the named devices, or of all that have what they need."""
    from papaya.provision.one_device import one_of
    from papaya.tunnel.line import lines_of
    from papaya.tunnel.ports import Ports

    fleet = manifest.load()
    if not names:
        return lines_of_all(fleet)
    meant = [one_of(fleet, name, None).device for name in dict.fromkeys(names)]
    return [line for device in meant for line in lines_of(fleet, device, Ports())]


def _condition(line: Line) -> Condition:
    from papaya.tunnel.here import condition_here

    return condition_here(line, os.environ)


def _probe(
    lines: Sequence[Line], wait: float, through_ssh: tuple[str | None, Path | None] | None
) -> dict[Line, Probe]:
    """Return what was found at the remote port of each line; bastions are asked one after the other."""
    import asyncio

    from papaya.render.layout import visible
    from papaya.tunnel.keeping import find_ssh
    from papaya.tunnel.passage import Login, Passage
    from papaya.tunnel.probe import Probe, connect_here, probe_ports

    bastions = dict.fromkeys((line.host, line.port) for line in lines)
    found: dict[Line, Probe] = {}
    for host, port in bastions:
        there = {line.forward.remote_port: line for line in lines if (line.host, line.port) == (host, port)}
        speaks_ssh = {number: line.is_own_ssh for number, line in there.items()}
        if through_ssh is None:
            probes = asyncio.run(probe_ports(speaks_ssh, connect_here, wait=wait))
        else:
            user, configuration = through_ssh
            try:
                with Passage(find_ssh(), Login(host, port, user, configuration), list(there)) as passage:
                    probes = passage.corrected(
                        asyncio.run(probe_ports(speaks_ssh, passage.connect, wait=wait))
                    )
            except PapayaError as error:
                if len(bastions) == 1:
                    raise
                # The devices of the other bastions are worth knowing about all the same.
                click.echo("\n".join(map(visible, f"{error.message}\n{error.remedy}".splitlines())), err=True)
                probes = {number: Probe(number, "notAsked") for number in there}
        found |= {line: probes[number] for number, line in there.items()}
    return found


def _tell_probes(lines: Sequence[Line], probes: Mapping[Line, Probe], *, as_json: bool) -> None:
    from papaya.render.layout import visible
    from papaya.tunnel.probe import counted, told

    if as_json:
        tunnels = [
            {
                "device": line.device,
                "unit": line.unit,
                "bastion": line.host,
                "remotePort": line.forward.remote_port,
                "up": probes[line].is_up,
                "condition": probes[line].verdict,
                "banner": probes[line].banner or None,
            }
            for line in lines
        ]
        _print_document(tunnels)
        return
    names = {line: visible(line.device) for line in lines}
    width = max(map(len, names.values()), default=0)
    for line in lines:
        word = click.style(f"{'up' if probes[line].is_up else 'not up':<8}", fg=_COLORS[probes[line].is_up])
        service = "" if line.is_own_ssh else f"{line.forward.name}: "
        click.echo(
            f"{word}{names[line]:<{width}}  {line.forward.remote_port:>5}  {service}"
            + told(probes[line], speaks_ssh=line.is_own_ssh)
        )
    if len(lines) > 1:
        click.echo(counted(list(probes.values())))


def _tell_conditions(lines: Sequence[Line], conditions: Sequence[Condition], *, as_json: bool) -> None:
    if as_json:
        _print_document([condition.as_json() | {"up": condition.is_up} for condition in conditions])
        return
    from papaya.render.layout import visible

    for line, condition in zip(lines, conditions, strict=True):
        word = click.style(f"{'up' if condition.is_up else 'not up':<8}", fg=_COLORS[condition.is_up])
        click.echo(f"{word}{visible(line.device)}  {condition.told()}")
        click.echo(f"{'':<8}port {condition.remote_port} of {line.host}, kept by {condition.told_keeper()}")
        if condition.since is not None:
            word = "connected since" if condition.is_up else "without connection since"
            click.echo(f"{'':<8}{word} {_moment(condition.since)}")
        if condition.retries:
            click.echo(f"{'':<8}{condition.retries} {'retry' if condition.retries == 1 else 'retries'} since")
        if condition.complaint is not None:
            when = "" if condition.complained_at is None else f", {_moment(condition.complained_at)}"
            click.echo(f"{'':<8}last error{when}: {visible(condition.complaint.summary)}")
            if condition.is_in_trouble:
                for text in condition.complaint.remedy.splitlines():
                    click.echo(f"{'':<8}{visible(text)}")
        elif condition.is_in_trouble and condition.keeper == "systemd" and os.geteuid():
            click.echo(f"{'':<8}What went wrong last is in the journal: run this as root.")


def _moment(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _print_document(tunnels: Sequence[Mapping[str, object]]) -> None:
    up = all(tunnel["up"] for tunnel in tunnels)
    document = {"formatVersion": FORMAT_VERSION, "tunnels": tunnels, "up": up}
    click.echo(json.dumps(document, indent=2, ensure_ascii=False))
