"""What Ctrl-C and SIGTERM do to a run: the first one ends it in good order, the second one at once."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from papaya.api.session import Session
from papaya.errors import Interrupted, PapayaError
from papaya.observer import SILENT, Observer

EXIT_INTERRUPTED = 130
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interruption:
    """Whether somebody has asked this process to stop, and how it does so.

    While it reads, nothing more is sent and the command ends. While it writes, what is under way ends first;
    nothing is sent again then, so that a server that is away cannot hold the command up.
    """

    def __init__(self, session: Session, observer: Observer = SILENT) -> None:
        self.reason = ""
        self._observer = observer
        self._session = session
        self._ends_well = False
        self._stop: Callable[[str], None] | None = None

    def handle(self, number: int, frame: FrameType | None) -> None:
        """Take a signal."""
        if self.reason:
            # Whatever still waits is left as it is: the next run looks at the server.
            os._exit(EXIT_INTERRUPTED)
        self.reason = f"interrupted by {signal.Signals(number).name}"
        if not self._ends_well:
            self._session.abandon()
            raise KeyboardInterrupt
        # The reason comes first: requests that hurry ends may fail at once, and would be taken for it.
        if self._stop is not None:
            self._stop(self.reason)
        self._session.hurry()
        self._observer.finishing()

    def then(self, stop: Callable[[str], None]) -> None:
        """Let a signal call this, with the reason; at once if one has come already."""
        self._stop = stop
        if self.reason:
            stop(self.reason)

    @contextmanager
    def ends_well(self) -> Iterator[None]:
        """Let the block go on to its end when a signal comes."""
        self._ends_well = True
        try:
            yield
        except PapayaError as error:
            if not self.reason:
                raise
            raise Interrupted(f"{self.reason}; {error.message}", remedy=error.remedy) from error
        finally:
            self._ends_well, self._stop = False, None


@contextmanager
def interruptible(session: Session, observer: Observer = SILENT) -> Iterator[Interruption]:
    """Take Ctrl-C and SIGTERM within the block; only the main thread can."""
    interruption = Interruption(session, observer)
    if threading.current_thread() is not threading.main_thread():
        yield interruption
        return
    previous = {number: signal.signal(number, interruption.handle) for number in _SIGNALS}
    try:
        yield interruption
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
