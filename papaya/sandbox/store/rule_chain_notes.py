"""Sticky notes on the canvas of a rule chain, from 4.4 on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from papaya.sandbox.numbers import whole
from papaya.sandbox.store.validation import text_or_none
from papaya.sandbox.wire import MOST_INT

_PIXELS = ("x", "y", "width", "height")
_STYLE = ("applyDefaultMarkdownStyle", "markdownCss")


def normal_note(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a note as the server stores it: pixels are whole, and members that are null are left out."""
    note: dict[str, Any] = {"id": text_or_none(given.get("id"))}
    note |= {name: whole(given.get(name), most=MOST_INT) for name in _PIXELS}
    note |= {name: text_or_none(given.get(name)) for name in ("content", "backgroundColor", "borderColor")}
    border = given.get("borderWidth")
    note["borderWidth"] = None if border is None else whole(border, most=MOST_INT)
    note |= {name: given.get(name) for name in _STYLE}
    return {name: value for name, value in note.items() if value is not None}
