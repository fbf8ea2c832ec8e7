"""`papaya agent install`: the agent as a service of this machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from papaya.command_line.completion import complete_devices
from papaya.command_line.output.services import tell_service
from papaya.command_line.terminal import TERMINAL
from papaya.commands.agent.run import run
from papaya.commands.options.certificate import certificate_options
from papaya.commands.options.manifest import manifest_file_options
from papaya.commands.options.service import user_option, write_options
from papaya.commands.options.targets import target_option

if TYPE_CHECKING:
    from papaya.settings.device_login import DeviceLogin
    from papaya.workspace.choice import ManifestChoice


@click.command("install")
@click.argument("name", metavar="[NAME]", required=False, shell_complete=complete_devices)
@click.argument("options", nargs=-1, type=click.UNPROCESSED, metavar="[-- OPTIONS]")
@manifest_file_options
@target_option
@click.option(
    "--token-file",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the device's token is kept.  [default: /etc/papaya/NAME.token]",
)
@certificate_options
@click.option(
    "--group",
    metavar="NAME",
    multiple=True,
    help="A group that may use the sensors' device files, such as dialout.",
)
@user_option
@write_options
def install(
    name: str | None,
    options: tuple[str, ...],
    manifest: ManifestChoice,
    target: str | None,
    token_file: Path | None,
    login: DeviceLogin | None,
    group: tuple[str, ...],
    root: Path | None,
    of_user: bool,
    dry_run: bool,
) -> None:
    """Install the agent of NAME as a service of this machine.

    NAME may be left out if the manifest has a single device, as a device bundle has. papaya writes the device
    bundle to /etc/papaya and the unit papaya-agent.service, and starts it. With --user it needs no root: it
    writes to ~/.config, and the agent runs with your rights. OPTIONS after -- are those of papaya agent run.
    Running the command again updates everything.
    """
    from papaya.provision.one_device import one_of
    from papaya.services import agent, user_agent

    if name is not None and (target is not None or name.startswith("-")):
        options, name = (name, *options), None
    fleet = manifest.load()
    device = one_of(fleet, target or name, None).device
    # A typing error is told now and not by the service.
    run.make_context("run", [device.name, *options])
    if of_user:
        own = user_agent.user_agent_service(
            fleet, device, options=options, token_file=token_file, login=login
        )
        user_agent.install(own, device.name, dry_run=dry_run, tell=tell_service, observer=TERMINAL)
        return
    service = agent.agent_service(
        fleet, device, options=options, token_file=token_file, login=login, groups=group
    )
    agent.install(service, device.name, root=root, dry_run=dry_run, tell=tell_service)
