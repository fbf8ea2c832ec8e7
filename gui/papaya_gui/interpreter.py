"""Python's settings for the window: thread switches and garbage collection."""

from __future__ import annotations

import contextlib
import gc
import sys
from collections.abc import Iterator

_LONGEST_TURN = 0.0005


def shorten_turns() -> None:
    """Let no thread keep the interpreter from the window's for longer than half a millisecond.

    The window's thread releases the interpreter in many Qt calls. With Python's default of five milliseconds
    for each wait, the window stops responding while a file is read or names are prepared.
    """
    sys.setswitchinterval(_LONGEST_TURN)


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Look for no garbage meanwhile, nor ever again among the objects that are there at the beginning.

    Python scans all objects at once, which takes 40 ms with 10,000 devices, no matter which thread triggers
    it.
    """
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
