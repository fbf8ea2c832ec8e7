"""An array that grows at its end."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

# The least that an array grows to: most curves are short, and the levels above them empty.
ROOM = 16


class Growing:
    """An array that is extended at its end at a constant cost for each item."""

    def __init__(self, kind: type[np.generic]) -> None:
        self._room: NDArray[Any] = np.empty(0, dtype=kind)
        self._count = 0

    @property
    def items(self) -> NDArray[Any]:
        """The items so far, without a copy."""
        return self._room[: self._count]

    def extend(self, items: NDArray[Any]) -> None:
        """Add items at the end."""
        count = self._count + items.size
        if count > self._room.size:
            room = np.empty(max(count, 2 * self._room.size, ROOM), dtype=self._room.dtype)
            room[: self._count] = self.items
            self._room = room
        self._room[self._count : count] = items
        self._count = count

    def shorten(self, count: int) -> None:
        """Keep so many items and no more."""
        self._count = min(count, self._count)
