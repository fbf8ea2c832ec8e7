"""Warn and alarm by the manifest's thresholds: the window says what the device says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from papaya_gui.models.batch import NUMBER, Batch, Inbox
from papaya_gui.models.board import Board
from papaya_gui.models.catalog import Catalog
from papaya_gui.models.levels import ABOVE, ALARM, BELOW, CLEAR, WARN, Levels
from papaya_gui.models.texts import Texts

from papaya.manifest.model import Country, Device, Fleet, Sensor, State
from papaya.sensors.reading import Value
from papaya.sensors.thresholds import Thresholds

TEMPERATURE = Sensor("temperature", warn_above=60, alarm_above=75, hysteresis=2)
NUMBERS = {"clear": CLEAR, "warn": WARN, "alarm": ALARM}

# Few different numbers, so that values meet limits exactly.
small = st.one_of(
    st.integers(-6, 6).map(float), st.sampled_from([0.1, 0.2, 0.30000000000000004, -0.0, 1.5, -2.5])
)
limits = st.one_of(st.none(), small)
sensors = st.builds(
    Sensor,
    st.just("x"),
    warn_above=limits,
    alarm_above=limits,
    warn_below=limits,
    alarm_below=limits,
    hysteresis=st.one_of(st.none(), st.sampled_from([0.0, 0.1, 0.5, 2.0])),
)
values: st.SearchStrategy[Value] = st.one_of(
    small,
    st.integers(-6, 6),
    st.booleans(),
    st.sampled_from(["on", "off"]),
    st.sampled_from([float("nan"), float("inf"), float("-inf")]),
)


def board_of(found: Sequence[Sensor]) -> tuple[Board, Inbox]:
    """Return a board with one device, and the inbox that its readings are put into."""
    keyed = tuple(replace(sensor, key=f"key{number}") for number, sensor in enumerate(found))
    device = Device("PM-1", "INDIA", "Goa", "default", sensors=keyed)
    place = State("Goa", "Goa", devices=(device,))
    texts = Texts()
    catalog = Catalog(Fleet("one", countries=(Country("INDIA", "INDIA", states=(place,)),)))
    return Board(catalog, texts), Inbox(texts)


def levels_after(sensor: Sensor, given: Sequence[Value]) -> list[tuple[int, int]]:
    """Return level and side after each value, every one taken by itself."""
    board, inbox = board_of([sensor])
    found = []
    for second, value in enumerate(given):
        inbox.put(0, second * 1000, value)
        board.take(inbox.drain())
        found.append((int(board.levels[0]), int(board.sides[0])))
    return found


@settings(max_examples=300)
@given(st.lists(sensors, min_size=1, max_size=3), st.data())
def test_window_and_device_agree_after_every_batch(found: list[Sensor], data: st.DataObject) -> None:
    board, inbox = board_of(found)
    devices = [Thresholds() for _ in found]
    entry = st.tuples(st.integers(0, len(found) - 1), values)
    batches = data.draw(st.lists(st.lists(entry, max_size=12), max_size=8))
    second = 0
    for batch in batches:
        for row, value in batch:
            second += 1
            inbox.put(row, second * 1000, value)
            if not isinstance(value, bool | str):
                devices[row].check(found[row], value)
        board.take(inbox.drain())
        told = [NUMBERS[device.level(sensor.key)] for device, sensor in zip(devices, found, strict=True)]
        assert board.levels.tolist() == told


@settings(max_examples=200)
@given(
    st.lists(sensors, min_size=2, max_size=2),
    st.lists(st.tuples(st.integers(0, 1), st.integers(0, 9), values), max_size=30),
    st.lists(st.integers(0, 30), max_size=4),
)
def test_it_makes_no_difference_how_readings_are_bundled(
    found: list[Sensor], readings: list[tuple[int, int, Value]], cuts: list[int]
) -> None:
    together, inbox = board_of(found)
    apart, other = board_of(found)
    for number, (row, second, value) in enumerate(readings):
        for one in (inbox, other):
            one.put(row, second * 1000, value)
        if number in cuts:
            apart.take(other.drain())
    together.take(inbox.drain())
    apart.take(other.drain())
    for name in ("levels", "sides", "times"):
        assert getattr(together, name).tobytes() == getattr(apart, name).tobytes()


def test_a_warning_ends_only_past_its_hysteresis() -> None:
    assert levels_after(TEMPERATURE, [60, 60.1, 59, 58, 60]) == [
        (CLEAR, 0), (WARN, ABOVE), (WARN, ABOVE), (CLEAR, 0), (CLEAR, 0),
    ]  # fmt: skip


def test_a_peak_between_two_ticks_still_counts() -> None:
    board, inbox = board_of([TEMPERATURE])
    for second, value in enumerate((20.0, 80.0, 74.0)):
        inbox.put(0, second, value)
    board.take(inbox.drain())
    assert (board.levels[0], board.sides[0]) == (ALARM, ABOVE)


def test_an_alarm_outranks_a_warning_and_tells_its_side() -> None:
    sensor = Sensor("x", warn_above=1, alarm_below=5)
    assert levels_after(sensor, [3, 8]) == [(ALARM, BELOW), (WARN, ABOVE)]


def test_truth_values_and_texts_have_no_level() -> None:
    sensor = Sensor("x", warn_above=0, alarm_above=0.5)
    assert levels_after(sensor, [True, "on", 0.2, "off"]) == [
        (CLEAR, 0), (CLEAR, 0), (WARN, ABOVE), (WARN, ABOVE),
    ]  # fmt: skip


def test_a_late_reading_changes_no_level() -> None:
    board, inbox = board_of([TEMPERATURE])
    inbox.put(0, 2000, 20.0)
    board.take(inbox.drain())
    inbox.put(0, 1000, 90.0)
    board.take(inbox.drain())
    assert board.levels[0] == CLEAR


def test_rows_added_later_have_their_own_thresholds() -> None:
    levels = Levels()
    levels.grow([Sensor("x")])
    levels.grow([TEMPERATURE])
    rows, kinds = np.array([0, 1], np.int32), np.full(2, NUMBER, np.int8)
    levels.take(Batch(rows, np.zeros(2), np.array([90.0, 90.0]), kinds), np.full(2, np.nan))
    assert levels.levels.tolist() == [CLEAR, ALARM]
