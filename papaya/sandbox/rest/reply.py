"""What a handler answers, before it becomes an HTTP response."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from papaya.sandbox.wire import dumps

JSON = "application/json"
# The server's error handler writes through a Latin-1 writer; its controllers write UTF-8.
JSON_BY_ADVICE = "application/json;charset=ISO-8859-1"
TEXT = "text/plain;charset=UTF-8"
# Endpoints that write an object themselves name the charset.
JSON_WITH_CHARSET = "application/json;charset=UTF-8"


@dataclass(frozen=True, slots=True)
class Reply:
    """Status, body and content type of one answer; no body means no content type."""

    status: int = 200
    body: bytes = b""
    content_type: str | None = None
    location: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    # Whether the endpoint names its content type, which no client can change.
    keeps_type: bool = False


EMPTY = Reply()


def json_text(text: str, status: int = 200) -> Reply:
    """Return an answer whose JSON is already written."""
    return Reply(status, text.encode("utf-8", "surrogatepass"), JSON)


def json_value(value: object, status: int = 200) -> Reply:
    """Return an answer of one JSON value."""
    return json_text(dumps(value), status)


def always(value: object) -> Callable[[object], Reply]:
    """Return a handler that answers every call with one JSON value."""
    return lambda _call: json_value(value)


def download(data: bytes, name: str, content_type: str) -> Reply:
    """Return a file with its name."""
    headers = (("Content-Disposition", f"attachment;filename={name}"), ("x-filename", name))
    return Reply(200, data, content_type, headers=headers)


def plain(text: str | None, status: int = 200) -> Reply:
    """Return a plain-text answer, or an empty one for None."""
    return Reply(status) if text is None else Reply(status, text.encode(), TEXT)


def error(
    status: int, code: int, message: str | None, *, now: int, by_advice: bool, extra: dict[str, object]
) -> Reply:
    """Return the server's error body."""
    text = dumps({"status": status, "message": message, "errorCode": code, "timestamp": now, **extra})
    if by_advice:
        return Reply(status, text.encode("latin-1", "replace"), JSON_BY_ADVICE)
    return Reply(status, text.encode("utf-8", "replace"), JSON)
