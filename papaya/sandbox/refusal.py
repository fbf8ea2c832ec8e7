"""The server's error answers, as one exception."""

from __future__ import annotations

GENERAL = 2
AUTHENTICATION = 10
TOKEN_EXPIRED = 11
PERMISSION_DENIED = 20
BAD_REQUEST = 31
NOT_FOUND = 32
TOO_MANY_REQUESTS = 33
VERSION_CONFLICT = 35

ITEM_MISSING = "Requested item wasn't found!"
NO_PERMISSION = "You don't have permission to perform this operation!"


class Refusal(Exception):
    """A request is answered with `{status, message, errorCode, timestamp}`.

    The server has two writers of that body; their answers differ in the charset of the content
    type, and `by_advice` says which one speaks.
    """

    def __init__(
        self,
        status: int,
        code: int,
        message: str,
        *,
        by_advice: bool = True,
        extra: dict[str, object] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.by_advice = by_advice
        self.extra = extra or {}


class PlainRefusal(Exception):
    """A refused telemetry, RPC or device request, answered with plain text or an empty body."""

    def __init__(self, status: int, text: str | None = None) -> None:
        super().__init__(text or "")
        self.status = status
        self.text = text


class Unanswered(Exception):
    """Nothing answers a request in time: 503 without words, from the container of the web application."""


class Redirect(Exception):
    """An anonymous request is sent to the login page, as 4.3 does with an unknown header scheme."""


def invalid(message: str) -> Refusal:
    """Return 400/31, the answer to everything that fails validation."""
    return Refusal(400, BAD_REQUEST, message)


def broken(message: str) -> Refusal:
    """Return 500/2, the answer to everything that the server did not foresee."""
    return Refusal(500, GENERAL, message)


def missing(message: str = ITEM_MISSING) -> Refusal:
    """Return 404/32."""
    return Refusal(404, NOT_FOUND, message)


def forbidden() -> Refusal:
    """Return 403/20."""
    return Refusal(403, PERMISSION_DENIED, NO_PERMISSION)


def unauthenticated(message: str = "Authentication failed", code: int = AUTHENTICATION) -> Refusal:
    """Return 401 with one of the server's fixed messages."""
    return Refusal(401, code, message)


def bad_credentials() -> Refusal:
    """Return what a wrong password and a malformed token have in common."""
    return unauthenticated("Invalid username or password")


def token_expired() -> Refusal:
    """Return 401/11; the server says so of a wrong signature and of a closed session too."""
    return unauthenticated("Token has expired", TOKEN_EXPIRED)


def changed_by_someone_else(normal_name: str) -> Refusal:
    """Return 409/35."""
    return Refusal(409, VERSION_CONFLICT, f"{normal_name} was already changed by someone else")
