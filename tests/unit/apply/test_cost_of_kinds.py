"""What a plan reads for objects beside the tree, request by request (docs/plan-and-apply.md, "Cost")."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from papaya.manifest.model import Fleet
from papaya.resources import locate
from papaya.sandbox import Sandbox
from papaya.workspace.fleet import load_fleet
from tests.unit.apply.run import Operator

# The fleet names a customer at a device: so its tree reads customers anyway.
LISTS = {
    "/api/relations",
    "/api/ruleChains",
    "/api/tenant/dashboards",
    "/api/deviceProfiles",
    "/api/assetProfiles",
    "/api/otaPackages",
    "/api/users",
    "/api/calculatedFields",
    "/api/customers",
}


@pytest.fixture(scope="module")
def fleet() -> Fleet:
    return load_fleet([str(locate("manifests", "full"))])


@pytest.fixture(scope="module")
def operator(fleet: Fleet) -> Iterator[Operator]:
    with Sandbox() as sandbox:
        one = Operator(sandbox)
        one.converge(fleet)
        yield one
        one.session.close()


def read(operator: Operator, fleet: Fleet) -> Counter[str]:
    """Return the paths of the requests of a plan that is empty."""
    asked: Counter[str] = Counter()
    operator.sandbox.before_reply = lambda method, path: asked.update([path.partition("?")[0]])
    try:
        plan = operator.plan(fleet)
    finally:
        operator.sandbox.before_reply = None
    assert plan.is_empty
    assert plan.requests.read == asked.total()
    return asked


def test_a_fleet_that_declares_no_kind_reads_its_tree_alone(operator: Operator, fleet: Fleet) -> None:
    asked = read(operator, replace(fleet, resources=(), kinds=()))
    assert asked.keys() & LISTS == {"/api/customers"}
    assert asked.total() == 10


def test_a_fleet_that_declares_every_kind_reads_nine_lists_once(operator: Operator, fleet: Fleet) -> None:
    tree = read(operator, replace(fleet, resources=(), kinds=()))
    asked = read(operator, fleet)
    more = asked - tree
    chains = {path for path in more if path.endswith("/metadata")}
    assert more.keys() - chains == LISTS - {"/api/customers"}
    assert {path: asked[path] for path in LISTS} == dict.fromkeys(LISTS, 1)
    # The chain of the profile with `alarms: fromSensors`, and the one that it passes messages on to.
    assert len(chains) == more.total() - 8 == 2


def test_a_dashboard_whose_version_moved_is_read_by_itself(operator: Operator, fleet: Fleet) -> None:
    before = read(operator, fleet)
    (page,) = [
        one for one in operator.read(fleet).resources.of("dashboard") if one.address.name == "Full page"
    ]
    whole: Any = operator.session.get(f"/api/dashboard/{page.id}")
    operator.session.post("/api/dashboard", whole)
    assert read(operator, fleet) - before == Counter({f"/api/dashboard/{page.id}": 1})
