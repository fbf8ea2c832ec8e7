"""How Python serves the window: whose turn it is, and when garbage is looked for."""

from __future__ import annotations

import contextlib
import gc
import sys
from collections.abc import Iterator

_LONGEST_TURN = 0.0005


def shorten_turns() -> None:
    """Let no thread keep the interpreter from the window's for longer than half a millisecond.

    The window's thread gives it up at many calls of Qt, and Python's five milliseconds each time add up to a
    window that does not answer while a file is read or names are prepared.
    """
    sys.setswitchinterval(_LONGEST_TURN)


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Look for no garbage meanwhile, nor ever again among the objects that are there at the beginning.

    Python looks through all of them in one go, which takes 40 ms with 10,000 devices, whatever thread it was
    that made it look.
    """
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
