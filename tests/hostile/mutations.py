"""Answers of a server that are nearly right: one value, or the whole answer, is what no server sends."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from hypothesis import strategies as st

from tests.hostile.server import Asked, head, whole

LONG = "9" * 400
DEEP: Any = json.loads("[" * 150 + "]" * 150)
# What an error or a table must not hand on to a terminal.
BIDI = "\u202eevil\u2066"
STRANGE: tuple[Any, ...] = (
    None, True, False, 0, -1, 2**63, 10**300, -(10**300), 1.5, 1e308, 5e-324, "", "x", "²", "NaN", "-0",
    "\x1b[2J\x07", BIDI, "\ud83d", "a\nb\r\nc", "\x00", "ü" * 70_000, [], {}, [[]], [None], {"id": None},
    {"id": {"id": 5}}, [{}], DEEP, "../../x", "13814000-1dd2-11b2-8080-808080808080",
)  # fmt: skip
RAW: tuple[bytes, ...] = (
    b"", b"null", b"[]", b"{}", b'"text"', b"[" * 100_000, b"\xff\xfe\x00", b"<html><title>x</title></html>",
    b'{"data":[', b'{"data":[],"hasNext":true}', b'{"data":[{}],"hasNext":false}', LONG.encode(), b"NaN",
    b"[1e999]", b'{"a":' + LONG.encode() + b"}", b"\x1b[2J", b"true", b"0", b"[0," * 3_000,
)  # fmt: skip
POSITION = 200, json.dumps({"latitude": 12.97, "longitude": 77.59, "city": "Bengaluru"}).encode(), ""
STATUSES = (
    100,
    200,
    201,
    204,
    301,
    302,
    304,
    400,
    401,
    403,
    404,
    409,
    413,
    418,
    429,
    500,
    502,
    503,
    504,
    999,
)


@dataclass(frozen=True)
class Mutation:
    """What happens to the answer of this number, and to all that follow if it is `lasting`."""

    number: int
    lasting: bool
    kind: str
    choice: int
    place: float
    raw: bytes = b""


def mutations() -> st.SearchStrategy[Mutation]:
    """Return every way of changing one answer, or all from one on."""
    return st.builds(
        Mutation,
        number=st.integers(0, 25),
        lasting=st.booleans(),
        kind=st.sampled_from(("value", "value", "value", "drop", "double", "raw", "status", "bytes", "half")),
        choice=st.integers(0, 999),
        place=st.floats(0, 1, exclude_max=True),
        raw=st.binary(max_size=60),
    )


@dataclass
class Between:
    """Stands between papaya and an honest server, and changes answers; `mutation` None changes nothing."""

    url: str
    mutation: Mutation | None = None
    answered: int = 0
    paths: list[str] = field(default_factory=list)

    def begin(self, mutation: Mutation | None) -> None:
        """Count answers from zero, and change them like this."""
        self.mutation, self.answered = mutation, 0

    def __call__(self, asked: Asked) -> Iterator[bytes]:
        number, self.answered = self.answered, self.answered + 1
        status, body, date = POSITION if asked.target == "/position" else self._honest(asked)
        mutation = self.mutation
        due = mutation is not None and (
            number == mutation.number or (mutation.lasting and number > mutation.number)
        )
        if mutation is None or not due:
            return whole(body, status, date=date)
        return _changed(mutation, status, body)

    def _honest(self, asked: Asked) -> tuple[int, bytes, str]:
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=60)
        names = ("x-authorization", "content-type")
        kept: dict[str, str] = {name: asked.headers[name] for name in names if name in asked.headers}
        connection.request(asked.method, asked.target, asked.body or None, kept)
        answer = connection.getresponse()
        found = answer.status, answer.read(), answer.headers.get("Date", "")
        connection.close()
        return found


def _changed(mutation: Mutation, status: int, body: bytes) -> Iterator[bytes]:
    match mutation.kind:
        case "raw":
            return whole(RAW[mutation.choice % len(RAW)], status)
        case "status":
            return whole(
                body, STATUSES[mutation.choice % len(STATUSES)], location="http://other.example/\x1b[2J"
            )
        case "bytes":
            return iter([mutation.raw])
        case "half":
            return iter(
                [head(status, content_length=str(len(body) + 10)), body[: int(len(body) * mutation.place)]]
            )
    try:
        document = json.loads(body)
    except ValueError:
        return whole(RAW[mutation.choice % len(RAW)], status)
    changed = _changed_at(document, mutation, int(mutation.place * max(1, _places(document))))[0]
    return whole(json.dumps(changed).encode(), status)


def _places(document: Any) -> int:
    if not isinstance(document, dict | list):
        return 1
    return 1 + sum(map(_places, document.values() if isinstance(document, dict) else document))


def _changed_at(document: Any, mutation: Mutation, place: int) -> tuple[Any, int]:
    """Return the document with the value at a place, counted in depth, changed; and the places left over."""
    if place == 0:
        if mutation.kind == "double" and isinstance(document, list):
            return document * 2, -1
        return STRANGE[mutation.choice % len(STRANGE)], -1
    place -= 1
    if isinstance(document, dict):
        made: dict[str, Any] = {}
        for key, member in document.items():
            if place == 0 and mutation.kind == "drop":
                place = -1
                continue
            made[key], place = (member, place) if place < 0 else _changed_at(member, mutation, place)
        return made, place
    if isinstance(document, list):
        rows = []
        for member in document:
            changed, place = (member, place) if place < 0 else _changed_at(member, mutation, place)
            rows.append(changed)
        return rows, place
    return document, place
