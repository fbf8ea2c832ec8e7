"""What is asked for again after an interruption, and what is not."""

from __future__ import annotations

import pytest
from papaya_gui.sources.missed import MOST_HOLES, MOST_POLLED, ROUNDS, Missed

from papaya.errors import Unreachable
from papaya.sensors.reading import Value


class Scene:
    """A server that has samples, a window that misses some, and a clock that a test turns."""

    def __init__(self) -> None:
        self.now = 100.0
        self.samples: list[tuple[int, Value]] = []
        self.asked: list[tuple[int, int, int]] = []
        self.put: list[tuple[int, int, Value]] = []
        self.missed = Missed(lambda row: 1.0, lambda: self.now)
        self.missed.watch([7])

    def fetch(self, row: int, start: int, end: int) -> list[tuple[int, Value]]:
        """Answer as a server does."""
        self.asked.append((row, start, end))
        return [(ts, value) for ts, value in self.samples if start <= ts < end]

    def after(self, seconds: float) -> list[tuple[int, int, Value]]:
        """Let time pass, and return what is filled in then."""
        self.now += seconds
        self.put.clear()
        self.missed.fill(self.fetch, lambda *one: self.put.append(one))
        return list(self.put)

    def miss(self, row: int = 7, start: int = 1_000, end: int = 9_000) -> None:
        """Let a row be heard, then nothing, and then be heard again."""
        self.missed.heard(row, start)
        self.missed.interrupted()
        self.missed.heard(row, end)


def test_what_is_between_the_last_value_and_the_first_new_one_is_filled_in_once() -> None:
    scene = Scene()
    scene.samples = [(1_000, 1), (2_000, 2), (5_000, 5), (9_000, 9)]
    scene.miss()
    assert scene.after(0) == []
    assert scene.after(ROUNDS[0]) == [(7, 2_000, 2), (7, 5_000, 5)]
    assert scene.after(1) == []


def test_what_devices_send_later_is_filled_in_later() -> None:
    scene = Scene()
    scene.miss()
    assert scene.after(ROUNDS[0]) == []
    scene.samples = [(3_000, 3)]
    assert scene.after(ROUNDS[1]) == [(7, 3_000, 3)]
    scene.samples.append((4_000, 4))
    assert scene.after(ROUNDS[2]) == [(7, 4_000, 4)]
    asked = len(scene.asked)
    assert scene.after(1_000) == []
    assert len(scene.asked) == asked == len(ROUNDS)


def test_without_an_interruption_or_with_a_short_one_nothing_is_asked() -> None:
    scene = Scene()
    scene.missed.heard(7, 1_000)
    scene.missed.heard(7, 900_000)
    scene.missed.interrupted()
    scene.missed.heard(7, 900_900)
    scene.missed.interrupted()
    scene.missed.heard(7, 900_900)
    assert scene.after(1_000) == []
    assert scene.asked == []


def test_an_interruption_in_an_interruption_is_one() -> None:
    scene = Scene()
    scene.missed.heard(7, 1_000)
    scene.missed.interrupted()
    scene.missed.interrupted()
    scene.missed.heard(7, 9_000)
    scene.after(ROUNDS[0])
    assert scene.asked == [(7, 1_001, 9_000)]


def test_rows_that_nobody_looks_at_wait_until_somebody_does() -> None:
    scene = Scene()
    for turn in range(MOST_HOLES + 3):
        scene.miss(3, turn * 100_000 + 1, turn * 100_000 + 50_000)
    assert scene.after(1_000) == []
    assert scene.asked == []
    scene.missed.watch([3])
    scene.after(0)
    assert len(scene.asked) == MOST_HOLES


def test_a_failure_is_tried_again() -> None:
    scene = Scene()
    scene.samples = [(2_000, 2)]
    scene.miss()

    def fail(row: int, start: int, end: int) -> list[tuple[int, Value]]:
        raise Unreachable("no")

    scene.now += ROUNDS[0]
    with pytest.raises(Unreachable):
        scene.missed.fill(fail, lambda *one: None)
    assert scene.after(0) == [(7, 2_000, 2)]


def test_what_comes_between_two_polls_is_filled_in_at_once_where_somebody_looks() -> None:
    scene = Scene()
    scene.missed.is_polled = True
    scene.samples = [(ts, ts) for ts in range(1_000, 20_000, 1_000)]
    for row in (3, 7):
        scene.missed.heard(row, 5_000)
        scene.missed.heard(row, 10_000)
    assert scene.after(0) == [(7, ts, ts) for ts in (6_000, 7_000, 8_000, 9_000)]
    assert scene.after(0) == []
    scene.missed.heard(7, 15_000)
    assert scene.after(0) == [(7, ts, ts) for ts in (11_000, 12_000, 13_000, 14_000)]
    assert [row for row, _, _ in scene.asked] == [7, 7]


def test_polls_that_could_not_be_filled_in_are_made_up_for_together_and_nothing_comes_twice() -> None:
    scene = Scene()
    scene.missed.is_polled = True
    scene.samples = [(ts, ts) for ts in range(1_000, 20_000, 1_000)]
    for ts in (1_000, 4_000, 4_000, 4_001, 7_000):
        scene.missed.heard(7, ts)
    assert scene.after(0) == [(7, ts, ts) for ts in (2_000, 3_000, 5_000, 6_000)]
    assert len(scene.asked) == 1


def test_a_poll_that_comes_while_another_is_filled_in_is_not_forgotten() -> None:
    scene = Scene()
    scene.missed.is_polled = True
    scene.samples = [(ts, ts) for ts in range(1_000, 9_000, 1_000)]
    scene.missed.heard(7, 1_000)
    scene.missed.heard(7, 3_000)

    def fetch(row: int, start: int, end: int) -> list[tuple[int, Value]]:
        scene.missed.heard(7, 5_000)
        scene.missed.heard(7, 7_000)
        return scene.fetch(row, start, end)

    scene.missed.fill(fetch, lambda *one: None)
    assert scene.after(0) == [(7, 4_000, 4_000), (7, 6_000, 6_000)]


def test_a_poll_after_an_interruption_fills_the_interruption_and_asks_for_nothing_twice() -> None:
    scene = Scene()
    scene.missed.is_polled = True
    scene.samples = [(ts, ts) for ts in range(1_000, 20_000, 1_000)]
    scene.missed.heard(7, 5_000)
    scene.missed.interrupted()
    scene.missed.heard(7, 9_000)
    assert scene.after(0) == []
    assert scene.after(ROUNDS[0]) == [(7, ts, ts) for ts in (6_000, 7_000, 8_000)]


def test_so_many_rows_are_filled_in_at_once_and_the_others_next() -> None:
    scene = Scene()
    scene.missed.is_polled = True
    rows = range(MOST_POLLED + 3)
    scene.missed.watch(rows)
    for row in rows:
        scene.missed.heard(row, 1_000)
        scene.missed.heard(row, 5_000)
    scene.after(0)
    assert len(scene.asked) == MOST_POLLED
    scene.after(0)
    assert sorted(row for row, _, _ in scene.asked) == list(rows)


def test_a_row_that_is_looked_at_late_gets_what_came_between_all_polls_since_the_first() -> None:
    scene = Scene()
    scene.missed.is_polled = True
    scene.samples = [(ts, ts) for ts in range(1_000, 20_000, 1_000)]
    for ts in (1_000, 6_000, 11_000):
        scene.missed.heard(3, ts)
    assert scene.after(0) == []
    scene.missed.watch([3])
    scene.after(0)
    assert scene.asked == [(3, 1_001, 11_000)]
    # Nobody looks for a while, and then again.
    scene.missed.watch([])
    scene.missed.heard(3, 14_000)
    scene.missed.heard(3, 17_000)
    assert scene.after(0) == []
    scene.missed.watch([3])
    assert [ts for _, ts, _ in scene.after(0)] == [12_000, 13_000, 14_000, 15_000, 16_000]
