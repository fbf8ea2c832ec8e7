"""`papaya tunnel logs`: what ssh and systemd say about the service of the tunnel."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING

import click

from papaya.child_environment import child_environment
from papaya.commands.options.tunnel import tunnel_device_options
from papaya.errors import PapayaError

if TYPE_CHECKING:
    from papaya.provision.tunnel_target import TargetChoice


@click.command("logs")
@tunnel_device_options
@click.option("-n", "--lines", metavar="N", type=click.IntRange(1), default=50, show_default=True,
              help="How many lines to print, from the end.")  # fmt: skip
@click.option("--follow", is_flag=True, help="Follow the log: print new lines.")
@click.option("--json", "as_json", is_flag=True, help="Print each entry as a JSON document of one line.")
def show_logs(target: TargetChoice, lines: int, follow: bool, as_json: bool) -> None:
    """Print the log of the tunnel of DEVICE on this machine, for all its services.

    Reads the systemd journal; papaya tunnel run writes to its own stderr instead.
    """
    program = shutil.which("journalctl")
    if program is None:
        raise PapayaError(
            "there is no journal on this machine",
            remedy="papaya tunnel run, which needs none, writes what happens to stderr.",
        )
    units = [f"--unit={line.unit}" for line in target.find().lines()]
    arguments = ["journalctl", "--no-pager", f"--lines={lines}", *units]
    arguments += ["--follow"] if follow else []
    arguments += ["--output=json"] if as_json else []
    sys.stdout.flush()
    sys.stderr.flush()
    # In its place: Ctrl-C, a closed pipe and the exit code are journalctl's own.
    os.execve(program, arguments, child_environment())  # noqa: S606
