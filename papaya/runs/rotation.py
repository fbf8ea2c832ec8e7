"""New access tokens and MQTT passwords for a fleet's devices: first their file, then the run."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from papaya.api.tokens import fresh_token, rotate
from papaya.api.write import ServerWriter
from papaya.apply import rotation as turning
from papaya.apply.journal import run_name
from papaya.apply.rotation import Rotation, Turn, Turned, from_text, rotated, to_text
from papaya.bounded_file import LARGEST, read_text
from papaya.counting import counted, first_of
from papaya.engine.scope import RunScope
from papaya.errors import PapayaError, PlanRefused
from papaya.manifest.model import Device
from papaya.runs.credentials import devices_in, holders_in
from papaya.runs.lock import locked_by
from papaya.runs.run import Run
from papaya.settings.private_file import replace_private

_MOST_NAMES = 10
# A rotation of 100,000 devices has 40 MB.
_MOST_READ = 8 * LARGEST


@dataclass(frozen=True, slots=True)
class Prepared:
    """A rotation before it begins, and what a person should know about it."""

    rotation: Rotation
    notes: tuple[str, ...] = ()


def prepared(run: Run, scope: RunScope, out: Path) -> Prepared:
    """Return the rotation that the file holds, or a new one.

    Raises `PlanRefused` where the manifest declares the token of a device that is meant.
    """
    return _continued(run, out) if out.exists() else _fresh(run, scope)


def refuse_unattended(run: Run, scope: RunScope, out: Path) -> None:
    """Raise `PlanRefused` with the option that agrees to a rotation of all devices that are meant.

    Nobody waits for their credentials, a request for each, to be told so.
    """
    count = len(_continued(run, out).rotation.turns) if out.exists() else _count_meant(run, scope)
    if count:
        raise PlanRefused(
            "cannot ask for confirmation: no terminal",
            remedy=f"Pass --allow-token-change {count} to confirm.",
        )


def keep(rotation: Rotation, out: Path) -> bool:
    """Write old and new secrets to a private file; return False where that is the file they come from."""
    if out.exists():
        return False
    try:
        replace_private(out, to_text(rotation).encode())
    except OSError as error:
        raise PapayaError(f"{out} cannot be written: {error.strerror or error}") from error
    return True


def refuse_more_than(rotation: Rotation, allowed: int) -> None:
    """Raise `PlanRefused` where a rotation replaces more tokens than were agreed to."""
    count = len(rotation.turns)
    if count > allowed:
        raise PlanRefused(
            f"{counted(count, 'token')} would be replaced, --allow-token-change is {allowed}",
            remedy=f"agree to all: --allow-token-change {count}; or choose fewer with --target",
        )


@dataclass(frozen=True, slots=True)
class Rotated:
    """What became of each device, and whether a signal ended the run."""

    turned: tuple[Turned, ...]
    is_interrupted: bool

    @property
    def missing(self) -> tuple[Turned, ...]:
        """Return the devices that have no new token."""
        return tuple(one for one in self.turned if one.status != "done")


def carry_out(run: Run, rotation: Rotation) -> Rotated:
    """Replace the tokens under the fleet's lease."""
    session, live = run.session, run.reading.inventory
    writer = ServerWriter(session)
    run_id = run_name(rotation.fleet)
    records = {
        entity.id: entity.applied
        for entity in live
        if entity.id is not None and entity.applied is not None and entity.applied.token is not None
    }
    stopped: list[str] = []
    with (
        run.interruption.ends_well(),
        locked_by(session, writer, live, rotation.fleet, run_id, breaks=run.breaks_lease) as held,
    ):
        run.interruption.then(stopped.append)
        turning_one = turning.carry_out(
            rotation.turns,
            lambda id_, old, new: rotate(session, id_, old, new),
            writer,
            records,
            concurrency=session.concurrency,
            reason_to_stop=lambda: stopped[0] if stopped else held.lost,
        )
        turned = tuple(_told(run, turning_one, len(rotation.turns)))
    return Rotated(turned, bool(stopped))


def _told(run: Run, turned: Iterable[Turned], total: int) -> Iterator[Turned]:
    """Yield what became of each device, and tell the observer."""
    run.observer.began("rotating", total)
    try:
        for done, one in enumerate(turned, 1):
            run.observer.progressed("rotating", done, total)
            yield one
    finally:
        run.observer.ended("rotating")


def _continued(run: Run, out: Path) -> Prepared:
    try:
        rotation = from_text(read_text(out, most=_MOST_READ))
    except OSError as error:
        raise PapayaError(f"{out} cannot be read: {error.strerror}") from error
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
    return Prepared(rotation, (f"Going on with {told} of {out}; options about devices do not count.",))


def _count_meant(run: Run, scope: RunScope) -> int:
    """Return how many devices are meant; raise `PlanRefused` if the manifest declares a token of theirs."""
    declared = {device.name: device for device in run.fleet.devices() if device.credentials is not None}
    meant = [entity.address.name for entity, _ in devices_in(run, scope)]
    refused = sorted(name for name in meant if name in declared)
    if refused:
        raise PlanRefused(
            f"the manifest declares the {_what(declared[name] for name in refused)} of "
            f"{counted(len(refused), 'device')}: {first_of(refused, _MOST_NAMES)}",
            remedy="Change their secrets and apply, or leave them out with --exclude.",
        )
    return len(meant)


def _fresh(run: Run, scope: RunScope) -> Prepared:
    _count_meant(run, scope)
    turns = []
    notes = []
    for one in holders_in(run, scope):
        name = one.entity.address.name
        if one.entity.id is None:
            continue
        if one.kind == "X509_CERTIFICATE":
            notes.append(
                f"Left out: {name} has a certificate. Put a new one in its place: "
                f"`papaya provision {shlex.quote(name)} --with-certificate` on the device, or declare it in "
                "the manifest."
            )
            continue
        new = rotated(one.proof, fresh_token()) if one.proof is not None else None
        if one.proof is None or new is None:
            notes.append(f"Left out: {name} has {one.kind}, with neither a token nor a password.")
            continue
        turns.append(Turn(name, one.entity.id, one.path, one.proof, new))
    return Prepared(Rotation(run.fleet.name, run.session.url, tuple(turns)), tuple(notes))


def _what(devices: Iterable[Device]) -> str:
    return "tokens" if all(one.access_token is not None for one in devices) else "credentials"
