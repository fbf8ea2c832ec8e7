"""`papaya agent uninstall`: the agent's service is removed."""

from __future__ import annotations

from pathlib import Path

import click

from papaya.command_line.output.services import tell_service
from papaya.commands.options.service import change_options, this_device_options, user_option


@click.command("uninstall")
@this_device_options
@user_option
@change_options
def uninstall(device: str | None, root: Path | None, of_user: bool, dry_run: bool) -> None:
    """Stop the service of the agent and remove it.

    Keeps the device's token and the waiting readings. If you name DEVICE and this machine is another device,
    papaya changes nothing.
    """
    from papaya.services import agent, user_agent

    if of_user:
        user_agent.uninstall(device, dry_run=dry_run, tell=tell_service)
        return
    agent.uninstall(device, root=root, dry_run=dry_run, tell=tell_service)
