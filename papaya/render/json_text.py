"""JSON for people's terminals and for programs at once."""

from __future__ import annotations

import json


def json_text(value: object, indent: int | None = 2) -> str:
    """Return a value as JSON in which nothing steers a terminal; a program reads the same document.

    Names of a server may turn the direction of writing around (U+202E), so that a line reads as another one.
    """
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    if text.isascii():
        return text
    return "".join(
        character if character.isprintable() or character == "\n" else json.dumps(character)[1:-1]
        for character in text
    )
