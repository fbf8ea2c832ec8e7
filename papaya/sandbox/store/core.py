"""What every handler is given: the shared parts of one sandbox, and one request."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from papaya.sandbox.dialect import Dialect
from papaya.sandbox.refusal import bad_credentials, broken, invalid, unauthenticated
from papaya.sandbox.store.changes import Changes
from papaya.sandbox.store.database import Store
from papaya.sandbox.store.group_commit import GroupCommit
from papaya.sandbox.store.limits import Limits, RateLimit
from papaya.sandbox.store.live import Live
from papaya.sandbox.wire import is_uuid, loads

RPC_FLOOR = 5.0
# How long the server's transport waits for a rule chain to answer a device's call.
DEVICE_CALL_SECONDS = 60.0
# Name of a device, method and parameters of its call to what it is answered.
Answerer = Callable[[str, str, Any], Any]


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long tokens last, in seconds; the defaults are a fresh installation's."""

    access: float = 9000.0
    refresh: float = 604800.0


@dataclass(slots=True)
class Core:
    """Everything that outlives a request."""

    store: Store
    dialect: Dialect
    tenant_id: str
    signing_key: bytes
    lifetimes: Lifetimes = Lifetimes()
    limits: Limits = Limits()
    rate_limit: RateLimit = field(default_factory=RateLimit)
    rpc_timeout_floor: float = RPC_FLOOR
    live: Live = field(default_factory=Live)
    changes: Changes = field(default_factory=Changes)
    writes: GroupCommit = field(init=False)
    # The device's own calls go to a rule chain on the server; tests put a function in its place.
    answer_device: Answerer | None = None
    device_call_seconds: float = DEVICE_CALL_SECONDS

    def __post_init__(self) -> None:
        """Let writes of devices share the store's transactions."""
        self.writes = GroupCommit(self.store)

    def now(self) -> int:
        """Return the time in milliseconds, the unit of every timestamp of the server."""
        return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class User:
    """Who sends a request."""

    id: str
    email: str
    authority: str
    customer_id: str | None
    session_id: str | None


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

    @property
    def sender(self) -> User:
        """The authenticated user; only public endpoints have none."""
        if self.user is None:
            raise unauthenticated()
        return self.user

    def argument(self, name: str) -> str | None:
        """Return a query parameter, None when it is absent or empty."""
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
        value = self.argument(name)
        return default if value is None else value.lower() == "true"

    def keys(self) -> list[str]:
        """Return the comma-separated `keys`, or each `key` where the version knows that."""
        repeated = self.query.get("key")
        if repeated and self.core.dialect.repeatable_key:
            return repeated
        joined = self.argument("keys")
        return joined.split(",") if joined else []

    def identifier(self, name: str) -> str:
        """Return a path parameter that must be a UUID."""
        return checked_id(self.parameters[name])

    def json(self) -> Any:
        """Return the parsed body; the server answers 500 to what it cannot parse."""
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
    """Return a UUID in lower case, or refuse what is none."""
    if not is_uuid(text):
        raise invalid(f"Invalid UUID string: {text}")
    return text.lower()


def _reason(body: bytes, error: ValueError) -> str:
    if not body.strip():
        return "Required request body is missing"
    if body.rstrip()[-1:] not in (b"}", b"]", b'"'):
        return "Unexpected end-of-input within/between Object entries"
    return str(error)
