"""How many requests may be under way at once: less when the server is pressed, slowly more when it copes."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition

_ROUNDS_BEFORE_RAISE = 3


class Throttle:
    """A bound on concurrent requests that halves under pressure and rises by one at a time.

    Threads get their slots in the order in which they asked, so that none starves while others are retried.
    """

    def __init__(self, limit: int) -> None:
        if limit < 1:
            raise ValueError("at least one request must be allowed at a time")
        self._limit = limit
        self._allowed = limit
        self._under_way = 0
        self._successes = 0
        self._epoch = 0
        self._waiting: deque[object] = deque()
        self._changed = Condition()

    @property
    def limit(self) -> int:
        """Return how many requests may be under way when the server copes."""
        return self._limit

    @property
    def allowed(self) -> int:
        """Return how many requests may be under way now."""
        with self._changed:
            return self._allowed

    @contextmanager
    def slot(self) -> Iterator[int]:
        """Wait for a turn and hold it; yields the epoch that `on_rate_limited` takes."""
        epoch = self._acquire()
        try:
            yield epoch
        finally:
            with self._changed:
                self._under_way -= 1
                self._changed.notify_all()

    def on_rate_limited(self, epoch: int | None = None) -> None:
        """Halve the bound, once for all requests that were begun in the same epoch.

        A burst of ten requests is refused tenfold; that is one message from the server, not ten.
        """
        with self._changed:
            if epoch is not None and epoch != self._epoch:
                return
            self._epoch += 1
            self._allowed = max(1, self._allowed // 2)
            self._successes = 0

    def on_success(self) -> None:
        """Count a request that went through; after some rounds of them, allow one more at a time."""
        with self._changed:
            if self._allowed == self._limit:
                return
            self._successes += 1
            if self._successes >= self._allowed * _ROUNDS_BEFORE_RAISE:
                self._successes = 0
                self._allowed += 1
                self._changed.notify_all()

    def _acquire(self) -> int:
        turn = object()
        with self._changed:
            self._waiting.append(turn)
            try:
                self._changed.wait_for(lambda: self._waiting[0] is turn and self._under_way < self._allowed)
            finally:
                # Also when a signal interrupts the wait: a turn left in the queue would block all behind it.
                self._waiting.remove(turn)
                self._changed.notify_all()
            self._under_way += 1
            return self._epoch
