"""From a fleet and a reading of its server to a plan."""

from __future__ import annotations

from dataclasses import replace

import pytest

from papaya.diagnostics import Mark
from papaya.engine.guard import Consent
from papaya.engine.inventory import Entity
from papaya.engine.plan import Plan
from papaya.engine.planner import live_path, make_plan
from papaya.manifest.model import MissingCells, Profiles, SecretReference, WhenRemoved
from tests.unit.engine.fleets import (
    GENEROUS,
    NAME,
    applied,
    country,
    device,
    fleet,
    karnataka,
    live,
    live_of,
    place,
    pm,
    reading,
    state,
    unmarked,
)

ONE = karnataka(device("PM-1"))


def guards(plan: Plan) -> list[str]:
    """Return which guards refuse."""
    return [refusal.guard for refusal in plan.refusals]


def owned_by(owner: str, *names: str) -> list[Entity]:
    """Return the live fleet with these entities in another's hands."""
    return [replace(e, owner=owner) if e.address.name in names else e for e in live_of(ONE)]


def test_a_fleet_that_is_there_plans_nothing() -> None:
    plan = make_plan(ONE, reading(live_of(ONE)))

    assert plan.is_empty
    assert (plan.refusals, plan.questions, plan.notes) == ((), (), ())
    assert (plan.requests.read, plan.requests.apply) == (7, 0)
    assert plan.totals == {"country": 1, "state": 1, "device": 1}


def test_a_device_of_another_fleet_is_refused_by_name() -> None:
    plan = make_plan(ONE, reading(owned_by("others", "PM-1")))

    assert [refusal.reason for refusal in plan.refusals] == [
        "INDIA/Karnataka/PM-1 is managed by fleet others"
    ]
    assert plan.changes == ()
    assert not any("shared" in way.how for way in plan.refusals[0].ways_out)


def test_a_place_of_another_fleet_can_be_shared() -> None:
    plan = make_plan(ONE, reading(owned_by("others", "INDIA")))

    assert plan.refusals[0].ways_out[0].how == "shared: true at INDIA"


def test_another_fleets_entities_outside_the_manifest_are_none_of_ours() -> None:
    more = live_of(fleet(country("CHILE", state("Maule", device("PM-9"))), name="others"))

    assert make_plan(ONE, reading([*live_of(ONE), *more])).is_empty


def test_consent_takes_over() -> None:
    consent = Consent(take_over=frozenset({"others"}))
    plan = make_plan(ONE, reading(owned_by("others", "PM-1")), consent=consent)

    assert plan.refusals == ()
    assert [change.adopts for change in plan.changes] == [True]


def test_a_place_is_not_destroyed_over_what_others_have_in_it() -> None:
    before = fleet(country("INDIA", state("Karnataka"), state("Goa")))
    theirs = replace(unmarked(applied_device("theirs")), parents=("Goa",))
    after = fleet(country("INDIA", state("Karnataka")))
    plan = make_plan(after, reading([*live_of(before), theirs]))

    assert guards(plan) == ["orphan"]
    assert plan.refusals[0].addresses == (pm("theirs"),)


def applied_device(name: str) -> Entity:
    """Return one live device."""
    return next(entity for entity in live_of(karnataka(device(name))) if entity.role == "device")


def test_a_place_may_go_when_everything_in_it_goes_or_moves() -> None:
    before = fleet(country("INDIA", state("Karnataka"), state("Goa", device("PM-1"), device("PM-2"))))
    after = fleet(country("INDIA", state("Karnataka", device("PM-2"))))

    assert make_plan(after, reading(live_of(before))).refusals == ()


def test_a_place_may_go_when_a_crash_left_a_device_in_two() -> None:
    before = fleet(country("INDIA", state("Karnataka"), state("Goa", device("PM-1"))))
    there = [
        replace(entity, parents=("Goa", "Karnataka")) if entity.role == "device" else entity
        for entity in live_of(before)
    ]
    plan = make_plan(fleet(country("INDIA", state("Karnataka", device("PM-1")))), reading(there))

    assert plan.refusals == ()
    assert [(change.action, change.address.name) for change in plan.changes] == [
        ("update", "PM-1"),
        ("destroy", "Goa"),
    ]


def test_an_empty_manifest_is_refused() -> None:
    assert guards(make_plan(fleet(), reading(live_of(ONE)))) == ["empty"]


def test_an_empty_manifest_of_a_fleet_that_is_not_there_is_fine() -> None:
    assert make_plan(fleet(), reading([])).is_empty


def test_removing_everything_on_purpose_is_no_accident() -> None:
    plan = make_plan(fleet(), reading(live_of(ONE)), removes_all=True)

    assert plan.refusals == ()
    assert [change.address.name for change in plan.changes] == ["PM-1", "Karnataka", "INDIA"]


def test_missing_profiles_are_named_with_those_that_exist() -> None:
    plan = make_plan(karnataka(device("PM-1", profile="Meter")), reading([]))

    assert [refusal.reason for refusal in plan.refusals] == [
        "device profile not found: Meter; the server has IoT-Gateway, default"
    ]


def test_missing_profiles_are_created_where_the_manifest_says_so() -> None:
    profiles = Profiles(device="IoT-Gateway", create=True)
    plan = make_plan(karnataka(device("PM-1", profile="Meter"), profiles=profiles), reading([]))

    assert plan.refusals == ()
    assert [change.desired.address.name for change in plan.profiles] == ["Meter"]


def test_a_missing_customer_is_named_once() -> None:
    one = karnataka(device("PM-1", customer="Acme"), device("PM-2", customer="Acme"))
    plan = make_plan(one, reading([], customers=["Beta"]))

    assert [refusal.reason for refusal in plan.refusals] == ["customer not found: Acme; the server has Beta"]


def test_what_left_the_manifest_can_be_released() -> None:
    after = karnataka(safety=replace(GENEROUS, when_removed="forget", max_destroy=0))
    plan = make_plan(after, reading(live_of(ONE)))

    assert plan.refusals == ()
    assert [(change.action, change.address.name) for change in plan.changes] == [("forget", "PM-1")]


def test_a_bundle_says_nothing_about_other_devices() -> None:
    more = live_of(karnataka(device("PM-1"), device("PM-2")))

    assert make_plan(replace(ONE, bundle="PM-1"), reading(more)).is_empty


def test_a_name_with_two_candidates_is_refused() -> None:
    there = live_of(karnataka(device("pm-1"), device("Pm-1")))
    plan = make_plan(karnataka(device("PM-1")), reading([unmarked(one) for one in there]))

    assert "no live device is called PM-1; Pm-1 and pm-1 differ by case only" in [
        refusal.reason for refusal in plan.refusals
    ]


def test_a_rename_to_a_name_in_use_is_refused() -> None:
    there = live_of(karnataka(device("A"), device("B")))

    assert guards(make_plan(karnataka(device("B", formerly="A")), reading(there))) == ["name"]


def notes(plan: Plan) -> list[str]:
    """Return the notes of a plan."""
    return [f"{note.at}: {note.text}" if note.at else note.text for note in plan.notes]


def test_a_device_in_two_places_is_reported_even_without_a_change() -> None:
    there = [
        replace(entity, parents=("Elsewhere", "Karnataka")) if entity.role == "device" else entity
        for entity in live_of(ONE)
    ]

    assert notes(make_plan(ONE, reading(there))) == [
        "INDIA/Karnataka/PM-1: also stands under Elsewhere: left alone"
    ]


def test_a_device_in_two_places_is_reported_once_with_a_change() -> None:
    there = [
        replace(entity, parents=("Elsewhere", "Karnataka"), label="x") if entity.role == "device" else entity
        for entity in live_of(ONE)
    ]
    plan = make_plan(karnataka(device("PM-1", label="y")), reading(there))

    assert notes(plan) == ["INDIA/Karnataka/PM-1: also stands under Elsewhere: left alone"]


def test_tokens_that_were_not_compared_are_reported() -> None:
    one = karnataka(device("PM-1", access_token=SecretReference(env="T")))
    plan = make_plan(one, reading(live_of(one), tokens={pm("PM-1"): "unresolved"}))

    assert notes(plan) == ["tokens not compared, their secrets do not resolve here: PM-1"]


def test_empty_cells_are_reported() -> None:
    cells = MissingCells("meters.csv", ("lat", "lon"), "location", 37, 28)
    plan = make_plan(replace(ONE, missing_cells=(cells,)), reading(live_of(ONE)))

    assert notes(plan) == ["meters.csv: 37 rows lack lat, lon; location stays unmanaged (first: line 28)"]


@pytest.mark.parametrize("marked", [False, True])
def test_neighbours_that_nobody_marked_are_named_when_adopting(marked: bool) -> None:
    there = [unmarked(entity) for entity in live_of(ONE)]
    theirs = replace(applied_device("PM-99"), owner="others" if marked else None)
    plan = make_plan(ONE, reading([*there, theirs]))

    assert notes(plan) == (
        [] if marked else ["Left alone, unmarked and not in the manifest: Karnataka/PM-99."]
    )


def test_an_adoption_by_text_alone_is_said() -> None:
    one = karnataka(device("PM-1", attributes={"a": 1}))
    plan = make_plan(one, reading([unmarked(entity) for entity in live_of(one)]))

    assert notes(plan) == ["Attributes of adopted entities compared as text, not by type: PM-1."]


def test_ids_are_known_by_live_and_by_wanted_names() -> None:
    there = [applied(replace(e, address=place("India"))) if e.role == "country" else e for e in live_of(ONE)]
    there = [replace(e, parents=("India",)) if e.role == "state" else e for e in there]
    plan = make_plan(ONE, reading(there))

    assert plan.ids[place("India")] == plan.places[place("INDIA")] == "id-asset/India"
    assert place("INDIA") not in plan.ids


def test_the_path_of_a_live_entity_follows_relations_once() -> None:
    loop = [replace(e, parents=("Karnataka",)) if e.role == "country" else e for e in live_of(ONE)]
    inventory = live(*loop)

    assert live_path(inventory.entities[pm("PM-1")], live(*live_of(ONE))) == ("INDIA", "Karnataka", "PM-1")
    assert live_path(inventory.entities[pm("PM-1")], inventory)[-2:] == ("Karnataka", "PM-1")


def test_the_fleets_name_is_the_owner() -> None:
    assert make_plan(ONE, reading(live_of(ONE, NAME))).is_empty


def test_a_disputed_name_is_refused_and_neither_entity_goes() -> None:
    both = [
        replace(
            one,
            address=replace(one.address, name=name),
            id=name,
            applied=replace(one.applied, fields={"name": "PM-1"}),
        )
        for one in live_of(ONE)
        if one.role == "device" and one.applied is not None
        for name in ("X", "Y")
    ]
    plan = make_plan(ONE, reading([*(one for one in live_of(ONE) if one.role != "device"), *both]))

    assert guards(plan) == ["name"]
    assert plan.changes == ()
    assert plan.refusals[0].reason == "the records of X and Y both say that they are PM-1"


@pytest.mark.parametrize("when_removed", ["forget", "destroy"])
def test_devices_of_a_table_that_is_empty_are_not_removed(when_removed: WhenRemoved) -> None:
    """Whatever the limits are: the export has failed more probably."""
    header = Mark("meters.csv", 1)
    safety = replace(GENEROUS, when_removed=when_removed)
    before = reading(live_of(karnataka(device("PM-1"), device("PM-2"))))
    plan = make_plan(karnataka(device("PM-1"), safety=safety, empty_tables=(header,)), before)

    (refusal,) = plan.refusals
    assert (refusal.guard, refusal.mark) == ("empty", header)
    assert "meters.csv has no rows" in refusal.reason and "1 device" in refusal.reason
    assert "minRows: 0" in " ".join(way.how for way in refusal.ways_out)


def test_an_empty_table_stands_against_no_other_change() -> None:
    empty = (Mark("meters.csv", 1),)
    after = karnataka(device("PM-1"), device("PM-2"), empty_tables=empty)
    assert make_plan(after, reading(live_of(ONE))).refusals == ()


def test_deletions_that_are_allowed_for_this_run_may_empty_a_table() -> None:
    before = reading(live_of(karnataka(device("PM-1"), device("PM-2"))))
    after = karnataka(device("PM-1"), empty_tables=(Mark("meters.csv", 1),))
    assert make_plan(after, before, consent=Consent(destroy=1)).refusals == ()
