"""What commands that serve until they are told to stop have in common."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from typing import Final

_HEARS_SIGNALS_EVERY: Final = 0.5


@contextlib.contextmanager
def end_on_signal() -> Iterator[threading.Event]:
    """Give an event that SIGTERM and SIGINT set, instead of ending the process.

    Also where SIGINT was ignored before, as in a shell's background job: somebody who sends it means it.
    """
    ended = threading.Event()
    before = {
        number: signal.signal(number, lambda *_: ended.set()) for number in (signal.SIGTERM, signal.SIGINT)
    }
    try:
        yield ended
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def wait_for(ended: threading.Event) -> None:
    """Wait until the event is set, by a signal at the latest half a second after that.

    A wait without end is not woken by a signal that comes just before it, or to another thread.
    """
    while not ended.wait(_HEARS_SIGNALS_EVERY):
        pass
