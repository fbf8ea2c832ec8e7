"""Why a text is not a number, and how it should be written."""

from __future__ import annotations

import re
from typing import Final

from papaya.manifest.characters import described

_COMMA: Final = re.compile(r"[+-]?\d{1,3}(?:[ .']\d{3})*,\d+|[+-]?\d+,\d+")
_SEPARATORS: Final = re.compile(r"[ .']")
_POINT: Final = re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d*)\.\d+(?:[eE][+-]?\d+)?")
_DEGREES: Final = re.compile(r"[°º′″'\"]|(?<=[\d\s])[NSEWO]\b|^[NSEW]\s?\d", re.I)
# What is taken for a minus sign and is none.
_MINUS: Final = re.compile("[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]")
_PAIR: Final = re.compile(r"[+-]?\d+(?:\.\d+)?\s*[,;]\s*[+-]?\d+(?:\.\d+)?")
_PLAIN: Final = "write plain degrees, such as 12.97; south and west have a minus sign"


def hint_for(text: str, *, in_table: bool = False, decimal: str = ".") -> str:
    """Return how a text that is meant as a number should be written, or nothing where that is not known.

    `decimal` is what its table has between whole numbers and fractions, a point or a comma.
    """
    written = text.strip()
    minus = _MINUS.search(written)
    if minus is not None:
        return f"the minus sign is {described(minus.group())}: write the hyphen of the keyboard, -"
    if decimal == "," and _POINT.fullmatch(written):
        return (
            'decimal point? Remove `decimal: ","` beside `csv` in the manifest, '
            "or write each number of the table with a comma"
        )
    if _COMMA.fullmatch(written):
        if decimal == ",":
            return "write it without separators between thousands: " + _SEPARATORS.sub("", written)
        if in_table:
            return 'decimal comma? Write `decimal: ","` beside `csv` in the manifest'
        return f"write a decimal point: {written.replace('.', '').replace(' ', '').replace(',', '.')}"
    if _DEGREES.search(written) and any(character.isdigit() for character in written):
        return _PLAIN
    return ""


def point_in(text: str) -> tuple[str, str] | None:
    """Return the two numbers that a text like `12.97, 77.59` consists of, or None."""
    if not _PAIR.fullmatch(text.strip()):
        return None
    first, second = re.split(r"\s*[,;]\s*", text.strip())
    return first, second
