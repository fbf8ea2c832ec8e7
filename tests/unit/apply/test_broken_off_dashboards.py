"""A run about dashboards that breaks off at any request is gone on with by the next one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from papaya.manifest.model import Fleet, Resource
from papaya.sandbox import Sandbox
from tests.unit.apply.run import CONSENT, VERSIONS, Operator
from tests.unit.apply.test_broken_off_objects import MOST, broken_off, orphans
from tests.unit.apply.test_dashboards import configuration, customer, dashboard, naming, opening, rows
from tests.unit.engine.fleets import GENEROUS, device, karnataka


def fleet_of(*resources: Resource) -> Fleet:
    tree = karnataka(device("PM-1"))
    return replace(tree, resources=resources, kinds=("customer", "dashboard"), safety=GENEROUS)


FULL = fleet_of(
    customer("Metro"),
    dashboard("A", opening("papaya://dashboard/B"), customers=["Metro"]),
    dashboard("B", opening("papaya://dashboard/A")),
    dashboard("C", naming("papaya://device/PM-1")),
)
CHANGED = fleet_of(
    customer("Metro", email="a@x.example"),
    dashboard("A 2", opening("papaya://dashboard/C"), customers=[], formerly="A"),
    dashboard("C", configuration(description="new"), customers=["Metro"]),
)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "handled", [False, True], ids=["the request is not carried out", "its answer is lost"]
)
def test_the_next_run_converges_wherever_the_one_before_ended(handled: bool, version: str) -> None:
    # The four together break off at each request once.
    converges_wherever(handled, version, range(int(handled) + 2 * VERSIONS.index(version), MOST, 4))


@pytest.mark.soak
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "handled", [False, True], ids=["the request is not carried out", "its answer is lost"]
)
def test_it_does_so_at_every_request(handled: bool, version: str) -> None:
    converges_wherever(handled, version, range(MOST))


def converges_wherever(handled: bool, version: str, requests: range) -> None:
    """Break runs off after so many writes, until one of them has no more to write."""
    for after in requests:
        with Sandbox(emulate=version) as sandbox:
            more = any(
                [
                    _breaks_off_and_converges(sandbox, fleet, after, handled, titles)
                    for fleet, titles in ((FULL, ["A", "B", "C"]), (CHANGED, ["A 2", "C"]), (fleet_of(), []))
                ]
            )
            operator = Operator(sandbox)
            assert orphans(operator) == [], after
            operator.session.close()
        if not more:
            break
    assert 8 <= after < MOST - requests.step


def _breaks_off_and_converges(
    sandbox: Sandbox, fleet: Fleet, after: int, handled: bool, titles: list[str]
) -> bool:
    first = Operator(sandbox)
    more = broken_off(first, fleet, after, handled=handled)
    first.session.close()
    second = Operator(sandbox)
    plan = second.plan(fleet, replace(CONSENT, adopt=False))
    assert not plan.refusals, (after, plan.refusals)
    assert not [one for one in plan.resources if one.adopts], after
    second.converge(fleet)
    assert sorted(row["title"] for row in rows(second)) == titles, after
    second.session.close()
    return more
