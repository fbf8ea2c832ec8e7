"""`papaya credentials rotate`: new generated tokens for a fleet's devices."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from papaya.command_line.applying import EXIT_DONE, EXIT_FAILED, EXIT_INTERRUPTED
from papaya.command_line.output.left_out import tell_first
from papaya.command_line.running import running
from papaya.command_line.terminal import TERMINAL
from papaya.commands.options.lock import lease_options
from papaya.commands.options.manifest import manifest_options
from papaya.commands.options.scope import scope_options
from papaya.commands.options.server import server_options
from papaya.counting import are, counted
from papaya.errors import PlanRefused

if TYPE_CHECKING:
    from papaya.apply.rotation import Rotation
    from papaya.engine.scope import RunScope
    from papaya.runs.lock import LeaseChoice
    from papaya.runs.rotation import Rotated
    from papaya.settings import Options
    from papaya.workspace.choice import ManifestChoice

_MOST_NAMES = 10


@click.command("rotate")
@manifest_options
@server_options
@scope_options
@lease_options
@click.option(
    "--out",
    metavar="FILE",
    required=True,
    type=click.Path(path_type=Path),
    help="File for the old and new secrets, written before any change.",
)
@click.option(
    "--yes",
    is_flag=True,
    expose_value=False,
    help="Accepted for scripts; does not replace --allow-token-change.",
)
@click.option(
    "--allow-token-change",
    metavar="N",
    type=click.IntRange(min=0),
    help="Replace the tokens of up to N devices without asking.",
)
def rotate_tokens(
    manifest: ManifestChoice,
    server: Options,
    scope: RunScope,
    lease: LeaseChoice,
    out: Path,
    allow_token_change: int | None,
) -> int:
    """Give the fleet's devices new generated tokens, or MQTT passwords.

    Each device is cut off until it gets its new secret. Devices whose credentials the manifest declares are
    refused: change the secret, and apply. Certificates are left out: a device makes its own key.
    If the run ends early, run the same command with the same file to continue.
    """
    from papaya.runs.rotation import carry_out, keep, prepared, refuse_unattended

    with running(manifest.load, server, lease=lease) as run:
        if allow_token_change is None and not (sys.stdin.isatty() and sys.stderr.isatty()):
            refuse_unattended(run, scope, out)
        ready = prepared(run, scope, out)
        tell_first(ready.notes, _MOST_NAMES, tell=TERMINAL.noted)
        if not ready.rotation.turns:
            TERMINAL.noted("No device is meant.")
            return EXIT_DONE
        agree(ready.rotation, allow_token_change, out)
        if keep(ready.rotation, out):
            TERMINAL.noted(f"Old and new tokens are in {out}, for its owner alone.")
        return report(carry_out(run, ready.rotation), out)


def agree(rotation: Rotation, allowed: int | None, out: Path) -> None:
    """Ask for the name of the fleet, unless so many changes were agreed to beforehand."""
    from papaya.runs.rotation import refuse_more_than

    count = len(rotation.turns)
    who = f"{counted(count, 'device')} of {rotation.fleet} {are(count)}"
    warning = f"{who} cut off until {'it' if count == 1 else 'each'} gets its new token from {out}."
    if allowed is not None:
        TERMINAL.noted(warning)
        refuse_more_than(rotation, allowed)
        return
    click.echo(warning, err=True)
    click.echo("To replace their tokens, type the name of the fleet: ", err=True)
    if click.prompt("Fleet", err=True, default="", show_default=False).strip() != rotation.fleet:
        raise PlanRefused("not the name of the fleet: nothing was done")


def report(rotated: Rotated, out: Path) -> int:
    """Say what became of each device; return the exit code."""
    missing, all_ = rotated.missing, rotated.turned
    click.echo(f"New tokens: {len(all_) - len(missing):,} of {counted(len(all_), 'device')}.")
    tell_first([f"{one.status}: {one.turn.device}: {one.reason}" for one in missing], _MOST_NAMES)
    if not missing:
        return EXIT_DONE
    click.echo(f"To go on: the same command with --out {out}", err=True)
    return EXIT_INTERRUPTED if rotated.is_interrupted else EXIT_FAILED
