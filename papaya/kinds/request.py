"""Requests as values. A kind says what is to be sent; the REST edge sends it and hands the answers back.

A conversation is a generator: it yields a `Request`, is sent the answer as JSON, and returns its result. An
error of the server is raised at the `yield`, so that a kind may handle it or let it pass.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from papaya.manifest.model import Json, SecretReference

Method = Literal["GET", "POST", "DELETE"]
Parameters = Mapping[str, str | int | bool]
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Look:
    """How to find out whether a request whose answer was lost was carried out.

    `found` takes the answer of `request` and returns what the lost answer would have said, or None where the
    request was not carried out.
    """

    request: Request
    found: Callable[[Json], Json]


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that a POST sends as the part `file` of a form, read while it is sent.

    `path` is where it is on this machine, `name` what the server calls it, `size` its length in bytes.
    """

    path: str
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Request:
    """One request below the server's URL; `step` is how the journal and a report of failures call it.

    `repeatable` says that sending it twice is the same as once, `absent_is_done` that 404 means success.
    One that is neither repeatable nor has a `look` is not sent again after a lost answer. `secrets` says
    where in the body which secrets go: their values are put in where it is sent, and nowhere earlier. With an
    `upload` there is no body.
    """

    method: Method
    path: str
    body: Json = None
    parameters: Parameters = field(default_factory=dict)
    step: str = ""
    repeatable: bool = False
    absent_is_done: bool = False
    look: Look | None = None
    secrets: Mapping[tuple[str, ...], SecretReference] = field(default_factory=dict)
    upload: Upload | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """A list that comes in pages of `{data, hasNext}`."""

    path: str
    parameters: Parameters = field(default_factory=dict)


Conversation = Generator[Request, Json, Result]
