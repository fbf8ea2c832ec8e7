"""Names and texts that the server refuses, or takes for something else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from papaya.diagnostics import Severity
from papaya.manifest.characters import blank_in, invisible_in

LONGEST_NAME: Final = 255
LARGEST_INTEGER: Final = 2**63 - 1
# What the server's own filter refuses (measured): `<` directly before a letter, CDATA, and from 4.2 on `{{`.
_MARKUP = re.compile(r"<[A-Za-z]|<!\[CDATA\[")
_UNUSUAL = re.compile(r"[<\x00-\x1f\x7f]|\{\{|^\s|\s$|^$")
# NumberUtils.isParsable of commons-lang, by which a server from 4.2 on decides what it casts to a number.
_PARSABLE = re.compile(r"-?(?:\d+(?:\.\d+)?|\.\d+)")
_DIGITS_OF_LARGEST = 20
_LONGEST_FRACTION = 16
_SURELY_SHORT = LONGEST_NAME // 3


@dataclass(frozen=True, slots=True)
class Objection:
    """What is wrong with a text, and what to do about it."""

    summary: str
    remedy: str = ""
    severity: Severity = "error"


def object_to_name(text: str) -> Iterator[Objection]:
    """Yield what the server has against a text as the name of an entity or profile."""
    if _is_usual(text):
        return
    if not text.strip():
        yield Objection("is blank", "write a name")
        return
    if text != text.strip():
        yield Objection(
            "begins or ends with a blank, which the server keeps", "remove it unless it is meant", "warning"
        )
    blank = blank_in(text)
    if blank is not None:
        yield Objection(f"holds the blank {blank}", "write an ordinary blank")
    yield from object_to_invisible(text.strip())
    yield from object_to_text(text)


def object_to_invisible(text: str, *, allowed: str = "") -> Iterator[Objection]:
    """Yield the first invisible character of a text; NUL is told by `object_to_characters`."""
    invisible = invisible_in(text, allowed=allowed + "\x00")
    if invisible is not None:
        yield Objection(f"holds the invisible character {invisible}", "remove it")


def object_to_text(text: str, longest: int = LONGEST_NAME) -> Iterator[Objection]:
    """Yield what the server has against a text of an entity: its label, its type or its description."""
    if _is_usual(text):
        return
    length = utf16_length(text)
    if length > longest:
        yield Objection(f"is longer than {longest:,} characters ({length:,} in UTF-16)", "shorten it")
    yield from object_to_characters(text)
    if _MARKUP.search(text):
        yield Objection("holds markup, which the server refuses", "put a blank after <")
    if "{{" in text:
        yield Objection(
            'holds "{{", which servers from 4.2 on refuse',
            "a template is rendered only in a file named *.yaml.j2, or in `each` of a CSV source",
        )


def object_to_characters(text: str) -> Iterator[Objection]:
    """Yield what no text on the server may hold."""
    if "\x00" in text:
        yield Objection("holds the character NUL, which the server refuses", "remove it")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            yield Objection("holds a lone surrogate, which is no character", "write the character itself")


def is_cast_to_number(text: str) -> bool:
    """Return whether a server from 4.2 on takes this text for a number (JsonConverter.parseNumericValue).

    4.0 and 4.1 keep every text. From 4.2 on, whole numbers of more than 64 bits and fractions of more than 16
    digits stay text; leading zeros are lost in them, too.
    """
    if _PARSABLE.fullmatch(text) is None:
        return False
    whole, _, fraction = text.partition(".")
    digits = whole.lstrip("-")
    if digits.startswith("0") and len(digits) > 1:
        return True
    if fraction:
        return len(fraction) <= _LONGEST_FRACTION
    return len(digits) < _DIGITS_OF_LARGEST and -LARGEST_INTEGER - 1 <= int(text) <= LARGEST_INTEGER


def changes_when_cast(text: str) -> bool:
    """Return whether a number that was text reads otherwise after the cast: `0012` does, `12` does not."""
    if "." in text:
        return repr(float(text)) != text
    return len(text) > _DIGITS_OF_LARGEST or str(int(text)) != text or abs(int(text)) > LARGEST_INTEGER


def utf16_length(text: str) -> int:
    """Return the length of a text as Java counts it."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def _is_usual(text: str) -> bool:
    return len(text) <= _SURELY_SHORT and text.isascii() and _UNUSUAL.search(text) is None
