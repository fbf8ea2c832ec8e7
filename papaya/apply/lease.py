"""Keeps order between two runs on one fleet: a lease with a holder and an end, kept on a place of the fleet.

It is taken by a versioned save, so that of several runs that race for it exactly one gets it. A run that dies
leaves it behind; it ends by itself. Its end is a time of the server's clock, which all runs share. A lease
that does not end in time (the server's clock was moved, a proxy sends another time) counts as long as it is
renewed. The first run of a fleet finds no place. It creates the first one with the lease on it, before
anything else, or, if it also changes objects beside the tree, an asset made for that.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Protocol, Self

from papaya.engine.inventory import Entity, Inventory
from papaya.engine.lease import Lease, lease_in, same_but_for_lease
from papaya.errors import (
    AnswerLost,
    NotFound,
    PapayaError,
    PlanRefused,
    ServerError,
    Unavailable,
    VersionConflict,
)

LASTS = 120.0
_RENEW_AFTER = LASTS / 3
_TRIES = 4
_BROKEN = "another run has broken the lock"
# After these it is not known whether the lease was written: only a look tells.
_UNCERTAIN = (AnswerLost, Unavailable, VersionConflict)


class LeaseHeld(PlanRefused):
    """Another run is changing the fleet."""

    def __init__(self, lease: Lease) -> None:
        super().__init__(
            f"{lease.holder} is changing this fleet, until {_clock(lease.until)} at the latest",
            remedy="wait for it: --wait-for-lock 5m; if that run has certainly ended: --break-lock",
        )
        self.lease = lease


class Keeper(Protocol):
    """What holding a lease needs of the server."""

    def read_place(self, id_: str) -> Entity | None:
        """Return the place as it is now, or None if it is gone."""

    def find_place(self, name: str) -> Entity | None:
        """Return the place of this name as it is now, or None if there is none."""

    def make_lock(self, name: str, lease: Lease) -> Entity:
        """Create the asset that stands for a lock, with the lease on it; return the one that is there."""

    def remove_lock(self, id_: str) -> None:
        """Delete the asset that stands for a lock."""

    def write_lease(self, place: Entity, lease: Lease | None) -> Entity:
        """Write or remove the lease at the version that was read; return the place after it."""


def places_for(live: Inventory, fleet: str) -> tuple[Entity, ...]:
    """Return the places of a fleet, first the one on which every run takes the lease: the oldest Country."""
    own = [entity for entity in live if entity.role != "device" and entity.owner == fleet and entity.id]
    return tuple(sorted(own, key=lambda entity: (entity.role, _created(entity), entity.id or "")))


class Leases:
    """The leases on a fleet's places as a run finds them.

    `now` is the server's clock, in seconds since 1970; `monotonic` counts seconds and never jumps. `is_dead`
    recognises a run of this machine whose process has gone; its lease counts for nothing.
    """

    def __init__(
        self,
        keeper: Keeper,
        *,
        run: str,
        now: Callable[[], float],
        is_dead: Callable[[Lease], bool] = lambda lease: False,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._keeper = keeper
        self._run = run
        self._now = now
        self._is_dead = is_dead
        self._monotonic = monotonic
        # When a lease was first seen with this end; a living holder moves the end on.
        self._first_seen: dict[Lease, float] = {}

    def others(self, place: Entity | None) -> Lease | None:
        """Return the lease of another living run on a place."""
        held = lease_in(place.body) if place is not None else None
        if held is None or held.run == self._run or held.until <= self._now() or self._is_dead(held):
            return None
        seen_at = self._first_seen.setdefault(held, self._monotonic())
        return held if self._monotonic() - seen_at < LASTS else None

    def blocking(self, places: Sequence[Entity]) -> Lease | None:
        """Return the lease of another living run on any of the places that had one when they were read."""
        for place in places:
            if self.others(place) is not None:
                held = self.others(self._keeper.read_place(place.id or ""))
                if held is not None:
                    return held
        return None


class HeldLease:
    """A lease from entering to leaving, renewed while the run goes on."""

    def __init__(
        self,
        keeper: Keeper,
        places: Sequence[Entity],
        lease: Lease,
        *,
        now: Callable[[], float],
        break_it: bool,
        is_dead: Callable[[Lease], bool] = lambda lease: False,
    ) -> None:
        self._keeper = keeper
        self._places = tuple(places)
        self._place = self._places[0] if self._places else None
        self._lease = lease
        self._now = now
        self._break_it = break_it
        self._leases = Leases(keeper, run=lease.run, now=now, is_dead=is_dead)
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._renewal = threading.Thread(target=self._renew, daemon=True)
        self.lost = ""

    @property
    def place(self) -> Entity | None:
        """The place that carries the lease, as it is with the lease on it."""
        return self._place

    def __enter__(self) -> Self:
        if not self._break_it:
            held = self._leases.blocking(self._places)
            if held is not None:
                raise LeaseHeld(held)
        if self._place is not None:
            self._take(self._place)
            self._renewal.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if not self._renewal.is_alive() or self._place is None or self._place.id is None:
            return
        self._ended.set()
        self._renewal.join()
        as_held: Entity | None = self._place if self._gives_back_unread(self._place) else None
        for _ in range(_TRIES):
            try:
                place, as_held = as_held or self._keeper.read_place(self._place.id), None
                if place is None or not self._is_ours(place):
                    return
                self._give_back(place)
                return
            except _UNCERTAIN:
                continue
            except ServerError:
                # It ends by itself; the run has said what else went wrong.
                return

    def _give_back(self, place: Entity) -> None:
        self._keeper.write_lease(place, None)

    def _gives_back_unread(self, place: Entity) -> bool:
        """Return whether the server refuses it by itself if the place is not what this run has left."""
        return place.version is not None

    def look(self) -> None:
        """Find out whether another run has broken the lock; otherwise only the next renewal tells."""
        with self._lock:
            place = self._place
        if place is None or place.id is None or self.lost:
            return
        present = self._keeper.read_place(place.id)
        if present is not None and not self._is_ours(present):
            self.lost = _BROKEN

    def to_be_born(self) -> Lease | None:
        """Return the lease for the first place of the fleet to be created with; None where it is held."""
        return None if self._place is not None or self.lost else self._lasting()

    def born(self, place: Entity) -> None:
        """Hold the lease on a place that this run has created with it."""
        if self._place is not None or not self._is_ours(place):
            return
        with self._lock:
            self._place = place
        self._renewal.start()

    def take_on(self, name: str) -> None:
        """Take the lease on a place that this run has created without it, if none is held."""
        if self._place is not None:
            return
        self._lease = self._lasting()
        try:
            place = self._keeper.find_place(name)
            if place is not None:
                self._take(place)
                self._renewal.start()
        except LeaseHeld as held:
            self.lost = held.message
        except PapayaError:
            # Without a lease the run is as safe as before there was a place: names are unique.
            return

    def _lasting(self) -> Lease:
        """Return the lease with an end that counts from now."""
        return replace(self._lease, until=self._now() + LASTS)

    def _take_as_read(self, place: Entity) -> bool:
        """Take the lease at the version that was read; return whether the place still had it."""
        if place.version is None or place.body is None or self._leases.others(place) is not None:
            return False
        try:
            present = self._keeper.write_lease(place, self._lease)
        except (*_UNCERTAIN, NotFound):
            return False
        with self._lock:
            self._place = present
        return True

    def _take(self, place: Entity) -> None:
        if self._is_ours(place) or self._take_as_read(place):
            return
        for remaining in reversed(range(_TRIES)):
            present = self._keeper.read_place(place.id or "")
            if present is None:
                raise PlanRefused(f"{place.address} was deleted since it was read", remedy="plan again")
            if self._is_ours(present):
                break
            held = self._leases.others(present)
            if held is not None and not self._break_it:
                raise LeaseHeld(held)
            if present.version != place.version and not same_but_for_lease(present.body, place.body):
                raise PlanRefused(
                    f"somebody else changed {place.address.name} since it was read", remedy="plan again"
                )
            try:
                present = self._keeper.write_lease(present, self._lease)
                break
            except _UNCERTAIN:
                if not remaining:
                    raise
        with self._lock:
            self._place = present

    def _is_ours(self, place: Entity) -> bool:
        held = lease_in(place.body)
        return held is not None and held.run == self._lease.run

    def _renew(self) -> None:
        while not self._ended.wait(_RENEW_AFTER):
            with self._lock:
                place = self._place
            if place is None or place.id is None:
                return
            try:
                present = self._keeper.read_place(place.id)
                if present is None:
                    # This run destroys the place, or somebody else did: there is nothing left to hold.
                    return
                if not self._is_ours(present):
                    self.lost = _BROKEN
                    return
                renewed = self._keeper.write_lease(present, self._lasting())
            except PapayaError:
                continue
            with self._lock:
                self._place = renewed


class LeaseWithoutPlace(HeldLease):
    """The lease of a fleet that has objects and no place yet: on an asset that stands for the lock alone.

    Names of assets are unique in a tenant, so that of several runs one creates it. It is deleted at the end;
    what a run leaves behind that died, the next one takes over. On a place that the run creates, the lease is
    taken as well: a run that begins then looks there.
    """

    def __init__(self, keeper: Keeper, fleet: str, lease: Lease, beside: HeldLease, **how: Any) -> None:
        super().__init__(keeper, (), lease, **how)
        self._name = lock_name(fleet)
        self._beside = beside

    def __enter__(self) -> Self:
        self._place = self._keeper.make_lock(self._name, self._lease)
        self._places = (self._place,)
        super().__enter__()
        self._beside.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._beside.__exit__(kind, error, traceback)
        super().__exit__(kind, error, traceback)

    def look(self) -> None:
        """Find out whether another run has broken either lease."""
        super().look()
        self._beside.look()
        self.lost = self.lost or self._beside.lost

    def to_be_born(self) -> Lease | None:
        """Return the lease for the first place of the fleet, too."""
        return self._beside.to_be_born()

    def born(self, place: Entity) -> None:
        """Hold the lease also on a place that this run has created with it."""
        self._beside.born(place)

    def take_on(self, name: str) -> None:
        """Take the lease also on a place that this run has created without it."""
        self._beside.take_on(name)

    def _give_back(self, place: Entity) -> None:
        self._keeper.remove_lock(place.id or "")

    def _gives_back_unread(self, place: Entity) -> bool:
        # A deletion carries no version: it would take another run's lock away.
        return False


def lock_name(fleet: str) -> str:
    """Return the name of the asset that stands for the lock of a fleet without places."""
    return f"papaya.lock.{fleet}"


def _created(place: Entity) -> int:
    created = place.body.get("createdTime") if place.body is not None else None
    return created if isinstance(created, int) else 0


def _clock(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%H:%M:%S UTC")
