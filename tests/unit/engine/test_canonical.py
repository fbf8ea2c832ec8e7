"""One canonical form of attribute values."""

from __future__ import annotations

import pytest

from papaya.engine.canonical import Untyped, canonical, is_plain_text, same, same_typed
from papaya.manifest.model import Json

# What 4.0.1 answers in a bulk read for each value, tried on a real one.
BULK_READS: list[tuple[Json, str]] = [
    ("1.50", "1.5"),
    ("007", "007"),
    ("", ""),
    (True, "true"),
    ("true", "true"),
    (1, "1"),
    (1.5, "1.5"),
    ("１２", "12"),
    ("٣", "3"),
    ("०.५", "०.५"),
    ("-0", "0"),
    ("-0.0", "-0.0"),
    (-0.0, "0"),
    (" 1", " 1"),
    ("1_000", "1_000"),
    ("1e400", "1e400"),
    ("1e30", "1e30"),
    (1e30, "1e+30"),
    (2**63 - 1, "9223372036854775807"),
    (-(2**63), "-9223372036854775808"),
    ("9223372036854775808", "9223372036854775808"),
    ("1" * 50, "1" * 50),
    ("+5", "+5"),
    (".5", "0.5"),
    ("1.", "1."),
    ("-007", "-7"),
    ("0.0000001", "0.0000001"),
    (1e-7, "1e-07"),
    ("12345678901.50", "12345678901.50"),
    (2.0, "2"),
    ("2.0", "2.0"),
    ("0x10", "0x10"),
    ("NaN", "NaN"),
    ("²", "²"),
    ("ü", "ü"),
    ([1, 2.50, 1e22], "[1,2.5,1.0E22]"),
    ({"b": 1, "a": "ü", "c": {"x": 1.0}}, '{"b":1,"a":"ü","c":{"x":1.0}}'),
    ('{"a": 1}', '{"a": 1}'),
]

# What servers from 4.2 on make of numeric text when they store it, as a bulk read shows it.
CAST_READS: list[tuple[Json, str]] = [
    (2.286053629830009e16, "22860536298300090"),
    (-1.7976931348623157e308, "-17976931348623157" + "0" * 292),
    (1e-20, "0.00000000000000000001"),
    ("1.50", "1.5"),
    ("007", "7"),
    ("１２", "12"),
    ("०.५", "0.5"),
    ("-0", "0"),
    ("9007199254740993", "9007199254740993"),
    ("9007199254740993.0", "9.007199254740992e+15"),
    ("9223372036854775807.0", "9.223372036854776e+18"),
    ("100000000000000000000.5", "1e+20"),
]


@pytest.mark.parametrize(("declared", "read"), [*BULK_READS, *CAST_READS])
def test_what_the_server_makes_of_a_value_is_the_same(declared: Json, read: str) -> None:
    assert same(declared, Untyped(read))


@pytest.mark.parametrize(
    ("declared", "read"),
    [
        ("1.50", "1.51"),
        (1, "2"),
        (True, "1"),
        (True, "false"),
        ("", " "),
        ("1_000", "1000"),
        (" 1", "1"),
        ("1e400", "1e401"),
        ("1" * 50, "1" * 49 + "2"),
        (2**63 - 1, "9223372036854775808"),
        (2**53 + 1, "9007199254740992"),
        ([1, 2], "[2,1]"),
        ({"a": 1}, '{"a":2}'),
        ("²", "2"),
        ("null", ""),
    ],
)
def test_another_value_is_not_the_same(declared: Json, read: str) -> None:
    assert not same(declared, Untyped(read))


@pytest.mark.parametrize("text", ["[" * 100_000, "{" * 10, "[1, 2", "[" + "1" * 5_000 + "]"])
def test_text_that_only_looks_like_json_is_text(text: str) -> None:
    assert canonical(text) == text


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        (2, 2.0, True),
        (2, "2", False),
        (1, True, False),
        (True, True, True),
        (True, "true", False),
        (0, False, False),
        ("a", "a", True),
        ([1, 2.0], [1.0, 2], True),
        ([1], [True], False),
        ([1], [1, 2], False),
        ({"a": 1}, {"a": 1.0}, True),
        ({"a": 1}, {"a": "1"}, False),
        ({"a": 1}, {"b": 1}, False),
        (None, None, True),
        (None, 0, False),
        (2**63, float(2**63), True),
    ],
)
def test_typed_values_are_equal_by_type_and_number(left: Json, right: Json, equal: bool) -> None:
    assert same_typed(left, right) is equal
    assert same_typed(right, left) is equal


@pytest.mark.parametrize(
    ("declared", "live", "equal"),
    [
        ("007", 7, True),
        ("1.50", 1.5, True),
        ("１２", 12, True),
        ("007", 8, False),
        (7, "7", False),
        ("true", True, False),
        ("1e3", 1000, True),
        ("x", 7, False),
        ("7", "7", True),
    ],
)
def test_a_typed_live_number_is_what_a_server_casts_text_to(declared: Json, live: Json, equal: bool) -> None:
    assert same(declared, live) is equal


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        ("x", True),
        ("", True),
        ("7x", True),
        ("True", True),
        ("null", True),
        ("true", False),
        ("7", False),
        ("-1.5", False),
        ("１２", False),
        ("[1]", False),
        ("{", False),
        (7, False),
        (True, False),
        (None, False),
        ([], False),
    ],
)
def test_only_text_that_looks_like_nothing_else_is_surely_text(value: Json, plain: bool) -> None:
    assert is_plain_text(value) is plain
