"""When the lease of another run counts, and how few requests taking and returning one costs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from papaya.apply.lease import LASTS, HeldLease, LeaseHeld, Leases
from papaya.engine.address import Address
from papaya.engine.inventory import Entity
from papaya.engine.lease import Lease, lease_in, with_lease
from papaya.errors import PlanRefused
from papaya.runs.lock import locked_by
from papaya.sandbox import Sandbox
from tests.unit.apply.hand import Person
from tests.unit.apply.run import Operator
from tests.unit.engine.fleets import karnataka


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


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def operator(sandbox: Sandbox) -> Iterator[Operator]:
    operator = Operator(sandbox)
    operator.apply(karnataka())
    yield operator
    operator.session.close()


def held(operator: Operator, run: str, *, breaks: bool = False) -> HeldLease:
    """Return a lease on what the operator has just read."""
    read = operator.read(karnataka()).inventory
    return locked_by(operator.session, operator.writer, read, "meters", run, breaks=breaks)


def test_a_lease_is_taken_and_given_back_with_one_request_each(sandbox: Sandbox, operator: Operator) -> None:
    lease = held(operator, "r1")
    before = len(sandbox.requests)
    with lease:
        assert [row[:2] for row in sandbox.requests[before:]] == [("POST", "/api/asset")]
        assert lease_in(Person(operator.session).by_name("asset", "INDIA")) is not None
        before = len(sandbox.requests)
    assert [row[:2] for row in sandbox.requests[before:]] == [("POST", "/api/asset")]
    assert lease_in(Person(operator.session).by_name("asset", "INDIA")) is None


def test_a_lease_on_a_place_that_changed_since_it_was_read_is_refused(operator: Operator) -> None:
    lease = held(operator, "r1")
    Person(operator.session).edit("asset", "INDIA", label="theirs")
    with pytest.raises(PlanRefused, match="somebody else changed INDIA since it was read"), lease:
        pass


def test_of_two_that_read_the_same_one_gets_the_lease(operator: Operator) -> None:
    first, second = held(operator, "r1"), held(operator, "r2")
    with first, pytest.raises(LeaseHeld), second:
        pass


def test_a_lease_leaves_a_place_that_somebody_edited_meanwhile(operator: Operator) -> None:
    person = Person(operator.session)
    with held(operator, "r1"):
        person.edit("asset", "INDIA", label="theirs")
    assert person.by_name("asset", "INDIA")["label"] == "theirs"
    assert lease_in(person.by_name("asset", "INDIA")) is None


def test_a_lease_that_was_broken_stays_with_the_other_run(operator: Operator) -> None:
    first = held(operator, "r1")
    with first, held(operator, "r2", breaks=True):
        first.__exit__(None, None, None)
        present = lease_in(Person(operator.session).by_name("asset", "INDIA"))
        assert present is not None and present.run == "r2"


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
