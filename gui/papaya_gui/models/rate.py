"""How many readings come in a second."""

from __future__ import annotations

from collections import deque

SPAN = 5.0


class Rate:
    """The mean rate of a growing count over the last seconds."""

    def __init__(self, span: float = SPAN) -> None:
        self._span = span
        self._marks: deque[tuple[float, int]] = deque()

    def note(self, now: float, count: int) -> float:
        """Take the count at a moment in seconds; return the rate up to it."""
        self._marks.append((now, count))
        while len(self._marks) > 2 and now - self._marks[1][0] >= self._span:
            self._marks.popleft()
        earliest, before = self._marks[0]
        return (count - before) / (now - earliest) if now > earliest else 0.0


def rate_text(rate: float) -> str:
    """Return a rate for people, in readings a second."""
    if rate >= 100:
        return f"{rate:,.0f}"
    return f"{rate:.1f}"
