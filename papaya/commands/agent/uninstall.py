"""`papaya agent uninstall`: the agent's service is removed."""

from __future__ import annotations

from pathlib import Path

import click

from papaya.command_line.output.services import tell_service
from papaya.commands.options.service import change_options, this_device_options


@click.command("uninstall")
@this_device_options
@change_options
def uninstall(device: str | None, root: Path | None, dry_run: bool) -> None:
    """Stop the service of the agent and remove it.

    Keeps the device's token and the waiting readings in /var/lib/papaya-agent. If you name DEVICE and this
    machine is another device, papaya changes nothing.
    """
    from papaya.services import agent

    agent.uninstall(device, root=root, dry_run=dry_run, tell=tell_service)
