"""Data files as loggers, spreadsheets, databases and the window itself write them."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from papaya_gui.models.texts import Texts
from papaya_gui.models.tidy import Samples, write
from papaya_gui.sources.make import make_supply
from papaya_gui.sources.moments import milliseconds_of
from papaya_gui.sources.own_fleet import fleet_of_file
from papaya_gui.sources.reckoning import place_of
from papaya_gui.sources.recording import RecordingSupply
from papaya_gui.sources.supply import Supply

from papaya.errors import PapayaError
from papaya.manifest.model import Fleet
from papaya.sensors.backend import SensorFault
from papaya.sensors.condition import Health
from tests.unit.gui.ear import Ear, fleet_of, meter

START = 1_763_900_000
LONG_AGO = START + 3600
# What is expected of a sensor: seconds after START and values.
Curve = tuple[Sequence[float], Sequence[float]]


@dataclass
class Read:
    """What a window has of a file: the curve, unit and name of each sensor, and what it is told."""

    curves: dict[str, Curve]
    labels: dict[str, tuple[str, str]]
    latest: dict[str, str]
    reason: str


def read(source: str, fleet: Fleet | None = None, *, is_large: bool = False) -> Read:
    """Open a file in the window's way, with its own devices unless a fleet is given."""
    fleet = fleet or fleet_of_file(source)
    ear = Ear(fleet)
    said, order = place_of(source.partition(":")[2])
    path = Path(said.partition("?")[0])
    if is_large:
        from papaya_gui.sources.headings import owner_of

        owner = owner_of(path, [device.name for device in fleet.devices()])
        supply: Supply = RecordingSupply(ear.catalog, ear.inbox, ear.told.append, path, owner, order)
    else:
        supply = make_supply(source, fleet)(ear.catalog, ear.inbox, ear.told.append)
    try:
        ear.hear(supply)
        ear.until(lambda: (ear.condition() or ear.told[-1]).health in (Health.LIVE, Health.FAULT))
        ear.until(lambda: supply.reading is None)
        ear.drain()
        condition = ear.condition()
        assert condition is not None
        curves: dict[str, Curve] = {}
        labels, latest = {}, {}
        for row in ear.catalog:
            past = supply.history(row, 0.0, 1e10, 1000)
            name = f"{row.device} {row.sensor.key}"
            curves[name] = ([round(one - START, 3) for one in past.times.tolist()], past.values.tolist())
            labels[name] = (row.title, row.sensor.unit)
            latest[name] = ear.text(row.device, row.sensor.key)
        return Read(curves, labels, latest, condition.reason)
    finally:
        ear.close()


def at_rest(path: Path, content: str | bytes) -> str:
    """Write a file that nobody has written on for long, and return the source."""
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    os.utime(path, (LONG_AGO, LONG_AGO))
    return f"file:{path}"


def table(
    names: str, between: str = ",", stamp: Callable[[int], str] = lambda one: f"{(START + one) * 1000}"
) -> str:
    """Return a table of one device and two values, for columns of device, time and value."""
    return names + "".join(f"M1{between}{stamp(one)}{between}{one + 5}\n" for one in range(2))


TWO: dict[str, Curve] = {"M1 t": ([0, 1], [5, 6])}
OWN: dict[str, Curve] = {"log t": ([0, 1], [5, 6])}
GERMAN = "23.11.2025 12:13:2{}"
FORMS: dict[str, tuple[bytes, dict[str, Curve]]] = {
    "byte-order mark, semicolons, decimal commas": (
        f"\ufeffdevice;ts;t;u\nM1;{START}000;5,5;\nM1;{START + 1}000;6,5;1,25\n".encode(),
        {"M1 t": ([0, 1], [5.5, 6.5]), "M1 u": ([1], [1.25])},
    ),
    "UTF-16 of a spreadsheet": (table("device\tts\tt\n", "\t").encode("utf-16"), TWO),
    "letters of Windows": (
        f"device;ts;Größe\nZähler;{START}000;5\n".encode("cp1252"),
        {"Zähler Größe": ([0], [5])},
    ),
    "a last line without an end": (table("device,ts,t\n").rstrip("\n").encode(), TWO),
    "a line that tells how columns are divided": (b"sep=;\n" + table("device;ts;t\n", ";").encode(), TWO),
    "a title and comments above": (
        b"# logger 7\nSite,Goa\n\n" + table("device,ts,t\n").encode(),
        TWO,
    ),
    "bars between columns": (table("device|ts|t\n", "|").encode(), TWO),
    "capital letters and other names": (table("Device Name,Timestamp,t\n").encode(), TWO),
    "seconds": (table("device,ts,t\n", ",", lambda one: f"{START + one}").encode(), TWO),
    "fractions of seconds": (
        table("device,ts,t\n", ",", lambda one: f"{START + one}.250").encode(),
        {"M1 t": ([0.25, 1.25], [5, 6])},
    ),
    "nanoseconds": (table("device,ts,t\n", ",", lambda one: f"{START + one}000000000").encode(), TWO),
    "zones": (
        table("device,time,t\n", ",", lambda one: f"2025-11-23T14:13:2{one}+02:00").encode(),
        TWO,
    ),
    "German dates": (table("device;Zeit;t\n", ";", GERMAN.format).encode(), TWO),
    "dates and times apart": (
        table("device;Datum;Uhrzeit;t\n", ";", lambda one: f"23.11.2025;12:13:2{one}").encode(),
        TWO,
    ),
    "a first line without a time": (
        f"device,time,t\nM1,,4\nM1,{START},5\nM1,{START + 1},6\n".encode(),
        {"M1 t": ([0, 1, 3600], [5, 6, 4])},
    ),
    "no device": (b"time,t\n2025-11-23T12:13:20Z,5\n2025-11-23T12:13:21Z,6\n", OWN),
    "names twice and none": (
        f"device,ts,t,t,\nM1,{START}000,5,6,\nM1,{START + 1}000,7,8,\n".encode(),
        {"M1 t": ([0, 1], [5, 7]), "M1 t (2)": ([0, 1], [6, 8])},
    ),
    "a column without a name": (
        f"device,ts,,t\nM1,{START}000,1,5\n".encode(),
        {"M1 column 3": ([0], [1]), "M1 t": ([0], [5])},
    ),
    "marks between thousands": (
        f'device,ts,t\nM1,{START}000,"1,234.5"\nM1,{START + 1}000,7\n'.encode(),
        {"M1 t": ([0, 1], [1234.5, 7])},
    ),
    "times out of order": (
        f"device,ts,t\nM1,{START + 2}000,7\nM1,{START}000,5\nM1,{START + 1}000,6\n".encode(),
        {"M1 t": ([0, 1, 2], [5, 6, 7])},
    ),
    "errors among numbers": (
        f"device,ts,t\nM1,{START}000,5\nM1,{START + 1}000,6\nM1,{START + 2}000,ERR\n".encode(),
        TWO,
    ),
    "numbers that are none at the end": (
        f"device,ts,t\nM1,{START}000,5\nM1,{START + 1}000,6\nM1,{START + 2}000,NaN\n".encode(),
        TWO,
    ),
}


@pytest.mark.parametrize("is_large", [False, True])
@pytest.mark.parametrize("name", FORMS)
def test_a_table_is_read_as_people_have_it_small_or_large(tmp_path: Path, name: str, is_large: bool) -> None:
    content, expected = FORMS[name]
    found = read(at_rest(tmp_path / "log.csv", content), is_large=is_large)
    assert found.curves == expected
    for sensor, (times, values) in expected.items():
        newest = values[times.index(max(times))]
        assert float(found.latest[sensor]) == newest


@pytest.mark.parametrize("is_large", [False, True])
def test_what_is_left_out_or_guessed_of_a_table_is_told(tmp_path: Path, is_large: bool) -> None:
    lines = "".join(f"2025-11-23T12:13:2{one},{one}\n" for one in range(5))
    source = at_rest(
        tmp_path / "log.csv", f"time,t\n{lines}2025-11-23T12:13:28,ERR\n2025-11-23T12:13:29,NaN\n"
    )
    found = read(source, is_large=is_large)
    assert "2 entries cannot be used" in found.reason
    assert "among numbers" in found.reason or "nan" in found.reason
    assert found.reason.endswith("; times without a zone are read as UTC")
    assert found.latest == {"log t": "4"}


def test_a_line_of_a_large_table_is_told_by_its_number_in_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("papaya_gui.sources.recording_csv.PIECE", 64)
    text = (
        "# a title\ndevice,ts,t\n" + "".join(f"M1,{START + one}000,{one}\n" for one in range(50)) + "M1,5\n"
    )
    found = read(at_rest(tmp_path / "log.csv", text), is_large=True)
    assert found.reason == "1 entry cannot be used: line 53 has 2 cells, and the first line 3"


@pytest.mark.parametrize(
    ("name", "text"), [("a.txt", "device,ts,t\n"), ("a.tsv", "device\tts\tt\n"), ("a", "device;ts;t\n")]
)
def test_a_table_is_one_whatever_the_file_is_called(tmp_path: Path, name: str, text: str) -> None:
    between = text[6]
    assert read(at_rest(tmp_path / name, table(text, between))).curves == TWO


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ([{"ts": START * 1000, "values": {"t": 5}}, {"ts": START * 1000 + 1000, "t": 6}], OWN),
        ({"t": [{"ts": START * 1000, "value": "5"}, {"ts": START * 1000 + 1000, "value": "6"}]}, OWN),
        (
            [{"device": "M1", "ts": START, "t": 5}, {"device": "M1", "ts": "2025-11-23 12:13:21Z", "t": 6}],
            TWO,
        ),
    ],
)
def test_json_is_read_as_servers_and_programs_write_it(
    tmp_path: Path, document: object, expected: dict[str, Curve]
) -> None:
    assert read(at_rest(tmp_path / "log.json", json.dumps(document))).curves == expected


def test_json_may_be_an_object_on_each_line_and_a_broken_one_costs_itself(tmp_path: Path) -> None:
    lines = [json.dumps({"device": "M1", "ts": (START + one) * 1000, "t": one + 5}) for one in range(2)]
    found = read(at_rest(tmp_path / "log.jsonl", f"{lines[0]}\n{{\n\n{lines[1]}\n"))
    assert found.curves == TWO
    assert found.reason.startswith("1 entry cannot be used: line 2: it is no JSON")


def test_a_file_without_a_device_is_of_the_one_that_is_named_like_it_or_of_the_only_one(
    tmp_path: Path,
) -> None:
    source = at_rest(tmp_path / "PM-2.csv", f"ts,t\n{START}000,5\n")
    assert read(source, fleet_of(meter("PM-1"))).curves == {"PM-1 t": ([0], [5])}
    assert read(source, fleet_of(meter("PM-1"), meter("PM-2"))).curves == {"PM-2 t": ([0], [5])}
    told = read(source, fleet_of(meter("PM-1"), meter("PM-3"))).reason
    assert told == "values of devices that the manifest does not have (1): PM-2"


def test_a_last_line_without_an_end_is_read_once_nobody_writes_on_it(tmp_path: Path) -> None:
    text = table("device,ts,t\n").rstrip("\n")
    (tmp_path / "log.csv").write_text(text, encoding="utf-8")
    assert read(f"file:{tmp_path / 'log.csv'}").curves == {"M1 t": ([0], [5])}
    assert read(at_rest(tmp_path / "log.csv", text)).curves == TWO


def test_several_values_of_one_second_are_all_kept(tmp_path: Path) -> None:
    import numpy as np
    from papaya_gui.models.history import History, Stretch

    history = History(60.0)
    history.add(Stretch(0, 10, 0.0, np.array([1.0, 1, 1, 2, 2]), np.array([5.0, 6, 6, 7, 8])))
    assert history.curve().values.tolist() == [5, 6, 7, 8]


@pytest.mark.parametrize("text", ["05/11/2026 10:00", "yesterday", "", "10:00"])
def test_a_date_that_may_mean_two_days_is_no_time(text: str) -> None:
    with pytest.raises(SensorFault, match="no time in ISO 8601"):
        milliseconds_of(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("23.11.2025 12:13:20", (START * 1000, False)),
        ("2025/11/23 12:13:20", (START * 1000, False)),
        ("2025-11-23 12:13:20 UTC", (START * 1000, True)),
        ("2025-11-23T07:13:20.5-05:00", (START * 1000 + 500, True)),
        (START, (START * 1000, True)),
        (START * 1e6, (START * 1000, True)),
    ],
)
def test_times_are_told_apart_by_their_form(text: object, expected: tuple[int, bool]) -> None:
    assert milliseconds_of(text) == expected


@pytest.mark.parametrize("is_large", [False, True])
def test_the_windows_own_export_is_opened_again_with_its_times_devices_units_and_names(
    tmp_path: Path, is_large: bool
) -> None:
    from dataclasses import replace

    import numpy as np

    from papaya.manifest.model import Sensor

    sensor = Sensor("temperature.celsius", name="-Outside, left", unit="°C")
    fleet = fleet_of(meter("-PM/1", sensor), meter("PM-2", "door"))
    catalog = Ear(fleet).catalog
    texts = Texts()
    words = np.array([texts.number("=open"), texts.number("shut")], np.float64)
    times = START + np.array([0.0, 1.5])
    parts = [
        Samples(catalog[0], times, np.array([5.25, -6.5]), np.zeros(2), 0),
        Samples(catalog[1], times, words, np.zeros(2), 3),
    ]
    path = tmp_path / "export.csv"
    write(path, parts, texts)
    os.utime(path, (LONG_AGO, LONG_AGO))
    for known in (None, replace(fleet)):
        found = read(f"file:{path}", known, is_large=is_large)
        assert found.curves["-PM/1 temperature.celsius"] == ([0, 1.5], [5.25, -6.5])
        assert found.labels["-PM/1 temperature.celsius"] == ("-Outside, left", "°C")
        assert found.curves["PM-2 door"][0] == [0, 1.5]
        assert found.latest["PM-2 door"] == "shut"
        assert found.reason == ""


def test_a_unit_behind_the_name_of_a_column_is_that_of_its_sensor(tmp_path: Path) -> None:
    found = read(at_rest(tmp_path / "log.csv", f"time,Temperature [°C],t (2)\n{START},5,6\n"))
    assert found.labels == {"log Temperature [°C]": ("Temperature", "°C"), "log t (2)": ("t (2)", "")}


DAYS = "time,t\n{}/2026 10:00,5\n{}/2026 10:01,6\n"
TENTH = [round((datetime(2026, 1, 10, 10, one, tzinfo=UTC).timestamp() - START), 3) for one in (0, 1)]


@pytest.mark.parametrize("is_large", [False, True])
@pytest.mark.parametrize(
    "text",
    [
        "time,t\n10/01/2026 10:00,5\n10/01/2026 10:01,6\n13/01/2026 10:00,7\n",
        "time,t\n01/10/2026 10:00:00 AM,5\n01/10/2026 10:01:00 AM,6\n01/13/2026 10:00:00 AM,7\n",
        "date;time;t\n10-01-2026;10:00;5\n10-01-2026;10:01;6\n13-01-2026;10:00;7\n",
    ],
)
def test_a_file_whose_dates_prove_their_order_is_read(tmp_path: Path, text: str, is_large: bool) -> None:
    found = read(at_rest(tmp_path / "M1.csv", text), is_large=is_large)
    times, values = found.curves["M1 t"]
    assert (list(times[:2]), list(values)) == (TENTH, [5, 6, 7])


@pytest.mark.parametrize("is_large", [False, True])
@pytest.mark.parametrize(("order", "day"), [("day-first", "10/01"), ("month-first", "01/10")])
def test_a_person_says_the_order_of_dates_that_prove_none(
    tmp_path: Path, order: str, day: str, is_large: bool
) -> None:
    source = at_rest(tmp_path / "M1.csv", DAYS.format(day, day))
    with pytest.raises(PapayaError, match="may mean two days, such as") as refused:
        fleet_of_file(source)
    assert "?dates=day-first" in (refused.value.remedy or "")
    assert read(f"{source}?dates={order}", is_large=is_large).curves == {"M1 t": (TENTH, [5, 6])}


def test_dates_of_json_have_an_order_too(tmp_path: Path) -> None:
    entries: list[dict[str, object]] = [
        {"device": "M1", "ts": f"10/01/2026 10:0{one}", "t": one + 5} for one in range(2)
    ]
    source = at_rest(tmp_path / "log.json", json.dumps(entries))
    with pytest.raises(PapayaError, match="may mean two days"):
        fleet_of_file(source)
    assert read(f"{source}?dates=day-first").curves == {"M1 t": (TENTH, [5, 6])}
    entries.append({"device": "M1", "ts": "13/01/2026 10:00", "t": 7})
    assert list(read(at_rest(tmp_path / "log.json", json.dumps(entries))).curves["M1 t"][0][:2]) == TENTH


def test_an_order_that_is_none_is_refused_with_those_that_are(tmp_path: Path) -> None:
    source = at_rest(tmp_path / "M1.csv", DAYS.format("10/01", "10/01"))
    with pytest.raises(PapayaError, match="year-first is no order") as refused:
        fleet_of_file(f"{source}?dates=year-first")
    assert "day-first or ?dates=month-first" in (refused.value.remedy or "")


@pytest.mark.parametrize("is_large", [False, True])
@pytest.mark.parametrize(
    "text",
    [
        "time,t\n0,5\n0.5,6\n90,7\n",
        "time_ms,t\n0,5\n500,6\n90000,7\n",
        "Time [min],t\n0,5\n0.008333333,6\n1.5,7\n",
        "time,t\nt+0,5\nt+0.5,6\nt+00:01:30,7\n",
        "ts,t\nT+0s,5\nT+0.5s,6\nT+1:30,7\n",
        "elapsed;t\n0,0;5\n0,5;6\n90,0;7\n",
    ],
)
def test_times_that_count_from_zero_begin_at_midnight_and_are_told(
    tmp_path: Path, text: str, is_large: bool
) -> None:
    source = at_rest(tmp_path / "M1.csv", text)
    midnight = datetime.fromtimestamp(LONG_AGO).replace(hour=0, minute=0, second=0).timestamp() - START
    found = read(source, is_large=is_large)
    assert found.curves["M1 t"] == ([midnight, midnight + 0.5, midnight + 90], [5.0, 6.0, 7.0])
    assert "times count from 0, which is shown as midnight" in found.reason


def test_a_sensor_that_grows_is_no_time_where_devices_are_named(tmp_path: Path) -> None:
    found = read(at_rest(tmp_path / "log.csv", "device,t\nM1,0\nM1,1\nM1,2\n"))
    assert found.latest == {"M1 t": "2"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "it is empty"),
        ("time,t\n11/05/2026 10:00,5\n", "may mean two days, such as 11/05/2026 10:00"),
        ("device,time,t\nM1,5/11/26,5\n", "may mean two days"),
        ("a,b\n1,2\n", "names a column device or a column of times"),
        ("time,t\n0.2,5\n0.1,6\n", "names a column device or a column of times"),
        ("device,ts,t\n", "has no lines with a device"),
        ("device,ts,t\nM1,never,5\n", "has no lines with a device"),
    ],
)
def test_a_file_that_says_nothing_is_refused_with_what_it_lacks(
    tmp_path: Path, text: str, words: str
) -> None:
    with pytest.raises(PapayaError, match=words):
        fleet_of_file(at_rest(tmp_path / "log.csv", text))


@pytest.mark.parametrize(
    ("content", "words", "remedy"),
    [
        (b"PK\3\4" + bytes(100), "it is a workbook", "as CSV"),
        (b"\x1f\x8b" + bytes(100), r"compressed \(gzip\)", "Unpack it"),
        (b"PAR1" + bytes(100), "Parquet", "as CSV"),
    ],
)
@pytest.mark.parametrize("name", ["log.csv", "log.xlsx", "log"])
@pytest.mark.parametrize("is_large", [False, True])
def test_a_file_that_is_no_text_is_called_what_it_is(
    tmp_path: Path, content: bytes, words: str, remedy: str, name: str, is_large: bool
) -> None:
    content += bytes(5 * 1024 * 1024) if is_large else b""
    with pytest.raises(PapayaError, match=words) as refused:
        fleet_of_file(at_rest(tmp_path / name, content))
    assert remedy in (refused.value.remedy or "")


# Databases

ROWS = [("M1", "t", (START + one) * 1000, one + 5) for one in range(2)]
PLAIN = "CREATE TABLE readings (device, key, ts, value)"


def database(path: Path, statement: str, rows: Sequence[Sequence[object]], name: str = "readings") -> str:
    """Make a database, and return the source."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement)
        connection.executemany(f'INSERT INTO "{name}" VALUES (?, ?, ?, ?)', rows)  # noqa: S608
    return f"sqlite:{path}"


@pytest.mark.parametrize(
    ("statement", "stamp"),
    [
        (PLAIN, lambda one: (START + one) * 1000),
        (PLAIN, lambda one: START + one),
        (PLAIN, lambda one: (START + one) * 1_000_000),
        (PLAIN, lambda one: f"2025-11-23 12:13:2{one}Z"),
        (PLAIN, lambda one: f"2025-11-23T14:13:2{one}+02:00"),
        (
            PLAIN.replace(")", ", PRIMARY KEY (device, key, ts)) WITHOUT ROWID"),
            lambda one: (START + one) * 1000,
        ),
    ],
)
def test_a_database_is_read_whatever_the_unit_of_its_times(
    tmp_path: Path, statement: str, stamp: Callable[[int], object]
) -> None:
    rows = [("M1", "t", stamp(one), one + 5) for one in range(2)]
    found = read(database(tmp_path / "log.db", statement, rows))
    assert (found.curves, found.latest, found.reason) == (TWO, {"M1 t": "6"}, "")


def test_a_database_is_one_whatever_the_file_is_called(tmp_path: Path) -> None:
    source = database(tmp_path / "log.dat", PLAIN, ROWS)
    assert read(source.replace("sqlite:", "file:")).curves == TWO


def test_a_view_is_a_table_and_what_comes_later_is_read_on(tmp_path: Path) -> None:
    source = database(tmp_path / "log.db", PLAIN.replace("readings", "old"), ROWS, "old")
    with closing(sqlite3.connect(tmp_path / "log.db")) as connection, connection:
        connection.execute("CREATE VIEW readings AS SELECT * FROM old")
    assert read(source).curves == TWO
    ear = Ear(fleet_of_file(source))
    ear.hear(make_supply(source, ear.catalog.fleet)(ear.catalog, ear.inbox, ear.told.append))
    ear.until(lambda: ear.text("M1", "t") == "6")
    with closing(sqlite3.connect(tmp_path / "log.db")) as connection, connection:
        connection.execute("INSERT INTO old VALUES ('M1', 't', ?, 7)", ((START + 2) * 1000,))
    ear.until(lambda: ear.text("M1", "t") == "7")
    ear.close()


def test_a_text_among_the_numbers_of_a_database_is_told_and_hides_none(tmp_path: Path) -> None:
    found = read(database(tmp_path / "log.db", PLAIN, [*ROWS, ("M1", "t", (START + 2) * 1000, "ERR")]))
    assert (found.curves, found.latest) == (TWO, {"M1 t": "6"})
    assert found.reason == "1 entry cannot be used: t of M1 has a text among numbers, such as an error"


def wide(path: Path, columns: str, rows: Sequence[Sequence[object]], name: str = "log") -> str:
    """Make a database of one table with any columns, and return the source."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f'CREATE TABLE "{name}" ({columns})')
        places = ", ".join("?" * len(rows[0]))
        connection.executemany(f'INSERT INTO "{name}" VALUES ({places})', rows)  # noqa: S608
    return f"sqlite:{path}"


def test_a_database_with_a_column_for_each_sensor_is_read(tmp_path: Path) -> None:
    rows = [(one, START + one, one + 5, 40.0 + one, None if one else "open") for one in range(2)]
    columns = 'id INTEGER PRIMARY KEY, timestamp, t, "Humidity [%]", door'
    found = read(wide(tmp_path / "M1.db", columns, rows))
    assert found.curves["M1 t"] == TWO["M1 t"]
    assert found.curves["M1 Humidity [%]"] == ([0.0, 1.0], [40.0, 41.0])
    assert found.labels["M1 Humidity [%]"] == ("Humidity", "%")
    assert found.latest == {"M1 t": "6", "M1 Humidity [%]": "41", "M1 door": "open"}
    assert found.reason == ""


@pytest.mark.parametrize(
    ("columns", "row"),
    [
        ("device, ts, t", lambda one: ("M1", START + one, one + 5)),
        ("date, time, t, device", lambda one: ("2025-11-23", f"12:13:2{one}Z", one + 5, "M1")),
        ("entity_id, last_changed, metric, state", lambda one: ("M1", (START + one) * 1000, "t", one + 5)),
        ("t, datetime, device, PRIMARY KEY (datetime)", lambda one: (one + 5, START + one, "M1")),
    ],
)
def test_columns_of_a_database_are_recognized_as_those_of_csv(
    tmp_path: Path, columns: str, row: Callable[[int], Sequence[object]]
) -> None:
    found = read(wide(tmp_path / "log.db", columns, [row(one) for one in range(2)]))
    assert found.curves == TWO


def test_a_wide_database_that_is_written_on_is_read_on_with_all_of_its_sensors(tmp_path: Path) -> None:
    path = tmp_path / "M1.db"
    source = wide(path, "time, t, u", [(START * 1000, 5, 50)])
    ear = Ear(fleet_of_file(source))
    ear.hear(make_supply(source, ear.catalog.fleet)(ear.catalog, ear.inbox, ear.told.append))
    ear.until(lambda: (ear.text("M1", "t"), ear.text("M1", "u")) == ("5", "50"))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("INSERT INTO log VALUES (?, 6, 60)", ((START + 1) * 1000,))
    ear.until(lambda: (ear.text("M1", "t"), ear.text("M1", "u")) == ("6", "60"))
    ear.close()


def test_the_only_device_of_a_manifest_is_that_of_a_database_without_one(tmp_path: Path) -> None:
    source = wide(tmp_path / "log.db", "time, t", [(START + one, one + 5) for one in range(2)])
    assert read(source, fleet_of(meter("M1"))).curves["M1 t"] == TWO["M1 t"]


@pytest.fixture
def others(tmp_path: Path) -> Iterator[str]:
    """Return a database with other tables than the usual one."""
    source = database(
        tmp_path / "log.db", 'CREATE TABLE "my ""log""; x" (device, key, ts, value)', ROWS, 'my ""log""; x'
    )
    with closing(sqlite3.connect(tmp_path / "log.db")) as connection, connection:
        connection.execute("CREATE TABLE wide (time, t)")
    yield source


def test_a_database_without_the_table_is_refused_with_the_tables_that_it_has(others: str) -> None:
    with pytest.raises(
        PapayaError, match=r'it has my "log"; x \(device, key, ts, value\), wide \(time, t\)'
    ) as refused:
        fleet_of_file(others)
    assert "device, key, value and ts" in (refused.value.remedy or "")
    assert read(f'{others}?table=my "log"%3B x').curves == TWO


def test_a_database_that_is_none_or_in_use_is_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("hello", encoding="utf-8")
    with pytest.raises(PapayaError, match="file is not a database") as refused:
        fleet_of_file(f"sqlite:{tmp_path / 'text.db'}")
    assert refused.value.remedy == "Choose another file."
    source = database(tmp_path / "log.db", PLAIN, ROWS)
    with closing(sqlite3.connect(tmp_path / "log.db")) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        with pytest.raises(PapayaError, match="locked") as locked:
            fleet_of_file(source)
    assert "Another program is writing on it" in (locked.value.remedy or "")
