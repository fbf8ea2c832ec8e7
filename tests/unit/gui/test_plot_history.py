"""The past in stretches, its seam with what comes live, and when a source is asked again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from papaya_gui.models.batch import NUMBER, TEXT, TRUTH, Batch, Floats
from papaya_gui.models.catalog import Row
from papaya_gui.models.curve import Aggregation, Sampled, Telling, drawn, nearest, shown_at, stepped
from papaya_gui.models.history import LIVE, History, Stretch
from papaya_gui.models.refetch import request_for
from papaya_gui.models.series import Series
from papaya_gui.models.tape import Tape

from papaya.manifest.model import Sensor

ROW = Row(0, "PM-0001", ("INDIA", "Karnataka"), Sensor("a", unit="cm", every=1.0), 1.0)


def series_of(
    times: list[float] | Floats, values: list[float] | Floats, kind: int = NUMBER, row: Row = ROW
) -> Series:
    """Return a series that heard these live."""
    tape = Tape()
    count = len(times)
    tape.append(
        Batch(
            np.zeros(count, np.int32),
            np.asarray(times, np.float64),
            np.asarray(values, np.float64),
            np.full(count, kind, np.int8),
        )
    )
    series = Series(row, tape)
    series.catch_up()
    return series


def stretch(start: float, end: float, step: float) -> Stretch:
    """Return a stretch with a sample for each step, or each second."""
    times = np.arange(start, end, step or 1.0)
    return Stretch(start, end, step, times, times % 7)


@given(
    st.lists(
        st.tuples(st.integers(0, 200), st.integers(1, 80), st.sampled_from([0.0, 1.0, 2.0, 5.0, 10.0])),
        min_size=1,
        max_size=10,
    )
)
def test_stretches_never_overlap_and_the_finest_known_stays(asked: list[tuple[int, int, float]]) -> None:
    history = History(2.0)
    finest = np.full(300, np.inf)
    for start, length, step in asked:
        history.add(stretch(start, start + length, step))
        finest[start : start + length] = np.minimum(finest[start : start + length], step)
    known = np.full(300, np.inf)
    for before, after in zip(history.stretches, history.stretches[1:], strict=False):
        assert before.end <= after.start
    for one in history.stretches:
        known[int(one.start) : int(one.end)] = one.step
        assert ((one.times >= one.start) & (one.times < one.end)).all()
    np.testing.assert_array_equal(known, finest)
    assert (np.diff(history.curve().times) > 0).all()


def test_what_is_missing_is_the_span_that_is_unknown_or_too_coarse() -> None:
    history = History(2.0)
    assert history.missing(0, 100, 1.0) == (0, 100)
    history.add(stretch(0, 100, 10.0))
    assert history.missing(0, 100, 10.0) is None
    assert history.missing(0, 100, 7.0) is None
    assert history.missing(0, 150, 10.0) == (100, 150)
    assert history.missing(20, 40, 1.0) == (20, 40)
    history.add(stretch(20, 40, 1.0))
    assert history.missing(20, 40, 1.0) is None
    assert history.missing(10, 40, 1.0) == (10, 20)
    assert history.missing(10, 60, 1.0) == (10, 60)
    assert history.missing(5, 5, 1.0) is None


def test_a_condensed_past_keeps_its_extremes_and_breaks_only_where_it_is_silent() -> None:
    history = History(2.0)
    times = np.concatenate((np.arange(0.0, 500, 10), np.arange(600.0, 1000, 10)))
    values = np.ones(len(times))
    history.add(Stretch(0, 1000, 10.0, times, values, values - 5, values + 5, 10.0))
    _, line = history.curve().view(0, 1000, 1000)
    assert [np.nanmin(line), np.nanmax(line)] == [-4, 6]
    assert np.isnan(line).sum() == 1
    assert set(history.curve(extremes=False).values) == {1.0}


def test_a_past_in_disorder_with_doubles_is_put_in_order() -> None:
    history = History(2.0)
    times = np.array([3.0, 1.0, 2.0, 2.0, 9.0])
    history.add(Stretch(0, 5, 0.0, times, times * 10))
    assert history.curve().times.tolist() == [1, 2, 3]
    assert history.curve().values.tolist() == [10, 20, 30]


def test_no_sample_at_the_seam_is_drawn_twice() -> None:
    series = series_of([100, 101, 102], [1, 2, 3])
    past = np.arange(90.0, 103)
    series.remember(90, 103, 1000, past, np.zeros(13))
    line = drawn(series, 90, 103, 1000, Aggregation.AUTO)
    assert line.times.tolist() == list(range(90, 103))
    assert line.values[-3:].tolist() == [1, 2, 3]
    assert series.seam == 100


def test_a_late_reading_moves_the_seam_back_and_the_past_with_it() -> None:
    series = series_of([100, 101, 98], [1, 2, 3])
    series.remember(90, 101, 1000, np.arange(90.0, 101), np.zeros(11))
    assert series.seam == 98
    assert drawn(series, 90, 102, 1000, Aggregation.AUTO).times.tolist() == [*range(90, 99), 98 + 2, 101]


def test_a_reading_may_be_older_than_one_that_was_no_number() -> None:
    tape = Tape()
    series = Series(ROW, tape)
    for time, value in (
        (100.0, 1.0),
        (101.0, 2.0),
        (103.0, np.nan),
        (102.0, 3.0),
        (104.0, np.nan),
        (105.0, 4.0),
    ):
        tape.append(Batch(np.zeros(1, np.int32), np.array([time]), np.array([value]), np.zeros(1, np.int8)))
        series.catch_up()
    times, values = series.live.whole()
    assert times[np.isfinite(values)].tolist() == [100, 101, 102, 105]
    assert np.isnan(values).sum() == 1


def test_a_pause_at_the_seam_breaks_the_line() -> None:
    series = series_of([100, 101], [1, 2])
    series.remember(0, 100, 1000, np.arange(80.0, 91), np.zeros(11))
    assert np.isnan(drawn(series, 80, 102, 1000, Aggregation.AUTO).values).sum() == 1


def test_texts_of_the_past_make_no_curve_with_numbers() -> None:
    series = series_of([100, 101], [1.5, 2])
    series.remember(90, 100, 1000, np.arange(90.0, 100), np.zeros(10), kind=TEXT)
    assert len(series.past) == 0
    assert series.history.missing(90, 100, 1.0) is None


@pytest.mark.parametrize("aggregation", list(Aggregation))
def test_steps_are_never_averaged(aggregation: Aggregation) -> None:
    times = np.arange(0, 5000, 0.5)
    series = series_of(times, (times // 7) % 2, TRUTH)
    line = drawn(series, 0, 5000, 50, aggregation)
    assert set(line.values[np.isfinite(line.values)]) <= {0.0, 1.0}
    assert line.low is None


def test_means_and_bands_stand_still_while_the_window_moves() -> None:
    times = np.arange(0, 1000, 0.1)
    series = series_of(times, np.sin(times) + times / 100)
    one = drawn(series, 100, 400, 100, Aggregation.RANGE)
    other = drawn(series, 103.3, 403.3, 100, Aggregation.RANGE)
    shared = np.intersect1d(one.times, other.times)
    assert len(shared) > 12
    for name in ("values", "low", "high"):
        first, second = getattr(one, name), getattr(other, name)
        assert first[np.isin(one.times, shared)].tolist() == second[np.isin(other.times, shared)].tolist()
    assert one.low is not None
    assert one.high is not None
    assert (one.low <= one.values).all()
    assert (one.values <= one.high).all()


def test_the_mean_of_a_condensed_past_is_that_of_its_means() -> None:
    series = series_of([], [])
    times = np.arange(0.0, 1000, 10)
    series.remember(
        0, 1000, 100, times, np.full(100, 2.0), interval=10, low=np.full(100, 0.0), high=np.full(100, 9.0)
    )
    mean = drawn(series, 0, 1000, 20, Aggregation.MEAN)
    assert set(mean.values) == {2.0}
    band = drawn(series, 0, 1000, 20, Aggregation.RANGE)
    assert band.low is not None
    assert band.high is not None
    assert (set(band.values), set(band.low), set(band.high)) == ({2.0}, {0.0}, {9.0})


def test_raw_draws_every_sample() -> None:
    times = np.arange(0, 1000, 0.1)
    series = series_of(times, np.sin(times))
    assert len(drawn(series, 0, 1000, 100, Aggregation.RAW).times) == 10_000
    assert len(drawn(series, 0, 1000, 100, Aggregation.AUTO).times) < 300


def test_a_step_holds_until_the_next_one_and_for_a_gap_before_a_break() -> None:
    times, values = stepped(np.array([0.0, 1, 1, 9]), np.array([5.0, 6, np.nan, 7]), gap=2.0)
    assert times.tolist() == [0, 1, 1, 3, 3, 3, 9, 11]
    np.testing.assert_array_equal(values, [5, 5, 6, 6, np.nan, np.nan, 7, 7])


@pytest.mark.parametrize(
    ("moment", "telling", "value"),
    [
        (100.0, Telling.VALUE, 10.0),
        (100.25, Telling.VALUE, 10.0),
        (100.75, Telling.VALUE, 20.0),
        (105.0, Telling.NO_DATA, None),
        (101.4, Telling.VALUE, 20.0),
        (109.7, Telling.VALUE, 30.0),
        (99.4, Telling.VALUE, 0.0),
        (99.6, Telling.VALUE, 10.0),
        (96.0, Telling.NO_DATA, None),
        (111.5, Telling.NOT_YET, None),
        (114.0, Telling.NO_DATA, None),
        (50.0, Telling.NO_DATA, None),
    ],
)
def test_the_nearest_sample_is_told_and_beside_a_pause_only_from_close_by(
    moment: float, telling: Telling, value: float | None
) -> None:
    series = series_of([100, 101, 110, 111], [10, 20, 30, 40])
    series.remember(90, 100, 1000, np.array([95.0, 98, 99]), np.zeros(3))
    found = nearest(series, moment, 0.45)
    assert found.telling is telling
    assert found.value == value if value is not None else np.isnan(found.value)
    assert value is None or abs(found.time - moment) <= 0.45


def test_a_step_has_the_value_that_holds_and_none_past_its_gap() -> None:
    series = series_of([100, 101, 110], [0, 1, 0], TRUTH)
    assert nearest(series, 100.9) == Sampled(Telling.VALUE, 100.0, 0.0)
    assert nearest(series, 102.5) == Sampled(Telling.VALUE, 101.0, 1.0)
    assert nearest(series, 104).telling is Telling.NO_DATA


def test_a_sample_that_is_no_number_is_no_data_at_the_cursor() -> None:
    series = series_of([100, 101, 102], [1, np.nan, 3])
    assert nearest(series, 100.5).telling is Telling.NO_DATA


def test_a_long_pause_of_what_comes_live_is_asked_for_and_nothing_is_lost() -> None:
    times = np.concatenate((np.arange(100.0, 110), np.arange(200.0, 205)))
    series = series_of(times, np.arange(15.0))
    before = drawn(series, 90, 210, 1000, Aggregation.AUTO)
    assert series.break_off()
    assert not series.break_off()
    assert series.seam == 200
    assert series.past.times.tolist() == list(range(100, 110))
    after = drawn(series, 90, 210, 1000, Aggregation.AUTO)
    np.testing.assert_array_equal(after.values, before.values)
    request = request_for(series, 90, 210, now=205, points=100)
    assert request is not None
    assert request.end == 200
    series.remember(request.start, request.end, request.points, np.arange(50.0, 200), np.full(150, -1.0))
    line = drawn(series, 90, 210, 1000, Aggregation.AUTO)
    assert line.times.tolist() == list(range(89, 205))
    assert line.values[11:21].tolist() == list(range(10))
    assert set(line.values[21:111]) == {-1.0}


def test_a_reading_that_comes_days_late_hides_nothing_of_the_past() -> None:
    series = series_of([10_000, 10_001, 500, 502, 10_002], [1, 2, 3, 4, 5])
    assert series.held_from == 500
    assert series.break_off()
    assert (series.held_from, series.seam) == (10_000, 10_000)
    request = request_for(series, 400, 10_002, now=10_002, points=1000)
    assert request is not None
    assert (request.start < 500, request.end) == (True, 10_000)
    series.remember(400, 10_000, 1000, np.arange(400.0, 10_000, 100), np.zeros(96))
    assert series.past.neighbours(502)[0] == (502, 4)
    assert series.past.neighbours(700)[0] == (700, 0)


def test_what_lies_far_from_where_somebody_looks_is_forgotten_first() -> None:
    history = History(2.0, capacity=250)
    history.add(replace(stretch(5000, 5050, 0.0), step=LIVE))
    for start in (0, 1000, 2000, 3000):
        history.add(stretch(start, start + 100, 0.0))
    assert [one.start for one in history.stretches] == [2000, 3000, 5000]


class TestAsking:
    """What is asked for as the window changes."""

    def test_what_came_live_is_not_asked_for(self) -> None:
        series = series_of([100, 101], [1, 2])
        request = request_for(series, 0, 200, now=200, points=100)
        assert request is not None
        assert (request.start, request.end) == (-50, 100)
        assert request.points == 75

    def test_nothing_is_asked_for_once_it_is_known(self) -> None:
        series = series_of([100, 101], [1, 2])
        series.remember(0, 100, 100, np.arange(0.0, 100, 10), np.zeros(10), interval=1.0)
        assert request_for(series, 0, 200, now=200, points=100) is None
        finer = request_for(series, 20, 40, now=200, points=100)
        assert finer is not None
        assert finer.start <= 20 < 40 <= finer.end
        assert (finer.end - finer.start) / finer.points == pytest.approx(0.2)

    def test_a_source_that_gave_all_it_has_is_not_asked_finer(self) -> None:
        series = series_of([], [])
        series.remember(0, 100, 1000, np.arange(0.0, 100, 10), np.zeros(10))
        assert request_for(series, 20, 40, now=200, points=1000) is None

    def test_a_source_that_thinned_out_what_it_has_is_asked_finer(self) -> None:
        series = series_of([], [])
        series.remember(0, 100, 10, np.arange(0.0, 100, 10), np.zeros(10))
        assert request_for(series, 20, 40, now=200, points=1000) is not None

    def test_a_source_that_cannot_be_as_fine_as_asked_is_not_asked_for_ever(self) -> None:
        series = series_of([], [])
        request = request_for(series, 0, 1000, now=1000, points=1000)
        assert request is not None
        times = np.arange(request.start, request.end, 5.0)
        series.remember(
            request.start, request.end, request.points, times, times, interval=5.0, low=times, high=times
        )
        assert request_for(series, 0, 1000, now=1000, points=1000) is None
        assert request_for(series, 400, 500, now=1000, points=1000) is not None
        assert np.isnan(drawn(series, 0, 1000, 1000, Aggregation.MEAN).values).sum() == 0

    def test_a_source_that_gave_more_than_asked_gave_everything(self) -> None:
        series = series_of([], [])
        series.remember(0, 100, 10, np.arange(0.0, 100, 2), np.zeros(50))
        assert request_for(series, 20, 40, now=200, points=1000) is None

    def test_the_newest_end_is_not_asked_for_at_every_tick(self) -> None:
        series = series_of([], [], row=replace(ROW, every=5.0))
        series.remember(0, 100, 1000, np.arange(0.0, 100, 10), np.zeros(10))
        assert request_for(series, 29, 129, now=129, points=100) is None
        assert request_for(series, 31, 131, now=131, points=100) is not None

    def test_a_little_of_the_past_that_is_missing_is_asked_for(self) -> None:
        series = series_of([100, 101], [1, 2])
        series.remember(0, 100, 1000, np.arange(0.0, 100, 10), np.zeros(10))
        assert request_for(series, -2, 98, now=200, points=100) is not None

    def test_the_future_is_not_asked_for(self) -> None:
        assert request_for(series_of([], []), 300, 400, now=200, points=100) is None


def test_of_means_the_line_is_told_and_else_the_samples() -> None:
    times = np.arange(0, 1000, 0.5)
    series = series_of(times, np.where(times % 1 == 0, 0.0, 10.0))
    for aggregation, expected in ((Aggregation.MEAN, 5), (Aggregation.RANGE, 5), (Aggregation.AUTO, 0)):
        line = drawn(series, 0, 1000, 50, aggregation)
        found = shown_at(series, line, aggregation, 500.0)
        assert found.telling is Telling.VALUE
        assert found.value == pytest.approx(expected, abs=0.3)
        assert aggregation is Aggregation.AUTO or found.time in line.times


def test_a_reading_that_comes_late_costs_what_comes_after_it_and_not_the_whole_curve() -> None:
    tape = Tape()
    series = Series(ROW, tape)
    for times in ([*range(100), 105.0], [103.0, 102.0], [104.0, 106.0]):
        tape.append(
            Batch(
                np.zeros(len(times), np.int32),
                np.array(times),
                np.array(times),
                np.zeros(len(times), np.int8),
            )
        )
        before = series.live
        line = drawn(series, 90, 110, 1000, Aggregation.AUTO)
        series.catch_up()
        assert series.live is before
    assert series.live.times.tolist() == [*range(100), 102, 103, 104, 105, 106]
    line = drawn(series, 90, 110, 1000, Aggregation.AUTO)
    assert line.times[np.isfinite(line.values)].tolist() == [*range(89, 100), 102, 103, 104, 105, 106]


def test_a_sample_that_a_source_tells_twice_is_held_once() -> None:
    tape = Tape()
    series = Series(ROW, tape)
    for times in ([1.0, 6.0, 11.0], [1.0, 2.0, 3.0, 6.0, 7.0, 11.0], [11.0, 10.0, 11.0]):
        columns = np.array(times)
        tape.append(Batch(np.zeros(len(times), np.int32), columns, columns, np.zeros(len(times), np.int8)))
        series.catch_up()
    assert series.live.times.tolist() == [1, 2, 3, 6, 7, 10, 11]
