"""The beat, the pause and the selection."""

from __future__ import annotations

import threading
import time

import numpy as np
from papaya_gui.models.board import LIVE, NOTHING, STALE
from papaya_gui.models.catalog import Catalog
from papaya_gui.models.levels import ALARM
from papaya_gui.station import Station
from PyQt6.QtTest import QSignalSpy

from papaya.manifest.model import Fleet
from papaya.sensors.condition import Condition, Health
from tests.gui.hand import HandClock, HandSupply, pause, wait_until


def hand(station: Station) -> HandSupply:
    """Return the source that the test plays."""
    assert isinstance(station.supply, HandSupply)
    return station.supply


def test_what_comes_is_on_the_board_at_the_next_tick(station: Station) -> None:
    hand(station).say(3, 1000.0, 21.5)
    hand(station).say(3, 1001.0, 22.0)
    assert station.board.text(3) == ""
    station.tick()
    assert station.board.text(3) == "22"
    assert station.board.counts[3] == 2


def test_a_late_reading_does_not_replace_a_newer_one(station: Station) -> None:
    hand(station).say(3, 1001.0, 22.0)
    station.tick()
    hand(station).say(3, 1000.0, 5.0)
    station.tick()
    assert station.board.text(3) == "22"
    assert station.series(3).live.values.tolist() == [5.0, 22.0]


def test_values_become_stale_past_twice_their_interval(station: Station) -> None:
    board, row = station.board, station.catalog[0]
    hand(station).say(0, 1000.0, 1)
    station.tick()
    board.tick(1000.0 + 2 * row.every)
    assert board.freshness[0] == LIVE
    board.tick(1000.1 + 2 * row.every)
    assert board.freshness[0] == STALE
    assert board.freshness[1] == NOTHING


def test_what_is_asked_for_seldom_is_not_stale_between_two_questions(fleet: Fleet) -> None:
    clock = HandClock()
    station = Station(fleet, HandSupply, clock=clock)
    hand(station).waits, every = 5.0, station.catalog[0].every
    hand(station).say(0, 1000.0, 1)
    for seconds, freshness in ((2 * (every + 5.0), LIVE), (2 * (every + 5.0) + 0.1, STALE)):
        clock.seconds = 1000.0 + seconds
        station.tick()
        assert station.board.freshness[0] == freshness
    assert station.board.stale_after(0) == 2 * (every + 5.0)


def test_a_pause_freezes_the_views_and_loses_nothing(station: Station, fleet: Fleet) -> None:
    other = Station(fleet, HandSupply)
    generator = np.random.default_rng(7)
    for one in (station, other):
        one.select([0, 1, 2])
    for turn in range(60):
        if turn == 20:
            station.set_paused(True)
        if turn == 40:
            frozen = station.board.values.tobytes()
            assert station.missed > 0
            station.set_paused(False)
            assert station.board.values.tobytes() != frozen
        for _ in range(int(generator.integers(0, 50))):
            row, value = int(generator.integers(0, 5)), float(generator.normal())
            for one in (station, other):
                hand(one).say(row, 1000.0 + turn, value)
        before = station.board.values.tobytes(), len(station.series(0).live)
        station.tick()
        other.tick()
        if 20 <= turn < 40:
            assert (station.board.values.tobytes(), len(station.series(0).live)) == before
    for row in range(5):
        for name in ("times", "values"):
            assert (
                getattr(station.series(row).live, name).tobytes()
                == getattr(other.series(row).live, name).tobytes()
            )
    assert station.board.counts.tobytes() == other.board.counts.tobytes()
    assert station.board.values.tobytes() == other.board.values.tobytes()
    other.close()


def test_a_row_selected_late_has_what_came_before(station: Station) -> None:
    hand(station).say_all(4, range(1000, 1100), range(100))
    station.tick()
    station.select([4])
    assert station.series(4).live.values.tolist() == list(range(100))


def test_the_interval_keeps_to_its_bounds(station: Station) -> None:
    spy = QSignalSpy(station.intervalChanged)
    for wanted in (0.001, 5, 1000):
        station.set_interval(wanted)
    assert [spy[index][0] for index in range(len(spy))] == [0.1, 5.0, 60.0]


def test_what_becomes_stale_or_alarming_is_drawn_before_a_late_beat(
    station: Station, clock: HandClock
) -> None:
    distance = station.catalog.find("PM-0001", "parking.distance_cm")
    battery = station.catalog.find("PM-0001", "battery.volts")
    assert distance is not None
    assert battery is not None
    said = clock.seconds = time.time()
    station.set_interval(60)
    station.start()
    hand(station).say(distance.index, said, 200)
    hand(station).say(battery.index, said, 12)
    station.tick()
    spy = QSignalSpy(station.ticked)
    hand(station).say(battery.index, said + 0.1, 10)
    began = time.monotonic()
    wait_until(lambda: len(spy) == 1)
    assert station.board.levels[battery.index] == ALARM
    clock.seconds = said + 2.01
    wait_until(lambda: len(spy) == 2)
    assert station.board.freshness[distance.index] == STALE
    # Long before the beat.
    assert time.monotonic() - began < 30


def test_conditions_come_from_other_threads_and_are_kept_by_device(station: Station) -> None:
    station.start()
    wait_until(lambda: station.condition.health is Health.LIVE)
    hand(station).tell(Condition(Health.SILENT, "it said nothing for an hour", device="PM-0001"))
    wait_until(lambda: "PM-0001" in station.conditions)
    hand(station).tell(Condition(Health.LIVE, device="PM-0001"))
    wait_until(lambda: "PM-0001" not in station.conditions)
    assert station.condition.health is Health.LIVE


def test_the_catalog_has_a_row_for_every_sensor_of_every_device(fleet: Fleet) -> None:
    catalog = Catalog(fleet)
    assert len(catalog) == sum(len(device.sensors) for device in fleet.devices())
    assert all(catalog[row.index] is row for row in catalog)
    assert [row.sensor.key for row in catalog.rows_of("PM-0001")] == [
        sensor.key for sensor in next(fleet.devices()).sensors
    ]


def test_rows_that_were_plotted_long_ago_are_made_anew_from_the_tape(station: Station) -> None:
    for row in range(100):
        hand(station).say(row, 1000.0, row)
    station.tick()
    first = station.series(0)
    for row in range(100):
        station.select([row])
    assert station.series(0) is not first
    assert station.series(0).live.values.tolist() == [0.0]
    assert station.series(99) is station.series(99)


def test_texts_that_never_come_twice_do_not_fill_the_memory_and_none_that_is_shown_is_lost(
    station: Station,
) -> None:
    hand(station).say(0, 999.0, "since long ago")
    station.select([1])
    for turn in range(20):
        for second in range(5_000):
            hand(station).say(1 + (second % 500 != 0), 1000.0 + turn, f"line {turn} {second}")
        station.tick()
        thread = station.weigh(heavy=1_000_000)
        assert (thread is None) == (station.texts.weight <= 1_000_000)
        if thread is not None:
            thread.join(60)
    assert len(station.texts) < 30_000
    assert station.tape.start > 0
    assert station.board.text(0) == "since long ago"
    # What is plotted, and what is on the tape still.
    assert [station.texts.text(value) for value in station.series(1).live.values] == [
        f"line {turn} {second}" for turn in range(20) for second in range(0, 5_000, 500)
    ]
    held = station.tape.since(station.tape.start)
    last = [station.texts.text(value) for value in held.values[-5_000:]]
    assert last == [f"line 19 {second}" for second in range(5_000)]
    assert "(no longer kept)" not in {station.texts.text(value) for value in held.values}


def test_thousands_of_devices_that_fall_silent_at_once_are_told_of_in_few_turns(station: Station) -> None:
    station.start()
    wait_until(lambda: station.condition.health is Health.LIVE)
    changes: list[int] = []
    station.conditionChanged.connect(lambda: changes.append(len(station.conditions)))

    def tell() -> None:
        for number in range(5_000):
            station.supply.tell(Condition(Health.SILENT, "nothing", device=f"PM-{number}"))

    teller = threading.Thread(target=tell)
    teller.start()
    teller.join()
    wait_until(lambda: len(station.conditions) == 5_001)
    pause(0.05)
    assert changes == [5_001]
    station.supply.tell(Condition(Health.LIVE, device="PM-7"))
    wait_until(lambda: len(station.conditions) == 5_000)


def test_a_device_whose_clock_is_ahead_is_stale_when_it_says_nothing_more(fleet: Fleet) -> None:
    moment = [10_000.0]
    station = Station(fleet, HandSupply, clock=lambda: moment[0])
    every = station.catalog[0].every
    hand(station).say(0, moment[0] + 3_600, 21.0)
    station.tick()
    assert station.board.freshness[0] == LIVE
    assert station.board.ahead(0) == 3_600
    moment[0] += 2 * every + 1
    station.tick()
    assert station.board.freshness[0] == STALE
    # Its clock is put right: what it says now is news.
    hand(station).say(0, moment[0], 22.0)
    station.tick()
    assert (station.board.text(0), station.board.freshness[0], station.board.ahead(0)) == ("22", LIVE, 0)
    station.close()


def test_the_first_values_are_shown_at_once_however_seldom_the_views_are_drawn(station: Station) -> None:
    station.set_interval(60)
    ticks: list[str] = []
    station.ticked.connect(lambda: ticks.append(station.board.text(0)))
    hand(station).say(0, station.now(), 21.0)
    station.watch()
    assert ticks == ["21"]
    hand(station).say(0, station.now(), 22.0)
    station.watch()
    assert ticks == ["21"]
