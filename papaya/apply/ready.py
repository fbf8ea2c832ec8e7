"""Which change of a level begins next: what stands in a place that the run has yet to create waits for it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from papaya.engine.address import Address

Item = TypeVar("Item")

# What waits was compared with the server already. More of it would be written long after that.
MOST_WAITING = 200


class Ready(Generic[Item]):
    """Items in their order, but for those that wait for an address.

    `needs` returns what an item has to wait for, or None. It is asked again whenever this has come.
    """

    def __init__(self, coming: Iterator[Item], needs: Callable[[Item], Address | None]) -> None:
        self._coming = coming
        self._needs = needs
        self._released: deque[Item] = deque()
        self._waiting: dict[Address, list[Item]] = {}
        self._count = 0
        self._is_exhausted = False

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left, nothing that waits included."""
        return self._is_exhausted and not self._released and not self._count

    def next(self) -> Item | None:
        """Return the next item that may begin; None if there is none now."""
        while (item := self._look()) is not None:
            needed = self._needs(item)
            if needed is None:
                return item
            self._waiting.setdefault(needed, []).append(item)
            self._count += 1
        return None

    def release(self, address: Address) -> None:
        """Note that an address has come, or will not come."""
        items = self._waiting.pop(address, ())
        self._count -= len(items)
        self._released.extend(items)

    def release_all(self) -> None:
        """Let everything begin that waits."""
        for address in list(self._waiting):
            self.release(address)

    def _look(self) -> Item | None:
        if self._released:
            return self._released.popleft()
        if self._is_exhausted or self._count >= MOST_WAITING:
            return None
        item = next(self._coming, None)
        self._is_exhausted = item is None
        return item
