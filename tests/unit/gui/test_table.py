"""Which readings the table shows, and in what order."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from papaya_gui.models.batch import Inbox
from papaya_gui.models.board import LIVE, NOTHING, STALE, Board
from papaya_gui.models.catalog import Catalog
from papaya_gui.models.levels import ABOVE, ALARM, BELOW, CLEAR, WARN
from papaya_gui.models.table import Column, Show, Table, natural, ranks_of
from papaya_gui.models.texts import Texts
from papaya_gui.models.words import Words

from papaya.manifest.model import Country, Device, Fleet, Sensor, State
from papaya.sensors.reading import Value

SENSORS = (
    Sensor("temperature.celsius", "Temperature", "°C", every=10, warn_above=60, alarm_above=75),
    Sensor("door.open", "Door", every=10),
    Sensor("mode", every=10),
)


def small_fleet() -> Fleet:
    """Return two States with three devices of three sensors each."""

    def state(name: str, *devices: str) -> State:
        made = tuple(Device(device, "INDIA", name, "default", sensors=SENSORS) for device in devices)
        return State(name, name, devices=made)

    states = state("Goa", "PM-2", "PM-10"), state("Kerala", "PM-1")
    return Fleet("small", countries=(Country("INDIA", "INDIA", states=states),))


class Bench:
    """A table with its board, that readings are given to by hand."""

    def __init__(self) -> None:
        texts = Texts()
        self.catalog = Catalog(small_fleet())
        self.board = Board(self.catalog, texts)
        self.inbox = Inbox(texts)
        self.table = Table(self.catalog, self.board)

    def say(self, device: str, key: str, value: Value, second: float = 1000) -> None:
        """Take a reading."""
        row = self.catalog.find(device, key)
        assert row is not None
        self.inbox.put(row.index, round(second * 1000), value)

    def tick(self, second: float = 1000) -> bool:
        """Bring the board and the table up to date."""
        self.board.take(self.inbox.drain())
        self.board.tick(second)
        return self.table.refresh()

    def shown(self) -> list[tuple[str, str]]:
        """Return device and key of every row from top to bottom."""
        rows = [self.table.row(position) for position in range(len(self.table))]
        return [(row.device, row.sensor.key) for row in rows]

    def column(self, column: Column) -> list[str]:
        """Return the cells of a column from top to bottom."""
        return [self.table.cell(int(row), column) for row in self.table.rows]


@pytest.fixture
def bench() -> Bench:
    """Return a table of nine rows."""
    return Bench()


def test_without_filter_and_sort_it_is_the_manifest(bench: Bench) -> None:
    assert [row.index for row in bench.catalog] == bench.table.rows.tolist()
    assert (len(bench.table), bench.table.total) == (9, 9)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("DOOR", {"PM-2", "PM-10", "PM-1"}),
        ("kerala door", {"PM-1"}),
        ("celsius goa", {"PM-2", "PM-10"}),
        ("pm-10 mode", {"PM-10"}),
        ("nowhere", set()),
    ],
)
def test_every_word_of_the_filter_is_in_sensor_key_or_path(bench: Bench, text: str, found: set[str]) -> None:
    bench.table.filter(text=text)
    bench.table.refresh()
    assert {device for device, _ in bench.shown()} == found


@pytest.mark.parametrize(
    ("scope", "count"),
    [((), 9), (("INDIA",), 9), (("INDIA", "Goa"), 6), (("INDIA", "Kerala", "PM-1"), 3), (("Goa",), 0)],
)
def test_a_scope_keeps_the_rows_below_it(bench: Bench, scope: tuple[str, ...], count: int) -> None:
    bench.table.filter(scope=scope)
    bench.table.refresh()
    assert len(bench.table) == count


def test_rows_are_shown_by_how_they_are_to_be_read(bench: Bench) -> None:
    for device, value in (("PM-2", 20), ("PM-10", 61), ("PM-1", 80)):
        bench.say(device, "temperature.celsius", value)
    bench.say("PM-1", "mode", "idle", second=900)
    bench.tick()
    expected = {
        Show.STALE: [("PM-1", "mode")],
        Show.WARN: [("PM-10", "temperature.celsius"), ("PM-1", "temperature.celsius")],
        Show.ALARM: [("PM-1", "temperature.celsius")],
    }
    for show, rows in expected.items():
        bench.table.filter(show=show)
        bench.table.refresh()
        assert bench.shown() == rows
    bench.table.filter(show=Show.NOTHING)
    bench.table.refresh()
    assert len(bench.table) == 5


def test_a_filter_by_condition_follows_the_readings(bench: Bench) -> None:
    bench.table.filter(show=Show.STALE)
    bench.say("PM-1", "mode", "idle")
    bench.tick()
    assert len(bench.table) == 0
    assert bench.tick(1020.5)
    assert bench.shown() == [("PM-1", "mode")]
    assert not bench.tick(1021.0)


def test_devices_are_sorted_as_people_count(bench: Bench) -> None:
    bench.table.sort(Column.DEVICE)
    bench.table.refresh()
    assert [device for device, _ in bench.shown()[::3]] == ["PM-1", "PM-2", "PM-10"]


def test_equal_rows_stay_as_in_the_manifest_in_both_directions(bench: Bench) -> None:
    for descending in (False, True):
        bench.table.sort(Column.UNIT, descending)
        bench.table.refresh()
        with_unit = [device for device, key in bench.shown() if key == "temperature.celsius"]
        assert with_unit == ["PM-2", "PM-10", "PM-1"]


@pytest.mark.parametrize("descending", [False, True])
def test_values_of_every_kind_are_sorted_and_nothing_comes_last(bench: Bench, descending: bool) -> None:
    for device, degrees, is_open, mode in (("PM-2", 5, True, "b"), ("PM-10", -7.5, False, "c")):
        bench.say(device, "temperature.celsius", degrees)
        bench.say(device, "door.open", is_open)
        bench.say(device, "mode", mode)
    bench.say("PM-1", "mode", "a")
    bench.table.sort(Column.VALUE, descending)
    bench.tick()
    order = [["-7.5", "5"], ["false", "true"], ["a", "b", "c"]]
    expected = [value for group in order for value in (reversed(group) if descending else group)]
    assert bench.column(Column.VALUE) == [*expected, "", ""]


def test_the_order_is_live(bench: Bench) -> None:
    bench.table.filter(text="celsius")
    bench.table.sort(Column.VALUE, descending=True)
    for device, value in (("PM-2", 1), ("PM-10", 2), ("PM-1", 3)):
        bench.say(device, "temperature.celsius", value)
    bench.tick()
    assert [device for device, _ in bench.shown()] == ["PM-1", "PM-10", "PM-2"]
    bench.say("PM-2", "temperature.celsius", 4, second=1001)
    assert bench.tick(1001)
    assert [device for device, _ in bench.shown()] == ["PM-2", "PM-1", "PM-10"]
    assert [bench.table.position(row) for row in (0, 1, 3)] == [0, -1, 2]


def test_the_worst_condition_is_the_greatest(bench: Bench) -> None:
    bench.say("PM-2", "temperature.celsius", 61)
    bench.say("PM-10", "temperature.celsius", 80)
    bench.say("PM-1", "temperature.celsius", 80, second=700)
    bench.say("PM-2", "door.open", True)
    bench.say("PM-1", "door.open", True, second=955)
    bench.table.sort(Column.CONDITION, descending=True)
    bench.tick()
    assert bench.column(Column.CONDITION) == [
        "alarm high, stale 5 min", "alarm high", "warn high", "stale 45 s", *["no data"] * 4, "live",
    ]  # fmt: skip


def test_ages_are_counted_from_the_last_tick(bench: Bench) -> None:
    bench.say("PM-1", "mode", "idle")
    bench.table.sort(Column.AGE)
    bench.tick(1003.9)
    assert bench.column(Column.AGE) == ["3 s", *[""] * 8]


def test_rows_that_are_found_while_it_runs_are_shown(bench: Bench) -> None:
    bench.table.sort(Column.SENSOR)
    bench.table.refresh()
    row = bench.catalog.add("PM-1", Sensor("aaa"))
    assert not bench.table.refresh()
    bench.inbox.put(row.index, 1000, 1)
    assert bench.tick()
    assert bench.shown()[0] == ("PM-1", "aaa")


def test_rows_are_copied_as_lines_with_tabs(bench: Bench) -> None:
    bench.say("PM-2", "temperature.celsius", 20.25)
    bench.tick()
    columns = (Column.SENSOR, Column.VALUE, Column.UNIT)
    assert bench.table.as_text([0, 1], columns) == "Temperature\t20.25\t°C\nDoor\t\t"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "0 s"), (0.9, "0 s"), (59.9, "59 s"), (60, "1 min"), (3599, "59 min"), (3900, "1 h 5 min"),
        (86399, "23 h 59 min"), (90000, "1 d 1 h"), (float("nan"), ""),
    ],
)  # fmt: skip
def test_an_age_is_said_in_its_greatest_units(seconds: float, text: str) -> None:
    assert Words().age(seconds) == text


@pytest.mark.parametrize(
    ("freshness", "level", "side", "text"),
    [
        (NOTHING, CLEAR, 0, "no data"),
        (LIVE, CLEAR, 0, "live"),
        (LIVE, WARN, ABOVE, "warn high"),
        (LIVE, ALARM, BELOW, "alarm low"),
        (STALE, CLEAR, 0, "stale 4 min"),
        (STALE, WARN, BELOW, "warn low, stale 4 min"),
    ],
)
def test_a_condition_is_said_in_words(freshness: int, level: int, side: int, text: str) -> None:
    assert Words().condition(freshness, level, side, 250) == text


def test_a_clock_that_is_ahead_is_said_and_one_that_is_nearly_right_is_not() -> None:
    assert Words().condition(LIVE, CLEAR, 0, 0, 3_720) == "clock 1 h 2 min ahead"
    assert Words().condition(STALE, WARN, ABOVE, 90, 3_720) == "warn high, stale 1 min, clock 1 h 2 min ahead"
    assert Words().condition(LIVE, CLEAR, 0, 0, 5) == "live"


@given(st.lists(st.text("aB1209-ü ", max_size=6), max_size=12))
def test_ranks_are_in_natural_order(texts: list[str]) -> None:
    ranks = ranks_of(texts)
    assert len(ranks) == len(texts)
    by_rank: Iterable[int] = np.argsort(ranks, kind="stable")
    ordered = [natural(texts[index]) for index in by_rank]
    assert ordered == sorted(ordered)
