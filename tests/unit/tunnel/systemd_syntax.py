"""What systemd makes of a unit, by its own rules: systemd.syntax(7), systemd.unit(5) and systemd.service(5).

Written from those pages and from nothing of papaya, so that a shared mistake shows.
"""

from __future__ import annotations

import re

Unit = list[tuple[str, str, str]]

_SIMPLE_ESCAPES = {
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
    "\\": "\\",
    '"': '"',
    "'": "'",
    "s": " ",
}
_NUMBER_ESCAPES = (
    (re.compile(r"x([0-9a-fA-F]{2})"), 16),
    (re.compile(r"u([0-9a-fA-F]{4})"), 16),
    (re.compile(r"U([0-9a-fA-F]{8})"), 16),
    (re.compile(r"([0-7]{3})"), 8),
)
_WHITESPACE = " \t\n\r"
_VARIABLE = re.compile(r"\$(?:\$|\{[A-Za-z_][A-Za-z0-9_]*\})")


def settings_of(text: str) -> Unit:
    """Return the settings of a unit: section, key, value, with continued lines joined."""
    unit: Unit = []
    section, pending = "", ""
    for line in re.split("\n|\r|\0", text):
        if not pending and (not line.strip() or line.lstrip()[0] in "#;"):
            continue
        if pending and line.lstrip()[:1] in ("#", ";"):
            continue
        whole = pending + line
        if whole.endswith("\\"):
            pending = whole[:-1] + " "
            continue
        pending = ""
        whole = whole.strip()
        if whole.startswith("["):
            assert whole.endswith("]"), whole
            section = whole[1:-1]
        else:
            key, equals, value = whole.partition("=")
            assert equals, whole
            unit.append((section, key.strip(), value.strip()))
    assert not pending
    return unit


def arguments_of(value: str) -> list[str]:
    """Return the arguments of one command line, with no variable of the environment set."""
    return [_without_variables(_without_specifiers(word)) for word in _words(value)]


def path_of(value: str) -> str:
    """Return a path that is taken as it stands, but for specifiers."""
    return _without_specifiers(value)


def _words(value: str) -> list[str]:
    """Split by whitespace, honour quotes at the start of a word and C escapes anywhere."""
    words: list[str] = []
    at = 0
    while True:
        while at < len(value) and value[at] in _WHITESPACE:
            at += 1
        if at >= len(value):
            return words
        quote = value[at] if value[at] in "\"'" else ""
        at += bool(quote)
        word = ""
        while at < len(value):
            character = value[at]
            if character == "\\":
                meaning, length = _escape(value[at + 1 :])
                word, at = word + meaning, at + 1 + length
                continue
            at += 1
            if quote and character == quote:
                assert at == len(value) or value[at] in _WHITESPACE, value
                quote = ""
                break
            if not quote and character in _WHITESPACE:
                break
            word += character
        assert not quote, value
        assert word != ";" or value[at - 2 : at - 1] in ('"', "'"), "a second command"
        words.append(word)


def _escape(rest: str) -> tuple[str, int]:
    if rest[:1] in _SIMPLE_ESCAPES:
        return _SIMPLE_ESCAPES[rest[0]], 1
    for pattern, base in _NUMBER_ESCAPES:
        found = pattern.match(rest)
        if found:
            return chr(int(found[1], base)), found.end()
    raise AssertionError(f"an unknown escape: \\{rest[:1]}")


def _without_specifiers(word: str) -> str:
    for found in re.finditer("%(.?)", word):
        assert found[1] == "%", f"a specifier that would be expanded: {word}"
    return word.replace("%%", "%")


def _without_variables(word: str) -> str:
    assert not re.fullmatch(r"\$[A-Za-z_][A-Za-z0-9_]*", word), f"a variable that would be expanded: {word}"
    return _VARIABLE.sub(lambda found: "$" if found[0] == "$$" else "", word)
