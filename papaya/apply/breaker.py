"""Tells a server that is gone from one entity that cannot be written, before everything has been tried."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from papaya.errors import (
    AnswerLost,
    AuthenticationFailed,
    Interrupted,
    PapayaError,
    RateLimited,
    Unavailable,
    Unreachable,
)

# After these nothing else of the run can succeed: the server is gone or does not know us any more.
_FATAL = (AuthenticationFailed, Unreachable, Interrupted)
# One of these may be about one entity alone; several in a row, with nothing done in between, are about all.
_PASSING = (AnswerLost, Unavailable, RateLimited)
_IN_A_ROW = 3


class Breaker:
    """A circuit breaker for changes of which several are under way at once; safe to share between threads.

    A passing failure has been waited out for long already when it gets here. While the last that ended was
    such a one, changes begin one at a time: if the server is gone, none is tried in vain that need not be.
    """

    def __init__(self, concurrency: int) -> None:
        self._concurrency = concurrency
        self._turn = threading.Condition()
        self._under_way = 0
        self._in_a_row = 0
        self._is_open = False

    def widen(self, concurrency: int) -> None:
        """Note that more changes may be under way at once than before."""
        with self._turn:
            self._concurrency = max(self._concurrency, concurrency)

    def open(self) -> None:
        """Let nobody wait for a turn any more: the run ends."""
        with self._turn:
            self._is_open = True
            self._turn.notify_all()

    @contextmanager
    def turn(self, stopped: Callable[[PapayaError], None]) -> Iterator[None]:
        """Wait until a change may begin, and learn how it ends.

        `stopped` is called with the error after which no other change can succeed; it calls `open()`.
        """
        is_probe = self._begin()
        try:
            yield
        except PapayaError as error:
            if self._failed(error, is_probe=is_probe):
                stopped(error)
            raise
        else:
            with self._turn:
                self._in_a_row = 0
        finally:
            with self._turn:
                self._under_way -= 1
                self._turn.notify_all()

    def _begin(self) -> bool:
        """Return whether the change begins alone, after a failure."""
        with self._turn:
            self._turn.wait_for(lambda: self._is_open or not (self._in_a_row and self._under_way))
            self._under_way += 1
            return self._in_a_row > 0

    def _failed(self, error: PapayaError, *, is_probe: bool) -> bool:
        """Count a failure; return whether it means that nothing else can succeed."""
        if not isinstance(error, _PASSING):
            return isinstance(error, _FATAL)
        with self._turn:
            self._in_a_row += 1
            # A few that were under way together may be all that a level has, and each be about itself.
            enough = _IN_A_ROW if is_probe else max(_IN_A_ROW, self._concurrency)
            return self._in_a_row >= enough
