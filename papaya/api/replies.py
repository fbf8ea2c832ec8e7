"""A reply as it came, and the JSON in it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from papaya.manifest.model import Json


@dataclass(frozen=True, slots=True)
class Reply:
    """Status, type and body of one answer; the body may hold secrets, so it is not in the `repr`."""

    status: int
    content_type: str = ""
    body: bytes = field(default=b"", repr=False)
    location: str = field(default="", repr=False)
    date: str = ""


def decode(reply: Reply) -> Json:
    """Return the body: JSON as what it says, other text as text, nothing as None.

    Keys that occur twice are taken once: 4.3 sends `type` twice in a device's configuration.
    """
    text = _text(reply.body)
    if not text.strip():
        return None
    # Not by the content type alone: the server labels some JSON as text, and some text as JSON.
    try:
        value: Json = json.loads(text)
    except ValueError:
        return text
    return value


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Error bodies written by the server's filters are ISO-8859-1, as their content type says.
        return body.decode("iso-8859-1")
