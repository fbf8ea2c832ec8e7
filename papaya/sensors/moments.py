"""Times as sources write them: milliseconds since 1970, ISO 8601, datetimes."""

from __future__ import annotations

from datetime import UTC, datetime

from papaya.foreign import ForeignValue, whole_in
from papaya.sensors.reading import milliseconds

_LONGEST = 64


def moment_of(value: object) -> object:
    """Return a time in milliseconds since 1970; what is none is returned as it is, for its reader to refuse.

    A time in ISO 8601 without an offset is in UTC.
    """
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**63:
        return int(value)
    if isinstance(value, str) and len(value) <= _LONGEST:
        try:
            return whole_in(value)
        except ForeignValue:
            pass
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            return value
    if isinstance(value, datetime):
        try:
            return milliseconds(value if value.tzinfo else value.replace(tzinfo=UTC))
        except (OverflowError, ValueError):
            return value
    return value
