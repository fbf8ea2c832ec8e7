"""References by name inside files, in the place of ids: `papaya://ruleChain/Meters`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from urllib.parse import quote, unquote

from papaya.manifest.model import Json

_SCHEME: Final = "papaya://"


def link(kind: str, name: str) -> str:
    """Return the reference to an object; what may not stand in a URL is escaped."""
    return f"{_SCHEME}{kind}/{quote(name, safe=' ')}"


def id_of_link(text: str) -> tuple[str, str] | None:
    """Return the kind and the name of a reference, or None where a text is none."""
    if not text.startswith(_SCHEME):
        return None
    kind, slash, name = text.removeprefix(_SCHEME).partition("/")
    return (kind, unquote(name)) if slash and name else None


def linked(value: Json, kind: str) -> Iterator[str]:
    """Yield the names of the objects of a kind that a value refers to."""
    if isinstance(value, str):
        found = id_of_link(value)
        if found is not None and found[0] == kind:
            yield found[1]
    elif isinstance(value, dict):
        for member in value.values():
            yield from linked(member, kind)
    elif isinstance(value, list):
        for member in value:
            yield from linked(member, kind)
