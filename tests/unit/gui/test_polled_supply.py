"""Files, databases and sources of the manifest's sensors, with what hangs, breaks and is mended."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from papaya_gui.sources.make import make_supply
from papaya_gui.sources.polled import Poll, PolledSupply
from papaya_gui.sources.supply import Supply

from papaya.errors import PapayaError
from papaya.manifest.model import Fleet, Json, Sensor
from papaya.sensors.backend import SensorBackend
from papaya.sensors.condition import Health
from papaya.sensors.reading import SensorReading
from papaya.sensors.source import Source
from tests.drivers import install
from tests.unit.gui.ear import Ear, fleet_of, meter

START = 1763900000000


def listen(ears: list[Ear], source: str, fleet: Fleet | None = None) -> tuple[Ear, Supply]:
    """Start a source, as a rule for two meters, which is asked ten times a second."""
    fleet = fleet or fleet_of(meter("PM-1", "t", "mode"), meter("PM-2", "t"))
    ear = Ear(fleet)
    ears.append(ear)
    supply = ear.hear(make_supply(source, fleet)(ear.catalog, ear.inbox, ear.told.append))
    supply.set_interval(0.1)
    return ear, supply


CSV = f"""device,key,value,ts
PM-1,t,20.5,{START}
PM-1,mode,idle,{START}
PM-2,t,7,2025-11-23T12:13:20Z
PM-1,t,21.5,{START + 1000}
"""
WIDE = f"""ts,device,t,mode
{START},PM-1,20.5,idle
{START},PM-2,7,
{START + 1000},PM-1,21.5,
"""
OBJECT = {"PM-1": {"t": {"value": 21.5, "ts": START + 1000}, "mode": "idle"}, "PM-2": {"t": 7, "none": None}}
LIST = [
    {"device": "PM-1", "key": "t", "value": 20.5, "ts": START},
    {"device": "PM-1", "values": {"t": 21.5, "mode": "idle"}, "ts": START + 1000},
    {"device": "PM-2", "t": 7},
]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("long.csv", CSV),
        ("wide.csv", WIDE),
        ("object.json", json.dumps(OBJECT)),
        ("list.json", json.dumps(LIST)),
    ],
)
def test_every_form_of_file_is_read(tmp_path: Path, ears: list[Ear], name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    ear, supply = listen(ears, f"file:{path}")
    ear.until_text("PM-1", "t", "21.5")
    ear.until_text("PM-1", "mode", "idle")
    ear.until_text("PM-2", "t", "7")
    assert ear.until_health(Health.LIVE).reason == ""
    assert (supply.name, supply.where) == ("file", str(path))
    assert list(ear.values("PM-1", "t")) == [21.5]


def test_a_file_that_is_written_on_is_read_on_and_remembers(tmp_path: Path, ears: list[Ear]) -> None:
    path = tmp_path / "meters.csv"
    path.write_text(CSV, encoding="utf-8")
    ear, supply = listen(ears, f"file:{path}")
    ear.until_text("PM-1", "t", "21.5")
    with path.open("a", encoding="utf-8") as file:
        file.write(f"PM-1,t,22,{START + 1500}\nPM-1,t,22.5,{START + 2000}\nPM-1,t,9")
    ear.until_text("PM-1", "t", "22.5")
    time.sleep(0.3)
    assert list(ear.values("PM-1", "t")) == [21.5, 22, 22.5]
    with path.open("a", encoding="utf-8") as file:
        file.write(f"9,{START + 3000}\n")
    ear.until_text("PM-1", "t", "99")
    assert supply.has_history
    past = supply.history(ear.catalog[0], START / 1000, START / 1000 + 2, 100)
    assert [round(moment * 1000) - START for moment in past.times] == [0, 1000, 1500]
    assert past.values.tolist() == [20.5, 21.5, 22]


@pytest.mark.parametrize(
    ("name", "text"), [("a.json", '{"PM-1": {"t": 1}}'), ("a.csv", "device,t\nPM-1,1\n")]
)
def test_values_of_no_time_have_that_of_the_file(
    tmp_path: Path, ears: list[Ear], name: str, text: str
) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    os.utime(path, (1_763_900_000, 1_763_900_000))
    ear, _ = listen(ears, f"file:{path}")
    ear.until_text("PM-1", "t", "1")
    assert ear.board.times[0] == 1_763_900_000
    os.utime(path, (1_763_900_060, 1_763_900_060))
    ear.until(lambda: len(ear.values("PM-1", "t")) == 2)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.csv", "PM-1,t,1\n", "names a column device"),
        ("b.csv", "device,key,value\nPM-1,t\n", "line 2 has 2 cells"),
        ("c.csv", "device,t,ts\nPM-1,1,yesterday\n", "yesterday is no time in ISO 8601"),
        ("d.csv", "device,t,ts\nPM-1,1,12\n", "not in milliseconds since 1970"),
        ("e.json", "[1]", "no JSON of devices"),
        ("f.json", "{", "it is no JSON"),
        ("g.json", '[{"t": 1}]', "a line without a device"),
        ("h.json", '{"PM-1": {"t": [1]}}', "t of PM-1: it returned a list"),
    ],
)
def test_a_faulty_file_is_told_and_taken_once_it_is_mended(
    tmp_path: Path, ears: list[Ear], name: str, text: str, words: str
) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    ear, _ = listen(ears, f"file:{path}")
    told = ear.until_health(Health.FAULT)
    assert words in told.reason
    assert told.remedy == "It is tried again by itself."
    mended = "device,t\nPM-1,5\n" if name.endswith("csv") else '{"PM-1": {"t": 5}}'
    path.write_text(mended, encoding="utf-8")
    ear.until_text("PM-1", "t", "5")
    ear.until_health(Health.LIVE)


def test_devices_that_the_manifest_does_not_have_are_told(tmp_path: Path, ears: list[Ear]) -> None:
    path = tmp_path / "meters.json"
    path.write_text('{"PM-1": {"t": 1}, "PM-9": {"t": 1}}', encoding="utf-8")
    ear, _ = listen(ears, f"file:{path}")
    ear.until(lambda: "the manifest does not have (1): PM-9" in ear.until_health(Health.LIVE).reason)


def write_rows(path: Path, rows: Sequence[tuple[Any, ...]], table: str = "readings") -> None:
    """Append rows to a database."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"CREATE TABLE IF NOT EXISTS {table} (device, key, value, ts)")
        connection.executemany(f"INSERT INTO {table} VALUES (?, ?, ?, ?)", rows)


def test_every_row_of_a_database_comes_once_and_in_order(tmp_path: Path, ears: list[Ear]) -> None:
    path = tmp_path / "meters.db"
    write_rows(path, [("PM-1", "t", number, START + number) for number in range(10)])
    write_rows(path, [("PM-1", "mode", "idle", START), ("PM-1", "t", None, START + 50)])
    ear, _ = listen(ears, f"sqlite:{path}")
    ear.until_text("PM-1", "t", "9")
    ear.until_text("PM-1", "mode", "idle")
    for turn in range(1, 4):
        write_rows(
            path, [("PM-1", "t", turn * 100 + number, START + turn * 100 + number) for number in range(50)]
        )
        ear.until_text("PM-1", "t", str(turn * 100 + 49))
    expected = [9.0] + [turn * 100.0 + number for turn in range(1, 4) for number in range(50)]
    assert list(ear.values("PM-1", "t")) == expected
    path.unlink()
    write_rows(path, [("PM-1", "t", 5, START + 9000)])
    ear.until_text("PM-1", "t", "5")


def test_a_database_remembers_samples_and_of_many_the_extremes(tmp_path: Path, ears: list[Ear]) -> None:
    path = tmp_path / "meters.db"
    values = [float(number % 100) for number in range(12_000)]
    values[7_000] = 999.0
    write_rows(path, [("PM-1", "t", value, START + 1000 * n) for n, value in enumerate(values)], "other")
    write_rows(path, [("PM-1", "mode", f"m{n % 3}", START + 1000 * n) for n in range(12_000)], "other")
    ear, supply = listen(ears, f"sqlite:{path}?table=other")
    ear.until_text("PM-1", "t", "99")
    row, mode = ear.catalog[0], ear.catalog[1]
    begin = START / 1000
    narrow = supply.history(row, begin + 10, begin + 20, 700)
    assert narrow.values.tolist() == values[10:20]
    assert narrow.interval == 0
    wide = supply.history(row, begin, begin + 12_000, 700)
    assert wide.high is not None
    assert wide.low is not None
    assert wide.interval > 0
    assert len(wide.times) <= 700
    assert (wide.low.min(), wide.high.max()) == (0, 999)
    exact = supply.summary(row, begin + 0.5, begin + 7_000)
    assert exact is not None and exact.last == (begin + 7_000, 999.0)
    assert (exact.count, exact.low, exact.high) == (7_000, 0, 999)
    assert exact.total == sum(values[1:7_001])
    assert supply.summary(row, 0, 1) is None and supply.summary(mode, begin, begin + 10) is None
    steps = supply.history(mode, begin, begin + 12_000, 700)
    assert (steps.interval, len(steps.values)) == (0, 12_000)
    assert len(supply.history(row, 0, 1, 700).times) == 0


def test_a_database_without_the_table_is_told_with_what_it_should_have(
    tmp_path: Path, ears: list[Ear]
) -> None:
    path = tmp_path / "meters.db"
    write_rows(path, [], "another")
    write_rows(path, [], "other")
    ear, supply = listen(ears, f"sqlite:{path}")
    told = ear.until_health(Health.FAULT)
    assert "no such table: readings" in told.reason
    assert "device, key, value and ts" in told.reason
    with pytest.raises(PapayaError, match="no such table"):
        supply.history(ear.catalog[0], 0, 1, 1)
    write_rows(path, [("PM-1", "t", 5, START)])
    ear.until_text("PM-1", "t", "5")


class Scripted(SensorBackend):
    """A driver that does what a test says: one that answers, raises or hangs."""

    def __init__(self, act: Callable[[], object], sensors: Sequence[Sensor]) -> None:
        self._act, self._sensors = act, sensors

    def get_available_sensors(self) -> Sequence[str]:
        """Return the sensors."""
        return [sensor.key for sensor in self._sensors]

    def get_latest_readings(self) -> Mapping[str, SensorReading]:
        """Do what the test says, and return it for each sensor."""
        value: Any = self._act()
        now = time.time_ns() // 10**6
        return {sensor.key: SensorReading(value, sensor.unit, now) for sensor in self._sensors}


def test_a_source_that_hangs_or_breaks_keeps_no_other_waiting(ears: list[Ear]) -> None:
    released = threading.Event()

    def hang() -> object:
        released.wait(100)
        return 1

    def fail() -> object:
        raise OSError("the bus is gone")

    acts: dict[str, Callable[[], object]] = {"PM-1": hang, "PM-2": lambda: 5, "PM-3": fail}
    sensor = Sensor("t", source={"type": "scripted", "timeout": 0.3})
    fleet = fleet_of(*(meter(name, sensor) for name in acts))
    ear = Ear(fleet)
    ears.append(ear)

    def poll(name: str, act: Callable[[], object]) -> Poll:
        source = Source("scripted", (sensor,))
        return Poll(source, lambda source: Scripted(act, source.sensors), name, 0.1)

    polls = [poll(name, act) for name, act in acts.items()]
    supply = PolledSupply(ear.catalog, ear.inbox, ear.told.append, "sensors", "three sources", polls)
    try:
        ear.hear(supply)
        assert ear.until_health(Health.FAULT, "PM-1").reason == "it gave no answer within 0.3 s"
        ear.until(lambda: "the bus is gone" in ear.until_health(Health.FAULT, "PM-3").reason)
        before = len(ear.values("PM-2", "t"))
        ear.until(lambda: len(ear.values("PM-2", "t")) > before + 2)
        ear.until(lambda: "2 of 3 sources cannot be read" in ear.until_health(Health.LIVE).reason)
        began = time.monotonic()
        supply.close()
        assert time.monotonic() - began < 30
    finally:
        released.set()


def test_a_driver_that_knows_only_the_sensor_interface_works_in_the_window(
    tmp_path: Path, ears: list[Ear], monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    source: dict[str, Json] = {"type": "thermometer", "bus": 2}
    board = Sensor("board.celsius", source={**source, "field": "board"}, every=0.1)
    fleet = fleet_of(meter("PM-1", board, Sensor("outside", source={**source}, warn_above=5, every=0.1)))
    for name in ("sensors", "thermometer"):
        ear, _ = listen(ears, name, fleet)
        ear.until_text("PM-1", "board.celsius", "22")
        ear.until(lambda ear=ear: 7.5 in ear.values("PM-1", "outside"))  # type: ignore[misc]
        assert ear.until_health(Health.LIVE).reason == ""


class Remembering(Scripted):
    """A driver that remembers, and that once has kept nonsense."""

    def __init__(self, source: Source) -> None:
        super().__init__(lambda: 1, [Sensor("inside")])

    def get_history(self, name: str, start: int, end: int, limit: int = 1000) -> Sequence[Any]:
        """Return what it has kept."""
        if name != "inside":
            raise LookupError(name)
        moment = datetime.fromtimestamp(START / 1000, UTC)
        odd = [SensorReading(10**400, "", START), SensorReading("x", "", START), None]
        return [*odd, SensorReading(5, "", moment), SensorReading("7.5", "", START + 1000)]


def test_the_past_of_a_driver_is_asked_by_the_name_that_it_has_for_a_sensor(ears: list[Ear]) -> None:
    known = Sensor("t", alarm_above=9, source={"type": "x", "field": "inside"}, every=0.1)
    other = Sensor("u", source={"type": "x"}, every=0.1)
    ear = Ear(fleet_of(meter("PM-1", known, other)))
    ears.append(ear)
    polls = [Poll(Source("x", (known, other)), Remembering, "PM-1", 0.1)]
    supply = ear.hear(PolledSupply(ear.catalog, ear.inbox, ear.told.append, "sensors", "x", polls))
    assert supply.has_history
    row, stranger = ear.catalog.find("PM-1", "t"), ear.catalog.find("PM-1", "u")
    assert row is not None
    assert stranger is not None
    assert supply.history(row, 0, 2e9, 700).values.tolist() == [5, 7.5]
    with pytest.raises(PapayaError, match="the driver x has no past: LookupError"):
        supply.history(stranger, 0, 2e9, 700)


def test_one_bad_number_of_a_source_costs_its_own_sensor(tmp_path: Path, ears: list[Ear]) -> None:
    path = tmp_path / "values.json"
    path.write_text('{"long": %s, "comma": "80,5", "good": "80.5"}' % ("9" * 5000), encoding="utf-8")
    source = {"type": "file", "path": str(path)}
    sensors = [Sensor(key, source={**source}, alarm_above=75, every=0.1) for key in ("long", "comma", "good")]
    ear, _ = listen(ears, "sensors", fleet_of(meter("PM-1", *sensors), meter("PM-2", "t")))
    ear.until(lambda: ear.values("PM-1", "good") == [80.5])
    assert "long of PM-1" in ear.until_health(Health.FAULT, "PM-1").reason
    assert not ear.values("PM-1", "comma")
    path.write_text('{"long": 5, "comma": 6, "good": 7}', encoding="utf-8")
    ear.until(lambda: ear.values("PM-1", "good") == [80.5, 7])
    ear.until_health(Health.LIVE, "PM-1")


def test_pipes_and_folders_hold_no_source_up(tmp_path: Path, ears: list[Ear]) -> None:
    os.mkfifo(tmp_path / "pipe")
    kinds = {
        "PM-1": {"type": "file", "path": str(tmp_path / "pipe")},
        "PM-2": {"type": "sqlite", "path": str(tmp_path / "pipe"), "query": "SELECT 't', 1"},
        "PM-3": {"type": "file", "path": "/dev/zero"},
        "PM-4": {"type": "sqlite", "path": str(tmp_path), "query": "SELECT 't', 1"},
    }
    meters = [meter(name, Sensor("t", source={**source}, every=0.1)) for name, source in kinds.items()]
    ear, _ = listen(ears, "sensors", fleet_of(*meters))
    for name in kinds:
        assert "is not a regular file" in ear.until_health(Health.FAULT, name).reason
    ear, _ = listen(ears, f"sqlite:{tmp_path / 'pipe'}")
    assert "is not a regular file" in ear.until_health(Health.FAULT).reason


def test_the_sources_of_the_manifest_are_asked_like_the_agent_asks_them(
    tmp_path: Path, ears: list[Ear]
) -> None:
    (tmp_path / "one.json").write_text('{"t": 5, "m": true}', encoding="utf-8")
    file = {"type": "file", "path": str(tmp_path / "one.json")}
    sensors = [Sensor("t", source=file, every=0.1), Sensor("door", source={**file, "field": "m"}, every=0.1)]
    command = Sensor("n", source={"type": "command", "argv": ["echo", '{"n": 7}']}, every=0.1)
    fleet = fleet_of(meter("PM-1", *sensors), meter("PM-2", command))
    ear, supply = listen(ears, "sensors", fleet)
    ear.until_text("PM-1", "t", "5")
    ear.until_text("PM-1", "door", "true")
    ear.until_text("PM-2", "n", "7")
    assert supply.where == "the manifest's sources (2)"
    assert not supply.has_history
    ear, supply = listen(ears, "file", fleet)
    ear.until_text("PM-1", "t", "5")
    assert supply.where == "the manifest's sources (1)"
