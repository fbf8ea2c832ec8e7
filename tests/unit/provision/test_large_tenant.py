"""A device that registers in a large tenant reads what it needs, and means what reading everything means."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from papaya.api.known import known_device
from papaya.api.recorded import is_nobody_else
from papaya.apply.journal import NoJournal
from papaya.engine.address import Address
from papaya.engine.plan import Plan
from papaya.manifest.expand import bundle_of
from papaya.manifest.load import Source, load
from papaya.manifest.model import Device, Fleet, Json
from papaya.manifest.write import to_yaml
from papaya.provision.one_device import one_of
from papaya.provision.reconcile import Reconciled, carry_out, plan_device
from papaya.sandbox import Sandbox
from tests.unit.apply.hand import Person
from tests.unit.apply.run import VERSIONS, Operator, differences
from tests.unit.engine.fleets import country, device, fleet, state

# What becomes of each device after the fleet was applied, by its name.
HAPPENED: dict[str, Callable[[Person], None]] = {
    "PM-same": lambda person: None,
    "PM-edited": lambda person: person.set("device", person.id("device", "PM-edited"), bays=7),
    "PM-gone": lambda person: person.delete("device", "PM-gone"),
    "PM-renamed": lambda person: _rename(person, "device", "PM-renamed", "Behind the school"),
    "PM-cased": lambda person: _rename(person, "device", "PM-cased", "pm-CASED"),
    "PM-Čapek": lambda person: _rename(person, "device", "PM-Čapek", "Beside the school"),
    "PM-replaced": lambda person: _replace(person, "device", "PM-replaced"),
    "PM-moved": lambda person: _move(person, "PM-moved", "Goa", "Kerala"),
    "PM-unmarked": lambda person: _unmark(person, "PM-unmarked"),
    "PM-taken": lambda person: _mark(person, "PM-taken", "others"),
    "PM-copied": lambda person: _copy(person, "PM-same", "PM-copied"),
    "PM-half": lambda person: _lose_fleet(person, "PM-half"),
    "PM-in-renamed": lambda person: _rename(person, "asset", "Punjab", "Punjab 2"),
    "PM-in-replaced": lambda person: _replace(person, "asset", "Assam"),
}
# Of these the names alone say what reading everything would say.
CLEAR = {"PM-same", "PM-edited", "PM-gone", "PM-unmarked", "PM-taken"}
LARGE = 5


def _rename(person: Person, kind: str, old: str, new: str) -> None:
    person.edit(kind, old, name=new)


def _replace(person: Person, kind: str, name: str) -> None:
    _rename(person, kind, name, f"{name} (old)")
    person.create(kind, name, "State" if kind == "asset" else "IoT-Gateway")


def _move(person: Person, name: str, old: str, new: str) -> None:
    id_ = person.id("device", name)
    person.unrelate(person.id("asset", old), "device", id_)
    person.relate(person.id("asset", new), "device", id_)


def _unmark(person: Person, name: str) -> None:
    person.unset("device", person.id("device", name), "papaya.applied", "papaya.fleet")


def _mark(person: Person, name: str, owner: str) -> None:
    person.set("device", person.id("device", name), **{"papaya.fleet": owner})


def _copy(person: Person, original: str, name: str) -> None:
    told = person.attributes("device", person.id("device", original))
    own = {key: told[key] for key in ("papaya.fleet", "papaya.applied")}
    person.set("device", person.id("device", name), **own)


def _lose_fleet(person: Person, name: str) -> None:
    person.unset("device", person.id("device", name), "papaya.fleet")
    _rename(person, "device", name, f"{name} (old)")


def meters(*more: Device) -> Fleet:
    """Return the fleet, with more devices."""
    names = [name for name in HAPPENED if "-in-" not in name]
    goa = [device(name, attributes={"bays": 2}) for name in names]
    return fleet(
        country(
            "INDIA",
            state("Goa", *goa, *more),
            state("Kerala", device("KL-1")),
            state("Punjab", device("PM-in-renamed")),
            state("Assam", device("PM-in-replaced")),
        )
    )


def in_new_state(name: str) -> Fleet:
    """Return the fleet with a device in a State that the server does not have."""
    whole = meters()
    (india,) = whole.countries
    return replace(whole, countries=(country("INDIA", *india.states, state("Sikkim", device(name))),))


def alone(wanted: Fleet, name: str) -> Fleet:
    """Return the fleet cut down to one device."""
    return one_of(wanted, name, None).fleet


def bundle(wanted: Fleet, name: str) -> Fleet:
    """Return what a device's own bundle says."""
    one = next(device for device in wanted.devices() if device.name == name)
    loaded = load([Source("bundle.yaml", to_yaml(bundle_of(wanted, one)))])
    assert loaded.fleet is not None, loaded.diagnostics
    return alone(loaded.fleet, name)


def registered(operator: Operator, wanted: Fleet) -> Reconciled:
    """Return what a registration did."""
    return carry_out(operator.session, wanted, NoJournal(), run="run", large=LARGE)


def has_read_everything(operator: Operator) -> bool:
    """Return whether all devices were listed since the last look."""
    asked = [path for _, path, _ in operator.sandbox.requests]
    operator.sandbox.requests.clear()
    return any(path.startswith("/api/tenant/devices?") and "pageSize" in path for path in asked)


@pytest.fixture(scope="module", params=VERSIONS)
def quiet(request: pytest.FixtureRequest) -> Iterator[Operator]:
    """Return a server on which nobody has changed anything."""
    with Sandbox(emulate=request.param) as sandbox:
        operator = Operator(sandbox)
        operator.apply(meters())
        sandbox.requests.clear()
        yield operator


@pytest.fixture(scope="module")
def changed() -> Iterator[Operator]:
    """Return a server on which everything has happened, to one device each."""
    with Sandbox() as sandbox:
        operator = Operator(sandbox)
        operator.apply(meters())
        person = Person(operator.session)
        for happened in HAPPENED.values():
            happened(person)
        sandbox.requests.clear()
        yield operator


@pytest.mark.parametrize("cut", [alone, bundle])
@pytest.mark.parametrize("place", ["in a State of the server", "in a new State"])
def test_a_new_device_and_a_known_one_read_nothing_of_the_others(
    quiet: Operator, cut: Callable[[Fleet, str], Fleet], place: str
) -> None:
    name = f"{cut.__name__} {place}"
    wanted = cut(in_new_state(name) if "new" in place else meters(device(name, serial="SN-1")), name)
    before = quiet.session.requests_sent
    first = registered(quiet, wanted)
    between = quiet.session.requests_sent
    again = registered(quiet, wanted)

    assert [outcome.change.action for outcome in first.of("device")] == ["create"]
    assert again.plan.is_empty
    assert again.device_id == first.device_id
    assert between - before <= (25 if "new" in place else 20)
    assert quiet.session.requests_sent - between <= 15
    assert not has_read_everything(quiet)


def test_a_small_tenant_is_read_as_a_whole(quiet: Operator) -> None:
    plan_device(quiet.session, alone(meters(), "PM-same"))
    assert has_read_everything(quiet)


def told(plan: Plan) -> tuple[object, ...]:
    """Return what a plan does and refuses."""
    return differences(plan), plan.refusals, plan.questions


@pytest.mark.parametrize("cut", [alone, bundle])
@pytest.mark.parametrize("name", HAPPENED)
def test_whatever_happened_the_plan_is_that_of_everything(
    changed: Operator, cut: Callable[[Fleet, str], Fleet], name: str
) -> None:
    wanted = cut(meters(), name)
    of_part, _, found = plan_device(changed.session, wanted, large=LARGE)
    whole = has_read_everything(changed)
    of_all, _, there = plan_device(changed.session, wanted)

    assert told(of_part) == told(of_all)
    assert found == there
    assert has_read_everything(changed)
    assert whole == (name not in CLEAR)


def test_a_rename_that_was_interrupted_is_carried_on_with() -> None:
    with Sandbox() as sandbox:
        operator = Operator(sandbox)
        operator.apply(meters())
        info: Json = {"papaya": {"fleet": "meters", "renaming": "PM-new"}}
        Person(operator.session).edit("device", "PM-gone", name="~half renamed", additionalInfo=info)
        wanted = alone(meters(device("PM-new")), "PM-new")

        plan, _, _ = plan_device(operator.session, wanted, large=LARGE)

    assert [(change.action, change.renamed_from) for change in plan.changes] == [("update", "~half renamed")]


class WithoutSearch:
    """A server whose queries find nothing by text."""

    def __init__(self, operator: Operator) -> None:
        self._session = operator.session

    def post(self, path: str, body: Json, *, repeatable: bool = False) -> Json:
        """Answer what the server answers, and a search with nothing."""
        asked: Any = body
        if asked.get("pageLink", {}).get("textSearch"):
            return {"data": [], "totalPages": 0, "totalElements": 0, "hasNext": False}
        return self._session.post(path, body, repeatable=repeatable)


def test_a_search_that_finds_nothing_proves_nothing_where_searches_do_not_work(quiet: Operator) -> None:
    free = {Address("device", "PM-free")}

    assert is_nobody_else(quiet.session, "meters", free, (), few=LARGE)
    assert not is_nobody_else(WithoutSearch(quiet), "meters", free, (), few=LARGE)


def test_a_name_of_other_characters_is_searched_by_a_part_of_it(quiet: Operator) -> None:
    for name in ("PM-Žižkov", 'PM "2"', "100 %", "नगर-000123"):
        free = {Address("device", name)}
        assert is_nobody_else(quiet.session, "meters", free, (), few=LARGE)
        assert not is_nobody_else(WithoutSearch(quiet), "meters", free, (), few=LARGE)


@pytest.mark.parametrize("name", ["PM\\2", "Žš", "नगर"])
def test_a_name_without_such_a_part_is_not_searched(quiet: Operator, name: str) -> None:
    assert not is_nobody_else(quiet.session, "meters", {Address("device", name)}, (), few=LARGE)


def test_of_a_fleet_with_few_devices_all_records_are_read(changed: Operator) -> None:
    def is_free(name: str) -> bool:
        return is_nobody_else(WithoutSearch(changed), "meters", {Address("device", name)}, ())

    assert all(map(is_free, ("PM-free", "PM\\2", "नगर")))
    assert not any(map(is_free, ("PM-renamed", "PM-Čapek", "PM-half")))
    assert not is_free("pm-RENAMED"), "names that differ by case are one name"


def test_the_first_device_of_a_fleet_reads_nothing_of_others(quiet: Operator) -> None:
    stranger = replace(alone(meters(device("PM-first")), "PM-first"), name="others")
    first = country("FRANCE", state("Loire", device("PM-first")))
    plan, _, _ = plan_device(quiet.session, replace(stranger, countries=(first,)), large=LARGE)

    assert {change.action for change in plan.changes} == {"create"}
    assert not has_read_everything(quiet)


@pytest.mark.parametrize("name", HAPPENED)
def test_a_device_is_known_by_the_same_name_whether_records_are_read_or_searched(
    changed: Operator, name: str
) -> None:
    read = known_device(changed.session, name, "meters")
    assert known_device(changed.session, name, "meters", large=LARGE) == read
