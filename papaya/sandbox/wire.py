"""JSON text and identifiers as the server writes them."""

from __future__ import annotations

import json
import re
import secrets
import sys
import uuid
from functools import partial
from json.encoder import encode_basestring
from typing import Any

NULL_ID = "13814000-1dd2-11b2-8080-808080808080"

dumps = partial(json.dumps, separators=(",", ":"), ensure_ascii=False)
quote = encode_basestring

# The largest numbers of Java's int, long and double.
MOST_INT, MOST_LONG = 2**31 - 1, 2**63 - 1
MOST_DOUBLE = sys.float_info.max
_LONGEST_NUMBER = 25
HALF_CHARACTER = "?"
_HALF = re.compile("[\ud800-\udfff]")
_WHOLE = re.compile(r"[+-]?[0-9]+", re.ASCII)

_NODE = secrets.randbits(48) | 0x010000000000


class Numeral(float):
    """A JSON number with a fraction or an exponent that remembers how it was written."""

    text: str

    def __new__(cls, text: str) -> Numeral:
        """Parse `text` and keep it, because the server's casts look at the digits."""
        number = super().__new__(cls, text)
        number.text = text
        return number


def loads(text: str | bytes) -> Any:
    """Parse JSON, keeping the spelling of numbers that are no integers; raises ValueError for all else."""
    try:
        document = json.loads(text, parse_float=Numeral, parse_constant=_refuse_constant)
        written = text if isinstance(text, str) else text.decode("ascii", "ignore")
        return _whole_characters(document) if "\\ud" in written or "\\uD" in written else document
    except RecursionError:
        raise ValueError("the JSON is nested too deeply") from None


def _whole_characters(value: Any) -> Any:
    """Return the document with `?` for halves of surrogate pairs, which is what the server stores."""
    if isinstance(value, str):
        return _HALF.sub(HALF_CHARACTER, value)
    if isinstance(value, list):
        return [_whole_characters(member) for member in value]
    if isinstance(value, dict):
        return {_HALF.sub(HALF_CHARACTER, key): _whole_characters(member) for key, member in value.items()}
    return value


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def new_id() -> str:
    """Return a time-based UUID, the kind the server gives to its entities."""
    return str(uuid.uuid1(node=_NODE))


def whole_number(text: str, *, most: int = MOST_LONG) -> int:
    """Return the number that ASCII digits are, a sign before them allowed; raise ValueError for all else.

    The server's int and long end at `most`; SQLite takes no more than a long either.
    """
    if len(text) > _LONGEST_NUMBER or _WHOLE.fullmatch(text) is None:
        raise ValueError(f'For input string: "{text[:_LONGEST_NUMBER]}"')
    number = int(text)
    if not -most - 1 <= number <= most:
        raise ValueError(f'For input string: "{text}"')
    return number


def whole_of(value: object, *, most: int = MOST_LONG) -> int:
    """Return a member of a body as Java's int or long, 0 if it is missing; raise ValueError for other values.

    Fractions are cut off, as Jackson and Gson do.
    """
    if not value:
        return 0
    if isinstance(value, str):
        return whole_number(value, most=most)
    if not isinstance(value, int | float) or not -most - 1 <= value <= most:
        raise ValueError("not a whole number within bounds")
    return min(int(value), most)


def double_of(value: object) -> float:
    """Return a JSON number as Java's double; raise ValueError for other values and for overflow."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("not a number")
    if not -MOST_DOUBLE <= value <= MOST_DOUBLE:
        raise ValueError("not a finite number")
    return float(value)


def is_uuid(text: object) -> bool:
    """Tell whether `text` is a UUID in its canonical spelling."""
    if not isinstance(text, str) or len(text) != 36:
        return False
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def reference(kind: str, identifier: str | None) -> dict[str, str] | None:
    """Return the JSON form of an entity ID, or None without an ID."""
    return None if identifier is None else {"entityType": kind, "id": identifier}
