"""All readings in the order in which they came, as far back as memory is granted.

Curves are made from it when somebody looks at them, and a view that is paused finds on it what it has missed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

import numpy as np

from papaya_gui.models.batch import EMPTY, TEXT, Batch, Floats, joined

# 21 bytes each: about 100 MB.
CAPACITY = 5_000_000
# Batches of a few readings are joined up to this size: an array of its own for each of them would weigh more
# than what it holds.
_JOINED = 4_096


class Tape:
    """Batches end to end; a position is the number of readings before it since the beginning."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._batches: deque[Batch] = deque()
        self.start = 0
        self.end = 0
        self.kept_from: int | None = None

    def append(self, batch: Batch) -> None:
        """Add readings; the oldest are forgotten beyond the capacity, but none from `kept_from` on."""
        if not len(batch):
            return
        if self._batches and len(self._batches[-1]) + len(batch) <= _JOINED:
            self._batches[-1] = joined([self._batches[-1], batch])
        else:
            self._batches.append(batch)
        self.end += len(batch)
        self.shorten(self._capacity)

    def shorten(self, length: int) -> None:
        """Forget the oldest readings beyond so many, but none from `kept_from` on."""
        while len(self._batches) > 1 and self.end - self.start - len(self._batches[0]) >= length:
            if self.kept_from is not None and self.start + len(self._batches[0]) > self.kept_from:
                break
            self.start += len(self._batches.popleft())

    def batches(self) -> tuple[Batch, ...]:
        """Return everything that it holds, oldest first, for whoever looks through it in a thread."""
        return tuple(self._batches)

    def since(self, position: int, until: int | None = None) -> Batch:
        """Return the readings from a position up to and without another, as far as they are still there."""
        end = self.end if until is None else min(until, self.end)
        position = max(position, self.start)
        if position >= end:
            return EMPTY
        found: list[Batch] = []
        stop = self.end
        for batch in reversed(self._batches):
            start = stop - len(batch)
            if start < end and stop > position:
                found.append(_part(batch, max(position - start, 0), min(end - start, len(batch))))
            if start <= position:
                break
            stop = start
        return joined(found[::-1])


def texts_in(batches: Iterable[Batch]) -> Floats:
    """Return the numbers of the texts among the values, each as often as it is there."""
    return np.concatenate([np.empty(0), *(batch.values[batch.kinds == TEXT] for batch in batches)])


def _part(batch: Batch, start: int, stop: int) -> Batch:
    if start == 0 and stop == len(batch):
        return batch
    return Batch(
        batch.rows[start:stop], batch.times[start:stop], batch.values[start:stop], batch.kinds[start:stop]
    )
