"""The turns of concurrent requests: as many at once as the server copes with."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition

from papaya.api.breadth import Breadth


class _Lane:
    """Requests that share a bound, and their threads in the order in which they asked."""

    def __init__(self, breadth: Breadth) -> None:
        self.breadth = breadth
        self.under_way = 0
        self.was_crowded = False
        self.epoch = 0
        self.waiting: deque[object] = deque()


class Throttle:
    """A bound on concurrent requests, `Breadth`, for threads.

    Threads get their slots in the order in which they asked, so that none starves while others are retried.
    Commands to devices have a bound of their own: their answers take as long as the device takes, which says
    nothing about the server. They begin with `limit` at once, and only pressure makes them fewer.
    """

    def __init__(self, limit: int) -> None:
        self._server = _Lane(Breadth(limit))
        self._devices = _Lane(Breadth(limit, begin=limit))
        self._changed = Condition()

    @property
    def limit(self) -> int:
        """Return how many requests may be under way at most, however well the server copes."""
        return self._server.breadth.limit

    @property
    def allowed(self) -> int:
        """Return how many requests may be under way now, commands to devices aside."""
        with self._changed:
            return self._server.breadth.allowed

    @contextmanager
    def slot(self, *, to_device: bool = False) -> Iterator[int]:
        """Wait for a turn and hold it; yields the epoch that `on_rate_limited` takes.

        `to_device` is for a request that waits for a device's answer.
        """
        lane = self._lane(to_device)
        epoch = self._acquire(lane)
        try:
            yield epoch
        finally:
            with self._changed:
                lane.under_way -= 1
                self._changed.notify_all()

    def on_rate_limited(self, epoch: int | None = None, *, to_device: bool = False) -> None:
        """Halve the bound, once for all requests that were begun in the same epoch.

        A burst of ten requests is refused tenfold; that is one message from the server, not ten.
        """
        lane = self._lane(to_device)
        with self._changed:
            if epoch is not None and epoch != lane.epoch:
                return
            lane.epoch += 1
            lane.breadth.pressed()

    def on_success(self, kind: str = "", seconds: float = 0.0, *, to_device: bool = False) -> None:
        """Take in a request of some kind that went through, and how long it took on the way and there."""
        lane = self._lane(to_device)
        with self._changed:
            crowded, lane.was_crowded = lane.was_crowded, False
            if lane.breadth.heard(kind, seconds, crowded=crowded):
                self._changed.notify_all()

    def _lane(self, to_device: bool) -> _Lane:
        return self._devices if to_device else self._server

    def _acquire(self, lane: _Lane) -> int:
        turn = object()
        with self._changed:
            lane.waiting.append(turn)
            try:
                self._changed.wait_for(lambda: lane.waiting[0] is turn and self._has_room(lane))
            finally:
                # Also when a signal interrupts the wait: a turn left in the queue would block all behind it.
                lane.waiting.remove(turn)
                self._changed.notify_all()
            lane.under_way += 1
            lane.was_crowded = lane.was_crowded or lane.under_way >= lane.breadth.allowed
            return lane.epoch

    def _has_room(self, lane: _Lane) -> bool:
        """Return whether one more may go: within the lane's bound, and within the limit of both together."""
        under_way = self._server.under_way + self._devices.under_way
        if lane is self._devices:
            # Requests that only the server answers go first: they end soon.
            server = self._server
            under_way += min(len(server.waiting), max(0, server.breadth.allowed - server.under_way))
        return lane.under_way < lane.breadth.allowed and under_way < self.limit
