"""Values in one canonical form: what is equal, and what a mark remembers of a value."""

from __future__ import annotations

import hashlib
import json
from typing import Final

from papaya.manifest.model import Json

# Longer values are remembered by their digest: marks stay small, whatever a dashboard weighs.
_LONGEST_KEPT: Final = 200
_DIGEST: Final = "sha256"


def text_of(value: Json) -> str:
    """Return a value as text that is equal for equal values: 1 is 1.0, and neither is true."""
    return json.dumps(_plain(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def same(one: Json, other: Json) -> bool:
    """Return whether two values are equal; an empty text and none are the same to the server."""
    return text_of(_or_none(one)) == text_of(_or_none(other))


def kept(value: Json) -> Json:
    """Return what a mark keeps of a value: the value itself, or the digest of a long one."""
    text = text_of(_or_none(value))
    if len(text) <= _LONGEST_KEPT:
        return _or_none(value)
    return {_DIGEST: hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()}


def is_kept_as(value: Json, remembered: Json) -> bool:
    """Return whether a mark remembers this very value."""
    return text_of(kept(value)) == text_of(remembered)


def is_digest(remembered: Json) -> bool:
    """Return whether a mark remembers a long value by its digest."""
    return isinstance(remembered, dict) and remembered.keys() == {_DIGEST}


def _or_none(value: Json) -> Json:
    return None if value == "" else value


def _plain(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: _plain(member) for key, member in value.items()}
    if isinstance(value, list):
        return [_plain(member) for member in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
