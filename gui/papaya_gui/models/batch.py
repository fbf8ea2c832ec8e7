"""Readings on their way from the sources' threads to the window, as numpy columns."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from papaya.sensors.reading import Value
from papaya_gui.models.texts import Texts

Rows = NDArray[np.int32]
Floats = NDArray[np.float64]
Kinds = NDArray[np.int8]

# The kind of a value before its conversion to float64.
NUMBER, WHOLE, TRUTH, TEXT = 0, 1, 2, 3


@dataclass(frozen=True, slots=True)
class Batch:
    """Readings in the order in which they came: four columns of one length.

    `rows` are indices of the catalog, and `times` are seconds since 1970. `values` are numbers: a boolean is
    0 or 1, a text is its number in `Texts`. `kinds` are NUMBER, WHOLE, TRUTH or TEXT.
    """

    rows: Rows
    times: Floats
    values: Floats
    kinds: Kinds

    def __len__(self) -> int:
        return len(self.rows)


EMPTY = Batch(np.empty(0, np.int32), np.empty(0), np.empty(0), np.empty(0, np.int8))


def joined(batches: list[Batch]) -> Batch:
    """Return several batches as one."""
    if not batches:
        return EMPTY
    if len(batches) == 1:
        return batches[0]
    return Batch(
        np.concatenate([batch.rows for batch in batches]),
        np.concatenate([batch.times for batch in batches]),
        np.concatenate([batch.values for batch in batches]),
        np.concatenate([batch.kinds for batch in batches]),
    )


class Inbox:
    """Takes readings from any thread without ever making it wait, and gives them to the window together."""

    def __init__(self, texts: Texts) -> None:
        self.texts = texts
        self.received = 0
        self._single: deque[tuple[int, float, float, int]] = deque()
        self._columns: deque[Batch] = deque()

    def put(self, row: int, timestamp: int, value: Value) -> None:
        """Take one reading; the timestamp is in milliseconds since 1970."""
        if isinstance(value, bool):
            entry = (row, timestamp / 1000, float(value), TRUTH)
        elif isinstance(value, int):
            entry = (row, timestamp / 1000, float(value), WHOLE)
        elif isinstance(value, float):
            entry = (row, timestamp / 1000, value, NUMBER)
        else:
            entry = (row, timestamp / 1000, float(self.texts.number(value)), TEXT)
        self._single.append(entry)

    def put_columns(self, batch: Batch) -> None:
        """Take many readings at once."""
        self._columns.append(batch)

    def drain(self) -> Batch:
        """Return everything that has come since the last call; from one thread only."""
        batches = []
        while self._columns:
            batches.append(self._columns.popleft())
        count = len(self._single)
        if count:
            entries = [self._single.popleft() for _ in range(count)]
            rows, times, values, kinds = zip(*entries, strict=True)
            batches.append(
                Batch(
                    np.array(rows, np.int32),
                    np.array(times, np.float64),
                    np.array(values, np.float64),
                    np.array(kinds, np.int8),
                )
            )
        batch = joined(batches)
        self.received += len(batch)
        return batch
