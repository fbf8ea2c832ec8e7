"""The server's clock, as the `Date` of its answers tells it."""

from __future__ import annotations

import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime

# `Date` has whole seconds, so the answer was made half a second later on average.
_HALF_A_SECOND = 0.5


def seconds_of(date: str) -> float | None:
    """Return the seconds since 1970 that a `Date` says (RFC 9110, 6.6.1), None if it is malformed."""
    try:
        return parsedate_to_datetime(date).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


class ServerClock:
    """What time it is on the server, whatever this machine's own clock says.

    `monotonic` counts seconds from anywhere and never jumps; `local` is this machine's clock, which counts
    only until the server has said a time.
    """

    def __init__(
        self, monotonic: Callable[[], float] = time.monotonic, local: Callable[[], float] = time.time
    ) -> None:
        self._monotonic = monotonic
        self._local = local
        self._said: tuple[float, float] | None = None

    def heard(self, date: str) -> None:
        """Take the `Date` of an answer that has just come; ignore one that is malformed."""
        seconds = seconds_of(date)
        if seconds is not None:
            self._said = seconds + _HALF_A_SECOND, self._monotonic()

    def time(self) -> float:
        """Return the time by the server's clock, in seconds since 1970."""
        if self._said is None:
            return self._local()
        seconds, at = self._said
        return seconds + self._monotonic() - at
