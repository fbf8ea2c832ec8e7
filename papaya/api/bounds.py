"""How long an answer may take and how large it may be: one measure for all that a server sends over HTTP.

The timeouts of requests and urllib3 bound the silence between two bytes, so that an answer that drips, or
sends `100 Continue` for ever, never ends. An `Exchange` bounds one request as a whole. Every read and write
on its socket asks it for the seconds that are left (`papaya.api.connection`), also for status line, headers,
interim answers and chunk sizes.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

MEGABYTE = 1024 * 1024
# The parts of a real server's head are below 100 KB together.
_MOST_HEAD = MEGABYTE
# Chunk sizes, trailers and what compression adds to a body that cannot be compressed.
_MOST_FRAMING = 2


class TooLarge(OSError):
    """More bytes have come than an answer may have."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one answer may cost.

    `seconds`: how long the server may be silent, and how long status line and headers may take together. A
    body may take as long, and a second more for each `bytes_a_second` that have come, but no longer than
    `most_seconds`. So a large page passes over a slow line and a drip does not. `most_bytes` counts what is
    left after decompression. `bytes_sent` is how large a file goes to the server before the answer can come:
    it has a second more for each `bytes_a_second`, too.
    """

    seconds: float
    most_seconds: float
    most_bytes: int
    bytes_sent: int = 0
    bytes_a_second: int = 16 * 1024


class Exchange:
    """One request and its answer, measured from the moment when the connection stands."""

    def __init__(self, bounds: Bounds, clock: Callable[[], float] = time.monotonic) -> None:
        self._bounds = bounds
        self._clock = clock
        self._began = clock()
        self._bytes = 0
        self._has_head = False
        self.had_to_connect = False

    def begin(self) -> None:
        """Measure from now on: a connection has been made."""
        self._began = self._clock()
        self.had_to_connect = True

    def head_is_here(self) -> None:
        """Note that what comes from now on is the body."""
        self._has_head = True
        self._bytes = 0

    def remaining(self) -> float:
        """Return for how many seconds the next read or write may wait; raise TimeoutError if for none."""
        bounds = self._bounds
        gained = self._bytes / bounds.bytes_a_second if self._has_head else 0.0
        sending = bounds.bytes_sent / bounds.bytes_a_second
        end = self._began + sending + min(bounds.most_seconds, bounds.seconds + gained)
        left = end - self._clock()
        if left <= 0:
            raise TimeoutError("the answer does not end in time")
        return min(left, bounds.seconds)

    def received(self, count: int) -> None:
        """Note that so many bytes have come; raise TooLarge if they are too many."""
        self._bytes += count
        most = self._bounds.most_bytes * _MOST_FRAMING if self._has_head else 0
        if self._bytes > most + _MOST_HEAD:
            raise TooLarge("the answer is too large")


class _Current(threading.local):
    exchange: Exchange | None = None


_current = _Current()


def current() -> Exchange | None:
    """Return the exchange that this thread carries out."""
    return _current.exchange


@contextmanager
def carrying_out(exchange: Exchange) -> Iterator[None]:
    """Let every connection that this thread uses in the block keep to an exchange's bounds."""
    before, _current.exchange = _current.exchange, exchange
    try:
        yield
    finally:
        _current.exchange = before
