"""Whatever somebody renames on the server: nothing is created anew, nothing is let go, and it converges."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from papaya.api.fetch import devices_by_name
from papaya.engine.drift import drift
from papaya.engine.guard import Consent
from papaya.engine.plan import Plan
from papaya.engine.planner import make_plan
from papaya.engine.scope import RunScope
from papaya.manifest.model import Fleet, Safety
from papaya.sandbox import Sandbox
from tests.unit.apply.hand import Person
from tests.unit.apply.run import VERSIONS, Operator, differences
from tests.unit.engine.fleets import country, device, fleet, state

FORGETTING = Safety(max_destroy=1_000, max_change_percent=100, adopt="always", when_removed="forget")
KINDS = {"INDIA": "asset", "Karnataka": "asset", "Goa": "asset"}


@pytest.fixture(params=VERSIONS)
def server(request: pytest.FixtureRequest) -> Iterator[tuple[Operator, Person]]:
    """Yield an operator and a person at one server."""
    with Sandbox(emulate=request.param) as sandbox:
        operator = Operator(sandbox)
        yield operator, Person(operator.session)
        operator.session.close()


def tree(*names: str, places: tuple[str, str, str] = ("INDIA", "Karnataka", "Goa"), **fields: str) -> Fleet:
    """Return a fleet of one country and two states; the devices stand in the first one."""
    top, first, second = places
    devices = (device(name, first, top, **fields) for name in names)
    return fleet(country(top, state(first, *devices), state(second)))


def ids(person: Person, *names: str) -> list[str]:
    """Return the ids of places and devices by their present names."""
    return [person.id(KINDS.get(name.removesuffix("!"), "device"), name.removesuffix("!")) for name in names]


def rename(person: Person, kind: str, old: str, new: str) -> None:
    """Rename as ThingsBoard's own dialog does."""
    person.edit(kind, old, name=new)


def swap(person: Person, kind: str, one: str, other: str) -> None:
    """Let two entities exchange their names."""
    rename(person, kind, one, "between")
    rename(person, kind, other, one)
    rename(person, kind, "between", other)


def actions(plan: Plan) -> set[str]:
    """Return which actions a plan has."""
    return {change.action for change in plan.changes}


def told_drift(plan: Plan) -> list[tuple[str, object, object]]:
    """Return the address of each drifted entity with the name that was applied and the present one."""
    return [
        (str(entity.address), one.applied, one.live)
        for entity in drift(plan).drifted
        for one in entity.differences
        if one.field == "name"
    ]


@pytest.mark.parametrize(("kind", "name"), [("device", "A"), ("asset", "Karnataka"), ("asset", "INDIA")])
@pytest.mark.parametrize("when_removed", ["destroy", "forget"])
def test_a_renamed_entity_gets_its_name_back(
    server: tuple[Operator, Person], kind: str, name: str, when_removed: str
) -> None:
    operator, person = server
    wanted = tree("A", "B")
    if when_removed == "forget":
        wanted = fleet(*wanted.countries, safety=FORGETTING)
    operator.converge(wanted)
    id_, token = person.id(kind, name), person.token("A")
    rename(person, kind, name, f"{name} renamed")

    plan = operator.plan(wanted)

    assert actions(plan) == {"update"}
    assert told_drift(plan) == [(f"{kind}/{name}", name, f"{name} renamed")]
    assert all(change.renamed_on_server for change in plan.changes)
    operator.converge(wanted)
    assert person.id(kind, name) == id_
    assert person.token("A") == token


@pytest.mark.parametrize(("kind", "name"), [("device", "A"), ("asset", "Karnataka"), ("asset", "INDIA")])
def test_a_manifest_that_follows_a_rename_needs_no_formerly(
    server: tuple[Operator, Person], kind: str, name: str
) -> None:
    operator, person = server
    operator.converge(tree("A", "B"))
    id_ = person.id(kind, name)
    rename(person, kind, name, "New")
    places = tuple("New" if one == name else one for one in ("INDIA", "Karnataka", "Goa"))
    followed = tree("New" if name == "A" else "A", "B", places=places)  # type: ignore[arg-type]

    plan = operator.plan(followed)

    assert actions(plan) == {"update"}
    assert all(change.is_quiet for change in plan.changes)
    assert [note.text for note in plan.notes] == [
        f"renamed on the server: {name} -> New; the manifest has it, too"
    ]
    assert drift(plan).drifted == ()
    operator.converge(followed)
    assert person.id(kind, "New") == id_
    # From here on the new name is its name.
    rename(person, kind, "New", "Newer")
    assert told_drift(operator.plan(followed)) == [(f"{kind}/New", "New", "Newer")]


@pytest.mark.parametrize(("kind", "one", "other"), [("device", "A", "B"), ("asset", "Karnataka", "Goa")])
def test_two_that_swapped_names_are_swapped_back(
    server: tuple[Operator, Person], kind: str, one: str, other: str
) -> None:
    operator, person = server
    wanted = tree("A", "B")
    operator.converge(wanted)
    before = [person.id(kind, one), person.id(kind, other)]
    swap(person, kind, one, other)

    plan = operator.plan(wanted)

    assert sorted(told_drift(plan)) == [
        (f"{kind}/{a}", a, b) for a, b in sorted([(one, other), (other, one)])
    ]
    operator.converge(wanted)
    assert [person.id(kind, one), person.id(kind, other)] == before


def test_a_ring_of_names_is_turned_back(server: tuple[Operator, Person]) -> None:
    operator, person = server
    wanted = tree("A", "B", "C")
    operator.converge(wanted)
    before = ids(person, "A", "B", "C")
    rename(person, "device", "A", "x")
    rename(person, "device", "C", "A")
    rename(person, "device", "B", "C")
    rename(person, "device", "x", "B")

    operator.converge(wanted)

    assert ids(person, "A", "B", "C") == before


def test_a_name_that_a_stranger_took_is_refused_and_nothing_is_lost(
    server: tuple[Operator, Person],
) -> None:
    operator, person = server
    wanted = tree("A", "B")
    operator.converge(wanted)
    rename(person, "device", "A", "A old")
    person.create("device", "A", "IoT-Gateway")

    plan = operator.plan(wanted)

    assert [refusal.guard for refusal in plan.refusals] == ["name"]
    assert "A old cannot be renamed to A" in plan.refusals[0].reason
    assert actions(plan) == {"update"}
    assert not any(change.adopts for change in plan.changes)
    # Each way out leads somewhere.
    followed = tree("A old", "B")
    id_ = person.id("device", "A old")
    operator.converge(followed)
    assert person.id("device", "A old") == id_


def test_a_name_that_another_one_of_the_fleet_took_is_given_back(server: tuple[Operator, Person]) -> None:
    operator, person = server
    wanted = tree("A", "B")
    operator.converge(wanted)
    before = ids(person, "A", "B")
    rename(person, "device", "A", "A old")
    rename(person, "device", "B", "A")

    operator.converge(wanted)

    assert ids(person, "A", "B") == before


def test_a_new_device_gets_a_name_only_after_its_present_holder_left_it(
    server: tuple[Operator, Person],
) -> None:
    operator, person = server
    operator.converge(tree("A"))
    id_ = person.id("device", "A")
    rename(person, "device", "A", "B")

    operator.converge(tree("A", "B"))

    assert person.id("device", "A") == id_


def test_places_and_devices_renamed_together_are_all_recognised(server: tuple[Operator, Person]) -> None:
    operator, person = server
    wanted = tree("A", "B", "C")
    operator.converge(wanted)
    before = ids(person, "INDIA", "Karnataka", "A", "B", "C")
    for kind, name in (("asset", "INDIA"), ("asset", "Karnataka"), ("device", "A"), ("device", "C")):
        rename(person, kind, name, f"{name} (renamed)")

    plan = operator.plan(wanted)

    assert len(told_drift(plan)) == 4
    assert plan.moves == 0
    operator.converge(wanted)
    assert ids(person, "INDIA", "Karnataka", "A", "B", "C") == before


def test_a_rename_a_move_and_a_label_are_repaired_together(server: tuple[Operator, Person]) -> None:
    operator, person = server
    wanted = tree("A", label="bay 1")
    operator.converge(wanted)
    id_ = person.id("device", "A")
    person.edit("device", "A", name="moved", label="elsewhere")
    person.unrelate(person.id("asset", "Karnataka"), "device", id_)
    person.relate(person.id("asset", "Goa"), "device", id_)
    rename(person, "asset", "Karnataka", "K")

    plan = operator.plan(wanted)

    assert {one.field for change in plan.changes for one in change.fields} == {"name", "label", "parent"}
    operator.converge(wanted)
    assert person.id("device", "A") == id_
    assert person.parents("device", "A") == ["Karnataka"]


def test_a_device_moves_out_of_a_place_that_was_renamed(server: tuple[Operator, Person]) -> None:
    operator, person = server
    operator.converge(tree("A"))
    rename(person, "asset", "Karnataka", "K")
    moved = fleet(country("INDIA", state("Karnataka"), state("Goa", device("A", "Goa"))))

    operator.converge(moved)

    assert person.parents("device", "A") == ["Goa"]


@pytest.mark.parametrize("name", ["a", "A\u0301"], ids=["case", "normal form"])
def test_a_name_that_only_looks_alike_is_a_rename_too(server: tuple[Operator, Person], name: str) -> None:
    operator, person = server
    own = "A" if name == "a" else "\u00c1"
    operator.converge(tree(own))
    rename(person, "device", own, name)

    assert told_drift(operator.plan(tree(own))) == [(f"device/{own}", own, name)]
    operator.converge(tree(own))
    assert person.by_name("device", own)["name"] == own


def test_a_live_name_in_another_normal_form_is_adopted_as_it_is(server: tuple[Operator, Person]) -> None:
    operator, person = server
    person.create("device", "Cote\u0301", "IoT-Gateway")
    wanted = tree("Cot\u00e9")

    plan = operator.converge(wanted)

    assert [change.address.name for change in plan.changes if change.adopts] == ["Cot\u00e9"]
    assert person.by_name("device", "Cote\u0301")["name"] == "Cote\u0301"


def test_formerly_and_a_rename_on_the_server_meet(server: tuple[Operator, Person]) -> None:
    operator, person = server
    operator.converge(tree("A"))
    id_ = person.id("device", "A")
    rename(person, "device", "A", "X")
    renamed = fleet(country("INDIA", state("Karnataka", device("B", formerly="A")), state("Goa")))

    operator.converge(renamed)

    assert person.id("device", "B") == id_


@pytest.mark.parametrize("formerly", ["A", "X"])
def test_formerly_may_give_the_applied_name_or_the_present_one(
    server: tuple[Operator, Person], formerly: str
) -> None:
    operator, person = server
    operator.converge(tree("A"))
    id_ = person.id("device", "A")
    rename(person, "device", "A", "X")
    renamed = fleet(country("INDIA", state("Karnataka", device("B", formerly=formerly)), state("Goa")))

    plan = operator.converge(renamed)

    assert actions(plan) == {"update"}
    assert person.id("device", "B") == id_
    rename(person, "device", "B", "X")
    operator.converge(renamed)
    assert person.id("device", "B") == id_


def test_a_rename_that_somebody_already_carried_out_by_hand_is_left(server: tuple[Operator, Person]) -> None:
    operator, person = server
    operator.converge(tree("A"))
    rename(person, "device", "A", "B")
    version = person.by_name("device", "B")["version"]

    operator.converge(fleet(country("INDIA", state("Karnataka", device("B", formerly="A")), state("Goa"))))

    assert person.by_name("device", "B")["version"] == version


def test_a_fleet_of_an_older_papaya_is_left_alone_and_remembers_names_with_the_next_write(
    server: tuple[Operator, Person],
) -> None:
    operator, person = server
    operator.converge(tree("A", "B"))
    for kind, name in (("asset", "INDIA"), ("asset", "Karnataka"), ("device", "A"), ("device", "B")):
        id_ = person.id(kind, name)
        record = dict(person.attributes(kind, id_)["papaya.applied"])
        del record["name"], record["id"]
        person.set(kind, id_, papaya__applied=record)

    assert differences(operator.plan(tree("A", "B"))) == []
    operator.converge(tree("A", "B", label="new"))
    rename(person, "device", "A", "X")
    assert told_drift(operator.plan(tree("A", "B", label="new"))) == [("device/A", "A", "X")]


def test_copied_attributes_make_no_second_device_of_the_fleet(server: tuple[Operator, Person]) -> None:
    operator, person = server
    wanted = tree("A")
    operator.converge(wanted)
    copy = person.create("device", "Copy", "IoT-Gateway")
    person.set(
        "device",
        copy,
        **{
            key.replace(".", "__"): value
            for key, value in person.attributes("device", person.id("device", "A")).items()
        },
    )
    person.relate(person.id("asset", "Karnataka"), "device", copy)

    plan = operator.plan(wanted)

    assert differences(plan) == []
    assert [note.text.split(",")[0] for note in plan.notes] == ["papaya.applied was copied from A"]
    # Even where the real one lost its name to the copy.
    rename(person, "device", "A", "Real")
    rename(person, "device", "Copy", "A")
    plan = operator.plan(wanted)
    assert [refusal.guard for refusal in plan.refusals] == ["name"]
    assert actions(plan) == {"update"}


def test_a_device_made_again_by_hand_is_adopted_and_not_taken_for_managed(
    server: tuple[Operator, Person],
) -> None:
    operator, person = server
    wanted = tree("A")
    operator.converge(wanted)
    old = person.id("device", "A")
    kept = person.attributes("device", old)
    person.session.delete(f"/api/device/{old}")
    new = person.create("device", "A", "IoT-Gateway")
    person.set("device", new, papaya__fleet=kept["papaya.fleet"], papaya__applied=kept["papaya.applied"])

    plan = operator.plan(wanted, Consent())

    assert [(str(change.address), change.adopts) for change in plan.changes] == [("device/A", True)]
    operator.converge(wanted)
    assert person.id("device", "A") == new
    assert person.attributes("device", new)["papaya.applied"]["id"] == new


@pytest.mark.parametrize(
    "target",
    ["INDIA/Karnataka/A", "INDIA/Karnataka/X", "INDIA/K/A", "INDIA/K/X", "device/A", "device/X", "*/K/X"],
)
def test_a_renamed_device_is_meant_by_its_old_and_its_new_name(target: str) -> None:
    with Sandbox() as sandbox:
        operator = Operator(sandbox)
        person = Person(operator.session)
        wanted = tree("A", "B")
        operator.converge(wanted)
        rename(person, "device", "A", "X")
        rename(person, "asset", "Karnataka", "K")

        plan = make_plan(wanted, operator.read(wanted), scope=RunScope(targets=(target,)))
        rest = make_plan(wanted, operator.read(wanted), scope=RunScope(excludes=(target,)))
        operator.session.close()

    assert [str(change.address) for change in plan.changes] == ["device/A"]
    assert [str(change.address) for change in rest.changes] == ["asset/Karnataka"]


def test_a_target_that_two_answer_to_means_both_of_a_swap(server: tuple[Operator, Person]) -> None:
    operator, person = server
    wanted = tree("A", "B")
    operator.converge(wanted)
    swap(person, "device", "A", "B")

    plan = make_plan(wanted, operator.read(wanted), scope=RunScope(targets=("device/A",)))

    assert [str(change.address) for change in plan.changes] == ["device/A", "device/B"]


def test_part_of_a_ring_is_refused_at_planning(server: tuple[Operator, Person]) -> None:
    operator, person = server
    wanted = tree("A", "B", "C")
    operator.converge(wanted)
    swap(person, "device", "A", "B")
    swap(person, "device", "B", "C")

    plan = make_plan(wanted, operator.read(wanted), scope=RunScope(targets=("device/A",)))

    assert [refusal.guard for refusal in plan.refusals] == ["name"]
    assert plan.refusals[0].ways_out[0].aim == "to rename both"


def test_a_rename_between_plan_and_apply_is_a_conflict_by_name(server: tuple[Operator, Person]) -> None:
    operator, person = server
    operator.converge(tree("A", "B"))
    changed = fleet(
        country(
            "INDIA",
            state("Karnataka", device("A", attributes={"n": 1}), device("B", label="new")),
            state("Goa"),
        )
    )
    plan = operator.plan(changed)
    rename(person, "device", "A", "A2")
    rename(person, "device", "B", "B2")

    result = operator.execute(plan)

    assert [outcome.reason for outcome in result.outcomes] == [
        "somebody else renamed it to A2 since it was read",
        "somebody else renamed it to B2 since it was read",
    ]
    operator.converge(changed)


def test_what_left_the_manifest_is_released_under_whatever_name_it_has(
    server: tuple[Operator, Person],
) -> None:
    operator, person = server
    operator.converge(tree("A", "B"))
    rename(person, "device", "A", "X")

    plan = operator.plan(tree("B"))

    assert [(change.action, str(change.address), change.reason) for change in plan.changes] == [
        ("destroy", "device/X", "no longer in the manifest; applied as A")
    ]


def test_a_plan_costs_no_more_requests_for_renamed_entities(server: tuple[Operator, Person]) -> None:
    operator, person = server
    wanted = tree(*(f"PM-{number}" for number in range(30)))
    operator.converge(wanted)
    before = operator.read(wanted).requests
    for number in range(30):
        rename(person, "device", f"PM-{number}", f"renamed {number}")

    assert operator.read(wanted).requests == before


def test_in_a_large_tenant_renamed_entities_are_found_without_reading_all(
    server: tuple[Operator, Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("papaya.api.found._LARGE", 0)
    operator, person = server
    wanted = tree("A", "B", "C\u00f4te")
    operator.converge(wanted)
    names = ("INDIA", "Karnataka", "A", "B", "C\u00f4te")
    before = [person.id(KINDS.get(name, "device"), name) for name in names]
    rename(person, "asset", "INDIA", "Bharat")
    rename(person, "asset", "Karnataka", "K")
    swap(person, "device", "A", "B")
    rename(person, "device", "C\u00f4te", "Co\u0302te")

    plan = operator.converge(wanted)

    assert actions(plan) == {"update"}
    assert [person.id(KINDS.get(name, "device"), name) for name in names] == before


def test_a_window_finds_a_renamed_device_and_not_the_stranger_with_its_name(
    server: tuple[Operator, Person],
) -> None:
    operator, person = server
    operator.converge(tree("A", "B"))
    id_ = person.id("device", "A")
    rename(person, "device", "A", "A old")
    person.create("device", "A", "IoT-Gateway")

    found = devices_by_name(operator.session, ("A", "B"), "meters")

    assert (found["A"].id, found["B"].name) == (id_, "B")
