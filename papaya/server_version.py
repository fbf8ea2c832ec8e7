"""Versions of ThingsBoard: as numbers, and how well each is known."""

from __future__ import annotations

import re

TRIED = ("4.0.1", "4.2.2.3", "4.3.1.3")
# Their source was read for what it does otherwise than the tried ones.
COMPARED = ("4.1", "4.2.2", "4.4.0")


def version_of(text: str) -> tuple[int, ...]:
    """Return a version as numbers: `4.3.1.2-SNAPSHOT` is (4, 3, 1, 2)."""
    match = re.match(r"\d+(?:\.\d+)*", text.strip())
    return tuple(int(part) for part in match[0].split(".")) if match is not None else ()


def what_is_known_of(text: str) -> str:
    """Return how well a version of the server is known, in words."""
    version = version_of(text)
    tried, compared = [version_of(one) for one in TRIED], [version_of(one) for one in COMPARED]
    if version in tried:
        return "tried"
    if version[:2] in (one[:2] for one in compared):
        return "compared by source"
    known = (*tried, *compared)
    return "between versions that are known" if min(known) <= version <= max(known) else "unknown"
