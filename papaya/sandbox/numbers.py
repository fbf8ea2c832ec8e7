"""Numbers that clients send as members of JSON, or the server's refusal."""

from __future__ import annotations

from papaya.sandbox.refusal import broken
from papaya.sandbox.wire import MOST_LONG, double_of, whole_of


def whole(value: object, *, most: int = MOST_LONG) -> int:
    """Return a member of a body as Java's int or long, 0 if it is missing; raise Refusal for other values."""
    try:
        return whole_of(value, most=most)
    except ValueError as error:
        kind = "long" if most == MOST_LONG else "int"
        raise broken(f"JSON parse error: Cannot deserialize value of type `{kind}`") from error


def double(value: object) -> float:
    """Return a member of a body as Java's double; raise Refusal for what is no finite number."""
    try:
        return double_of(value)
    except ValueError as error:
        raise broken("JSON parse error: Cannot deserialize value of type `double`") from error
