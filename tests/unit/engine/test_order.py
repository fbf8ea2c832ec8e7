"""In which order changes are carried out."""

from __future__ import annotations

import pytest

from papaya.engine.address import natural, path_text
from papaya.engine.order import levels, ordered, requests_of, with_detours
from papaya.engine.plan import Change
from papaya.engine.planner import make_plan
from papaya.manifest.model import Fleet
from tests.unit.engine.fleets import country, device, fleet, karnataka, live_of, reading, state


def planned(before: Fleet, after: Fleet) -> tuple[Change, ...]:
    """Return the changes from one fleet to another."""
    return make_plan(after, reading(live_of(before))).changes


BEFORE = fleet(
    country("A", state("A1", device("d1"), device("d2")), state("A2", device("d3"))),
    country("B", state("B1", device("d10"))),
)
AFTER = fleet(country("A", state("A1", device("d1")), state("A3", device("d3"))), country("C"))


def test_parents_come_before_children_and_destroys_come_last_from_below() -> None:
    told = [[(c.action, c.address.name) for c in level] for level in levels(planned(BEFORE, AFTER))]

    assert told == [
        [("create", "C"), ("create", "A3")],
        [("update", "d3")],
        [("destroy", "d2"), ("destroy", "d10")],
        [("destroy", "A2"), ("destroy", "B1")],
        [("destroy", "B")],
    ]


def test_what_is_only_created_waits_for_its_own_place_and_for_no_level() -> None:
    everything = planned(fleet(), AFTER)
    new_devices = planned(BEFORE, fleet(*BEFORE.countries, country("C", state("C1", device("d4")))))

    assert [len(level) for level in levels(everything)] == [len(everything)]
    assert [[c.address.name for c in level] for level in levels(new_devices)] == [["C", "C1", "d4"]]


def test_numbers_in_names_are_sorted_as_numbers() -> None:
    changes = planned(fleet(country("A", state("A1"))), fleet(country("A", state("A1", *map(device, "cab")))))
    numbered = [device(name) for name in ("PM-10", "PM-9", "9", "PM-1", "x")]
    more = planned(fleet(country("A", state("A1"))), fleet(country("A", state("A1", *numbered))))

    assert [change.address.name for change in changes] == ["a", "b", "c"]
    assert [change.address.name for change in more] == ["9", "PM-1", "PM-9", "PM-10", "x"]


@pytest.mark.parametrize(
    ("after", "aside"),
    [
        ([device("B", formerly="A")], []),
        ([device("C", formerly="A"), device("B")], []),
        ([device("B", formerly="A"), device("A", formerly="B")], ["A", "B"]),
        ([device("B", formerly="A"), device("C", formerly="B")], ["C"]),
        ([device("B", formerly="A"), device("A")], ["B"]),
    ],
)
def test_a_rename_takes_a_temporary_name_where_its_old_one_is_wanted(
    after: list[object], aside: list[str]
) -> None:
    names = "AB" if any(getattr(one, "formerly", "") == "B" or one == device("B") for one in after) else "A"
    before = karnataka(*map(device, names))
    changes = planned(before, karnataka(*after))  # type: ignore[arg-type]

    assert [change.address.name for change in changes if change.writes.aside] == aside


def test_ordering_twice_changes_nothing() -> None:
    changes = planned(BEFORE, AFTER)

    assert ordered(with_detours(changes)) == changes


def test_a_change_without_writes_but_adoption_sends_its_record() -> None:
    (change,) = planned(karnataka(device("A", label="x")), karnataka(device("A")))[:1]

    assert requests_of(change) == 2


@pytest.mark.parametrize(
    ("path", "text"), [(("A", "B"), "A/B"), (("A/B", "*"), r"A\/B/\*"), (("a\\b",), r"a\\b"), ((), "")]
)
def test_separators_in_names_are_escaped(path: tuple[str, ...], text: str) -> None:
    assert path_text(path) == text


def test_any_name_can_be_sorted_with_any_other() -> None:
    names = ["", "1", "a", "1a", "a1", "１", "²", "é", "0" * 255]

    assert sorted(names, key=natural) == sorted(sorted(names), key=natural)
