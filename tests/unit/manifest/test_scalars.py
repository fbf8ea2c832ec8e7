"""Plain scalars by the core schema of YAML 1.2."""

from __future__ import annotations

import math

import pytest

from papaya.manifest.scalars import is_number_elsewhere, loses_zeros, read_cell, resolve


@pytest.mark.parametrize(
    "text", ["NO", "yes", "on", "Off", "2024-01-01", "22:30", "1_000", "0b11", "1.2.3", "=", "+"]
)
def test_text_of_yaml_1_2_is_text(text: str) -> None:
    """Neither countries nor times nor dates become something else."""
    assert text == resolve(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12),
        ("-3", -3),
        ("0012", 12),
        ("0o14", 12),
        ("0xff", 255),
        ("1.10", 1.1),
        ("1e3", 1000.0),
        (".5", 0.5),
    ],
)
def test_numbers_are_numbers(text: str, value: float) -> None:
    """Integers, octal and hexadecimal ones, and floats."""
    assert value == resolve(text)


@pytest.mark.parametrize(
    ("text", "value"), [("", None), ("~", None), ("null", None), ("true", True), ("FALSE", False)]
)
def test_words_have_their_values(text: str, value: bool | None) -> None:
    """Null and the truth values in the spellings of the core schema."""
    assert value is resolve(text)


def test_infinity_and_not_a_number_are_read() -> None:
    """They are numbers, if none that a server stores."""
    assert resolve("-.inf") == -math.inf
    assert math.isnan(resolve(".nan"))  # type: ignore[arg-type]


def test_endless_digits_stay_text() -> None:
    """Python refuses to read them, and no field holds them."""
    assert resolve("1" * 5000) == "1" * 5000


def test_numbers_of_yaml_1_1_are_known() -> None:
    """So that they are not text to one program and numbers to another."""
    assert [is_number_elsewhere(text) for text in ("22:30", "1_000", "0b1", "12:61x", "a:1")] == [
        True,
        True,
        True,
        False,
        False,
    ]


def test_leading_zeros_are_noticed() -> None:
    """They are lost in a number."""
    assert [loses_zeros(text) for text in ("0012", "-007", "0", "12", "0.5")] == [
        True,
        True,
        False,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("2", 2),
        ("0012", "0012"),
        ("1.10", "1.10"),
        ("1.5", 1.5),
        ("-3", -3),
        ("true", True),
        ("NO", "NO"),
        ("-0", "-0"),
    ],
)
def test_a_cell_is_a_number_only_if_it_is_written_like_one(cell: str, value: object) -> None:
    """What a number would not give back as it was written stays text."""
    assert value == read_cell(cell)
    assert type(value) is type(read_cell(cell))
