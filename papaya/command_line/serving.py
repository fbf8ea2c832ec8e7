"""What commands that serve until they are told to stop have in common."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from typing import Final

_HEARS_SIGNALS_EVERY: Final = 0.5


@contextlib.contextmanager
def on_signals(then: Callable[[], object], *numbers: signal.Signals) -> Iterator[None]:
    """Call a function for signals within the block, instead of what they did before."""
    before = {number: signal.signal(number, lambda *_: then()) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def end_on_signal() -> Iterator[threading.Event]:
    """Give an event that SIGTERM and SIGINT set, instead of ending the process.

    Also where SIGINT was ignored before, as in a shell's background job: somebody who sends it means it.
    """
    ended = threading.Event()
    with on_signals(ended.set, signal.SIGTERM, signal.SIGINT):
        yield ended


def wait_for(ended: threading.Event) -> None:
    """Wait until the event is set, by a signal at the latest half a second after that.

    A wait without end is not woken by a signal that comes just before it, or to another thread.
    """
    while not ended.wait(_HEARS_SIGNALS_EVERY):
        pass
