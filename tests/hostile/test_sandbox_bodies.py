"""Requests that are nearly right: one value of a body that papaya sends is what no client sends."""

from __future__ import annotations

import json
import random
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from papaya.cli import main
from papaya.sandbox import Sandbox
from tests.hostile.mutations import Between
from tests.hostile.server import Asked, HostileServer
from tests.hostile.watched import PATIENCE, Watched, watching

FULL = Path(__file__).parents[2] / "manifests" / "full"
MARK = "the place of the odd value"
# As they are written in JSON.
ODD = (
    "1e400", "-1e400", "1e308", "9" * 400, "9" * 25, "-1", "0.5", "NaN", "true", "null", "[]", "{}", '""',
    "[null]", '{"id":null}', '"\\u00b2"', '"\\u0000"', '"\\ud83d"', "[[]]", '{"a":{"id":5}}', '"1e999"',
    "9223372036854775807", "-9223372036854775808", "2147483648", f'"{"z" * 70_000}"', '[1,2,"a",{}]',
    "[" * 900 + "]" * 900, '"a%a%a%a%b"', '"(a+)+$"', '"10**10**10"', '"../../x"',
)  # fmt: skip
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")
COMMANDS = (
    ("apply", ".", "--yes", "--adopt"),
    ("show", "."),
    ("export", "--json"),
    ("credentials", "rotate", ".", "--out", "new.json", "--allow-token-change", "9"),
    ("destroy", ".", "--yes", "--allow-destroy", "99"),
)
# What no request here takes, on a machine that is five times slower.
LONGEST = 20.0


def places(document: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the place of every value."""
    yield place
    if isinstance(document, dict | list):
        for key, member in document.items() if isinstance(document, dict) else enumerate(document):
            yield from places(member, (*place, key))


def changed(text: bytes, place: tuple[Any, ...], odd: str) -> bytes:
    """Return a body with an odd value in a place."""
    document: Any = {"": json.loads(text)}
    inner, key = document, ""
    for step in place:
        inner, key = inner[key], step
    inner[key] = MARK
    return json.dumps(document[""]).replace(json.dumps(MARK), odd).encode()


class Repeater(Between):
    """Stands before a sandbox, and repeats what papaya sends so many times, with one value changed."""

    def __init__(self, watched: Watched, times: int, seed: int) -> None:
        super().__init__(watched.sandbox.url)
        self._watched, self._times = watched, times
        self._chance = random.Random(seed)
        self.kinds: set[str] = set()
        self.slowest, self.logged = 0.0, list[str]()

    def __call__(self, asked: Asked) -> Iterator[bytes]:
        answer = list(super().__call__(asked))
        kind = f"{asked.method} {_ID.sub('#', asked.target.partition('?')[0])}"
        if "json" in asked.headers.get("content-type", "") and asked.body:
            for _ in range(self._times):
                self._repeat(kind, asked)
        return iter(answer)

    def _repeat(self, kind: str, asked: Asked) -> None:
        place = self._chance.choice(list(places(json.loads(asked.body))))
        odd = self._chance.choice(ODD)
        began = time.monotonic()
        headers = {**self._watched.headers, "Content-Type": "application/json"}
        status = requests.request(
            asked.method,
            self._watched.sandbox.url + asked.target,
            data=changed(asked.body, place, odd),
            headers=headers,
            timeout=PATIENCE,
        ).status_code
        self.kinds.add(kind)
        self.slowest = max(self.slowest, time.monotonic() - began)
        assert status < 600
        self.logged += [f"{kind} {place} {odd[:30]}: {one.getMessage()}" for one in self._tracebacks()]

    def _tracebacks(self) -> list[Any]:
        found = [one for one in self._watched.records if one.exc_info or "\n" in one.getMessage()]
        self._watched.records.clear()
        return found


def expect_served(folder: Path, monkeypatch: pytest.MonkeyPatch, times: int, seed: int) -> set[str]:
    """Apply and destroy a fleet with every kind of object, with all bodies sent in odd forms, too.

    Return the kinds of requests.
    """
    shutil.copytree(FULL, folder / "full")
    monkeypatch.chdir(folder / "full")
    monkeypatch.setenv("PAPAYA_USERNAME", Sandbox.username)
    monkeypatch.setenv("PAPAYA_PASSWORD", Sandbox.password)
    with watching() as watched:
        repeater = Repeater(watched, times, seed)
        with HostileServer(repeater) as server:
            for command in COMMANDS:
                # What the odd bodies left behind may be in its way.
                assert main([*command, "--url", server.url, "--retry-for", "0s"]) in (0, 1, 3)
        watched.check()
    assert repeater.logged == []
    assert repeater.slowest < LONGEST
    return repeater.kinds


def test_a_request_with_one_odd_value_is_answered_and_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(expect_served(tmp_path, monkeypatch, 6, 0)) > 8


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(1, 21))
def test_thousands_of_requests_with_one_odd_value_are_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    expect_served(tmp_path, monkeypatch, 40, seed)
