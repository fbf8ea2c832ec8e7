"""When the lease of another run counts: by the server's clock, and while it is renewed."""

from __future__ import annotations

from papaya.apply.lease import LASTS, Leases
from papaya.engine.address import Address
from papaya.engine.inventory import Entity
from papaya.engine.lease import Lease, with_lease


def place(until: float) -> Entity:
    body = with_lease({"name": "INDIA"}, Lease("ann@elsewhere (process 7)", "ann-1", until))
    return Entity(Address("asset", "INDIA"), "country", id="1", body=body)


class Nobody:
    """A server that is not asked."""

    def make_lock(self, name: str, lease: Lease) -> Entity:
        raise AssertionError(name)

    def remove_lock(self, id_: str) -> None:
        raise AssertionError(id_)

    def read_place(self, id_: str) -> Entity | None:
        raise AssertionError

    def find_place(self, name: str) -> Entity | None:
        raise AssertionError

    def write_lease(self, place: Entity, lease: Lease | None) -> Entity:
        raise AssertionError


def leases(now: list[float], seconds: list[float]) -> Leases:
    return Leases(Nobody(), run="mine", now=lambda: now[0], monotonic=lambda: seconds[0])


def test_a_lease_counts_until_its_end() -> None:
    now = [1000.0]
    found = leases(now, [0.0])
    assert found.others(place(1001.0)) is not None
    now[0] = 1001.0
    assert found.others(place(1001.0)) is None


def test_a_lease_with_an_end_far_away_counts_only_while_it_is_renewed() -> None:
    seconds = [0.0]
    found = leases([1000.0], seconds)
    far = 1000.0 + 3600
    assert found.others(place(far)) is not None
    seconds[0] = LASTS - 1
    assert found.others(place(far)) is not None
    # Its holder lives: it has moved the end on.
    assert found.others(place(far + 40)) is not None
    seconds[0] = LASTS + 1
    assert found.others(place(far + 40)) is not None
    assert found.others(place(far)) is None
    seconds[0] = 2 * LASTS
    assert found.others(place(far + 40)) is None
