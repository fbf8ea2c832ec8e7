"""A plan for a few devices reads those, and says what a plan that reads everything says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from papaya.api.credentials import Credentials
from papaya.engine.plan import Plan
from papaya.engine.scope import RunScope
from papaya.errors import PapayaError
from papaya.manifest.expand import bundle_of
from papaya.manifest.load import Source, load
from papaya.manifest.model import Device, Fleet, Profiles, Safety
from papaya.manifest.write import to_yaml
from papaya.runs.run import EVERYTHING, open_run
from papaya.sandbox import Sandbox
from papaya.settings import Options
from tests.unit.apply.hand import Person
from tests.unit.apply.run import Operator, differences
from tests.unit.engine.fleets import country, device, fleet, state

GOA = tuple(device(f"PM-{number}", attributes={"bays": number}) for number in range(30))
KERALA = (device("KL-1", attributes={"bays": 1}), device("KL-2", label="two"))
# A device may have the name of a place.
LOIRE = (device("Goa", serial="FR-1"),)
# One device of 33 may change, but not one of one.
CAREFUL = Safety(max_destroy=0, max_change_percent=20)


def meters(goa: tuple[Device, ...] = GOA, kerala: tuple[Device, ...] = KERALA) -> Fleet:
    """Return the fleet, or the same with other devices."""
    return fleet(
        country("INDIA", state("Goa", *goa), state("Kerala", *kerala)),
        country("FRANCE", state("Loire", *LOIRE)),
        safety=CAREFUL,
    )


@pytest.fixture
def operator() -> Iterator[Operator]:
    with Sandbox() as sandbox:
        operator = Operator(sandbox)
        operator.apply(meters())
        yield operator


def planned(operator: Operator, wanted: Fleet, scope: RunScope, read: RunScope) -> Plan:
    """Return the plan for a scope of a run that reads for a scope."""
    person = Credentials(username=operator.sandbox.username, password=operator.sandbox.password)
    options = Options(url=operator.sandbox.url)
    with open_run(wanted, options, credentials=person, scope=read) as run:
        return run.plan(scope=scope)


def small_and_whole(operator: Operator, wanted: Fleet, *targets: str) -> tuple[Plan, Plan]:
    """Return the plan for targets from what they need, and from everything."""
    scope = RunScope(targets)
    return planned(operator, wanted, scope, scope), planned(operator, wanted, scope, EVERYTHING)


def told(plan: Plan) -> tuple[object, ...]:
    """Return what a plan tells people."""
    return differences(plan), plan.refusals, plan.questions, plan.notes, plan.totals


def edited(bays: int) -> Fleet:
    """Return the fleet with another value at one device."""
    return meters((replace(GOA[0], attributes={"bays": bays}), *GOA[1:]))


def test_a_device_is_planned_without_reading_the_others(operator: Operator) -> None:
    before = len(operator.sandbox.requests)
    small, whole = small_and_whole(operator, edited(99), "PM-0")
    assert small.requests.read < 20
    assert len(operator.sandbox.requests) > before
    assert [change.fields for change in small.changes] == [change.fields for change in whole.changes]
    assert len(small.changes) == 1
    # 1 of 33, not 1 of 1: the limit of 20 % refuses nothing.
    assert told(small) == told(whole)
    assert not small.refusals


def _renamed(person: Person) -> Fleet:
    person.edit("device", "PM-0", name="PM-0 (old)")
    return edited(99)


def _replaced(person: Person) -> Fleet:
    person.edit("device", "PM-0", name="PM-0 (old)")
    person.create("device", "PM-0")
    return edited(99)


def _moved(person: Person) -> Fleet:
    id_ = person.id("device", "PM-0")
    person.unrelate(person.id("asset", "Goa"), "device", id_)
    person.relate(person.id("asset", "Kerala"), "device", id_)
    return meters()


def _in_two_places(person: Person) -> Fleet:
    person.relate(person.id("asset", "Kerala"), "device", person.id("device", "PM-0"))
    return edited(99)


def _in_a_strangers_place(person: Person) -> Fleet:
    hall = person.create("asset", "Hall", "Building")
    person.relate(hall, "device", person.id("device", "PM-0"))
    return edited(99)


def _moved_to_a_renamed_state(person: Person) -> Fleet:
    _moved(person)
    person.edit("asset", "Kerala", name="KERALA 2")
    return edited(99)


def _gone(person: Person) -> Fleet:
    person.delete("device", "PM-0")
    return meters()


def _place_renamed(person: Person) -> Fleet:
    person.edit("asset", "Goa", name="GOA 2")
    return edited(99)


def _record_gone(person: Person) -> Fleet:
    person.unset("device", person.id("device", "PM-0"), "papaya.applied", "papaya.fleet")
    return edited(99)


def _formerly(person: Person) -> Fleet:
    return meters((replace(GOA[0], name="PM-0 new", formerly="PM-0"), *GOA[1:]))


def _new_profile(person: Person) -> Fleet:
    wanted = meters((replace(GOA[0], profile="Other"), *GOA[1:]))
    return replace(wanted, profiles=Profiles(device="IoT-Gateway", create=True))


def _edited_there(person: Person) -> Fleet:
    person.set("device", person.id("device", "PM-0"), bays=7, added=1)
    return meters()


@pytest.mark.parametrize(
    "happened",
    [
        _renamed,
        _replaced,
        _moved,
        _in_two_places,
        _in_a_strangers_place,
        _moved_to_a_renamed_state,
        _gone,
        _place_renamed,
        _record_gone,
        _formerly,
        _new_profile,
        _edited_there,
    ],
)
def test_whatever_happened_the_plan_is_that_of_everything(
    operator: Operator, happened: Callable[[Person], Fleet]
) -> None:
    wanted = happened(Person(operator.session))
    name = "PM-0 new" if happened is _formerly else "PM-0"
    for targets in ((name,), (f"INDIA/Goa/{name}", "device/KL-2"), (f"device/{name}",)):
        small, whole = small_and_whole(operator, wanted, *targets)
        assert told(small) == told(whole)
        assert whole.changes


def test_a_device_that_stands_in_another_state_of_the_fleet_is_read_with_that_state(
    operator: Operator,
) -> None:
    wanted = _moved(Person(operator.session))
    operator.sandbox.requests.clear()
    plan = planned(operator, wanted, RunScope(("PM-0",)), RunScope(("PM-0",)))

    assert [(change.address.name, change.writes.unrelate) for change in plan.changes] == [
        ("PM-0", ("Kerala",))
    ]
    assert plan.requests.read <= 20
    assert not any(path.startswith("/api/tenant/") for _, path, _ in operator.sandbox.requests)


def test_places_and_patterns_are_read_with_what_stands_in_them(operator: Operator) -> None:
    wanted = meters(GOA[1:])
    for targets in (("INDIA/Goa",), ("PM-*",), ("*/*/PM-1",), ("PM-1", "INDIA"), ("PM-0",)):
        small, whole = small_and_whole(operator, wanted, *targets)
        assert told(small) == told(whole)


def test_a_name_that_means_several_is_a_question(operator: Operator) -> None:
    for read in (RunScope(("Goa",)), EVERYTHING):
        with pytest.raises(PapayaError, match="Goa is ambiguous"):
            planned(operator, meters(), RunScope(("Goa",)), read)


def test_a_run_that_read_for_one_scope_reads_again_for_another(operator: Operator) -> None:
    plan = planned(operator, edited(99), EVERYTHING, RunScope(("KL-1",)))
    assert [change.address.name for change in plan.changes] == ["PM-0"]


def bundle_of_first(wanted: Fleet) -> Fleet:
    """Return the fleet that the bundle of its first device describes."""
    text = to_yaml(bundle_of(wanted, next(wanted.devices())))
    loaded = load([Source("bundle.yaml", text)])
    assert loaded.fleet is not None, loaded.diagnostics
    return loaded.fleet


def test_a_bundle_is_planned_without_reading_the_rest_of_its_fleet(operator: Operator) -> None:
    operator.sandbox.requests.clear()
    plan = planned(operator, bundle_of_first(edited(99)), EVERYTHING, EVERYTHING)

    assert [change.address.name for change in plan.changes] == ["PM-0"]
    assert plan.requests.read < 20
    assert not any(path.startswith("/api/tenant/") for _, path, _ in operator.sandbox.requests)


def test_a_bundle_of_a_device_that_was_renamed_on_the_server_still_means_that_device(
    operator: Operator,
) -> None:
    Person(operator.session).edit("device", "PM-0", name="PM-0 (old)")

    plan = planned(operator, bundle_of_first(meters()), EVERYTHING, EVERYTHING)

    assert [change.renamed_from for change in plan.changes] == ["PM-0 (old)"]
