"""What reading and writing need of a session, so that tests and other sessions can stand in for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from papaya.manifest.model import Json

Parameters = Mapping[str, str | int | bool]


class Readable(Protocol):
    """What reading single things needs."""

    def get(self, path: str, *, params: Parameters | None = None) -> Json:
        """Return the answer to a GET."""


class Server(Readable, Protocol):
    """What reading pages and queries needs."""

    def post(self, path: str, body: Json, *, repeatable: bool = False) -> Json:
        """Return the answer to a POST; a `repeatable` one may be sent again when its answer is lost."""


class Writable(Readable, Protocol):
    """What writing needs."""

    def post(
        self, path: str, body: Json, *, params: Parameters | None = None, repeatable: bool = False
    ) -> Json:
        """Return the answer to a POST; a `repeatable` one may be sent again when its answer is lost."""
