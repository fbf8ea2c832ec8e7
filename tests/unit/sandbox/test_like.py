"""LIKE and ILIKE as PostgreSQL has them, whatever the pattern costs to try."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from papaya.sandbox.store.like import matches, matches_any_case

LETTERS = st.text("ab%_", max_size=12)


def by_expression(text: str, pattern: str) -> bool:
    parts = (".*" if one == "%" else "." if one == "_" else re.escape(one) for one in pattern)
    return re.fullmatch("".join(parts), text, re.DOTALL) is not None


@given(st.text("ab", max_size=12), LETTERS)
def test_it_says_what_the_expression_of_the_same_meaning_says(text: str, pattern: str) -> None:
    assert matches(text, pattern) == by_expression(text, pattern)
    assert matches_any_case(text.upper(), pattern) == by_expression(text, pattern)


@pytest.mark.parametrize(
    "pattern", ["a%" * 1000 + "b", "%" + "a_%" * 1000 + "b", "_" * 3000 + "%b", "%" + "_a" * 1000 + "b%"]
)
def test_no_pattern_takes_long(pattern: str) -> None:
    began = time.process_time()
    assert matches("a" * 20_000, pattern) is False
    # A regular expression takes longer than anybody waits.
    assert time.process_time() - began < 20


def test_a_missing_text_is_neither_like_nor_unlike() -> None:
    assert matches(None, "%") is None
    assert matches_any_case(None, "%") is None


def test_case_counts_beyond_ascii_too() -> None:
    assert matches_any_case("KÖLN", "k_ln") is True
    assert matches("KÖLN", "k_ln") is False
