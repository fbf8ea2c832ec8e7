"""Tells an observer how many rows of a server's lists were read, and how many the lists announced."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from papaya.api.session import Session
from papaya.observer import Observer


@contextmanager
def rows_told(session: Session, observer: Observer, step: str = "reading") -> Iterator[None]:
    """Tell the observer of a step and of each page that the session reads within the block."""
    rows = total = 0
    one_at_a_time = threading.Lock()

    def heard(count: int, announced: int) -> None:
        nonlocal rows, total
        with one_at_a_time:
            rows += count
            total += announced
            observer.progressed(step, rows, max(rows, total))

    observer.began(step, None)
    before, session.on_rows = session.on_rows, heard
    try:
        yield
    finally:
        session.on_rows = before
        observer.ended(step)
