"""How declared attributes compare with live ones."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from papaya.engine.address import Address
from papaya.engine.attributes import attribute_changes
from papaya.engine.canonical import Untyped
from papaya.engine.inventory import Applied, Entity, Scope
from papaya.engine.plan import FieldChange
from papaya.manifest.model import Json

Values = Mapping[str, Json]
SENSOR: dict[str, Json] = {"key": "t", "warnAbove": 60, "unit": "°C"}


def wanted(server: Values | None = None, shared: Values | None = None, *, auto: bool = False) -> Entity:
    """Return a desired device."""
    return Entity(
        Address("device", "PM"), "device", server=server or {}, shared=shared or {}, finds_itself=auto
    )


def found(server: Values, recorded: Values | None = None, shared: Values | None = None) -> Entity:
    """Return a live device; without `recorded` nobody applied anything."""
    record = Applied(server=recorded, shared=recorded) if recorded is not None else None
    return Entity(Address("device", "PM"), "device", server=server, shared=shared or server, applied=record)


def test_all_declared_attributes_of_a_new_device_are_set() -> None:
    changes = attribute_changes("SERVER_SCOPE", wanted({"a": 1, "e": ""}), None)

    assert changes.set == {"a": 1, "e": ""}
    assert changes.fields == (
        FieldChange("attributes", None, 1, "a"),
        FieldChange("attributes", None, "", "e"),
    )


@pytest.mark.parametrize("scope", ["SERVER_SCOPE", "SHARED_SCOPE"])
def test_keys_that_papaya_never_set_are_kept(scope: Scope) -> None:
    changes = attribute_changes(scope, wanted(), found({"a": Untyped("1")}, {}))

    assert (changes.set, changes.delete, changes.fields) == ({}, (), ())


@pytest.mark.parametrize(
    ("value", "live", "recorded", "is_set"),
    [
        (2, Untyped("2"), 2, False),
        (2, Untyped("3"), 2, True),
        (3, Untyped("2"), 2, True),
        ("2", Untyped("2"), 2, True),
        (2, Untyped("2"), "2", True),
        (True, Untyped("true"), "true", True),
        ("true", Untyped("true"), True, True),
        (2, Untyped("2"), None, False),
        (2, Untyped("2"), 7, False),
        (2.0, Untyped("2"), 2, False),
        ("007", Untyped("7"), "007", False),
        ("7", Untyped("007"), "007", True),
        ("1.50", Untyped("1.5"), "1.50", False),
        ("", Untyped(""), "", False),
        ([1, 2.5], Untyped("[1,2.50]"), [1, 2.5], False),
        ({"a": 1}, Untyped('{"a":1}'), '{"a": 1}', True),
        ({"a": 1, "b": 2}, Untyped('{"b":2,"a":1}'), {"a": 1, "b": 2}, False),
        # Read with its type, for an adoption.
        (2, "2", None, True),
        ("2", 2, None, False),
        ("x", "x", None, False),
        (True, "true", None, True),
    ],
)
def test_a_value_is_set_where_it_or_its_type_differs(
    value: Json, live: Json, recorded: Json, is_set: bool
) -> None:
    record = {} if recorded is None else {"k": recorded}
    changes = attribute_changes("SERVER_SCOPE", wanted({"k": value}), found({"k": live}, record))

    assert changes.set == ({"k": value} if is_set else {})


def test_a_missing_attribute_is_set_even_to_an_empty_text() -> None:
    assert attribute_changes("SERVER_SCOPE", wanted({"e": ""}), found({}, {"e": ""})).set == {"e": ""}


def test_a_key_that_left_the_manifest_is_deleted() -> None:
    changes = attribute_changes("SERVER_SCOPE", wanted(), found({}, {"a": 1}))

    assert changes.delete == ("a",)
    assert changes.fields == (FieldChange("attributes", 1, None, "a"),)


def test_a_place_that_the_device_finds_itself_is_left_to_it() -> None:
    recorded: Values = {"latitude": 1.0, "longitude": 2.0, "a": 1}

    assert attribute_changes("SERVER_SCOPE", wanted(auto=True), found({}, recorded)).delete == ("a",)
    assert set(attribute_changes("SERVER_SCOPE", wanted(), found({}, recorded)).delete) == set(recorded)


def test_serial_location_and_port_are_told_in_the_manifests_words() -> None:
    declared: Values = {"serial": "SN-2", "latitude": 1.5, "longitude": 2, "tunnel.remotePort": 20001}
    live: Values = {"serial": Untyped("SN-1"), "latitude": Untyped("1"), "longitude": Untyped("2")}
    changes = attribute_changes("SERVER_SCOPE", wanted(declared), found(live, {}))

    assert changes.fields == (
        FieldChange("serial", "SN-1", "SN-2"),
        FieldChange("location", {"latitude": 1, "longitude": 2}, {"latitude": 1.5, "longitude": 2}),
        FieldChange("tunnel", None, 20001, "remotePort"),
    )
    assert changes.set == {"serial": "SN-2", "latitude": 1.5, "tunnel.remotePort": 20001}


def told(before: Json, after: Json) -> tuple[FieldChange, ...]:
    """Return how a change of sensors is told."""
    live: Values = {"papaya.sensors": Untyped(json.dumps(before))} if before is not None else {}
    recorded: Values = {"papaya.sensors": before} if before is not None else {}
    declared: Values = {"papaya.sensors": after} if after is not None else {}
    return attribute_changes("SHARED_SCOPE", wanted(shared=declared), found(live, recorded)).fields


@pytest.mark.parametrize(
    ("before", "after", "fields"),
    [
        ([SENSOR], [SENSOR], ()),
        (
            [SENSOR],
            [{**SENSOR, "warnAbove": 55}],
            (FieldChange("sensors", 60, 55, "t", "warnAbove"),),
        ),
        (
            [SENSOR],
            [{"key": "t", "warnAbove": 60, "every": 5}],
            (FieldChange("sensors", "°C", None, "t", "unit"), FieldChange("sensors", None, 5, "t", "every")),
        ),
        ([SENSOR], [SENSOR, {"key": "d"}], (FieldChange("sensors", None, {"key": "d"}, "d"),)),
        ([SENSOR, {"key": "d"}], [SENSOR], (FieldChange("sensors", {"key": "d"}, None, "d"),)),
        (
            [SENSOR, {"key": "d"}],
            [{"key": "d"}, SENSOR],
            (FieldChange("sensors", ["t", "d"], ["d", "t"], "order"),),
        ),
        (None, [SENSOR], (FieldChange("sensors", None, [SENSOR]),)),
        ([SENSOR], None, (FieldChange("sensors", [SENSOR], None),)),
        (7, [SENSOR], (FieldChange("sensors", "7", [SENSOR]),)),
    ],
)
def test_sensors_are_told_field_by_field(before: Json, after: Json, fields: tuple[FieldChange, ...]) -> None:
    assert told(before, after) == fields
