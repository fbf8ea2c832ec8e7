"""Values that many entities have alike, kept once: sensors of a model, names of places, small numbers."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import Final

from papaya.engine.canonical import Untyped
from papaya.manifest.model import Json

# A key with more different values, such as a serial number, is not worth a look at each of them.
_MOST: Final = 256
_NUMBER: Final = 32


class Alike:
    """Values by the key that they stand under; not safe for threads.

    `kept` counts the bytes of values that were not known, so that a caller can charge them to a budget.
    """

    def __init__(self) -> None:
        self.kept = 0
        self._texts: dict[str, dict[str, str]] = {}
        self._untyped: dict[str, dict[str, Untyped]] = {}
        self._documents: dict[str, dict[str, Json]] = {}

    def know(self, attributes: Iterable[tuple[str, Json]]) -> None:
        """Keep documents that are there anyway: those of the manifest, which records mostly repeat."""
        seen: set[int] = set()
        for key, value in attributes:
            if isinstance(value, list | dict) and id(value) not in seen:
                seen.add(id(value))
                known = self._documents.setdefault(key, {})
                if len(known) < _MOST:
                    known.setdefault(repr(value), value)

    def untyped(self, key: str, text: str) -> Untyped:
        """Return a text of a bulk read, the one that was met before where it is known."""
        known = self._untyped.setdefault(key, {})
        found = known.get(text)
        if found is not None:
            return found
        made = Untyped(text)
        self.kept += sys.getsizeof(made)
        if len(known) < _MOST:
            known[text] = made
        return made

    def members(self, document: Mapping[str, Json]) -> dict[str, Json]:
        """Return a mapping whose keys and values are those that were met before, where they are known."""
        self.kept += sys.getsizeof(document)
        return {sys.intern(key): self._value(key, value) for key, value in document.items()}

    def _value(self, key: str, value: Json) -> Json:
        if isinstance(value, str):
            return self.text(key, value)
        if not isinstance(value, list | dict):
            self.kept += _NUMBER
            return value
        known = self._documents.setdefault(key, {})
        # Not by equality, for which 1, 1.0 and true are the same.
        written = repr(value)
        found = known.get(written)
        if found is not None:
            return found
        self.kept += weight(value)
        if len(known) < _MOST:
            known[written] = value
        return value

    def text(self, key: str, text: str) -> str:
        """Return a text, the one that was met before where it is known."""
        known = self._texts.setdefault(key, {})
        found = known.get(text)
        if found is not None:
            return found
        self.kept += sys.getsizeof(text)
        if len(known) < _MOST:
            known[text] = text
        return text


def weight(value: object) -> int:
    """Return about how many bytes a decoded JSON document takes in memory."""
    size = sys.getsizeof(value)
    if isinstance(value, dict):
        return size + sum(weight(member) + sys.getsizeof(key) for key, member in value.items())
    if isinstance(value, list):
        return size + sum(map(weight, value))
    return size
