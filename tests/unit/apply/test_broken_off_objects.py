"""A run about objects beside the tree that breaks off at any request is gone on with by the next one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from papaya.manifest.model import Fleet, Json, Resource
from papaya.sandbox import Sandbox
from papaya.sandbox.edge import Fault
from tests.unit.apply.run import CONSENT, Operator
from tests.unit.apply.test_rule_chains import ATTRIBUTES, chain, nested
from tests.unit.engine.fleets import GENEROUS, device, karnataka

# More writes than any run has here.
MOST = 200
MARKS = {"relationType": "papaya.owns", "fromType": "TENANT"}


def fleet_of(*resources: Resource) -> Fleet:
    tree = karnataka(device("PM-1", customer="Metro" if resources else None))
    return replace(tree, resources=resources, kinds=("customer", "ruleChain"), safety=GENEROUS)


FULL = fleet_of(
    Resource("customer", "customers", "Metro", {"email": "a@x.example"}),
    chain("Meters", nested(), description="d"),
    chain("Attributes", ATTRIBUTES),
)
CHANGED = fleet_of(
    Resource("customer", "customers", "Metro", {"email": "b@x.example"}),
    chain("Meters 2", nested(ttl=9), description="e", formerly="Meters"),
    chain("Attributes", ATTRIBUTES, description="f"),
)
NOTHING = fleet_of()


def broken_off(operator: Operator, fleet: Fleet, after: int, *, handled: bool) -> bool:
    """Apply until so many writes have gone out; return whether the run had more to write."""
    plan = operator.plan(fleet)
    left = after

    def die(method: str, path: str) -> Fault | None:
        nonlocal left
        if method == "GET" or path.startswith("/api/entitiesQuery"):
            return Fault(drop=True) if left < 0 else None
        left -= 1
        if left >= 0:
            return None
        return Fault(drop=True, handled=handled and left == -1)

    operator.sandbox.before_reply = die
    try:
        operator.execute(plan, concurrency=1)
    finally:
        operator.sandbox.before_reply = None
    return left < 0


def orphans(operator: Operator) -> list[Json]:
    """Return marks of objects that no fleet declares any more, or of none at all."""
    tenant = operator.session.user().tenant_id
    rows = operator.session.get("/api/relations/info", params={"fromId": tenant, **MARKS})
    assert isinstance(rows, list)
    return rows


@pytest.mark.parametrize(
    "handled", [False, True], ids=["the request is not carried out", "its answer is lost"]
)
def test_the_next_run_converges_wherever_the_one_before_ended(handled: bool) -> None:
    # Both together break off at each request once.
    converges_wherever(handled, range(int(handled), MOST, 2))


@pytest.mark.soak
@pytest.mark.parametrize(
    "handled", [False, True], ids=["the request is not carried out", "its answer is lost"]
)
def test_it_does_so_at_every_request(handled: bool) -> None:
    converges_wherever(handled, range(MOST))


def converges_wherever(handled: bool, requests: range) -> None:
    """Break runs off after so many writes, until one of them has no more to write."""
    for after in requests:
        with Sandbox() as sandbox:
            more = any(
                [
                    _breaks_off_and_converges(sandbox, fleet, after, handled)
                    for fleet in (FULL, CHANGED, NOTHING)
                ]
            )
            operator = Operator(sandbox)
            assert orphans(operator) == [], after
            operator.session.close()
        if not more:
            break
    assert 8 <= after < MOST - requests.step


def _breaks_off_and_converges(sandbox: Sandbox, fleet: Fleet, after: int, handled: bool) -> bool:
    first = Operator(sandbox)
    more = broken_off(first, fleet, after, handled=handled)
    first.session.close()
    second = Operator(sandbox)
    plan = second.plan(fleet, replace(CONSENT, adopt=False))
    # What the run before created or changed is known as the fleet's own.
    assert not plan.refusals, (after, plan.refusals)
    assert not [one for one in plan.resources if one.adopts], after
    second.converge(fleet)
    second.session.close()
    return more
