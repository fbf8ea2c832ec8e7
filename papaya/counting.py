"""Numbers that agree with their nouns and verbs, and lists of names that end somewhere."""

from __future__ import annotations

from collections.abc import Sequence

_CONSONANTS_BEFORE_Y = frozenset("bcdfghjklmnpqrstvwxz")


def counted(number: int, noun: str) -> str:
    """Return `1 country`, `2 countries`, `1,000 devices`; the last word of the noun gets the plural."""
    return f"{number:,} {noun if number == 1 else plural(noun)}"


def counted_are(number: int, noun: str) -> str:
    """Return `1 reading is`, `2 readings are`."""
    return f"{counted(number, noun)} {are(number)}"


def are(number: int) -> str:
    """Return the verb for so many: `is` or `are`."""
    return "is" if number == 1 else "are"


def have(number: int) -> str:
    """Return the verb for so many: `has` or `have`."""
    return "has" if number == 1 else "have"


def first_of(names: Sequence[str], most: int = 3) -> str:
    """Return `a, b, c`, and of more names than `most` the first ones: `a, b, c, …`."""
    return ", ".join(names[:most]) + (", …" if len(names) > most else "")


def plural(noun: str) -> str:
    """Return a noun for several: `devices`, `entities`, `days`, `addresses`."""
    if noun.endswith("y") and noun[-2:-1] in _CONSONANTS_BEFORE_Y:
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith(("s", "x", "ch", "sh")) else f"{noun}s"
