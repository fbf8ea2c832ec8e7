"""Tells an observer how much of a server is read: rows of lists of how many announced ones, then entities."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from papaya.api.export import Choice, LiveTree, read_tree
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


def tree_read(session: Session, choice: Choice, observer: Observer) -> LiveTree:
    """Return what an export reads, and tell the observer of the lists, then of each entity's attributes."""
    is_typing = False

    def told(done: int, total: int) -> None:
        nonlocal is_typing
        if not is_typing:
            is_typing = True
            observer.ended("reading")
            observer.began("attributes", total)
        observer.progressed("attributes", done, total)

    try:
        with rows_told(session, observer):
            return read_tree(session, choice, concurrency=session.concurrency, progress=told)
    finally:
        if is_typing:
            observer.ended("attributes")
