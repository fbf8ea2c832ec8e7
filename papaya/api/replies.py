"""A reply as it came, and the JSON in it."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import cast

from papaya.errors import UnexpectedReply
from papaya.foreign import ForeignValue, TooMuch, double_or_text, json_in
from papaya.manifest.model import Json

# What a page of 10,000 devices with dozens of attributes has; a larger one is read in smaller pages.
MOST_VALUES = 1_000_000
# Where one character needs four bytes, Python's text takes four for each.
_MOST_WIDE = 16 * 1024 * 1024
_WIDE = re.compile(rb"[\xf0-\xff]")
_LARGE = 256 * 1024

# Large answers are decoded one after the other: together they would need their memory together.
_decoding = threading.Lock()


class _Turn(threading.local):
    """Whether a thread keeps its turn to decode until it has used what it decoded, and whether it has it."""

    is_kept = False
    is_held = False


_turn = _Turn()


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Let no other thread decode a large answer from when this one does until the block ends.

    For blocks that wait for no other thread.
    """
    _turn.is_kept = True
    try:
        yield
    finally:
        _turn.is_kept = False
        if _turn.is_held:
            _turn.is_held = False
            _decoding.release()


class AnswerTooLarge(UnexpectedReply):
    """An answer that is larger or deeper than papaya reads; asking for less may help."""


@dataclass(frozen=True, slots=True)
class Reply:
    """Status, type and body of one answer; the body may hold secrets, so it is not in the `repr`.

    `source` is what was asked, with the server's URL and without secrets. `had_to_connect` says that the time
    it took includes the making of a connection, round trips of its own.
    """

    status: int
    content_type: str = ""
    body: bytes = field(default=b"", repr=False)
    location: str = field(default="", repr=False)
    date: str = ""
    had_to_connect: bool = False
    source: str = ""


def decode(reply: Reply) -> Json:
    """Return the body: JSON as what it says, other text as text, nothing as None.

    Keys that occur twice are taken once: 4.3 sends `type` twice in a device's configuration. A number that
    nothing can keep (`1e999`, 400 digits) comes as its text, so that it costs no other value. Raises
    AnswerTooLarge for what is nested too deeply or has too many values.
    """
    if len(reply.body) <= _LARGE or _turn.is_held:
        return _decoded(reply)
    if _turn.is_kept:
        _decoding.acquire()
        _turn.is_held = True
        return _decoded(reply)
    with _decoding:
        return _decoded(reply)


def _decoded(reply: Reply) -> Json:
    if len(reply.body) > _MOST_WIDE and _WIDE.search(reply.body):
        raise too_much(reply.source, f"the answer has more than {_MOST_WIDE // 1024 // 1024} MB")
    text = _text(reply.body)
    if not text.strip():
        return None
    # Not by the content type alone: the server labels some JSON as text, and some text as JSON.
    try:
        return cast(Json, json_in(text, most_values=MOST_VALUES, unusable=double_or_text, what="the answer"))
    except TooMuch as error:
        raise too_much(reply.source, error.message) from None
    except ForeignValue:
        return text


def too_much(source: str, what: str) -> AnswerTooLarge:
    """Return the error for an answer that is more than papaya reads; `source` is `GET http://host/path`."""
    method, _, path = source.partition(" ")
    return AnswerTooLarge(
        f"{source}: {what}" if source else what,
        method=method,
        path=path,
        remedy="Is the URL that of ThingsBoard itself? No answer of its API is like that.",
    )


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Error bodies written by the server's filters are ISO-8859-1, as their content type says.
        return body.decode("iso-8859-1")
