"""What is told of curves: statistics of a span, digits as the sensor tells them, and spans with a name."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from papaya_gui.models.batch import NUMBER, TRUTH, Batch
from papaya_gui.models.catalog import Row
from papaya_gui.models.pyramid import Pyramid, Summary
from papaya_gui.models.ranges import calendar_spans, range_text
from papaya_gui.models.series import Exact, Series
from papaya_gui.models.statistics import Digits, decimals_of, statistics_of
from papaya_gui.models.tape import Tape
from papaya_gui.models.texts import Texts
from papaya_gui.models.window import duration_text

from papaya.manifest.model import Sensor

ROW = Row(0, "PM-0001", ("INDIA", "Karnataka"), Sensor("a", unit="cm", every=1.0), 1.0)


def series_of(times: list[float], values: list[float], kind: int = NUMBER) -> Series:
    """Return a series that heard these live."""
    tape, count = Tape(), len(times)
    tape.append(
        Batch(np.zeros(count, np.int32), np.array(times), np.array(values), np.full(count, kind, np.int8))
    )
    series = Series(ROW, tape)
    series.catch_up()
    return series


@given(
    values=st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=300),
    span=st.tuples(st.integers(-5, 320), st.integers(0, 320)),
    taken=st.integers(0, 300),
)
def test_a_summary_is_that_of_all_samples_of_the_span(
    values: list[float], span: tuple[int, int], taken: int
) -> None:
    pyramid = Pyramid()
    pyramid.append(np.arange(len(values)), values)
    again = pyramid.take_back(float(taken))
    pyramid.append(*again)
    start, end = span[0], span[0] + span[1]
    inside = [value for time, value in enumerate(values) if start <= time <= end]
    found = pyramid.summary(start, end)
    assert found.count == len(inside)
    if inside:
        assert (found.low, found.high) == (min(inside), max(inside))
        assert found.total == pytest.approx(sum(inside), abs=1e-3)
        assert found.last is not None
        assert found.last[1] == inside[-1]


def test_statistics_are_those_of_the_visible_samples_past_and_live() -> None:
    series = series_of([100, 101, 102, 103], [1, 2, 30, 4])
    series.remember(90, 100, 10, np.arange(90.0, 100), np.full(10, 5.0))
    found = statistics_of(series, 98, 101)
    assert (found.low, found.high, found.mean, found.last) == (1, 5, 13 / 4, 2)
    assert np.isnan(statistics_of(series, 200, 300).mean)


def test_condensed_values_count_with_their_extremes_and_for_as_long_as_they_stand() -> None:
    series = series_of([100, 101], [10, 10])
    low, high = np.full(1, -3.0), np.full(1, 50.0)
    series.remember(40, 100, 10, np.array([60.0]), np.array([4.0]), interval=60.0, low=low, high=high)
    found = statistics_of(series, 0, 200)
    assert (found.low, found.high) == (-3, 50)
    assert found.mean == pytest.approx((60 * 4 + 2 * 10) / 62)


def test_what_the_source_says_of_the_whole_span_goes_before_what_is_drawn() -> None:
    series = Series(ROW, Tape())
    times, means = np.array([30.0, 90.0]), np.array([4 / 3, 7 / 3])
    low, high = np.array([0.25, 1]), np.array([3.0, 5.5])
    series.remember(0, 120, 2, times, means, interval=60.0, low=low, high=high)
    assert series.is_condensed(0, 120) and not series.is_condensed(120, 200)
    series.exact = Exact((0, 120), Summary(4, 0.25, 5.5, 7.0, (119.0, 5.5)))
    found = statistics_of(series, 0, 120)
    assert (found.low, found.high, found.mean, found.last) == (0.25, 5.5, 1.75, 5.5)
    assert statistics_of(series, 0, 119).last == 7 / 3
    # Means have more decimals than what the sensor measures.
    assert Digits(Texts()).decimals(series) == 2
    series.doubt()
    assert statistics_of(series, 0, 120).last == 7 / 3


def test_steps_have_a_last_value_and_no_mean() -> None:
    found = statistics_of(series_of([100, 101], [0, 1], TRUTH), 0, 200)
    assert found.last == 1
    assert np.isnan([found.low, found.high, found.mean]).all()


@pytest.mark.parametrize(
    ("values", "decimals"),
    [([1.0, 2.0], 0), ([1.5, 2.0], 1), ([0.1 + 0.2, 21.25], 2), ([1 / 3], None), ([], None), ([1e12], None)],
)
def test_decimals_are_those_of_the_samples(values: list[float], decimals: int | None) -> None:
    assert decimals_of(np.array(values)) == decimals


def test_all_values_of_a_sensor_are_written_alike() -> None:
    digits, series = Digits(Texts()), series_of([100, 101], [21.25, 21.5])
    assert digits.with_unit(series, 21.5) == "21.50 cm"
    assert digits.text(series, 21.0, more=1) == "21.000"


def test_a_value_of_long_ago_keeps_the_decimals_that_it_had() -> None:
    digits, series = Digits(Texts()), series_of([100, 101], [24.0, 24.0])
    assert [digits.text(series, value) for value in (24.0, 24.5, 8.25, 70 / 3)] == [
        "24",
        "24.5",
        "8.25",
        "23",
    ]


def test_a_mean_that_is_nearly_round_has_no_more_decimals_than_any_other() -> None:
    digits, series = Digits(Texts()), series_of([100, 101], [172.5, 173.5])
    assert digits.text(series, 172.63645500001, more=1) == "172.64"
    assert digits.text(series, 172.636455, more=1) == "172.64"


def test_decimals_that_are_declared_win() -> None:
    digits, series = Digits(Texts()), series_of([100, 101], [21.25, 1 / 3])
    series.row = replace(ROW, sensor=replace(ROW.sensor, decimals=1))
    assert digits.with_unit(series, 1 / 3) == "0.3 cm"
    assert digits.text(series, 2.0) == "2.0"
    series.row = replace(ROW, sensor=replace(ROW.sensor, decimals=0))
    assert digits.text(series, 21.25) == "21"


def test_named_spans_are_those_of_the_calendar_when_clocks_change() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    now = datetime(2025, 10, 26, 15, tzinfo=berlin).timestamp()
    spans = {one.name: one for one in calendar_spans(now, berlin)}
    assert spans["today"].end - spans["today"].start == 25 * 3600
    assert spans["yesterday"].end == spans["today"].start
    assert datetime.fromtimestamp(spans["this week"].start, berlin).strftime("%a %d %H:%M") == "Mon 20 00:00"
    assert datetime.fromtimestamp(spans["last month"].end, berlin).strftime("%d %b") == "01 Oct"
    for one in spans.values():
        assert one.start < one.end
    sunday = {one.name: one for one in calendar_spans(now, berlin, first_day=6)}
    assert sunday["this week"].start == spans["today"].start


def test_a_span_is_written_as_short_as_it_stays_clear() -> None:
    start = datetime(2026, 11, 26, 10, tzinfo=UTC).timestamp()
    assert range_text(start, start + 1200, UTC) == "26 Nov 10:00 – 10:20"
    assert range_text(start, start + 30, UTC) == "26 Nov 10:00:00 – 10:00:30"
    assert range_text(start, start + 86_400, UTC) == "26 Nov 10:00 – 27 Nov 10:00"
    assert range_text(start, start + 40 * 86_400, UTC) == "26 Nov 2026 10:00 – 5 Jan 2027 10:00"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.25, "250 ms"), (-5.5, "-5.5 s"), (125, "2 min 5 s"), (3600, "1 h"), (-100_000, "-1 d 3 h")],
)
def test_differences_of_time_are_written_exactly(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text
