"""One reading as a row of the spool, and what makes a row unusable."""

from __future__ import annotations

import re
from dataclasses import dataclass

from papaya.foreign import ForeignValue, json_in

# Most readings: they need no parsing to be known as JSON.
_PLAIN = re.compile(r"-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,20})?|true|false")


@dataclass(frozen=True, slots=True)
class Row:
    """One value of one moment; `value` is JSON text."""

    id: int
    ts: int
    key: str
    value: str


def row_of(written: tuple[object, ...]) -> Row | None:
    """Return a row of the table as a reading; None for one that is damaged."""
    number, ts, key, value = written
    if not isinstance(number, int) or not isinstance(ts, int) or not isinstance(value, str):
        return None
    if not isinstance(key, str) or not key or not -(2**63) <= ts < 2**63:
        return None
    if _PLAIN.fullmatch(value) is None:
        try:
            json_in(value)
        except ForeignValue:
            return None
    return Row(number, ts, key, value)


def can_encode(text: str) -> bool:
    """Return whether a text has no half of a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
