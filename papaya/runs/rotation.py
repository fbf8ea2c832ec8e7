"""Rotating tokens at the command line: the file that holds them first, the question, the run."""

from __future__ import annotations

import secrets
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from papaya.errors import PapayaError, PlanRefused
from papaya.runs.interruption import EXIT_INTERRUPTED

if TYPE_CHECKING:
    from papaya.apply.rotation import Rotation
    from papaya.engine.scope import RunScope
    from papaya.runs.lock import LeaseChoice
    from papaya.runs.run import Run

EXIT_DONE = 0
EXIT_FAILED = 1
_MOST_NAMES = 10


def prepared(run: Run, scope: RunScope, out: Path) -> Rotation:
    """Return the rotation that the file holds, or a new one."""
    return _continued(run, out) if out.exists() else _fresh(run, scope)


def keep(rotation: Rotation, out: Path) -> None:
    """Write old and new tokens to the file, unless it is the one that they come from."""
    from papaya.apply.rotation import to_text
    from papaya.settings.private_file import replace_private

    if out.exists():
        return
    try:
        replace_private(out, to_text(rotation).encode())
    except OSError as error:
        raise PapayaError(f"{out} cannot be written: {error.strerror or error}") from error
    click.echo(f"Old and new tokens are in {out}, for its owner alone.", err=True)


def agree(rotation: Rotation, allowed: int | None, out: Path) -> None:
    """Ask for the name of the fleet, unless so many changes were agreed to beforehand."""
    count = len(rotation.turns)
    who = f"1 device of {rotation.fleet} is" if count == 1 else f"{count:,} devices of {rotation.fleet} are"
    click.echo(f"{who} cut off until each gets its new token from {out}.", err=True)
    if allowed is not None:
        if count > allowed:
            raise PlanRefused(
                f"{count} tokens would be replaced, --allow-token-change is {allowed}",
                remedy=f"agree to all: --allow-token-change {count}; or choose fewer with --target",
            )
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise PlanRefused(
            "there is no terminal to ask at", remedy=f"agree beforehand: --allow-token-change {count}"
        )
    click.echo("To replace their tokens, type the name of the fleet: ", err=True)
    if click.prompt("Fleet", err=True, default="", show_default=False).strip() != rotation.fleet:
        raise PlanRefused("not the name of the fleet: nothing was done")


def carry_out(run: Run, rotation: Rotation, lease: LeaseChoice, out: Path) -> int:
    """Replace the tokens under the fleet's lease and say what became of each; return the exit code."""
    from papaya.api.tokens import rotate
    from papaya.api.write import ServerWriter
    from papaya.apply import rotation as turning
    from papaya.apply.lease import LASTS, HeldLease, places_for
    from papaya.engine.lease import Lease
    from papaya.render.words import counted
    from papaya.runs.lock import holder, is_dead

    session, live = run.session, run.reading.inventory
    writer = ServerWriter(session)
    name = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{rotation.fleet}-{secrets.token_hex(3)}"
    own = Lease(holder(), name, time.time() + LASTS)
    records = {
        entity.id: entity.applied
        for entity in live
        if entity.id is not None and entity.applied is not None and entity.applied.token is not None
    }
    places = places_for(live, rotation.fleet)
    stopped: list[str] = []
    with (
        run.interruption.ends_well(),
        HeldLease(writer, places, own, now=time.time, break_it=lease.breaks, is_dead=is_dead) as held,
    ):
        run.interruption.then(stopped.append)
        turned = list(
            turning.carry_out(
                rotation.turns,
                lambda id_, old, new: rotate(session, id_, old, new),
                writer,
                records,
                concurrency=session.concurrency,
                reason_to_stop=lambda: stopped[0] if stopped else held.lost,
            )
        )
    missing = [one for one in turned if one.status != "done"]
    click.echo(f"New tokens: {len(turned) - len(missing):,} of {counted(len(turned), 'device')}.")
    for one in missing[:_MOST_NAMES]:
        click.echo(f"{one.status}: {one.turn.device}: {one.reason}", err=True)
    if len(missing) > _MOST_NAMES:
        click.echo(f"… and {len(missing) - _MOST_NAMES:,} more", err=True)
    if not missing:
        return EXIT_DONE
    click.echo(f"To go on: the same command with --out {out}", err=True)
    return EXIT_INTERRUPTED if stopped else EXIT_FAILED


def _continued(run: Run, out: Path) -> Rotation:
    from papaya.apply.rotation import from_text
    from papaya.render.words import counted

    try:
        rotation = from_text(out.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise PapayaError(f"{out} cannot be read: {error}") from error
    if rotation is None:
        raise PapayaError(
            f"{out} is there already and holds no rotation: nothing was done", remedy="Name another file."
        )
    if (rotation.fleet, rotation.server) != (run.fleet.name, run.session.url):
        raise PapayaError(
            f"{out} holds the tokens of {rotation.fleet} on {rotation.server}, not of {run.fleet.name} on "
            f"{run.session.url}",
            remedy="Name another file.",
        )
    told = counted(len(rotation.turns), "device")
    click.echo(f"Going on with {told} of {out}; options about devices do not count.", err=True)
    return rotation


def _fresh(run: Run, scope: RunScope) -> Rotation:
    from papaya.api.tokens import fresh_token
    from papaya.apply.rotation import Rotation, Turn
    from papaya.runs.credentials import devices_in, holders_in

    declared = {device.name for device in run.fleet.devices() if device.access_token is not None}
    refused = sorted(
        entity.address.name for entity, _ in devices_in(run, scope) if entity.address.name in declared
    )
    if refused:
        some = ", ".join(refused[:_MOST_NAMES]) + (", …" if len(refused) > _MOST_NAMES else "")
        from papaya.render.words import counted

        raise PlanRefused(
            f"the manifest declares the tokens of {counted(len(refused), 'device')}: {some}",
            remedy="Change their secrets and apply, or leave them out with --exclude.",
        )
    turns = []
    for one in holders_in(run, scope):
        name = one.entity.address.name
        if one.token is None or one.entity.id is None:
            click.echo(f"Left out: {name} has {one.kind}, no access token.", err=True)
            continue
        turns.append(Turn(name, one.entity.id, one.path, one.token, fresh_token()))
    return Rotation(run.fleet.name, run.session.url, tuple(turns))
