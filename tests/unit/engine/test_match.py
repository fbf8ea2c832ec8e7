"""Which live entity a desired one is."""

from __future__ import annotations

from dataclasses import replace

from papaya.engine.desire import desire
from papaya.engine.inventory import Entity, Inventory, inventory_of
from papaya.engine.match import Matching, match
from tests.unit.engine.fleets import applied, country, device, karnataka, live, live_of, place, pm


def wanted(**formerly: str | None) -> Inventory:
    """Return desired devices by name, each with its former name."""
    devices = (device(name.replace("_", "-"), formerly=old) for name, old in formerly.items())
    return inventory_of(entity for entity in desire(karnataka(*devices)) if entity.role == "device")


def there(*names: str) -> list[Entity]:
    """Return live devices that papaya applied."""
    return [entity for entity in live_of(karnataka(*map(device, names))) if entity.role == "device"]


def pairs(matching: Matching) -> dict[str, tuple[str, str]]:
    """Return the name and the manner of each match."""
    return {a.name: (found.live.address.name, found.how) for a, found in matching.matches.items()}


def test_an_exact_name_wins_over_another_case() -> None:
    assert pairs(match(wanted(PM_1=None), live(*there("pm-1", "PM-1")))) == {"PM-1": ("PM-1", "exact")}


def test_a_unique_name_in_other_case_is_it() -> None:
    assert pairs(match(wanted(PM_1=None), live(*there("pm-1")))) == {"PM-1": ("pm-1", "case")}


def test_two_names_in_other_case_are_ambiguous() -> None:
    matching = match(wanted(PM_1=None), live(*there("pm-1", "Pm-1")))

    assert pairs(matching) == {}
    assert matching.ambiguous == {pm("PM-1"): ("Pm-1", "pm-1")}


def test_a_name_in_other_case_serves_only_one() -> None:
    assert pairs(match(wanted(PM_1=None, pm_1=None), live(*there("pm-1")))) == {"pm-1": ("pm-1", "exact")}


def test_assets_and_devices_are_apart() -> None:
    assert pairs(match(wanted(INDIA=None), live(*live_of(karnataka())))) == {}


def test_a_former_name_is_it() -> None:
    assert pairs(match(wanted(B="A"), live(*there("A")))) == {"B": ("A", "formerly")}


def test_a_former_name_that_is_gone_is_ignored() -> None:
    assert pairs(match(wanted(B="A"), live(*there("B")))) == {"B": ("B", "exact")}


def test_a_chain_is_followed() -> None:
    assert pairs(match(wanted(B="A", C="B"), live(*there("A", "B")))) == {
        "B": ("A", "formerly"),
        "C": ("B", "formerly"),
    }


def test_a_swap_is_followed() -> None:
    assert pairs(match(wanted(A="B", B="A"), live(*there("A", "B")))) == {
        "A": ("B", "formerly"),
        "B": ("A", "formerly"),
    }


def test_a_swap_is_not_swapped_back_once_the_record_knows_it() -> None:
    swapped = [
        replace(one, applied=replace(one.applied, fields={"formerly": old}))
        for one, old in zip(there("A", "B"), "BA", strict=True)
        if one.applied
    ]

    assert pairs(match(wanted(A="B", B="A"), live(*swapped))) == {"A": ("A", "exact"), "B": ("B", "exact")}


def test_a_swap_is_not_swapped_back_when_a_crash_left_the_record_old() -> None:
    swapped = [replace(one, formerly=old) for one, old in zip(there("A", "B"), "BA", strict=True)]

    assert pairs(match(wanted(A="B", B="A"), live(*swapped))) == {"A": ("A", "exact"), "B": ("B", "exact")}


def test_a_former_name_that_was_given_away_since_is_left_alone() -> None:
    renamed, other = there("B", "A")

    assert pairs(match(wanted(A=None, B="A"), live(replace(renamed, formerly="A"), other))) == {
        "A": ("A", "exact"),
        "B": ("B", "exact"),
    }


def test_a_name_that_stays_in_use_cannot_be_renamed_to() -> None:
    matching = match(wanted(B="A"), live(*there("A", "B")))

    assert matching.clashes == {pm("B"): "A"}
    assert pairs(matching) == {"B": ("B", "exact")}


def test_one_clash_blocks_the_chain_behind_it() -> None:
    matching = match(wanted(B="A", C="B"), live(*there("A", "B", "C")))

    assert matching.clashes == {pm("B"): "A", pm("C"): "B"}


def test_an_interrupted_rename_goes_on() -> None:
    (one,) = there("A~1234")

    assert pairs(match(wanted(B="A"), live(replace(one, renaming="B", formerly="A")))) == {
        "B": ("A~1234", "formerly")
    }


def test_an_interrupted_swap_goes_on() -> None:
    half = [
        replace(one, renaming=to, formerly=old)
        for one, to, old in zip(there("A~1", "B~2"), "BA", "AB", strict=True)
    ]

    assert pairs(match(wanted(A="B", B="A"), live(*half))) == {
        "A": ("B~2", "formerly"),
        "B": ("A~1", "formerly"),
    }


def test_an_interrupted_rename_that_nobody_wants_any_more_goes_back() -> None:
    (one,) = there("A~1234")

    assert pairs(match(wanted(A=None), live(replace(one, renaming="B", formerly="A")))) == {
        "A": ("A~1234", "formerly")
    }


def test_an_interrupted_rename_whose_old_name_is_taken_stays_where_it_is() -> None:
    one, other = there("A~1234", "A")
    matching = match(wanted(A=None), live(replace(one, renaming="B", formerly="A"), other))

    assert pairs(matching) == {"A": ("A", "exact")}
    assert [entity.address.name for entity in matching.unmatched] == ["A~1234"]


def test_places_are_known_by_their_live_names() -> None:
    (asset,) = desire(replace(karnataka(), countries=(country("India"),)))
    matching = match(desire(karnataka()), live(applied(asset)))

    assert matching.live_name("INDIA") == "India"
    assert matching.live_name("Karnataka") is None
    assert matching.places == {"India"}
    assert matching.matches[place("INDIA")].how == "case"


def known(name: str, recorded: str, **fields: str) -> Entity:
    """Return a live device whose record says that papaya applied it under another name."""
    one = there(name)[0]
    assert one.applied is not None
    told = {**one.applied.fields, **fields, "name": recorded}
    return replace(one, applied=replace(one.applied, fields=told, id=one.id))


def test_the_record_comes_before_the_name() -> None:
    matching = match(wanted(A=None), live(known("X", "A"), *there("A")))

    assert pairs(matching) == {"A": ("X", "renamed")}
    assert [entity.address.name for entity in matching.unmatched] == ["A"]


def test_a_name_that_the_manifest_has_followed_is_the_entitys_own() -> None:
    assert pairs(match(wanted(X=None), live(known("X", "A")))) == {"X": ("X", "followed")}


def test_two_records_of_one_name_are_disputed_unless_one_has_it() -> None:
    matching = match(wanted(A=None), live(known("X", "A"), known("Y", "A")))

    assert pairs(matching) == {}
    assert [one.address.name for one in matching.disputed[pm("A")]] == ["X", "Y"]
    assert pairs(match(wanted(A=None, X=None), live(known("X", "A"), known("A", "A")))) == {
        "A": ("A", "exact"),
        "X": ("X", "exact"),
    }


def test_a_former_name_is_first_of_all_the_recorded_one() -> None:
    assert pairs(match(wanted(B="A"), live(known("X", "A"), *there("A")))) == {"B": ("X", "formerly")}
    assert pairs(match(wanted(B="X"), live(known("X", "A")))) == {"B": ("X", "formerly")}
    assert pairs(match(wanted(B="A"), live(known("X", "B", formerly="A"), *there("A")))) == {
        "B": ("X", "renamed")
    }


def test_nothing_is_renamed_to_a_name_by_which_another_is_known() -> None:
    matching = match(wanted(B="A"), live(known("X", "B"), *there("A")))

    assert pairs(matching) == {"B": ("X", "renamed")}
    assert matching.clashes == {pm("B"): "A"}


def test_a_name_adopted_in_another_case_is_recognised_after_a_rename() -> None:
    assert pairs(match(wanted(PM_1=None), live(known("X", "pm-1")))) == {"PM-1": ("X", "renamed")}
    assert pairs(match(wanted(PM_1=None), live(known("pm-1", "pm-1")))) == {"PM-1": ("pm-1", "case")}
    assert pairs(match(wanted(PM_1=None), live(known("pm-1", "PM-1")))) == {"PM-1": ("pm-1", "renamed")}
