"""One request, as every endpoint is given it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from papaya.sandbox.refusal import bad_credentials, broken, invalid, unauthenticated
from papaya.sandbox.rest.media import is_json, not_supported
from papaya.sandbox.store.core import Core
from papaya.sandbox.store.users import User
from papaya.sandbox.wire import is_uuid, loads

_LONGEST_ID = 36


@dataclass(slots=True)
class Call:
    """One request, already routed and authenticated."""

    core: Core
    method: str
    path: str
    parameters: Mapping[str, str]
    query: Mapping[str, list[str]]
    body: bytes
    user: User | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    # The address of who asks.
    peer: str = ""

    @property
    def address(self) -> str:
        """The server's address as the client uses it."""
        return f"http://{self.headers.get('Host', 'localhost')}"

    @property
    def sender(self) -> User:
        """The authenticated user; None only for public endpoints."""
        if self.user is None:
            raise unauthenticated()
        return self.user

    def argument(self, name: str) -> str | None:
        """Return a text of the query, None when it is absent or empty; one that is repeated is joined."""
        values = self.query.get(name)
        return ",".join(values) or None if values else None

    def first(self, name: str) -> str | None:
        """Return a query parameter that is no text: of several values the first counts."""
        values = self.query.get(name)
        return values[0] or None if values else None

    def required(self, name: str) -> str:
        """Return a query parameter that the endpoint cannot do without."""
        value = self.argument(name)
        if value is None:
            raise invalid(
                f"Required request parameter '{name}' for method parameter type String is not present"
            )
        return value

    def flag(self, name: str, default: bool = False) -> bool:
        """Return a query parameter that is true or false."""
        value = self.first(name)
        return default if value is None else value.lower() == "true"

    def keys(self) -> list[str]:
        """Return the comma-separated `keys`, or each `key` if the version supports that."""
        repeated = self.query.get("key")
        if repeated and self.core.dialect.repeatable_key:
            return repeated
        joined = self.argument("keys")
        return joined.split(",") if joined else []

    def identifier(self, name: str) -> str:
        """Return a path parameter that must be a UUID."""
        return checked_id(self.parameters[name])

    def json(self) -> Any:
        """Return the parsed body; the server answers 500 to what it cannot parse, and to what is no JSON."""
        content_type = self.headers.get("Content-Type", "")
        if not is_json(content_type) and (self.body or content_type):
            raise broken(not_supported(content_type))
        try:
            return loads(self.body)
        except ValueError as error:
            raise broken(f"JSON parse error: {_reason(self.body, error)}") from error

    def json_object(self) -> dict[str, Any]:
        """Return the parsed body, which must be an object."""
        value = self.json()
        if not isinstance(value, dict):
            raise broken("JSON parse error: Cannot deserialize value from a token that is no object")
        return value

    def credentials(self) -> dict[str, Any]:
        """Return the body of a login or a refresh; whatever else comes is a failed authentication."""
        try:
            value = loads(self.body)
        except ValueError as error:
            raise unauthenticated() from error
        if not isinstance(value, dict):
            raise bad_credentials()
        return value


def checked_id(text: str) -> str:
    """Return a UUID in lower case; refuse any other text."""
    if len(text) > _LONGEST_ID:
        raise invalid("UUID string too large")
    if not is_uuid(text):
        raise invalid(f"Invalid UUID string: {text}")
    return text.lower()


def _reason(body: bytes, error: ValueError) -> str:
    if not body.strip():
        return "Required request body is missing"
    begin = body.lstrip()
    if begin[:1] == b"{" and begin[1:].lstrip()[:1] not in (b"", b'"', b"}"):
        letter = begin[1:].lstrip().decode("utf-8", "replace")[0]
        what = f"Unexpected character ('{letter}' (code {ord(letter)}))"
        return f"{what}: was expecting double-quote to start field name"
    if body.rstrip()[-1:] not in (b"}", b"]", b'"'):
        return "Unexpected end-of-input within/between Object entries"
    return str(error)
