"""What is exported plans empty: random trees, applied by papaya or made by hand, on both versions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given

from papaya.manifest.load import Source, load
from papaya.manifest.model import Fleet
from papaya.manifest.write import to_yaml
from papaya.sandbox import Sandbox
from tests.examples import examples
from tests.unit.apply.hand import Person
from tests.unit.apply.run import VERSIONS, Operator, differences
from tests.unit.export.trees import documents, exported, fleet_of

SOME = examples(
    12,
    500,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def fresh(version: str) -> Iterator[Operator]:
    with Sandbox(emulate=version) as sandbox:
        operator = Operator(sandbox)
        yield operator
        operator.session.close()


def loaded(document: dict[str, Any]) -> Fleet:
    fleet = load([Source("fleet.yaml", to_yaml(document))]).fleet
    assume(fleet is not None)
    assert fleet is not None
    return fleet


@pytest.mark.parametrize("version", VERSIONS)
@SOME
@given(document=documents())
def test_what_papaya_applied_is_exported_so_that_nothing_is_left_to_do(
    version: str, document: dict[str, Any]
) -> None:
    fleet = loaded(document)
    for operator in fresh(version):
        operator.converge(fleet)
        made = exported(operator)
        assert [(str(one.entity.address), one.reason) for one in made.left_out] == []
        for folder in (False, True):
            plan = operator.plan(fleet_of(made, folder=folder))
            # A shared place without anything of the fleet in it looks like one that a person has made.
            hand_made = [change for change in plan.changes if change.adopts and not change.fields]
            assert {change.address.name for change in hand_made} <= shared_places(fleet)
            assert differences(replace(plan, changes=plan.changes[len(hand_made) :])) == []


@pytest.mark.parametrize("version", VERSIONS)
@SOME
@given(document=documents())
def test_what_nobody_marked_is_adopted_and_nothing_else(version: str, document: dict[str, Any]) -> None:
    fleet = loaded(document)
    for operator in fresh(version):
        operator.converge(fleet)
        unmark(operator)
        live = everything_live(operator)
        made = exported(operator, name="meters")
        again = fleet_of(made)
        plan = operator.plan(again)
        assert [change for change in plan.changes if change.fields or not change.adopts] == []
        assert plan.profiles == ()
        operator.converge(again)
        assert everything_live(operator) == live


def shared_places(fleet: Fleet) -> set[str]:
    return {place.name for country in fleet.countries for place in (country, *country.states) if place.shared}


def unmark(operator: Operator) -> None:
    """Take every trace of papaya off, as if somebody had made it all by hand."""
    person = Person(operator.session)
    for kind in ("asset", "device"):
        for name in person.names(kind):
            body = person.by_name(kind, name)
            id_ = str(body["id"]["id"])
            own = [key for key in person.attributes(kind, id_) if key in ("papaya.fleet", "papaya.applied")]
            if own:
                person.unset(kind, id_, *own)
            info = body.get("additionalInfo") or {}
            if info.pop("papaya", None) is not None:
                person.edit(kind, name, additionalInfo=info)


def everything_live(operator: Operator) -> dict[str, Any]:
    """Return what the server has, typed, but for papaya's marks."""
    person = Person(operator.session)
    live: dict[str, Any] = {}
    for kind in ("asset", "device"):
        for name in person.names(kind):
            body = person.by_name(kind, name)
            id_ = str(body["id"]["id"])
            info = {
                key: value for key, value in (body.get("additionalInfo") or {}).items() if key != "papaya"
            }
            server = person.attributes(kind, id_)
            server = {
                key: value for key, value in server.items() if key not in ("papaya.fleet", "papaya.applied")
            }
            shared = person.attributes(kind, id_, "SHARED_SCOPE")
            told = [body["type"], body.get("label") or None, info, server, shared, person.parents(kind, name)]
            live[f"{kind}/{name}"] = [(type(value), repr(value)) for value in told]
    return live
