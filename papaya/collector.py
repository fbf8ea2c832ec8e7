"""Python's collector of garbage, out of the way of work that makes none."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Iterator[None]:
    """Keep the collector off while hundreds of thousands of values are made, none of which is garbage.

    Each look at them costs, and finds nothing. Measured: composing 10,000 devices takes seven times as long
    with it, reading and planning 100,000 a tenth longer.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
