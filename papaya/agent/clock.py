"""The wall clock, watched by one that never jumps."""

from __future__ import annotations

import logging
from collections.abc import Callable

log = logging.getLogger(__name__)

_JUMP_MS = 2_000
# After a jump nothing is thrown away for its age: the jump may be the mistake.
DISTRUST_SECONDS = 3600.0


class WatchedClock:
    """Notices when the wall clock is set; readings keep the time that it showed when they were taken."""

    def __init__(self, now: Callable[[], int], clock: Callable[[], float]) -> None:
        self._now, self._clock = now, clock
        self._offset = self._difference()
        self._jumped_at = clock()

    def check(self) -> int:
        """Return by how many milliseconds the wall clock was set since the last check, 0 if it was not."""
        difference = self._difference()
        jump, self._offset = difference - self._offset, difference
        if abs(jump) < _JUMP_MS:
            return 0
        self._jumped_at = self._clock()
        log.warning("the clock was set %s by %.1f s", "forward" if jump > 0 else "back", abs(jump) / 1000)
        return jump

    @property
    def is_steady(self) -> bool:
        """Whether the wall clock has run evenly for long enough to judge ages by it."""
        return self._clock() - self._jumped_at >= DISTRUST_SECONDS

    def _difference(self) -> int:
        return self._now() - int(self._clock() * 1000)
