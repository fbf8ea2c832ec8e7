"""JSON for people's terminals and for programs at once."""

from __future__ import annotations

import json

from papaya.foreign import still_json


def json_text(value: object, indent: int | None = 2) -> str:
    """Return a value as JSON in which nothing steers a terminal; a program reads the same document."""
    return still_json(json.dumps(value, indent=indent, ensure_ascii=False))
