"""JSON on a terminal: the same document, and nothing in it that a terminal would obey."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from papaya.render.json_text import json_text
from papaya.tunnel.escape import one_line

TURNED = "PM-\u202e1000\u2066\u200f"


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner)))
def test_the_document_stays_what_it_is_and_every_character_can_be_seen(document: object) -> None:
    text = json_text(document)
    assert json.loads(text) == document
    assert text.replace("\n", "").isprintable()


def test_a_name_that_turns_the_line_around_is_escaped_and_others_are_readable() -> None:
    assert json_text({"name": TURNED, "city": "Zürich 🚀"}, indent=None) == (
        '{"name": "PM-\\u202e1000\\u2066\\u200f", "city": "Zürich 🚀"}'
    )


@pytest.mark.parametrize("text", [TURNED, "\u2069", "\u061c"])
def test_a_comment_of_a_unit_or_a_key_names_what_turns_it_around(text: str) -> None:
    written = one_line(text)
    assert written.isprintable()
    assert "<U+" in written


def test_a_comment_keeps_what_scripts_need() -> None:
    assert one_line("क्\u200dष") == "क्\u200dष"
