"""A plan says how many requests it sends, and never sends a no-op."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from papaya.manifest.model import Fleet, Profiles, Safety, SecretReference, Sensor, State
from tests.unit.apply.hand import Person
from tests.unit.apply.run import Operator
from tests.unit.engine.fleets import country, device, fleet, state

TOKEN = SecretReference(env="T")
OTHER = SecretReference(env="U")
BASE = fleet(
    country(
        "INDIA",
        state(
            "Karnataka",
            device("A", attributes={"a": 1}, shared_attributes={"s": 1}, access_token=TOKEN),
            device("B", label="b", attributes={"b": 1}, protect=True),
            device("C", description="c"),
        ),
        state("Goa", attributes={"region": "west"}),
    )
)


def with_states(*states: State, **fields: Any) -> Fleet:
    """Return a fleet of one country with these states."""
    return fleet(country("INDIA", *states), **fields)


A = device("A", attributes={"a": 1}, shared_attributes={"s": 1}, access_token=TOKEN)
B = device("B", label="b", attributes={"b": 1}, protect=True)
C = device("C", description="c")
GOA = state("Goa", attributes={"region": "west"})

AFTERWARDS: dict[str, Fleet] = {
    "nothing": BASE,
    "label": with_states(state("Karnataka", A, replace(B, label="x"), C), GOA),
    "attributes": with_states(
        state("Karnataka", device("A", attributes={"a": 2, "n": 1}, access_token=TOKEN), B, C), GOA
    ),
    "keys removed": with_states(state("Karnataka", device("A", access_token=TOKEN), B, C), GOA),
    "sensors": with_states(
        state("Karnataka", A, B, device("C", description="c", sensors=(Sensor("t", warn_above=5),))), GOA
    ),
    "protection dropped": with_states(state("Karnataka", A, device("B", label="b"), C), GOA),
    "move": with_states(state("Karnataka", A, B), state("Goa", C, attributes={"region": "west"})),
    "rename": with_states(state("Karnataka", A, B, device("D", description="c", formerly="C")), GOA),
    "swap": with_states(
        state(
            "Karnataka",
            device("C", attributes={"a": 1}, shared_attributes={"s": 1}, access_token=TOKEN, formerly="A"),
            B,
            device("A", description="c", formerly="C"),
        ),
        GOA,
    ),
    "place renamed": with_states(state("Mysore", A, B, C, formerly="Karnataka"), GOA),
    "destroy": with_states(state("Karnataka", A, B)),
    "forget": with_states(
        state("Karnataka", A, B),
        safety=Safety(max_change_percent=100, adopt="always", when_removed="forget"),
    ),
    "profile": with_states(state("Karnataka", A, B, device("C", description="c", profile="default")), GOA),
    "new profile": with_states(
        state("Karnataka", A, B, device("C", description="c", profile="New")),
        GOA,
        profiles=Profiles(device="IoT-Gateway", create=True),
    ),
    "token": with_states(
        state(
            "Karnataka",
            device("A", attributes={"a": 1}, shared_attributes={"s": 1}, access_token=OTHER),
            B,
            C,
        ),
        GOA,
    ),
    "first token": with_states(state("Karnataka", A, B, replace(C, access_token=OTHER)), GOA),
    "new": with_states(state("Karnataka", A, B, C, device("E"), device("F", attributes={"x": 1})), GOA),
}


@pytest.mark.parametrize("change", AFTERWARDS)
def test_as_many_requests_are_sent_as_the_plan_says(operator: Operator, change: str) -> None:
    operator.secrets = {"T": "token-t", "U": "token-u"}
    operator.apply(BASE)
    wanted = AFTERWARDS[change]
    plan = operator.plan(wanted)
    before = operator.session.requests_sent

    result = operator.executor(plan, looks=False).execute(plan)

    assert [outcome.reason for outcome in result.outcomes if outcome.status != "done"] == []
    assert operator.session.requests_sent - before == plan.requests.apply
    assert operator.plan(wanted).is_empty


def test_creating_sends_what_the_plan_says(operator: Operator) -> None:
    operator.secrets = {"T": "token-t"}
    plan = operator.plan(BASE)
    before = operator.session.requests_sent

    operator.executor(plan, looks=False).execute(plan)

    assert operator.session.requests_sent - before == plan.requests.apply


def test_reading_is_counted(operator: Operator) -> None:
    operator.secrets = {"T": "token-t"}
    operator.apply(BASE)
    before = operator.session.requests_sent

    plan = operator.plan(BASE)

    assert operator.session.requests_sent - before == plan.requests.read


def test_an_empty_plan_leaves_every_version_as_it_is(operator: Operator, person: Person) -> None:
    operator.secrets = {"T": "token-t"}
    operator.apply(BASE)
    before = [person.by_name("device", name) for name in "ABC"]

    operator.apply(BASE)

    assert [person.by_name("device", name) for name in "ABC"] == before


def test_a_change_of_attributes_does_not_save_the_object(operator: Operator, person: Person) -> None:
    operator.secrets = {"T": "token-t"}
    operator.apply(BASE)
    before = person.by_name("device", "A")

    operator.apply(AFTERWARDS["attributes"])

    assert person.by_name("device", "A") == before


def test_many_devices_are_read_with_few_requests(operator: Operator) -> None:
    many = with_states(state("Karnataka", *(device(f"PM-{n}", attributes={"n": n}) for n in range(60))))
    operator.apply(many)

    assert operator.plan(many).requests.read <= 12
