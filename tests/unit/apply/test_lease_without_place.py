"""Two runs about objects of a fleet that has no place yet never overlap."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from papaya.apply.lease import HeldLease, LeaseHeld
from papaya.engine.inventory import Inventory
from papaya.engine.lease import Lease
from papaya.manifest.model import Fleet, Resource
from papaya.observer import SILENT
from papaya.runs.lock import LeaseChoice, locked_by, wait_until_free
from tests.unit.apply.run import Operator
from tests.unit.engine.fleets import GENEROUS, device, fleet, karnataka

OBJECTS = replace(
    fleet(), resources=(Resource("customer", "customers", "Metro"),), kinds=("customer",), safety=GENEROUS
)


def held(operator: Operator, run: str, *, breaks: bool = False) -> HeldLease:
    session, writer = operator.session, operator.writer
    return locked_by(session, writer, Inventory({}, {}), "meters", run, breaks=breaks, beside=True)


def locks(operator: Operator) -> list[Any]:
    found = operator.session.get(
        "/api/tenant/assets", params={"pageSize": 9, "page": 0, "textSearch": "papaya."}
    )
    assert isinstance(found, dict) and isinstance(found["data"], list)
    return found["data"]


def test_a_second_run_is_told_of_the_first_and_nothing_is_left_afterwards(operator: Operator) -> None:
    with held(operator, "r1"):
        assert len(locks(operator)) == 1
        with pytest.raises(LeaseHeld, match="is changing this fleet"), held(operator, "r2"):
            pass
        assert len(locks(operator)) == 1
    assert locks(operator) == []
    with held(operator, "r2"):
        pass


def test_of_several_that_begin_at_once_exactly_one_gets_it(operator: Operator) -> None:
    done, start = threading.Event(), threading.Barrier(4)

    def run(name: str) -> str:
        start.wait(60)
        try:
            with held(operator, name):
                done.wait(60)
                return "held"
        except LeaseHeld:
            return "refused"
        finally:
            finished.append(name)
            if len(finished) == 3:
                done.set()

    finished: list[str] = []
    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(run, ("r1", "r2", "r3", "r4"))) == ["held", "refused", "refused", "refused"]
    assert locks(operator) == []


def test_what_a_run_that_died_left_behind_is_taken_over(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator.writer.make_lock("papaya.lock.meters", Lease("somebody", "r0", 1.0))
    with held(operator, "r1"):
        assert len(locks(operator)) == 1
    assert locks(operator) == []


def test_a_run_that_is_broken_stops_and_leaves_the_lock_to_the_other(operator: Operator) -> None:
    first = held(operator, "r1")
    with first, held(operator, "r2", breaks=True):
        first.look()
        assert first.lost == "another run has broken the lock"
        first.__exit__(None, None, None)
        assert len(locks(operator)) == 1
    assert locks(operator) == []


def test_a_run_that_creates_the_first_place_holds_it_there_too(operator: Operator) -> None:
    tree = replace(karnataka(device("PM-1")), kinds=("customer",))
    with held(operator, "r1") as first:
        operator.apply(tree)
        first.take_on("INDIA")
        read = operator.read(tree)
        with (
            pytest.raises(LeaseHeld),
            locked_by(
                operator.session, operator.writer, read.inventory, tree.name, "r2", breaks=False, beside=True
            ),
        ):
            pass
    assert operator.plan(tree).is_empty


def test_a_run_that_may_wait_goes_on_once_the_other_has_ended(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    def reading(one: Fleet) -> Any:
        return operator.read(one)

    first = held(operator, "r1")
    first.__enter__()
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        first.__exit__(None, None, None)

    monkeypatch.setattr(time, "sleep", pause)
    choice = LeaseChoice(deadline=float("inf"))
    wait_until_free(
        operator.session,
        "meters",
        reading(OBJECTS),
        choice,
        read=lambda: reading(OBJECTS),
        observer=SILENT,
        beside=True,
    )
    assert pauses


def test_the_lock_is_no_difference_and_a_fleet_without_objects_makes_none(operator: Operator) -> None:
    tree = karnataka(device("PM-1"))
    before = len(operator.sandbox.requests)
    with locked_by(operator.session, operator.writer, Inventory({}, {}), tree.name, "r1", breaks=False):
        assert len(operator.sandbox.requests) == before
    operator.apply(OBJECTS)
    with held(operator, "r1"):
        assert operator.plan(OBJECTS).is_empty
