"""Characters that look like nothing or like others, and one form for those that can be written in two."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

# Control and format characters, surrogates, lines and paragraphs of Unicode: none of them can be seen.
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
# Not of those categories, and drawn as nothing all the same.
_DRAWN_AS_NOTHING: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
# Scripts of India and Arabic writing, and emoji, need them between letters.
_JOINERS: Final = frozenset("\u200c\u200d")
_BLANKS: Final = re.compile("[\xa0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_ODD_COLON: Final = re.compile(":([\xa0\u1680\u2000-\u200a\u202f\u205f\u3000])")
_QUOTES: Final = frozenset("\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u00ab\u00bb")
_NAMES: Final = {
    "\t": "TAB",
    "\n": "LINE FEED",
    "\v": "VERTICAL TAB",
    "\f": "FORM FEED",
    "\r": "CARRIAGE RETURN",
    "\x1b": "ESCAPE",
}
_WRAPPED: Final = re.compile(r'="(.*)"', re.S)


def composed(text: str) -> str:
    """Return a text in the normal form NFC, in which what looks the same is the same."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def invisible_in(text: str, *, allowed: str = "") -> str | None:
    """Return the first character of a text that nobody can see, described by its code point, or None."""
    if text.isascii() and text.isprintable():
        return None
    for index, character in enumerate(text):
        if character in allowed or not _is_invisible(character):
            continue
        if character in _JOINERS and _joins(text, index):
            continue
        return described(character)
    return None


def blank_in(text: str) -> str | None:
    """Return the first blank of a text that is no ordinary one, described by its code point, or None."""
    found = None if text.isascii() else _BLANKS.search(text)
    return described(found.group()) if found else None


def odd_ends(text: str) -> tuple[str, str] | None:
    """Return the quotation mark or blank of a word processor at an end of a text, and the text without them.

    A quotation mark counts only if there is one at both ends.
    """
    bare = text.strip()
    if bare != text:
        return described(text[0] if text[:1] != bare[:1] else text[-1]), bare
    if len(text) > 2 and text[0] in _QUOTES and text[-1] in _QUOTES:
        return described(text[0]), text[1:-1]
    return None


def odd_colon(text: str) -> str | None:
    """Return the blank after a colon that is no ordinary one, so that YAML takes all of it for one text."""
    found = _ODD_COLON.search(text)
    return described(found[1]) if found else None


def described(character: str) -> str:
    """Return `U+00AD (SOFT HYPHEN)`."""
    name = _NAMES.get(character) or unicodedata.name(character, "control character")
    return f"U+{ord(character):04X} ({name})"


def cleaned_cell(text: str) -> str:
    """Return the cell of a table without what spreadsheets put around and into it unseen.

    Blanks around it go, no-break and other blanks become ordinary ones, `="0042"` becomes 0042, and the text
    is NFC.
    """
    if not text.isascii():
        text = unicodedata.normalize("NFC", _BLANKS.sub(" ", text))
    text = text.strip()
    if text.startswith('="') and (wrapped := _WRAPPED.fullmatch(text)):
        return wrapped[1].replace('""', '"').strip()
    return text


def _is_invisible(character: str) -> bool:
    return unicodedata.category(character) in _INVISIBLE or character in _DRAWN_AS_NOTHING


def _joins(text: str, index: int) -> bool:
    """Return whether a joiner stands between characters of a script, or of an emoji, that needs it."""
    before, after = text[index - 1 : index], text[index + 1 : index + 2]
    if not before or not after:
        return False
    return all(unicodedata.category(one) in ("Lo", "Mn", "Mc", "So", "Sk") for one in (before, after))
