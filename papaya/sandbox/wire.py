"""JSON text and identifiers as the server writes them."""

from __future__ import annotations

import json
import secrets
import uuid
from functools import partial
from json.encoder import encode_basestring
from typing import Any

NULL_ID = "13814000-1dd2-11b2-8080-808080808080"

dumps = partial(json.dumps, separators=(",", ":"), ensure_ascii=False)
quote = encode_basestring

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
        return json.loads(text, parse_float=Numeral, parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError("the JSON is nested too deeply") from None


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def new_id() -> str:
    """Return a time-based UUID, the kind the server gives to its entities."""
    return str(uuid.uuid1(node=_NODE))


def is_uuid(text: object) -> bool:
    """Tell whether `text` is a UUID in its canonical spelling."""
    if not isinstance(text, str) or len(text) != 36:
        return False
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def reference(kind: str, identifier: str | None) -> dict[str, str] | None:
    """Return the JSON form of an entity id, None for none."""
    return None if identifier is None else {"entityType": kind, "id": identifier}
