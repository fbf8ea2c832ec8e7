"""PostgreSQL's LIKE and ILIKE, in time that grows with the text and never with combinations of it.

An equivalent regular expression tries every way to divide a text among its wildcards. A search for
`a%a%a%a%b` could block the server for minutes.
"""

from __future__ import annotations

from functools import lru_cache

ANY_TEXT, ANY_LETTER = "%", "_"


def matches(text: object, pattern: str) -> bool | None:
    """Return the result of LIKE; SQLite's LIKE ignores the case of ASCII letters."""
    return None if text is None else _matches(str(text), _parts(pattern))


def matches_any_case(text: object, pattern: str) -> bool | None:
    """Return the result of ILIKE; SQLite's LIKE only ignores the case of ASCII letters."""
    return None if text is None else _matches(_lower(str(text)), _parts(_lower(pattern)))


@lru_cache(maxsize=256)
def _parts(pattern: str) -> tuple[str, ...]:
    """Return what stands between the wildcards for any text, with the first and the last part."""
    parts = pattern.split(ANY_TEXT)
    return (parts[0], *(part for part in parts[1:-1] if part), *parts[-1:]) if len(parts) > 1 else (pattern,)


def _matches(text: str, parts: tuple[str, ...]) -> bool:
    first, last = parts[0], parts[-1]
    if len(parts) == 1:
        return len(text) == len(first) and _stands_at(text, first, 0)
    end = len(text) - len(last)
    if end < len(first) or not _stands_at(text, first, 0) or not _stands_at(text, last, end):
        return False
    at = len(first)
    # The leftmost place for each part leaves the most room for the later parts, so no backtracking is needed.
    for part in parts[1:-1]:
        at = _find(text, part, at, end)
        if at < 0:
            return False
        at += len(part)
    return True


def _stands_at(text: str, part: str, at: int) -> bool:
    if ANY_LETTER not in part:
        return text.startswith(part, at)
    return all(wanted in (ANY_LETTER, text[at + place]) for place, wanted in enumerate(part))


def _find(text: str, part: str, start: int, end: int) -> int:
    if ANY_LETTER not in part:
        return text.find(part, start, end)
    # Search for the longest piece without wildcards first: it excludes most places quickly.
    plain = max(part.split(ANY_LETTER), key=len)
    before = part.index(plain) if plain else 0
    at = start
    while at + len(part) <= end:
        at = text.find(plain, at + before, end) - before if plain else at
        if at < start or at + len(part) > end:
            return -1
        if _stands_at(text, part, at):
            return at
        at += 1
    return -1


def _lower(text: str) -> str:
    """Return a text in lower case, as long as it was: `_` stands for one letter of it."""
    return text.lower() if text.isascii() else "".join(map(_lower_letter, text))


def _lower_letter(letter: str) -> str:
    lower = letter.lower()
    return lower if len(lower) == 1 else letter
