"""Windows, scales, ticks, and the picture that is made of series."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from papaya_gui.models.batch import NUMBER, TEXT, Batch
from papaya_gui.models.catalog import Row
from papaya_gui.models.composer import Composer
from papaya_gui.models.picture import AxisKey
from papaya_gui.models.scale import Scale, fitted
from papaya_gui.models.series import Series
from papaya_gui.models.tape import Tape
from papaya_gui.models.texts import Texts
from papaya_gui.models.ticks import clock_text, time_ticks, value_ticks, zone_text
from papaya_gui.models.window import SPANS, TimeWindow, parsed_span, span_text, window_of

from papaya.manifest.model import Sensor

NOW = 1_764_100_000.0


def row(
    index: int, unit: str = "cm", *, warn_above: float | None = None, alarm_below: float | None = None
) -> Row:
    """Return a row of its own sensor, due every second."""
    sensor = Sensor(f"k{index}", unit=unit, warn_above=warn_above, alarm_below=alarm_below)
    return Row(index, "PM-0001", ("INDIA", "Karnataka"), sensor, 1.0)


def heard(one: Row, values: list[float], kind: int = NUMBER, until: float = NOW) -> Series:
    """Return the series of a row that told a value each second."""
    count = len(values)
    tape = Tape()
    tape.append(
        Batch(
            np.full(count, one.index, np.int32),
            until - np.arange(count)[::-1].astype(np.float64),
            np.array(values, np.float64),
            np.full(count, kind, np.int8),
        )
    )
    series = Series(one, tape)
    series.catch_up()
    return series


@given(span=st.floats(1, 1e6), factor=st.floats(0.2, 5), share=st.floats(0, 1))
def test_zooming_keeps_the_moment_under_the_mouse_where_it_is(
    span: float, factor: float, share: float
) -> None:
    window = TimeWindow(span)
    start, end = window.bounds(NOW)
    moment = start + share * (end - start)
    zoomed = window.zoomed(factor, moment, NOW)
    assert not zoomed.is_following
    new_start, new_end = zoomed.bounds(NOW + 500)
    assert (moment - new_start) / (new_end - new_start) == pytest.approx(share, abs=1e-4)


def test_the_usual_windows_follow_one_another_and_end() -> None:
    window = TimeWindow(100.0)
    seen = []
    for _ in range(len(SPANS) + 2):
        window = window.stepped(1)
        seen.append(window.span)
    assert seen[: len(SPANS) - 1] == list(SPANS[1:])
    assert seen[-1] == SPANS[-1]
    assert TimeWindow(70.0).stepped(-1).span == 60
    assert TimeWindow(10.0, 5.0).stepped(1).is_following


@pytest.mark.parametrize("saved", [{}, {"span": -5}, {"span": "long"}, {"span": None, "start": 5}])
def test_a_window_that_makes_no_sense_becomes_the_usual_one(saved: dict[str, object]) -> None:
    assert window_of(saved) == TimeWindow()  # type: ignore[arg-type]


def test_a_window_comes_back_as_it_was_saved() -> None:
    for window in (TimeWindow(77.0), TimeWindow(77.0, 1000.0)):
        assert window_of(window.as_json()) == window


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.25, "0.25 s"), (5, "5 s"), (60, "1 min"), (90, "1.5 min"), (3600, "1 h"), (2_592_000, "30 d")],
)
def test_lengths_of_time_are_said_in_their_largest_unit(seconds: float, text: str) -> None:
    assert span_text(seconds) == text


@given(low=st.floats(-1e6, 1e6), span=st.floats(1e-3, 1e6), most=st.integers(2, 12))
def test_values_have_round_ticks_inside_and_not_too_many(low: float, span: float, most: int) -> None:
    ticks = value_ticks(low, low + span, most)
    assert len(ticks) <= most + 1
    values = [value for value, _ in ticks]
    assert all(low - span * 1e-6 <= value <= low + span * (1 + 1e-6) for value in values)
    steps = np.diff(values)
    assert not len(steps) or np.allclose(steps, steps[0])


@given(
    start=st.floats(1.0e9, 2.0e9),
    span=st.floats(0.05, 1e9),
    most=st.integers(2, 15),
    zone=st.sampled_from([None, UTC, ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kolkata")]),
)
def test_times_have_ticks_inside_in_order_and_not_too_many(
    start: float, span: float, most: int, zone: ZoneInfo | None
) -> None:
    moments = [moment for moment, _ in time_ticks(start, start + span, most, zone)]
    assert all(start <= moment <= start + span for moment in moments)
    assert all(before < after for before, after in pairwise(moments))
    assert len(moments) <= most + 2


def test_ticks_stand_at_round_hours_of_the_local_clock_when_clocks_change() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    start = datetime(2025, 10, 25, 20, tzinfo=berlin).timestamp()
    labels = [label for _, label in time_ticks(start, start + 16 * 3600, 6, berlin)]
    assert labels == ["21:00", "26 Oct", "03:00", "06:00", "09:00"]


@pytest.mark.parametrize(
    ("first", "minutes", "expected"),
    [
        # 02:05 for the second time, and an hour later.
        ("2026-10-25T01:05:00+00:00", 20, ["02:05", "02:10", "02:15", "02:20", "02:25"]),
        ("2026-10-25T02:05:00+00:00", 20, ["03:05", "03:10", "03:15", "03:20", "03:25"]),
        ("2026-10-25T00:00:00+00:00", 180, ["02:00", "02:30", "02:00", "02:30", "03:00", "03:30", "04:00"]),
        ("2026-03-29T00:30:00+00:00", 60, ["01:30", "01:40", "01:50", "03:00", "03:10", "03:20", "03:30"]),
    ],
)
def test_an_hour_that_clocks_show_twice_or_not_at_all_has_its_ticks(
    first: str, minutes: int, expected: list[str]
) -> None:
    start = datetime.fromisoformat(first).timestamp()
    ticks = time_ticks(start, start + 60 * minutes, 7, ZoneInfo("Europe/Berlin"))
    assert [label for _, label in ticks] == expected
    assert len({after[0] - before[0] for before, after in pairwise(ticks)}) == 1


def test_the_zone_is_named_with_its_distance() -> None:
    moment = datetime(2025, 7, 1, tzinfo=UTC).timestamp()
    assert zone_text(moment, UTC) == "UTC"
    assert zone_text(moment, ZoneInfo("Asia/Kolkata")) == "local time, IST (UTC+05:30)"
    assert clock_text(moment + 0.25, UTC, 10) == "00:00:00.250"


def test_a_scale_stays_while_it_serves_and_follows_when_it_does_not() -> None:
    first = fitted(0, 100)
    assert first.low < 0
    assert first.high > 100
    assert fitted(2, 98, first) == first
    assert fitted(0, 120, first).high > 120
    assert fitted(40, 50, first).span < 20


def test_the_range_of_a_sensor_bounds_the_room_and_calms_noise() -> None:
    scale = fitted(0.0, 400.0, minimum=0, maximum=400)
    assert -10 < scale.low < 0
    assert 400 < scale.high < 410
    assert fitted(100.0, 100.001, minimum=0, maximum=400).span >= 8
    assert fitted(500.0, 600.0, minimum=0, maximum=400).high > 600


def test_a_flat_curve_has_a_scale_with_room_on_both_sides() -> None:
    for value in (0.0, 5.0, -300.0):
        scale = fitted(value, value)
        assert scale.low < value < scale.high
    assert Scale(0, 10).zoomed(0.5, 10) == Scale(5, 10)


def test_rows_of_one_unit_share_an_axis_and_areas_hold_what_fits() -> None:
    composer = Composer(Texts())
    chosen = [heard(row(index, unit), [1, 2, 3]) for index, unit in enumerate(["°C", "V", "°C", "cm", "A"])]
    picture = composer.compose(chosen, NOW - 10, NOW, NOW, 100, 2)
    assert [[axis.unit for axis in area] for area in picture.areas] == [["°C", "V"], ["cm", "A"]]
    assert [trace.row for trace in picture.areas[0][0].traces] == [0, 2]
    composer.wishes.hidden = {0, 1}
    picture = composer.compose(chosen, NOW - 10, NOW, NOW, 100, 2)
    assert [[axis.unit for axis in area] for area in picture.areas] == [["°C", "cm"], ["A"]]


def test_a_row_keeps_its_look_while_others_come_and_go() -> None:
    composer = Composer(Texts())
    composer.keep([5, 6, 7])
    assert [composer.look(one) for one in (5, 6, 7)] == [0, 1, 2]
    composer.keep([7, 9])
    assert (composer.look(7), composer.look(9)) == (2, 0)


def test_texts_have_the_places_of_their_labels() -> None:
    texts = Texts()
    numbers = [float(texts.number(word)) for word in ("zulu", "other", "alpha", "mike")]
    series = heard(row(0), [numbers[0], numbers[2], numbers[3]], TEXT)
    (lane,) = Composer(texts).compose([series], NOW - 10, NOW, NOW, 100, 3).lanes
    assert lane.labels == ("alpha", "mike", "zulu")
    values = lane.trace.drawn.values
    assert values[np.isfinite(values)].tolist() == [2, 2, 0, 0, 1, 1]
    assert lane.trace.end == (NOW, 1.0)


def test_a_stale_end_says_for_how_long() -> None:
    composer = Composer(Texts())
    series = heard(row(0), [1, 2, 3])
    assert composer.stale(series, NOW + 2.0) == ""
    assert composer.stale(series, NOW + 2.1) == "stale 2 s"
    assert composer.stale(series, NOW + 250) == "stale 4 min"


def test_the_limits_of_several_sensors_are_each_shown_once() -> None:
    composer = Composer(Texts())
    chosen = [heard(row(index, warn_above=60, alarm_below=5), [1, 2]) for index in range(3)]
    (axis,) = composer.compose(chosen, NOW - 10, NOW, NOW, 100, 3).areas[0]
    assert [(limit.value, limit.is_above, limit.is_alarm) for limit in axis.limits] == [
        (60, True, False),
        (5, False, True),
    ]
    composer.wishes.shows_limits = False
    assert composer.compose(chosen, NOW - 10, NOW, NOW, 100, 3).areas[0][0].limits == ()


def test_seams_that_lie_together_are_shown_as_one() -> None:
    composer = Composer(Texts())
    composer.wishes.zone = UTC
    chosen = [heard(row(index), [1.0] * (20 + index)) for index in range(3)]
    for series in chosen:
        series.remember(NOW - 200, NOW, 1000, np.arange(NOW - 200, NOW), np.zeros(200))
    picture = composer.compose(chosen, NOW - 100, NOW, NOW, 100, 3)
    assert [text for _, text in picture.seams] == ["live from 19:46:19"]
    apart = composer.compose(chosen, NOW - 24, NOW, NOW, 100, 3)
    assert [text for _, text in apart.seams] == ["live from 19:46:19.000", "live from 19:46:21.000"]


def test_fixed_values_stay_whatever_comes() -> None:
    composer = Composer(Texts())
    composer.scales[AxisKey(0, "cm")] = Scale(0, 10)
    composer.wishes.is_fixed = True
    picture = composer.compose([heard(row(0), [500, 600])], NOW - 10, NOW, NOW, 100, 3)
    assert picture.areas[0][0].scale == Scale(0, 10)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90 s", 90),
        ("45min", 2700),
        (" 1.5 H ", 5400),
        ("1,5 h", 5400),
        ("3 d", 259_200),
        ("2 days", 172_800),
    ],
)
def test_lengths_of_time_are_read_as_people_write_them(text: str, seconds: float) -> None:
    assert parsed_span(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "-5 min", "0 s", "5", "5 weeks"])
def test_what_is_no_length_of_time_is_refused(text: str) -> None:
    assert parsed_span(text) is None


@pytest.mark.parametrize(
    ("low", "high"),
    [
        (12_345_600, 12_345_680),
        (1e12, 1e12 + 50),
        (1 - 5e-7, 1 + 5e-7),
        (0.0, 3e-9),
        (9.9e6, 1.01e7),
        (-1e100, 1e100),
        (1.2e19, 1.2001e19),
    ],
)
def test_no_two_marks_of_an_axis_say_the_same(low: float, high: float) -> None:
    ticks = value_ticks(low, high, 6)
    assert len(ticks) >= 2
    assert len({text for _, text in ticks}) == len(ticks)
    for value, text in ticks:
        assert float(text) == pytest.approx(value, abs=(high - low) / 1000)


def test_a_value_that_never_changes_is_not_looked_at_through_a_magnifying_glass() -> None:
    assert fitted(230.0, 230.0).span > 5
    assert fitted(20.0, 20.0, minimum=-40, maximum=80).span >= 2.4
    assert fitted(1e-9, 1e-9).span < 1e-9
