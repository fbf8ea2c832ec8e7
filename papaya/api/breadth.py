"""How many requests at once a server copes with, found out from how long its answers take.

The measure is the gradient of the round trip: the shortest time that a kind of request has taken, divided by
the time that it takes now. On a long line much of both is the way there and back, so that more requests at
once cost nothing, until the server begins to let them wait. TCP Vegas (Brakmo and Peterson 1995) compares
round trips in this way.
"""

from __future__ import annotations

import math

USUAL = 10
"""How many requests a run begins with; fewer would gain nothing when answers take long."""

_ROUNDS_AFTER_PRESSURE = 3
_ROUNDS_OF_A_WINDOW = 2
_MOST_KINDS = 200
# Answers that take twice as long as the fastest: as many requests wait as are carried out or on
# their way, so that the server never runs dry.
_FULL = 0.5
_FREE = 0.75
_CROWDED = 0.4
# Nearly all of the time is spent on the line. The start ends at the first answers that take longer, and
# before a step that would add so many requests that a limit on the rate would refuse a crowd of them.
_EMPTY = 0.9
_START_ENDS = 4 * USUAL


class Breadth:
    """A bound on concurrent requests that finds itself between 1 and `limit`; pure, and not safe for threads.

    It doubles every round at the start, while nearly all of the time is the line's. Then it grows by half
    while answers take as long as the fastest, by an eighth while they take up to twice as long, and falls
    back towards `begin` beyond. `pressed` halves it; from then on it grows by one at a time,
    because a limit on the rate shows in no round trip before it is reached.

    It begins with `begin` requests, and long waits alone never make it fewer.
    """

    def __init__(self, limit: int, *, begin: int = USUAL) -> None:
        if limit < 1:
            raise ValueError("at least one request must be allowed at a time")
        self.limit = limit
        self.allowed = min(limit, begin)
        self._floor = self.allowed
        self._was_pressed = False
        self._is_starting = True
        self._successes = 0
        self._fastest: dict[str, float] = {}
        self._is_crowded = False
        self._begin_window()

    def pressed(self) -> None:
        """Halve the bound: the server said that it has too much to do."""
        self.allowed = max(1, self.allowed // 2)
        self._was_pressed = True
        self._successes = 0
        self._begin_window()

    def heard(self, kind: str, seconds: float, *, crowded: bool) -> bool:
        """Take in an answer that came after `seconds`; return whether more may be sent at once than before.

        `crowded` says whether as many requests as allowed were under way: where fewer were, a longer bound
        would change nothing.
        """
        before = self.allowed
        if self._was_pressed:
            self._climb()
        elif kind in self._fastest or len(self._fastest) < _MOST_KINDS:
            fastest = min(seconds, self._fastest.get(kind, math.inf))
            self._fastest[kind] = fastest
            self._answers += 1
            self._taken += seconds
            self._needed += fastest
            self._is_crowded = self._is_crowded or crowded
            if self._answers >= self.allowed * (1 if self._is_starting else _ROUNDS_OF_A_WINDOW):
                self._adjust()
        return self.allowed > before

    def _climb(self) -> None:
        """Allow one more after some rounds without pressure."""
        self._successes += 1
        if self.allowed < self.limit and self._successes >= self.allowed * _ROUNDS_AFTER_PRESSURE:
            self._successes = 0
            self.allowed += 1

    def _adjust(self) -> None:
        gradient = self._needed / self._taken if self._taken > 0 else 1.0
        if self._is_crowded:
            self._is_starting = self._is_starting and gradient >= _EMPTY and self.allowed < _START_ENDS
        if self._is_starting and self._is_crowded:
            self.allowed = min(self.limit, self.allowed * 2)
        elif gradient < _CROWDED:
            self.allowed = max(self._floor, math.floor(self.allowed * max(0.8, gradient / _CROWDED)))
        elif self._is_crowded and gradient >= _FULL:
            step = self.allowed // 2 if gradient >= _FREE else self.allowed // 8
            self.allowed = min(self.limit, self.allowed + max(1, step))
        self._begin_window()

    def _begin_window(self) -> None:
        self._answers = 0
        self._taken = self._needed = 0.0
        self._is_crowded = False
