"""How wide text is, where it breaks, and what of it may be shown."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from papaya.render.layout import Line, cells, cut, entry, pad, printed, value_lines, visible, wrap


@given(st.text())
def test_nothing_visible_steers_a_terminal(text: str) -> None:
    for character in visible(text):
        assert unicodedata.category(character) not in ("Cc", "Cs", "Co", "Cn", "Zl", "Zp")


@given(st.text(st.characters(categories=["L", "N", "P"]), max_size=30).filter(str.isprintable))
def test_text_is_never_taken_for_narrower_than_a_terminal_takes_it(text: str) -> None:
    assert cells(text) >= cell_len(text)


@pytest.mark.parametrize(("text", "width"), [("PM-1", 4), ("東京", 4), ("e\u0301", 1), ("क्षि", 3), ("é", 1)])
def test_widths(text: str, width: int) -> None:
    assert cells(text) == width


@given(st.text(), st.integers(2, 40), st.integers(2, 40))
def test_wrapped_text_fits_and_loses_no_letter(text: str, first: int, rest: int) -> None:
    pieces = wrap(text, first, rest)
    assert cells(pieces[0]) <= first
    assert all(cells(piece) <= rest for piece in pieces[1:])
    assert "".join(pieces).replace(" ", "") == text.replace(" ", "")


@given(st.text(), st.integers(4, 40))
def test_cut_text_fits(text: str, limit: int) -> None:
    assert cells(cut(text, limit)) <= limit


def test_symbols_end_in_column_three_and_values_begin_in_column_thirty_one() -> None:
    lines = [*entry("+", 0, "INDIA", "country", 80), *entry("->", 2, "PM-1", "from Goa", 80)]
    lines += value_lines(12, "label", "x", 80)
    assert printed(lines) == (
        "  + INDIA                     country\n"
        " ->     PM-1                  from Goa\n"
        "            label             x\n"
    )


def test_a_long_name_pushes_what_is_said_of_it_aside_or_below() -> None:
    assert len(list(entry("+", 0, "x" * 40, "country", 80))) == 1
    below = printed(entry("+", 0, "x" * 60, "country " * 4, 80))
    assert below == f"  + {'x' * 60}\n{' ' * 30}country country country country\n"


def test_symbols_and_warnings_are_coloured_and_nothing_else() -> None:
    assert Line("INDIA", "+").coloured() == "  \x1b[32m+\x1b[0m INDIA"
    assert Line("   ! online").coloured() == "   \x1b[33m!\x1b[0m online"
    assert Line("INDIA").coloured() == "INDIA"


def test_padding_counts_columns() -> None:
    assert pad("東", 4) == "東  "
