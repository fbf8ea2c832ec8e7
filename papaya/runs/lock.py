"""What the commands that change a fleet do about a run that is changing it already."""

from __future__ import annotations

import functools
import getpass
import os
import re
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from papaya.engine.lease import Lease
    from papaya.runs.run import Run

Function = TypeVar("Function", bound=Callable[..., Any])

_POLL_SECONDS = 1.0
# Of the server comes what names a file here: nothing but what a run is called.
_RUN_NAME = re.compile(r"[\w.-]+")


@dataclass(frozen=True, slots=True)
class LeaseChoice:
    """What a person wants where another run holds the lease: to wait until `deadline`, or to break it."""

    breaks: bool
    deadline: float

    @property
    def may_wait(self) -> bool:
        """Whether there is time left to wait."""
        return time.monotonic() < self.deadline


def lease_options(function: Function) -> Callable[..., Any]:
    """Give a command `--wait-for-lease` and `--break-lease`; it receives them as `lease`.

    A command that lost the race for a lease just left begins again while there is time to wait.
    """

    @functools.wraps(function)
    def with_lease(*arguments: Any, **parameters: Any) -> Any:
        from papaya.apply.lease import LeaseHeld

        seconds = parameters.pop("wait_for_lease")
        lease = LeaseChoice(parameters.pop("break_lease"), time.monotonic() + seconds)
        while True:
            try:
                return function(*arguments, lease=lease, **parameters)
            except LeaseHeld:
                if not lease.may_wait:
                    raise
                time.sleep(_POLL_SECONDS)

    decorated: Callable[..., Any] = with_lease
    for option in (
        click.option("--break-lease", is_flag=True, help="Take the lease of another run on this fleet away."),
        click.option(
            "--wait-for-lease",
            metavar="TIME",
            default="0s",
            callback=_as_seconds,
            help="How long to wait for another run on this fleet.  [default: 0s]",
        ),
    ):
        decorated = option(decorated)
    return decorated


def once_free(run: Run, lease: LeaseChoice) -> Run:
    """Return the run, read anew if another one was changing its fleet; refuse where that takes too long."""
    from papaya.api.write import ServerWriter
    from papaya.apply.lease import LeaseHeld, Leases, places_for

    leases = Leases(ServerWriter(run.session), run="", now=time.time, is_dead=is_dead)
    told = False
    while not lease.breaks:
        places = places_for(run.reading.inventory, run.fleet.name)
        held = leases.blocking(places)
        if held is None:
            break
        if not told:
            click.echo(f"Waiting for {held.holder}, who is changing this fleet.", err=True)
            told = lease.may_wait
        while held is not None:
            if not lease.may_wait:
                raise LeaseHeld(held)
            time.sleep(_POLL_SECONDS)
            held = leases.blocking(places)
        run = replace(run, reading=run.read())
    return run


def holder() -> str:
    """Return how this process is called to others."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = f"user {os.getuid()}"
    return f"{user}{_here()}{os.getpid()})"


def is_dead(lease: Lease) -> bool:
    """Return whether a run of this user on this machine holds the lease and its process has ended."""
    from papaya.apply.journal import is_abandoned

    return (
        _here() in lease.holder
        and _RUN_NAME.fullmatch(lease.run) is not None
        and is_abandoned(journal_file(lease.run))
    )


def journal_file(run: str) -> Path:
    """Return where the journal of a run is kept: in the user's state folder."""
    from platformdirs import user_state_path

    return user_state_path("papaya") / "journals" / f"{run}.jsonl"


def _here() -> str:
    return f"@{socket.gethostname()} (process "


def _as_seconds(context: click.Context, parameter: click.Parameter, value: str) -> float:
    from papaya.errors import SettingsError
    from papaya.settings.model import Given
    from papaya.settings.quantities import seconds

    try:
        return seconds(Given(value, "--wait-for-lease"), least=0)
    except SettingsError as error:
        raise click.BadParameter(f"{value!r} is no duration such as 30s or 5m") from error
