"""The one place where a fault of the agent itself is caught, told and counted, so that it ends nothing."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable

from papaya.backoff import Backoff
from papaya.foreign import shown

log = logging.getLogger(__name__)

_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 60.0
_SAY_AGAIN_SECONDS = 3600.0
_LONGEST_FAULT = 300


class Guard:
    """Runs the parts of a loop; a part that fails pauses, longer each time in a row. `clock` never jumps."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._pauses: dict[str, Backoff] = {}
        self._paused_until: dict[str, float] = {}
        self._said: dict[str, float] = {}
        self.faults = 0

    def run(self, part: str, work: Callable[[], object]) -> bool:
        """Do the work of a part of the loop unless it pauses; return whether it was done."""
        if self._clock() < self._paused_until.get(part, 0.0):
            return False
        if not self.once(part, work):
            pause = self._pauses.setdefault(part, Backoff(_FIRST_PAUSE, _LONGEST_PAUSE)).next()
            self._paused_until[part] = self._clock() + pause
            return False
        if part in self._pauses:
            del self._pauses[part], self._paused_until[part]
        return True

    def once(self, part: str, work: Callable[[], object]) -> bool:
        """Do something that is not done again; return whether it was done without a fault."""
        try:
            work()
        except Exception as error:
            self._tell(part, error)
            return False
        return True

    def not_before(self, part: str, time: float) -> float:
        """Return a time at which a part is due, moved to the end of its pause."""
        return max(time, self._paused_until.get(part, float("-inf")))

    def _tell(self, part: str, error: Exception) -> None:
        self.faults += 1
        fault, now = f"{part}: {fault_in(error)}", self._clock()
        if now - self._said.get(fault, float("-inf")) < _SAY_AGAIN_SECONDS:
            return
        if len(self._said) > 100:
            self._said.clear()
        self._said[fault] = now
        log.error("fault in papaya itself, the agent goes on: %s (%d so far)", fault, self.faults)
        log.debug("the fault in full", exc_info=error)


def fault_in(error: BaseException) -> str:
    """Return an unforeseen error in one bounded line: its kind, its words, and the place in the code."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {frames[-1].filename.rpartition('papaya/')[2]}:{frames[-1].lineno}" if frames else ""
    try:
        words = str(error)
    except Exception:
        words = ""
    return f"{type(error).__name__}{place}: {shown(words, _LONGEST_FAULT)}"
