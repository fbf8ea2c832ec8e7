"""JSON of devices as leniently as the server reads it: what Gson's lenient reader lets pass.

Names and texts may have single quotation marks or none. Comments, `=` for `:` and `;` for `,` are allowed.
Nothing between two commas of a list is null. A value without quotation marks that is not a number, including
`NaN`, is a text. No library accepts exactly this, and a device that works here must work on the server.
After the document there may be nothing but white space, not even a comment (measured on 4.0.1 and 4.3.1.3).
"""

from __future__ import annotations

import re
from typing import Any

from papaya.sandbox.wire import HALF_CHARACTER, Numeral, loads

# The objects and lists within each other that Gson reads at most.
_DEEPEST = 255
_TOO_DEEP = "the JSON is nested too deeply"
# Gson passes over it: a guard against scripts that read foreign JSON.
_GUARD = ")]}'\n"
_WHITE = " \t\r\n"
_SKIPPED = re.compile(r"(?:[ \t\r\n]|//[^\r\n]*|#[^\r\n]*|/\*.*?\*/)*", re.DOTALL)
_UNQUOTED = re.compile(r"[^/\\;#={}\[\]:, \t\f\r\n]+")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?", re.ASCII)
_PLAIN = {'"': re.compile(r'[^"\\]*'), "'": re.compile(r"[^'\\]*")}
_ESCAPES = {
    "t": "\t",
    "b": "\b",
    "n": "\n",
    "r": "\r",
    "f": "\f",
    "\n": "\n",
    "'": "'",
    '"': '"',
    "\\": "\\",
    "/": "/",
}
_HEX = re.compile(r"[0-9a-fA-F]{4}", re.ASCII)
_WORDS = {"true": True, "false": False, "null": None}
# Python refuses to read longer ones, and no long is as long.
_LONGEST_WHOLE = 4_000


def lenient(text: str) -> Any:
    """Return what a text says; raises ValueError for what even a lenient reader refuses."""
    reader = _Reader(text.removeprefix("\ufeff").removeprefix(_GUARD))
    reader.skip()
    if reader.is_at_end():
        return None
    value = reader.value(0)
    if value is not None and reader.has_more():
        raise ValueError("Did not consume the entire document.")
    return value


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def is_at_end(self) -> bool:
        return self._at >= len(self._text)

    def has_more(self) -> bool:
        return bool(self._text[self._at :].strip(_WHITE))

    def skip(self) -> None:
        found = _SKIPPED.match(self._text, self._at)
        self._at = found.end() if found else self._at

    def value(self, depth: int) -> Any:
        first = self._peek()
        if first in ("{", "[") and depth >= _DEEPEST:
            raise ValueError(_TOO_DEEP)
        if first == "{":
            return self._object(depth)
        if first == "[":
            return self._list(depth)
        if first in _PLAIN:
            return self._quoted(first)
        return self._literal()

    def _peek(self) -> str:
        self.skip()
        return self._text[self._at : self._at + 1]

    def _take(self, *expected: str) -> str:
        found = self._peek()
        if found not in expected or not found:
            raise self._wrong(f"Expected {' or '.join(expected)}")
        self._at += 1
        return found

    def _object(self, depth: int) -> dict[str, Any]:
        self._take("{")
        members: dict[str, Any] = {}
        if self._peek() == "}":
            self._at += 1
            return members
        while True:
            first = self._peek()
            name = self._quoted(first) if first in _PLAIN else self._word("name")
            if self._take(":", "=") == "=" and self._text[self._at : self._at + 1] == ">":
                self._at += 1
            members[name] = self.value(depth + 1)
            if self._take(",", ";", "}") == "}":
                return members

    def _list(self, depth: int) -> list[Any]:
        self._take("[")
        members: list[Any] = []
        if self._peek() == "]":
            self._at += 1
            return members
        while True:
            if self._peek() in (",", ";", "]"):
                members.append(None)
            else:
                members.append(self.value(depth + 1))
            if self._take(",", ";", "]") == "]":
                return members

    def _quoted(self, mark: str) -> str:
        self._at += 1
        parts: list[str] = []
        while True:
            found = _PLAIN[mark].match(self._text, self._at)
            parts.append(found[0] if found else "")
            self._at = found.end() if found else self._at
            if self.is_at_end():
                raise self._wrong("Unterminated string")
            self._at += 1
            if self._text[self._at - 1] == mark:
                return "".join(parts)
            parts.append(self._escaped())

    def _escaped(self) -> str:
        letter = self._text[self._at : self._at + 1]
        self._at += 1
        if letter == "u" and (digits := _HEX.match(self._text, self._at)):
            self._at = digits.end()
            unit = int(digits[0], 16)
            # Half of a pair has no meaning by itself, and nothing can store it.
            if not 0xD800 <= unit < 0xE000:
                return chr(unit)
            return self._pair(unit)
        if letter not in _ESCAPES or not letter:
            raise self._wrong("Invalid escape sequence")
        return _ESCAPES[letter]

    def _pair(self, high: int) -> str:
        following = self._text[self._at : self._at + 2]
        digits = _HEX.match(self._text, self._at + 2) if following == "\\u" else None
        low = int(digits[0], 16) if digits else 0
        if digits is None or not (high < 0xDC00 <= low < 0xE000):
            return HALF_CHARACTER
        self._at = digits.end()
        return chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))

    def _literal(self) -> Any:
        word = self._word("value")
        if word.lower() in _WORDS:
            return _WORDS[word.lower()]
        number = _NUMBER.fullmatch(word)
        if number is None:
            return word
        if number[1] or number[2]:
            return Numeral(word)
        return int(word) if len(word) < _LONGEST_WHOLE else word

    def _word(self, what: str) -> str:
        found = _UNQUOTED.match(self._text, self._at)
        if found is None:
            raise self._wrong(f"Expected {what}")
        self._at = found.end()
        return found[0]

    def _wrong(self, what: str) -> ValueError:
        before = self._text[: self._at].split("\n")
        return ValueError(f"{what} at line {len(before)} column {len(before[-1]) + 1}")


def device_json(payload: bytes) -> Any:
    """Return the JSON of a device; what is no UTF-8 in it becomes U+FFFD, as on the server.

    Raises ValueError for what even the server refuses.
    """
    text = payload.decode("utf-8", "replace")
    try:
        document = loads(text)
    except ValueError:
        # Nearly everything is strict JSON, which is read a hundred times faster.
        return lenient(text)
    if payload.count(b"[") + payload.count(b"{") > _DEEPEST:
        _check_depth(document)
    return document


def _check_depth(document: Any) -> None:
    level, depth = [document], 0
    while level:
        level = [each for each in level if isinstance(each, (dict, list))]
        depth += bool(level)
        if depth > _DEEPEST:
            raise ValueError(_TOO_DEEP)
        level = [each for group in level for each in (group.values() if isinstance(group, dict) else group)]
