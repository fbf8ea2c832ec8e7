"""Whose credentials are used: those that belong to the server, from the first source that has any.

Credentials belong to the URL that stands beside them. What a file says about one server is never sent to
another, whatever option or variable names that other one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from papaya.api.credentials import Credentials
from papaya.errors import SecretUnavailable

CONFIG_PROPERTIES = "config.properties"
ENVIRONMENT = "environment"
MANIFEST = "manifest"
LOGIN = "papaya login"


@dataclass(frozen=True, slots=True)
class Candidate:
    """What one source offers; `url` is None where the source names no server."""

    source: str
    origin: str
    resolve: Callable[[], Credentials] = field(repr=False)
    url: str | None = None
    needs_url: bool = True
    username: str | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """The credentials of a run, where they came from, and why others were not taken."""

    credentials: Credentials
    source: str
    origin: str
    notes: tuple[str, ...]


def choose(candidates: Iterable[Candidate], url: str, username: str | None) -> Choice:
    """Return the first credentials that belong to the server and, if one was named, to the user."""
    notes: list[str] = []
    unavailable: SecretUnavailable | None = None
    for candidate in candidates:
        objection = _objection(candidate, url, username)
        if objection:
            notes.append(objection)
            continue
        try:
            credentials = candidate.resolve()
        except SecretUnavailable as error:
            # A later source may do: who has run `papaya login` needs no variable.
            unavailable = unavailable or error
            continue
        if username is not None and credentials.username is None:
            credentials = replace(credentials, username=username)
        if credentials:
            return Choice(credentials, candidate.source, candidate.origin, tuple(notes))
    if unavailable is not None:
        raise unavailable
    return Choice(Credentials(username=username), "", "", tuple(notes))


def _objection(candidate: Candidate, url: str, username: str | None) -> str:
    if candidate.url is None and candidate.needs_url:
        return (
            f"The credentials in {candidate.origin} stand beside no url, so they are not sent to {url}: "
            f"write the url that they belong to into {candidate.origin}."
        )
    if candidate.url is not None and candidate.url != url:
        return f"The credentials in {candidate.origin} belong to {candidate.url} and are not sent to {url}."
    if username is not None and candidate.username is not None and candidate.username != username:
        return f"The credentials in {candidate.origin} are those of {candidate.username}, not of {username}."
    return ""
