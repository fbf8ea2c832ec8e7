"""Cells of CSV that no spreadsheet takes for formulas."""

from __future__ import annotations

import re
from typing import Final

# What a spreadsheet takes for the beginning of a formula; the wide ones are of East Asian keyboards.
_FORMULA: Final = re.compile("'*[=+\\-@\t\r\n＝＋－＠]")
_GUARDED: Final = re.compile("''*[=+\\-@\t\r\n＝＋－＠]")
_NUMBER: Final = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?")


def guarded(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula; plain numbers stay as they are."""
    return f"'{text}" if begins_a_formula(text) else text


def unguarded(cell: str) -> str:
    """Return the text that a guarded cell stands for."""
    return cell[1:] if _GUARDED.match(cell) else cell


def begins_a_formula(text: str) -> bool:
    """Return whether a spreadsheet might calculate a cell instead of showing it; a number is no formula."""
    return _FORMULA.match(text) is not None and _NUMBER.fullmatch(text) is None
