"""`papaya agent uninstall`: the agent's service is removed."""

from __future__ import annotations

from pathlib import Path

import click

from papaya.command_line.output.services import tell_service
from papaya.commands.options.service import write_options


@click.command("uninstall")
@write_options
def uninstall(root: Path | None, dry_run: bool) -> None:
    """Stop the service of the agent and remove it.

    Keeps the device's token and the waiting readings in /var/lib/papaya-agent.
    """
    from papaya.services import agent

    agent.uninstall(root=root, dry_run=dry_run, tell=tell_service)
