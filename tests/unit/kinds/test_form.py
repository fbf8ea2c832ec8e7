"""What is equal in the kinds' normal form, and what a mark remembers."""

from __future__ import annotations

import pytest

from papaya.kinds.form import is_kept_as, kept, same
from papaya.kinds.mark import marking, marks_in
from papaya.kinds.resource import Applied
from papaya.manifest.model import Json

LONG: dict[str, Json] = {"widgets": [{"id": number} for number in range(200)]}


@pytest.mark.parametrize(
    ("one", "other"), [(1, 1.0), ("", None), ({"a": 1, "b": [2.0]}, {"b": [2], "a": 1.0}), (None, None)]
)
def test_a_value_that_the_server_writes_otherwise_is_the_same(one: Json, other: Json) -> None:
    assert same(one, other)
    assert is_kept_as(one, kept(other))


@pytest.mark.parametrize(("one", "other"), [(1, True), (0, False), ("1", 1), ([1, 2], [2, 1]), ({}, None)])
def test_values_of_another_type_or_order_differ(one: Json, other: Json) -> None:
    assert not same(one, other)
    assert not is_kept_as(one, kept(other))


def test_a_long_value_is_remembered_by_its_digest() -> None:
    assert len(str(kept(LONG))) < 100
    assert is_kept_as(LONG, kept(LONG))
    assert not is_kept_as({**LONG, "more": 1}, kept(LONG))


def test_a_mark_is_read_as_it_was_written() -> None:
    applied = Applied("Metro", 3, {"email": "a@x.example", "content": kept(LONG)}, {"email": "a@x.example"})
    body = marking("t", "CUSTOMER", "id-1", "meters", applied, protect=True).body

    read = marks_in([body])

    assert read is not None
    mark = read[("CUSTOMER", "id-1", "")]
    assert (mark.fleet, mark.protect) == ("meters", True)
    assert mark.applied is not None
    assert (mark.applied.name, mark.applied.version) == ("Metro", 3)
    assert mark.applied.sent == applied.sent
    assert mark.applied.left["content"] == kept(LONG)


@pytest.mark.parametrize(
    "row",
    [
        None,
        {},
        {"to": {"entityType": "CUSTOMER", "id": "1"}},
        {"to": {"entityType": "CUSTOMER", "id": "1"}, "additionalInfo": {"fleet": 5}},
    ],
)
def test_what_somebody_else_wrote_is_no_mark(row: Json) -> None:
    assert marks_in([row]) == {}


def test_a_damaged_record_leaves_the_owner() -> None:
    info: Json = {"form": 1, "fleet": "meters", "applied": {"name": 5}}
    row: Json = {"to": {"entityType": "CUSTOMER", "id": "1"}, "additionalInfo": info}
    read = marks_in([row])
    assert read is not None
    assert read[("CUSTOMER", "1", "")].fleet == "meters"
    assert read[("CUSTOMER", "1", "")].applied is None


def test_a_part_of_an_object_has_a_mark_of_its_own() -> None:
    bodies = [
        marking("t", "DEVICE_PROFILE", "1", "meters", Applied("Meter"), part=one).body for one in ("", "x")
    ]
    read = marks_in(bodies)
    assert read is not None
    assert {*read} == {("DEVICE_PROFILE", "1", ""), ("DEVICE_PROFILE", "1", "x")}
