"""The tape: everything that came, in order, as far back as it reaches."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from papaya_gui.models.batch import Batch
from papaya_gui.models.tape import Tape


def batch_of(first: int, count: int) -> Batch:
    """Return readings that are numbered by their values."""
    numbers = np.arange(first, first + count)
    return Batch(
        (numbers % 7).astype(np.int32), numbers / 10, numbers.astype(np.float64), np.zeros(count, np.int8)
    )


@given(
    sizes=st.lists(st.one_of(st.integers(0, 40), st.integers(4000, 9000)), max_size=12),
    capacity=st.integers(1, 20_000),
    place=st.floats(0, 1),
    length=st.floats(0, 1),
)
def test_it_gives_what_came_between_two_positions(
    sizes: list[int], capacity: int, place: float, length: float
) -> None:
    tape = Tape(capacity)
    for size in sizes:
        tape.append(batch_of(tape.end, size))
    assert tape.end == sum(sizes)
    assert tape.end - tape.start >= min(capacity, tape.end)
    position = int(place * tape.end)
    until = position + int(length * (tape.end - position))
    found = tape.since(position, until).values.tolist()
    assert found == list(range(max(position, tape.start), max(until, tape.start)))
    assert tape.of_row(3, position, until).values.tolist() == [one for one in found if one % 7 == 3]


def test_it_forgets_the_oldest_but_nothing_that_a_paused_view_has_not_seen() -> None:
    tape = Tape(10_000)
    tape.append(batch_of(0, 5_000))
    tape.kept_from = 4_000
    for _ in range(10):
        tape.append(batch_of(tape.end, 5_000))
    assert tape.since(4_000).values.tolist() == list(range(4_000, 55_000))
    tape.kept_from = None
    tape.append(batch_of(tape.end, 5_000))
    assert tape.end - tape.start <= 15_000
    assert len(tape.since(4_000)) == tape.end - tape.start


def test_small_batches_weigh_no_more_than_what_they_hold() -> None:
    tape = Tape()
    for _ in range(10_000):
        tape.append(batch_of(tape.end, 3))
    assert len(tape._batches) < 20
    assert tape.since(29_990).values.tolist() == list(range(29_990, 30_000))
