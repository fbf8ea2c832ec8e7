"""The columns that are kept while a curve moves on."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from papaya_gui.models.columns import Scroll
from papaya_gui.models.pyramid import Pyramid


@given(
    seed=st.integers(0, 2**32 - 1),
    width=st.sampled_from([0.7, 3.0, 10.0]),
    moves=st.lists(st.integers(-40, 60), min_size=1, max_size=12),
    capacity=st.sampled_from([None, 900]),
)
def test_what_is_kept_draws_the_same_as_everything_made_anew(
    seed: int, width: float, moves: list[int], capacity: int | None
) -> None:
    random = np.random.default_rng(seed)
    pyramid = Pyramid(capacity)
    scroll = Scroll(pyramid, 2.0)
    first, newest = 0, 0.0
    for move in moves:
        count = int(random.integers(1, 400))
        times = newest + np.cumsum(random.choice([0.0, 0.1, 0.1, 0.1, 5.0], count))
        values = random.normal(size=count)
        values[random.random(count) < 0.02] = np.nan
        pyramid.append(times, values)
        newest = float(times[-1])
        first = max(first + move, 0)
        kept = scroll.view(first, 30, width)
        anew = Scroll(pyramid, 2.0).view(first, 30, width)
        np.testing.assert_array_equal(kept[0], anew[0])
        np.testing.assert_array_equal(kept[1], anew[1])


def test_the_columns_are_those_of_the_pyramids_own_view() -> None:
    pyramid = Pyramid()
    times = np.arange(0, 1000, 0.05)
    pyramid.append(times, np.sin(times * 3))
    kept = Scroll(pyramid, 1.0).view(100, 50, 2.0)
    own = pyramid.view(200.0, 300.0 - 1e-9, 50, gap=1.0)
    np.testing.assert_allclose(kept[0], own[0])
    np.testing.assert_allclose(kept[1], own[1])
