"""A breaker lets one entity fail by itself, and ends a run whose server is gone before all was tried."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from papaya.apply.breaker import Breaker
from papaya.errors import AuthenticationFailed, PapayaError, Rejected, Unavailable, Unreachable


class Run:
    """A breaker, and what it has had to say."""

    def __init__(self, concurrency: int) -> None:
        self.breaker = Breaker(concurrency)
        self.stopped: list[str] = []
        self.begun: list[str] = []

    def _stop(self, error: PapayaError) -> None:
        self.stopped.append(error.message)
        self.breaker.open()

    def one(self, name: str, error: PapayaError | None = None) -> None:
        """Carry out one change."""
        try:
            with self.breaker.turn(self._stop):
                self.begun.append(name)
                if error is not None:
                    raise error
        except PapayaError as raised:
            assert raised is error

    @contextmanager
    def held(self, name: str, error: PapayaError | None = None) -> Iterator[Callable[[], None]]:
        """Have one change under way in a thread of its own until it is let go."""
        go = threading.Event()
        begun = threading.Event()

        def carry_out() -> None:
            try:
                with self.breaker.turn(self._stop):
                    self.begun.append(name)
                    begun.set()
                    go.wait(30)
                    if error is not None:
                        raise error
            except PapayaError as raised:
                assert raised is error

        thread = threading.Thread(target=carry_out)
        thread.start()

        def let_go() -> None:
            go.set()
            thread.join(30)
            assert not thread.is_alive()

        try:
            assert begun.wait(30)
            yield let_go
        finally:
            let_go()

    @contextmanager
    def waiting(self, name: str) -> Iterator[threading.Thread]:
        """Have one change ask for its turn in a thread of its own."""
        thread = threading.Thread(target=self.one, args=(name,))
        thread.start()
        try:
            yield thread
        finally:
            self.breaker.open()
            thread.join(30)


def away(message: str = "away") -> PapayaError:
    """Return a failure that may be about one entity or about all."""
    return Unavailable(message, method="POST", path="/api/device")


def has_begun(run: Run, name: str, within: float) -> bool:
    """Return whether a change has begun within so many seconds."""
    until = time.monotonic() + within
    while name not in run.begun and time.monotonic() < until:
        time.sleep(0.01)
    return name in run.begun


@pytest.mark.parametrize("error", [AuthenticationFailed("who?"), Unreachable("gone")])
def test_a_fatal_failure_is_enough(error: PapayaError) -> None:
    run = Run(8)
    run.one("a", error)
    assert run.stopped == [error.message]


def test_a_rejection_is_about_one_entity_however_many_there_are() -> None:
    run = Run(1)
    for number in range(20):
        run.one(str(number), Rejected("no"))
    assert not run.stopped


def test_three_passing_failures_one_after_another_are_enough_whatever_the_concurrency() -> None:
    run = Run(8)
    run.one("a", away())
    run.one("b", away())
    assert not run.stopped
    run.one("c", away("the third"))
    assert run.stopped == ["the third"]


def test_what_was_done_in_between_forgives_the_failures_before_it() -> None:
    run = Run(1)
    for number in range(10):
        run.one(str(number), away())
        run.one(str(number), away())
        run.one(f"good {number}")
    assert not run.stopped


def test_a_few_that_were_under_way_together_do_not_end_a_run_but_the_next_one_does() -> None:
    run = Run(8)
    with run.held("a", away()), run.held("b", away()), run.held("c", away()):
        pass
    assert not run.stopped
    run.one("d", away("the next"))
    assert run.stopped == ["the next"]


def test_all_that_were_under_way_together_end_a_run() -> None:
    run = Run(3)
    with run.held("a", away()), run.held("b", away()), run.held("c", away()):
        pass
    assert run.stopped == ["away"]


def test_after_a_failure_nothing_begins_beside_what_is_under_way() -> None:
    run = Run(8)
    with run.held("slow") as let_go:
        run.one("failing", away())
        with run.waiting("next") as thread:
            assert not has_begun(run, "next", within=0.2)
            let_go()
            thread.join(30)
            assert run.begun == ["slow", "failing", "next"]


def test_after_a_success_changes_begin_beside_each_other_again() -> None:
    run = Run(8)
    with run.held("slow"), run.held("good") as let_go:
        run.one("failing", away())
        with run.waiting("next") as thread:
            assert not has_begun(run, "next", within=0.2)
            let_go()
            thread.join(30)
            assert has_begun(run, "next", within=0.0)


def test_a_run_that_is_stopped_keeps_nobody_waiting() -> None:
    run = Run(8)
    with run.held("slow"):
        run.one("failing", away())
        with run.waiting("next") as thread:
            run.breaker.open()
            thread.join(30)
            assert not thread.is_alive()
