"""How long to wait before the next attempt."""

from __future__ import annotations

import random
from collections.abc import Callable


class Backoff:
    """Pauses that double, with jitter, so that a fleet does not come back in one moment."""

    def __init__(self, first: float, longest: float, *, chance: Callable[[], float] = random.random) -> None:
        self._first, self._longest, self._chance = first, longest, chance
        self.attempts = 0

    def next(self, longest: float | None = None) -> float:
        """Return the next pause: between a half and the whole of what doubling has come to.

        `longest` bounds this pause more narrowly, for a reason to wait that passes sooner than others.
        """
        most = self._longest if longest is None else min(longest, self._longest)
        whole = min(self._first * 2.0 ** min(self.attempts, 30), most)
        self.attempts += 1
        return whole * (0.5 + 0.5 * self._chance())

    def reset(self) -> None:
        """Begin again with the shortest pause."""
        self.attempts = 0
