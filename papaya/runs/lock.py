"""What a run does about another one that is changing the same fleet."""

from __future__ import annotations

import getpass
import os
import re
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from papaya.api.session import Session
from papaya.api.write import ServerWriter
from papaya.apply.journal import is_abandoned, journal_file
from papaya.apply.lease import (
    LASTS,
    HeldLease,
    LeaseHeld,
    Leases,
    LeaseWithoutPlace,
    lock_name,
    places_for,
)
from papaya.engine.inventory import Entity, Inventory
from papaya.engine.lease import Lease
from papaya.engine.reading import Reading
from papaya.observer import Observer

POLL_SECONDS = 1.0
# Of the server comes what names a file here: nothing but what a run is called.
_RUN_NAME = re.compile(r"[\w.-]+")


@dataclass(frozen=True, slots=True)
class LeaseChoice:
    """What to do where another run holds the lease: wait until `deadline`, or break it.

    `deadline` is in seconds of `time.monotonic()`.
    """

    breaks: bool = False
    deadline: float = 0.0

    @property
    def may_wait(self) -> bool:
        """Whether there is time left to wait."""
        return time.monotonic() < self.deadline


def wait_until_free(
    session: Session,
    fleet: str,
    reading: Reading,
    lease: LeaseChoice,
    *,
    read: Callable[[], Reading],
    observer: Observer,
    beside: bool = False,
) -> Reading:
    """Return the reading, made anew if another run was changing the fleet; refuse if that takes too long.

    `beside` says that the fleet declares objects beside the tree, for which it is locked without any place.
    """
    writer = ServerWriter(session)
    leases = Leases(writer, run="", now=session.server_time, is_dead=is_dead)
    told = False
    while not lease.breaks:
        places = places_for(reading.inventory, fleet)
        if not places and beside:
            lock = writer.find_place(lock_name(fleet))
            places = (lock,) if lock is not None else ()
        held = leases.blocking(places)
        if held is None:
            break
        if not told:
            observer.waiting(held.holder)
            told = lease.may_wait
        while held is not None:
            if not lease.may_wait:
                raise LeaseHeld(held)
            time.sleep(POLL_SECONDS)
            held = leases.blocking(places)
        reading = read()
    return reading


def locked_by(
    session: Session,
    writer: ServerWriter,
    live: Inventory,
    fleet: str,
    run: str,
    *,
    breaks: bool,
    beside: bool = False,
) -> HeldLease:
    """Return the lease of a fleet for a run; it is held from entering to leaving.

    `live` is what was read last, `run` the name of the run, and `breaks` takes the lease of another run away.
    `beside` says that the run changes objects beside the tree: then it is locked without any place, too.
    """
    places = places_for(live, fleet)
    lease = Lease(holder(), run, session.server_time() + LASTS)

    def held_on(places: Sequence[Entity]) -> HeldLease:
        return HeldLease(writer, places, lease, now=session.server_time, break_it=breaks, is_dead=is_dead)

    if places or not beside:
        return held_on(places)
    return LeaseWithoutPlace(
        writer, fleet, lease, held_on(()), now=session.server_time, break_it=breaks, is_dead=is_dead
    )


def holder() -> str:
    """Return how this process is called to others."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = f"user {os.getuid()}"
    return f"{user}{_here()}{os.getpid()})"


def is_dead(lease: Lease) -> bool:
    """Return whether a run of this user on this machine holds the lease and its process has ended."""
    return (
        _here() in lease.holder
        and _RUN_NAME.fullmatch(lease.run) is not None
        and is_abandoned(journal_file(lease.run))
    )


def _here() -> str:
    return f"@{socket.gethostname()} (process "
