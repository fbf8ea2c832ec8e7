"""What turns a live entity into the desired one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from papaya.engine.desire import desire
from papaya.engine.diff import diff, diff_profiles
from papaya.engine.inventory import Applied, Entity
from papaya.engine.match import match
from papaya.engine.plan import Change, FieldChange, TokenState
from papaya.manifest.model import Fleet, SecretReference
from tests.unit.engine.fleets import (
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
    state,
    unmarked,
)

TOKEN = SecretReference(env="TOKEN")


def changes(
    one: Fleet, there: list[Entity], tokens: Mapping[str, TokenState] | None = None
) -> dict[str, Change]:
    """Return the changes of a fleet by the names of their entities."""
    desired, inventory = desire(one), live(*there)
    states = {pm(name): told for name, told in (tokens or {}).items()}
    found = diff(desired, inventory, match(desired, inventory), fleet=one.name, tokens=states)
    return {change.address.name: change for change in found}


def only(one: Fleet, there: list[Entity], token: TokenState = "same") -> Change:
    """Return the one change that there is."""
    (change,) = changes(one, there, {"PM-1": token}).values()
    return change


def with_live(there: list[Entity], name: str, **fields: Any) -> list[Entity]:
    """Return live entities of which one is different."""
    return [replace(one, **fields) if one.address.name == name else one for one in there]


def test_a_fleet_that_is_there_has_no_change() -> None:
    one = karnataka(device("PM-1", label="x", attributes={"a": 1, "b": "1.50"}, gateway=False))

    assert changes(one, live_of(one)) == {}


def test_a_new_device_is_created_with_everything() -> None:
    one = karnataka(device("PM-1", label="bay", attributes={"a": 1}, access_token=TOKEN))
    change = only(one, [entity for entity in live_of(one) if entity.role != "device"])

    assert change.action == "create"
    assert [field.field for field in change.fields] == ["profile", "label", "attributes", "accessToken"]
    assert change.writes.save and change.writes.record
    assert change.writes.credentials == "create"
    assert change.writes.relate == ("Karnataka",)


@pytest.mark.parametrize(
    ("field", "before", "after"),
    [
        ("label", None, "bay 1"),
        ("label", "bay 2", "bay 1"),
        ("description", None, "x"),
        ("gateway", False, True),
        ("gateway", True, False),
        ("profile", "default", "IoT-Gateway"),
        ("customer", None, "Acme"),
    ],
)
def test_a_field_that_differs_is_saved(field: str, before: Any, after: Any) -> None:
    one = karnataka(device("PM-1", **{field: after}))
    change = only(one, with_live(live_of(one), "PM-1", **{field: before}))

    assert change.fields == (FieldChange(field, before, after),)
    assert change.writes.save
    assert not change.writes.relate


@pytest.mark.parametrize(("field", "empty"), [("label", ""), ("description", ""), ("gateway", False)])
def test_an_empty_field_and_none_are_the_same(field: str, empty: Any) -> None:
    one = karnataka(device("PM-1", **{field: empty}))

    assert changes(one, with_live(live_of(one), "PM-1", **{field: None})) == {}


@pytest.mark.parametrize(("field", "value"), [("label", "x"), ("description", "x"), ("gateway", True)])
def test_an_undeclared_field_is_kept(field: str, value: Any) -> None:
    one = karnataka(device("PM-1"))

    assert changes(one, with_live(live_of(one), "PM-1", **{field: value})) == {}


@pytest.mark.parametrize(
    ("field", "value"), [("label", "x"), ("description", "x"), ("gateway", True), ("customer", "Acme")]
)
def test_a_field_that_left_the_manifest_is_cleared(field: str, value: Any) -> None:
    before = karnataka(device("PM-1", **{field: value}))

    assert only(karnataka(device("PM-1")), live_of(before)).fields == (FieldChange(field, value, None),)


def test_a_field_that_left_the_manifest_stays_as_somebody_else_made_it() -> None:
    before = with_live(live_of(karnataka(device("PM-1", label="x"))), "PM-1", label="theirs")
    change = only(karnataka(device("PM-1")), before)

    assert change.is_quiet
    assert not change.writes.save


def test_a_record_that_is_old_is_written_quietly() -> None:
    one = karnataka(device("PM-1", attributes={"a": 1}))
    change = only(one, with_live(live_of(one), "PM-1", applied=None))

    assert change.is_quiet
    assert change.writes.record and not change.writes.save


def test_what_nobody_marked_is_adopted() -> None:
    one = karnataka(device("PM-1"))
    change = only(one, [unmarked(e) if e.role == "device" else e for e in live_of(one)])

    assert change.adopts
    assert change.fields == ()
    assert change.writes.record


def test_what_a_crash_left_half_created_is_ours() -> None:
    one = karnataka(device("PM-1", attributes={"a": 1}))
    half = with_live(
        live_of(one), "PM-1", applied=None, created_by=NAME, owner=NAME, server={}, parents=(), version=1
    )
    change = only(one, half)

    assert not change.adopts
    assert change.writes.relate == ("Karnataka",)
    assert change.writes.set_server == {"a": 1}
    assert change.moved_from is None


def test_protection_is_a_change_of_its_own() -> None:
    one = karnataka(device("PM-1", protect=True))
    change = only(one, with_live(live_of(one), "PM-1", protect=False))

    assert change.fields == (FieldChange("protect", None, True),)
    assert not change.writes.save


def test_a_name_in_other_case_is_no_change() -> None:
    there = live_of(karnataka(device("pm-1")))
    one = karnataka(device("PM-1"))

    assert changes(one, there) == {}


def test_a_rename_saves_and_remembers() -> None:
    there = live_of(karnataka(device("A")))
    change = only(karnataka(device("B", formerly="A")), there)

    assert change.fields == (FieldChange("name", "A", "B"),)
    assert change.renamed_from == "A"
    assert change.writes.save and change.writes.record


# Places and moves.

TWO = fleet(country("INDIA", state("Karnataka"), state("Kerala", device("PM-1"))))


def standing(*parents: str, recorded: str | None = "Karnataka", **fields: Any) -> list[Entity]:
    """Return the live fleet with its device in these places."""
    there = live_of(TWO)
    (one,) = (entity for entity in there if entity.role == "device")
    record = one.applied or Applied()
    kept = {key: value for key, value in record.fields.items() if key != "parent"}
    record = replace(record, fields={**kept, "parent": recorded} if recorded else kept)
    return with_live(there, "PM-1", parents=parents, applied=record, **fields)


def test_a_move_relates_first_and_unrelates_after() -> None:
    change = only(TWO, standing("Karnataka"))

    assert (change.writes.relate, change.writes.unrelate) == (("Kerala",), ("Karnataka",))
    assert change.fields == (FieldChange("parent", "Karnataka", "Kerala"),)
    assert change.moved_from == "Karnataka"
    assert not change.writes.save


def test_a_crash_between_relate_and_unrelate_is_finished() -> None:
    change = only(TWO, standing("Karnataka", "Kerala"))

    assert (change.writes.relate, change.writes.unrelate) == ((), ("Karnataka",))
    assert change.moved_from is None


@pytest.mark.parametrize("recorded", ["karnataka", "KARNATAKA"])
def test_a_crash_in_a_move_is_finished_when_the_place_differs_by_case(recorded: str) -> None:
    assert only(TWO, standing("Karnataka", "Kerala", recorded=recorded)).writes.unrelate == ("Karnataka",)


def test_a_crash_in_a_move_is_finished_when_the_place_was_renamed_since() -> None:
    there = with_live(standing("Karnataka", "Kerala", recorded="Mysore"), "Karnataka", formerly="Mysore")

    assert only(TWO, there).writes.unrelate == ("Karnataka",)


def test_a_crash_in_a_move_out_of_a_shared_place_is_finished() -> None:
    there = with_live(standing("Karnataka", "Kerala"), "Karnataka", owner=None, applied=None)
    one = fleet(country("INDIA", state("Karnataka", shared=True), state("Kerala", device("PM-1"))))

    assert only(one, there).writes.unrelate == ("Karnataka",)


def test_a_device_that_somebody_moved_comes_back() -> None:
    change = only(TWO, standing("Karnataka", recorded="Kerala"))

    assert (change.writes.relate, change.writes.unrelate) == (("Kerala",), ("Karnataka",))


def test_a_device_that_somebody_moved_to_a_foreign_place_also_stays_there() -> None:
    change = only(TWO, standing("Elsewhere", recorded="Kerala"))

    assert (change.writes.relate, change.writes.unrelate) == (("Kerala",), ())
    assert change.notes == ("also stands under Elsewhere: left alone",)


def test_a_relation_to_another_fleets_place_is_kept() -> None:
    there = with_live(standing("Karnataka", recorded="Kerala"), "Karnataka", owner="others")
    one = fleet(country("INDIA", state("Kerala", device("PM-1"))))

    assert only(one, there).writes.unrelate == ()


def test_a_second_parent_that_papaya_never_made_is_kept() -> None:
    assert changes(TWO, standing("Elsewhere", "Kerala", recorded="Kerala")) == {}


def test_a_device_moves_into_a_new_place_that_takes_the_name_of_its_old_one() -> None:
    there = live_of(fleet(country("INDIA", state("Karnataka", device("PM-1")))))
    one = fleet(
        country("INDIA", state("Mysore", formerly="Karnataka"), state("Karnataka", device("PM-1"))),
    )
    change = changes(one, there)["PM-1"]

    assert (change.writes.relate, change.writes.unrelate) == (("Karnataka",), ("Karnataka",))


def test_a_state_that_becomes_a_country_leaves_the_one_it_was_in() -> None:
    there = live_of(fleet(country("USA", state("Georgia"))))
    one = fleet(country("USA"), country("Georgia"))
    change = only(one, there)

    assert change.writes.unrelate == ("USA",)
    assert [field.field for field in change.fields] == ["parent", "profile"]


def test_a_country_that_somebody_put_under_something_stays_there() -> None:
    one = fleet(country("INDIA"))

    assert changes(one, with_live(live_of(one), "INDIA", parents=("Asia",))) == {}


SHARED = fleet(country("INDIA", state("Karnataka", device("PM-1")), shared=True, attributes={"a": 1}))


def test_a_shared_place_is_never_marked_or_updated() -> None:
    there = with_live(live_of(SHARED), "INDIA", owner=None, applied=None, server={}, label="theirs")

    assert changes(SHARED, there) == {}


def test_a_shared_place_that_is_missing_is_created_without_a_mark() -> None:
    there = [entity for entity in live_of(SHARED) if entity.address.name != "INDIA"]
    change = changes(SHARED, there)["INDIA"]

    assert change.action == "create"
    assert not change.writes.record


def test_a_shared_state_is_linked_under_its_country() -> None:
    one = fleet(country("INDIA", state("Karnataka", shared=True)))
    there = with_live(live_of(one), "Karnataka", parents=(), owner="others")
    change = only(one, there)

    assert (change.writes.relate, change.writes.save, change.writes.record) == (("INDIA",), False, False)


def test_a_place_that_is_shared_from_now_on_loses_its_mark() -> None:
    change = only(SHARED, live_of(SHARED))

    assert (change.action, change.address) == ("forget", place("INDIA"))


# Tokens.

TOKENS = karnataka(device("PM-1", access_token=TOKEN))


def recorded(token: str | None) -> list[Entity]:
    """Return the live fleet with this fingerprint in the record."""
    there = live_of(TOKENS)
    (one,) = (entity for entity in there if entity.role == "device")
    return with_live(there, "PM-1", applied=replace(one.applied or Applied(), token=token))


def test_a_token_that_is_the_same_is_no_change() -> None:
    assert changes(TOKENS, recorded("x$y"), {"PM-1": "same"}) == {}


def test_a_token_that_differs_is_replaced() -> None:
    change = only(TOKENS, recorded("x$y"), "differs")

    assert change.writes.credentials == "replace"
    assert change.fields == (FieldChange("accessToken", "differs", None),)


def test_the_first_fingerprint_of_a_token_is_recorded_quietly() -> None:
    assert only(TOKENS, recorded(None), "same").is_quiet


@pytest.mark.parametrize("state_of_token", ["unresolved", "unread"])
def test_a_token_that_cannot_be_compared_is_left_alone(state_of_token: TokenState) -> None:
    assert changes(TOKENS, recorded(None), {"PM-1": state_of_token}) == {}


def test_taking_a_device_over_is_an_adoption() -> None:
    one = karnataka(device("PM-1"))
    change = only(one, with_live(live_of(one), "PM-1", owner="others"))

    assert change.adopts and change.writes.record


# Profiles.


def test_missing_profiles_are_created_and_present_ones_kept() -> None:
    one = karnataka(device("PM-1", profile="Meter"))

    assert [(c.action, c.desired.address.name) for c in diff_profiles(desire(one), live())] == [
        ("create", "Meter")
    ]


def test_applied_is_what_desire_wants() -> None:
    one = karnataka(device("PM-1", attributes={"a": [1]}))

    assert changes(one, [applied(entity) for entity in desire(one)]) == {}
