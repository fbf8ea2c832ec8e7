"""The turns of concurrent requests: as many at once as the server copes with."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition

from papaya.api.breadth import Breadth


class Throttle:
    """A bound on concurrent requests, `Breadth`, for threads.

    Threads get their slots in the order in which they asked, so that none starves while others are retried.
    """

    def __init__(self, limit: int) -> None:
        self._breadth = Breadth(limit)
        self._under_way = 0
        self._was_crowded = False
        self._epoch = 0
        self._waiting: deque[object] = deque()
        self._changed = Condition()

    @property
    def limit(self) -> int:
        """Return how many requests may be under way at most, however well the server copes."""
        return self._breadth.limit

    @property
    def allowed(self) -> int:
        """Return how many requests may be under way now."""
        with self._changed:
            return self._breadth.allowed

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
            self._breadth.pressed()

    def on_success(self, kind: str = "", seconds: float = 0.0) -> None:
        """Take in a request of some kind that went through, and how long it took on the way and there."""
        with self._changed:
            crowded, self._was_crowded = self._was_crowded, False
            if self._breadth.heard(kind, seconds, crowded=crowded):
                self._changed.notify_all()

    def _acquire(self) -> int:
        turn = object()
        with self._changed:
            self._waiting.append(turn)
            try:
                self._changed.wait_for(
                    lambda: self._waiting[0] is turn and self._under_way < self._breadth.allowed
                )
            finally:
                # Also when a signal interrupts the wait: a turn left in the queue would block all behind it.
                self._waiting.remove(turn)
                self._changed.notify_all()
            self._under_way += 1
            self._was_crowded = self._was_crowded or self._under_way >= self._breadth.allowed
            return self._epoch
