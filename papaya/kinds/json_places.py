"""Where values stand in a JSON text, so that a fault of a file can be told by line and column."""

from __future__ import annotations

import re
from collections.abc import Iterator
from json.decoder import JSONDecodeError, scanstring  # type: ignore[attr-defined]
from typing import Final

from papaya.diagnostics import Mark
from papaya.manifest.model import File

Path = tuple[str | int, ...]
_BLANK: Final = re.compile(r"[ \t\r\n,:]*")
_SCALAR: Final = re.compile(r"[^\s,\]}]+")
_CHARACTER: Final = re.compile(r"\\u[0-9a-fA-F]{4}|\\.|[^\\]", re.DOTALL)


def mark_in(file: File, path: Path, offset: int | None = None) -> Mark:
    """Return where the value at a path stands in a JSON file; where it is absent, what is around it.

    `offset` is a position in a text, counted in its characters: then the mark is there.
    """
    places = {found: place for found, place in _places(file.text)}
    known = path
    while known and known not in places:
        known = known[:-1]
    place = places.get(known, 0)
    if offset is not None and known == path and file.text[place : place + 1] == '"':
        place = _inside(file.text, place, offset)
    line_start = file.text.rfind("\n", 0, place) + 1
    return Mark(file.name, file.text.count("\n", 0, place) + 1, place - line_start + 1)


def _inside(text: str, start: int, offset: int) -> int:
    place = start + 1
    for _ in range(offset):
        found = _CHARACTER.match(text, place)
        if found is None or text[place] == '"':
            break
        place = found.end()
    return place


def _places(text: str) -> Iterator[tuple[Path, int]]:
    try:
        yield from _value(text, _after_blank(text, 0), ())
    except (IndexError, JSONDecodeError):
        # A text that is no JSON was told before; what was found until here counts.
        return


def _value(text: str, place: int, path: Path) -> Iterator[tuple[Path, int]]:
    """Yield the places of a value and of what is in it; keys of objects are not told."""
    pending: list[tuple[Path, str, int]] = []
    while True:
        sign = text[place]
        if pending and sign in "]}":
            pending.pop()
            place += 1
        elif pending and pending[-1][1] == "{":
            above, _, count = pending[-1]
            key, end = scanstring(text, place + 1, False)
            pending[-1] = (above, "{", count + 1)
            place = _after_blank(text, end)
            yield (*above, key), place
            place = _entered(text, place, (*above, key), pending)
        elif pending:
            above, _, count = pending[-1]
            pending[-1] = (above, "[", count + 1)
            yield (*above, count), place
            place = _entered(text, place, (*above, count), pending)
        else:
            yield path, place
            place = _entered(text, place, path, pending)
        if not pending:
            return
        place = _after_blank(text, place)


def _entered(text: str, place: int, path: Path, pending: list[tuple[Path, str, int]]) -> int:
    sign = text[place]
    if sign in "[{":
        pending.append((path, sign, 0))
        return place + 1
    if sign == '"':
        return int(scanstring(text, place + 1, False)[1])
    found = _SCALAR.match(text, place)
    return found.end() if found is not None else place + 1


def _after_blank(text: str, place: int) -> int:
    found = _BLANK.match(text, place)
    return found.end() if found is not None else place
