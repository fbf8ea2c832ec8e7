"""Which readings go out next: live ones at once, those of before in their order and at a bounded rate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from papaya.agent.batches import MOST_BYTES, MOST_ROWS, Batch, batch_of
from papaya.agent.spool import Spool

# So many of the messages under way may be old ones; the others are kept free for live values.
_SHARE_OF_BACKLOG = 0.5
_BURST_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Sent:
    """A message under way: its readings stay in their spool until the server has it."""

    spool: Spool
    batch: Batch
    is_live: bool
    at: float


class Outgoing:
    """One spool as seen by one connection after the other; `clock` never jumps."""

    def __init__(self, spool: Spool, *, rate: float, clock: Callable[[], float]) -> None:
        self.spool = spool
        self.rate = rate
        self._clock = clock
        self._boundary = self._live = self._backlog = 0
        self._tokens, self._filled_at = 0.0, 0.0
        self.backlog_left = False

    def begin(self, rows_at_most: int = MOST_ROWS) -> None:
        """Begin a connection: what is in the spool is backlog, what comes is live."""
        self._boundary = self._live = self.spool.newest()
        self._backlog = 0
        self.backlog_left = self.spool.count > 0
        self._tokens, self._filled_at = 0.0, self._clock()
        self.rows_at_most = rows_at_most

    def next_live(self) -> Batch | None:
        """Return the next message of live readings."""
        rows = self.spool.read(self._live, None, self.rows_at_most)
        if not rows:
            return None
        batch = batch_of(rows, MOST_BYTES)
        self._live = batch.last
        return batch

    def next_old(self) -> Batch | None:
        """Return the next message of the backlog, if the rate allows one now."""
        if not self.backlog_left:
            return None
        self._fill()
        most = min(self.rows_at_most, max(1, int(self.rate * _BURST_SECONDS)))
        # Few large messages are cheaper than many small ones: wait until one is worth its while.
        if self._tokens < min(most, self.spool.count):
            return None
        rows = self.spool.read(self._backlog, self._boundary, most)
        if not rows:
            self.backlog_left = False
            return None
        batch = batch_of(rows, MOST_BYTES)
        self._backlog = batch.last
        self._tokens -= batch.rows
        return batch

    def wait(self) -> float:
        """Return after how many seconds the rate allows the next message of the backlog."""
        most = min(self.rows_at_most, max(1, int(self.rate * _BURST_SECONDS)), max(1, self.spool.count))
        return max(0.0, (most - self._tokens) / self.rate)

    def _fill(self) -> None:
        now = self._clock()
        most = max(float(self.rows_at_most), self.rate * _BURST_SECONDS)
        self._tokens = min(most, self._tokens + (now - self._filled_at) * self.rate)
        self._filled_at = now


def most_old(window: int) -> int:
    """Return how many of the messages under way may be of the backlog."""
    return max(1, int(window * _SHARE_OF_BACKLOG))
