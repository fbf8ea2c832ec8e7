"""All readings in the order in which they came, as far back as memory is granted.

Curves are made from it when somebody looks at them, and a view that is paused finds on it what it has missed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from papaya_gui.models.batch import TEXT, Batch, Floats, joined

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
        return joined(self._parts(position, until))

    def of_row(self, row: int, position: int, until: int | None = None) -> Batch:
        """Return what `since` returns, of one row alone.

        Only that is copied: the whole tape has 100 MB.
        """
        found = ((part, part.rows == row) for part in self._parts(position, until))
        return joined([_chosen(part, own) for part, own in found if own.any()])

    def _parts(self, position: int, until: int | None) -> list[Batch]:
        """Return the readings from a position up to and without another, in the batches that they are in."""
        end = self.end if until is None else min(until, self.end)
        position = max(position, self.start)
        found: list[Batch] = []
        stop = self.end
        for batch in reversed(self._batches) if position < end else ():
            start = stop - len(batch)
            if start < end and stop > position:
                found.append(_part(batch, max(position - start, 0), min(end - start, len(batch))))
            if start <= position:
                break
            stop = start
        return found[::-1]


def texts_in(batches: Iterable[Batch]) -> Floats:
    """Return the numbers of the texts among the values, each as often as it is there."""
    return np.concatenate([np.empty(0), *(batch.values[batch.kinds == TEXT] for batch in batches)])


def _part(batch: Batch, start: int, stop: int) -> Batch:
    return batch if start == 0 and stop == len(batch) else _chosen(batch, slice(start, stop))


def _chosen(batch: Batch, which: slice | NDArray[np.bool_]) -> Batch:
    return Batch(batch.rows[which], batch.times[which], batch.values[which], batch.kinds[which])
