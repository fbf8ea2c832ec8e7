"""Endpoints of ThingsBoard that the sandbox lacks: each says so to every client."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from papaya.sandbox.gaps import tell_gap
from papaya.sandbox.refusal import GENERAL, Refusal
from papaya.sandbox.rest.call import Call
from papaya.sandbox.rest.reply import Reply
from papaya.sandbox.rest.routing import Route

_NOT_IMPLEMENTED = 501
_LIST = Path(__file__).with_name("absent.txt")


def absent_routes(*, newer: bool = True) -> Iterator[Route]:
    """Return a route for each endpoint of the list, those that 4.0 does not have only if `newer`."""
    for line in _LIST.read_text().splitlines():
        if line.startswith("#"):
            continue
        methods, path, *since = line.split(" ")
        if since and not newer:
            continue
        parts = path.split("/")
        template = "/".join(f"{{{number}}}" if part == "{}" else part for number, part in enumerate(parts))
        for method in methods.split(","):
            yield Route(method, template, partial(_refuse, f"{method} {path}"), authorities=None)


def _refuse(endpoint: str, call: Call) -> Reply:
    raise Refusal(_NOT_IMPLEMENTED, GENERAL, tell_gap(endpoint, call.peer), by_advice=False)
