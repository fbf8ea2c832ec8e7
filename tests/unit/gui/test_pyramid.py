"""The pyramid that curves are drawn from."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from papaya_gui.models.pyramid import Pyramid

Floats = NDArray[np.float64]

SAMPLES = st.lists(
    st.tuples(
        st.sampled_from([0.0, 0.25, 1.0, 1.0, 1.0, 50.0]),
        st.one_of(st.floats(-1e6, 1e6), st.sampled_from([np.nan, np.inf, 0.0])),
    ),
    min_size=1,
    max_size=700,
)


def pyramid_of(times: Floats, values: Floats, pieces: int = 1) -> Pyramid:
    """Return a pyramid that was fed in so many pieces."""
    pyramid = Pyramid()
    for some_times, some_values in zip(
        np.array_split(times, pieces), np.array_split(values, pieces), strict=True
    ):
        pyramid.append(some_times, some_values)
    return pyramid


def arrays(samples: list[tuple[float, float]]) -> tuple[Floats, Floats]:
    """Return times and values of steps and values."""
    steps, values = zip(*samples, strict=True)
    return np.cumsum(steps), np.array(values)


@given(samples=SAMPLES, pieces=st.integers(1, 9), pixels=st.integers(1, 60), part=st.floats(0.05, 1))
def test_every_pixel_column_keeps_its_minimum_and_its_maximum(
    samples: list[tuple[float, float]], pieces: int, pixels: int, part: float
) -> None:
    times, values = arrays(samples)
    start = float(times[0])
    end = start + max(float(times[-1] - times[0]) * part, 1.0)
    drawn_times, drawn = pyramid_of(times, values, pieces).view(start, end, pixels)
    usable = np.isfinite(values)
    edges = np.linspace(start, end, pixels + 1)
    for index, (left, right) in enumerate(zip(edges[:-1], edges[1:], strict=True)):
        last = index == pixels - 1
        in_column = (times >= left) & ((times < right) | (last & (times <= right)))
        in_drawing = (drawn_times >= left) & ((drawn_times < right) | (last & (drawn_times <= right)))
        expected, seen = values[in_column & usable], drawn[in_drawing & np.isfinite(drawn)]
        assert (
            expected.size == 0
            and seen.size == 0
            or (expected.min(), expected.max())
            == (
                seen.min(),
                seen.max(),
            )
        )


@given(samples=SAMPLES, pieces=st.integers(1, 9), pixels=st.integers(1, 60))
def test_a_drawing_has_about_two_points_for_each_pixel(
    samples: list[tuple[float, float]], pieces: int, pixels: int
) -> None:
    times, values = arrays(samples)
    _, drawn = pyramid_of(times, values, pieces).view(float(times[0]), float(times[0]) + 100, pixels)
    assert np.isfinite(drawn).sum() <= 2 * (pixels + 2)


@given(samples=SAMPLES, pieces=st.integers(1, 9), pixels=st.integers(1, 60))
def test_the_line_never_crosses_a_pause_between_columns_and_breaks_nowhere_else(
    samples: list[tuple[float, float]], pieces: int, pixels: int
) -> None:
    times, values = arrays(samples)
    gap = 10.0
    pyramid = pyramid_of(times, values, pieces)
    start, end = float(times[0]), float(times[-1]) + 1
    drawn_times, drawn = pyramid.view(start, end, pixels, gap=gap)
    column = (end - start) / pixels
    joined = np.isfinite(drawn[:-1]) & np.isfinite(drawn[1:])
    steps = drawn_times[1:] - drawn_times[:-1]
    # Inside one column a pause is narrower than a pixel and nothing of it could be seen.
    assert (steps[joined] <= max(gap, column)).all()
    for broken in np.flatnonzero(np.isnan(drawn)):
        before, after = drawn_times[broken - 1], drawn_times[broken + 1]
        missing = (times >= before) & (times <= after) & ~np.isfinite(values)
        assert after - before > gap or missing.any()


def test_a_single_missing_sample_breaks_the_line_once_and_blanks_nothing_else() -> None:
    times = np.arange(100_000.0)
    values = np.sin(times / 500)
    values[54_321] = np.nan
    _, drawn = pyramid_of(times, values).view(0, 100_000, 1000)
    assert np.isnan(drawn).sum() <= 1
    assert np.isfinite(drawn).sum() >= 2000


def test_missing_samples_break_the_line_across_two_appends() -> None:
    pyramid = Pyramid()
    pyramid.append([0, 1], [5, np.nan])
    pyramid.append([2, 3], [np.nan, 7])
    times, values = pyramid.view(0, 3, 100)
    assert times.tolist() == [0, 0, 3]
    np.testing.assert_array_equal(values, [5, np.nan, 7])


def test_the_neighbours_of_the_span_carry_the_line_to_both_edges() -> None:
    times, _ = pyramid_of(np.arange(10.0), np.arange(10.0)).view(3.5, 6.5, 100)
    assert times.tolist() == [3, 4, 5, 6, 7]


def test_a_spike_of_one_sample_in_a_million_is_seen() -> None:
    times = np.arange(1_000_000.0)
    values = np.zeros(1_000_000)
    values[777_777] = 9.0
    _, drawn = pyramid_of(times, values, pieces=7).view(0, 1_000_000, 800)
    assert drawn.max() == 9.0


def test_the_oldest_samples_go_when_the_capacity_is_reached() -> None:
    pyramid = Pyramid(capacity=1000)
    for start in range(0, 10_000, 77):
        pyramid.append(np.arange(start, start + 77), np.arange(start, start + 77) % 13)
        assert min(start + 77, 1000) <= len(pyramid) <= 2000
    assert pyramid.times[-1] == start + 76
    _, drawn = pyramid.view(float(pyramid.times[0]), float(pyramid.times[-1]), 10)
    assert (drawn.min(), drawn.max()) == (0, 12)


def test_an_empty_pyramid_draws_nothing() -> None:
    times, values = Pyramid().view(0, 1, 100, gap=1)
    assert times.size == values.size == 0


@pytest.mark.parametrize(
    ("times", "values", "fault"),
    [
        ([1, 0], [0, 0], "go back"),
        ([np.nan], [0], "finite"),
        ([1, 2], [0], "same length"),
        ([[1, 2]], [[1, 2]], "two lists"),
    ],
)
def test_samples_that_make_no_curve_are_refused(times: object, values: object, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        Pyramid().append(times, values)  # type: ignore[arg-type]


def test_a_time_before_the_newest_is_refused_even_when_that_one_had_no_value() -> None:
    pyramid = Pyramid()
    pyramid.append([5], [np.nan])
    with pytest.raises(ValueError, match="go back"):
        pyramid.append([4], [1])


@pytest.mark.parametrize(("start", "end", "pixels"), [(1, 1, 10), (2, 1, 10), (0, 1, 0)])
def test_a_view_of_nothing_is_refused(start: float, end: float, pixels: int) -> None:
    with pytest.raises(ValueError, match="view"):
        Pyramid().view(start, end, pixels)


def test_a_capacity_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="capacity"):
        Pyramid(capacity=0)


@given(samples=SAMPLES, pieces=st.integers(1, 9), part=st.floats(-0.1, 1.1))
def test_what_is_taken_back_and_added_again_makes_the_same_curve(
    samples: list[tuple[float, float]], pieces: int, part: float
) -> None:
    times, values = arrays(samples)
    pyramid, whole = pyramid_of(times, values, pieces), pyramid_of(times, values)
    moment = float(times[0] + part * (times[-1] - times[0]))
    later, their_values = pyramid.take_back(moment)
    kept = np.isfinite(values) & (times <= moment)
    assert pyramid.times.tolist() == times[kept].tolist()
    assert pyramid.newest == (times[kept][-1] if kept.any() else -np.inf)
    pyramid.append(later, their_values)
    # What is no number and stands before everything else breaks nothing.
    if pyramid.values.size:
        assert pyramid.values.tolist() == whole.values.tolist()
        start, end = float(times[0]) - 1, float(times[-1]) + 1
        for pixels in (1, 7, 100):
            for one, other in zip(
                pyramid.view(start, end, pixels), whole.view(start, end, pixels), strict=True
            ):
                np.testing.assert_array_equal(one, other)
        following = times[-1] + np.arange(300.0)
        for curve in (pyramid, whole):
            curve.append(following, following)
        for one, other in zip(pyramid.whole(), whole.whole(), strict=True):
            np.testing.assert_array_equal(one, other)
