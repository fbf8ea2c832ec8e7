"""`papaya agent`: the program on the device, in the foreground; and its service."""

from __future__ import annotations

import click

from papaya.command_line.help import ExplainedGroup
from papaya.commands.agent.install import install
from papaya.commands.agent.read import read
from papaya.commands.agent.run import run
from papaya.commands.agent.uninstall import uninstall


class _RunByDefault(ExplainedGroup):
    """Takes `papaya agent NAME` for `papaya agent run NAME`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Add what goes without saying."""
        if not any(argument in {"-h", "--help"} for argument in args[:1]) and args[:1] != ["--"]:
            first = next((argument for argument in args if not argument.startswith("-")), None)
            if args and (first not in self.commands or args[0].startswith("-")):
                args = ["run", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_RunByDefault)
def command() -> None:
    """Read this device's sensors and send every reading to the server.

    `papaya agent NAME` is short for `papaya agent run NAME`.
    """


for _subcommand in (run, read, install, uninstall):
    command.add_command(_subcommand)
