"""One canonical form of attribute values, so that equal means equal on every server version.

Bulk reads return every attribute as text and reformat what looks like a number (`1.50` becomes `1.5`); from
4.2 on the server also casts numeric strings when it stores them. So a value that was read in bulk is compared
by its canonical text, in which a number and its spelling as a string are the same.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from decimal import Decimal
from typing import cast

from papaya.foreign import ForeignValue, double, json_in
from papaya.manifest.model import Json

_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,4})?", re.ASCII)


class Untyped(str):
    """Text of a live value whose JSON type the bulk read has lost."""

    __slots__ = ()


def canonical(value: Json) -> str:
    """Return the text under which values are compared; equal for `2`, `2.0` and `"2"`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return _number(repr(value))
    if isinstance(value, str):
        return _text(value)
    return _dump(value)


def same(desired: Json, live: Json) -> bool:
    """Return whether `live` is what the server makes of `desired`, as far as the reading can tell."""
    if isinstance(live, Untyped):
        return canonical(desired) == canonical(live)
    return same_typed(desired, live) or (isinstance(desired, str) and _is_cast(desired, live))


def same_typed(left: Json, right: Json) -> bool:
    """Return whether two typed values are equal: `2` equals `2.0`, but neither `"2"` nor `True`."""
    if left is right:
        return True
    if isinstance(left, bool) or isinstance(right, bool):
        return False
    if isinstance(left, int | float) and isinstance(right, int | float):
        return left == right or canonical(left) == canonical(right)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same_typed, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same_typed(left[key], right[key]) for key in left)
    return type(left) is type(right) and left == right


def is_plain_text(value: Json) -> bool:
    """Return whether a value is a text that no value of another type has in a bulk read."""
    if not isinstance(value, str):
        return False
    looks_typed = value in ("true", "false") or value[:1] in ("{", "[")
    return not looks_typed and _NUMBER.fullmatch(_with_plain_digits(value)) is None


def _is_cast(desired: str, live: Json) -> bool:
    """Return whether `live` is the number that servers from 4.2 on make of the numeric string `desired`."""
    if isinstance(live, bool) or not isinstance(live, int | float):
        return False
    return bool(_NUMBER.fullmatch(_with_plain_digits(desired))) and _text(desired) == canonical(live)


def _text(text: str) -> str:
    numeral = _with_plain_digits(text)
    if _NUMBER.fullmatch(numeral):
        return _number(numeral)
    if text[:1] in ("{", "["):
        try:
            return _dump(cast(Json, json_in(text, unusable=double)))
        except ForeignValue:
            return str(text)
    return str(text)


def _with_plain_digits(text: str) -> str:
    """Return the text with 0 to 9 for other scripts' digits, which the server reads as numbers too."""
    if text.isascii():
        return text
    return "".join(str(unicodedata.decimal(character, character)) for character in text)


def _number(text: str) -> str:
    digits = text.lstrip("+-")
    if digits.isdigit():
        # Beyond 64 bits the server keeps the digits of an integer, as text: they must not be rounded here.
        digits = digits.lstrip("0") or "0"
        return f"-{digits}" if text[0] == "-" and digits != "0" else digits
    # With a point or an exponent the server knows no more digits than a double has.
    number = float(text)
    if math.isinf(number):
        return text
    return str(_whole(number)) if number.is_integer() else repr(number)


def _whole(number: float) -> int:
    """Return a whole number by its shortest digits, as servers from 4.2 on store `2.286053629830009e+16`."""
    return int(Decimal(repr(number)))


def _dump(value: Json) -> str:
    return json.dumps(_plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _plain(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: _plain(member) for key, member in value.items()}
    if isinstance(value, list):
        return [_plain(member) for member in value]
    if isinstance(value, float) and value.is_integer():
        return _whole(value)
    return value
