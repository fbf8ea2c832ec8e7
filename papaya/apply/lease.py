"""Keeps order between two runs on one fleet: a lease with a holder and an end, kept on a place of the fleet.

It is taken by a versioned save, so that of several runs that race for it exactly one gets it. A run that dies
leaves it behind; it ends by itself.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from types import TracebackType
from typing import Protocol, Self

from papaya.engine.inventory import Entity, Inventory
from papaya.engine.lease import Lease, lease_in, same_but_for_lease
from papaya.errors import PapayaError, PlanRefused, ServerError

LASTS = 120.0
_RENEW_AFTER = LASTS / 3


class Keeper(Protocol):
    """What holding a lease needs of the server."""

    def read_place(self, id_: str) -> Entity | None:
        """Return the place as it is now, or None if it is gone."""

    def write_lease(self, place: Entity, lease: Lease | None) -> Entity:
        """Write or remove the lease at the version that was read; return the place after it."""


def place_for(live: Inventory, fleet: str) -> Entity | None:
    """Return the place on which every run of this fleet looks for the lease; None before there is one."""
    own = [entity for entity in live if entity.role != "device" and entity.owner == fleet and entity.id]
    return min(own, key=lambda entity: (entity.role, entity.id or ""), default=None)


class HeldLease:
    """A lease from entering to leaving, renewed while the run goes on."""

    def __init__(
        self, keeper: Keeper, place: Entity | None, lease: Lease, *, now: Callable[[], float], break_it: bool
    ) -> None:
        self._keeper = keeper
        self._place = place
        self._lease = lease
        self._now = now
        self._break_it = break_it
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._renewal = threading.Thread(target=self._renew, daemon=True)
        self.lost = ""

    @property
    def place(self) -> Entity | None:
        """The place that carries the lease, as it is with the lease on it."""
        return self._place

    def __enter__(self) -> Self:
        if self._place is not None:
            self._take()
            self._renewal.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._place is None or self._place.id is None:
            return
        self._ended.set()
        self._renewal.join()
        try:
            place = self._keeper.read_place(self._place.id)
            held = lease_in(place.body) if place is not None else None
            if place is not None and held is not None and held.run == self._lease.run:
                self._keeper.write_lease(place, None)
        except ServerError:
            # It ends by itself; the run has said what else went wrong.
            return

    def _take(self) -> None:
        place = self._place
        if place is None or place.id is None:
            return
        present = self._keeper.read_place(place.id)
        if present is None:
            raise PlanRefused(f"{place.address} was deleted since it was read", remedy="plan again")
        if present.version != place.version and not same_but_for_lease(present.body, place.body):
            raise PlanRefused(
                f"somebody else changed {place.address.name} since it was read", remedy="plan again"
            )
        held = lease_in(present.body)
        if (
            held is not None
            and held.until > self._now()
            and held.run != self._lease.run
            and not self._break_it
        ):
            raise PlanRefused(
                f"{held.holder} is changing this fleet, until {_clock(held.until)} at the latest",
                remedy="wait for it; if that run is certainly dead: papaya apply --break-lease",
            )
        with self._lock:
            self._place = self._keeper.write_lease(present, self._lease)

    def _renew(self) -> None:
        while not self._ended.wait(_RENEW_AFTER):
            with self._lock:
                place = self._place
            if place is None or place.id is None:
                return
            try:
                present = self._keeper.read_place(place.id)
                held = lease_in(present.body) if present is not None else None
                if present is None or held is None or held.run != self._lease.run:
                    self.lost = "another run has broken the lease"
                    return
                longer = Lease(self._lease.holder, self._lease.run, self._now() + LASTS)
                renewed = self._keeper.write_lease(present, longer)
            except PapayaError:
                continue
            with self._lock:
                self._place = renewed


def _clock(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%H:%M:%S UTC")
