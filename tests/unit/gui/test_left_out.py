"""One bad entry of a file, a database or a message costs itself alone, and is counted and told."""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from papaya_gui.models.batch import Inbox
from papaya_gui.sources.fleet_csv import lines_in_csv
from papaya_gui.sources.left_out import LeftOut
from papaya_gui.sources.make import make_supply
from papaya_gui.sources.messages import MessageReader
from papaya_gui.sources.supply import Supply
from papaya_gui.sources.topics import pattern_of

from papaya.sensors.condition import Health
from tests.unit.gui.ear import Ear, fleet_of, meter

START = 1763900000000


def listen(ears: list[Ear], source: str) -> tuple[Ear, Supply]:
    """Start a source for three meters, which is asked ten times a second."""
    fleet = fleet_of(*(meter(f"PM-{number}", "t") for number in (1, 2, 3)))
    ear = Ear(fleet)
    ears.append(ear)
    supply = ear.hear(make_supply(source, fleet)(ear.catalog, ear.inbox, ear.told.append))
    supply.set_interval(0.1)
    return ear, supply


GOOD = f"PM-1,t,1,{START}\n", f"PM-2,t,2,{START}\n", f"PM-3,t,3,{START}\n"
HEAD = "device,key,value,ts\n"


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        ("\n", ""),
        ("   \n", ""),
        (",,,\n", ""),
        (f"PM-1,t,,{START}\n", ""),
        (f"PM-1,t,null,{START}\n", ""),
        (f"PM-1,t,5,{START},,\n", ""),
        ("PM-1,t\n", "line 3 has 2 cells, and the first line 4"),
        ("PM-1\n", "line 3 has 1 cell, and the first line 4"),
        (f"PM-1,t,5,{START},6\n", "line 3 has 5 cells, and the first line 4"),
        ("PM-1,t,5,yesterday\n", '"yesterday" is no time in ISO 8601'.replace('"', "")),
        ("PM-1,t,5,12\n", "line 3: the time of its value, 12, is not in milliseconds since 1970"),
        ("PM-1,t,5,1e30\n", "line 3: the time of its value is no whole number of milliseconds"),
        ("PM-1,t,5,0001-01-01T00:00:00\n", "is not in milliseconds since 1970"),
        (f",t,5,{START}\n", "line 3 is a line without a device"),
        (f"PM-1,t,nan,{START}\n", "t of PM-1: it returned nan, which is no number"),
        (f"PM-1,t,1e300,{START}\n", "t of PM-1: it returned 1e+300, which is too large"),
        (f"PM-1,t,{'9' * 5000},{START}\n", "t of PM-1"),
        (f"PM-1,t,{'x' * 200_000},{START}\n", "t of PM-1: it returned a text of 200,000 characters"),
        (f'PM-1,t,"5,{START}\n', "line 3 has a quotation mark that is not closed"),
        (f'PM-1,t,"{"x" * 200_000}",{START}\n', "line 3 cannot be read: field larger than field limit"),
        ("\0\0\0\n", "line 3 has 1 cell"),
    ],
)
def test_one_bad_line_of_csv_costs_that_line(tmp_path: Path, ears: list[Ear], bad: str, told: str) -> None:
    path = tmp_path / "meters.csv"
    path.write_text(HEAD + GOOD[0] + bad + GOOD[1] + GOOD[2] + "\n", encoding="utf-8")
    ear, supply = listen(ears, f"file:{path}")
    ear.until_text("PM-2", "t", "2")
    ear.until_text("PM-3", "t", "3")
    ear.until(lambda: ear.until_health(Health.LIVE).reason == "" or told != "")
    if told:
        ear.until(lambda: told in ear.until_health(Health.LIVE).reason)
        assert "1 entry cannot be used: " in ear.until_health(Health.LIVE).reason
    past = supply.history(ear.catalog[1], START / 1000 - 1, START / 1000 + 1, 100)
    assert past.values.tolist() == [2]


def test_bad_lines_of_a_file_that_is_written_on_are_counted_with_their_own_numbers(
    tmp_path: Path, ears: list[Ear]
) -> None:
    path = tmp_path / "meters.csv"
    path.write_text(HEAD + "".join(GOOD), encoding="utf-8")
    ear, _ = listen(ears, f"file:{path}")
    ear.until_text("PM-3", "t", "3")
    with path.open("a", encoding="utf-8") as file:
        file.write(f"\nPM-1\nPM-1,t,11,{START + 1000}\n")
    ear.until_text("PM-1", "t", "11")
    ear.until(
        lambda: (
            ear.until_health(Health.LIVE).reason
            == "1 entry cannot be used: line 6 has 1 cell, and the first line 4"
        )
    )
    with path.open("a", encoding="utf-8") as file:
        file.write(f"PM-2,t,5,never\nPM-2,t,22,{START + 1000}\n")
    ear.until_text("PM-2", "t", "22")
    ear.until(
        lambda: (
            ear.until_health(Health.LIVE).reason
            == "2 entries cannot be used, the last: line 8: never is no time in ISO 8601"
        )
    )
    path.write_text(HEAD + f"PM-1,t,33,{START + 2000}\n", encoding="utf-8")
    ear.until_text("PM-1", "t", "33")
    ear.until(lambda: ear.until_health(Health.LIVE).reason == "")


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        ("null", "null: it is no JSON of devices with their values"),
        ("5", "5: it is no JSON of devices with their values"),
        ("[]", "a list: it is no JSON of devices with their values"),
        ('{"t": {"value": 5, "ts": "never"}}', "never is no time in ISO 8601"),
        ('{"t": {"value": 5, "ts": 1e999}}', "1e999 is no time"),
        ('{"t": NaN}', "NaN is not a number that can be kept"),
        ('{"t": 1e999}', "1e999 is not a number that can be kept"),
        (f'{{"t": {"9" * 401}}}', "is not a number that can be kept"),
        ('{"t": [1]}', "t of PM-1: it returned a list"),
        (json.dumps({"t": "x" * 20_000}), "a text of 20,000 characters"),
        ('{"t": null}', ""),
    ],
)
@pytest.mark.parametrize("is_list", [False, True])
def test_one_bad_entry_of_json_costs_that_entry(
    tmp_path: Path, ears: list[Ear], bad: str, told: str, is_list: bool
) -> None:
    path = tmp_path / "meters.json"
    if is_list:
        values = "{" not in bad
        item = bad if values else f'{{"device": "PM-1", "values": {bad}}}'
        text = f'[{{"device": "PM-2", "t": 2}}, {item}, {{"device": "PM-3", "t": 3}}]'
    else:
        text = f'{{"PM-2": {{"t": 2}}, "PM-1": {bad}, "PM-3": {{"t": 3}}}}'
    path.write_text(text, encoding="utf-8")
    ear, _ = listen(ears, f"file:{path}")
    ear.until_text("PM-2", "t", "2")
    ear.until_text("PM-3", "t", "3")
    ear.until(lambda: told in ear.until_health(Health.LIVE).reason)
    assert ("1 entry cannot be used" in ear.until_health(Health.LIVE).reason) is bool(told)


def write(path: Path, *rows: tuple[Any, ...]) -> None:
    """Append rows to a database."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE IF NOT EXISTS readings (device, key, value, ts)")
        connection.executemany("INSERT INTO readings VALUES (?, ?, ?, ?)", rows)


BAD_ROWS: list[tuple[tuple[Any, ...], str]] = [
    ((None, "t", 5, START), "its device is null"),
    (("PM-1", None, 5, START), "its key is null"),
    (("PM-1", "", 5, START), 'its key is ""'),
    (("PM-1", "t", 5, None), "its ts is null, which is not in milliseconds since 1970"),
    (("PM-1", "t", 5, "2025-11-23"), 'its ts is "2025-11-23", which is not in milliseconds'),
    (("PM-1", "t", 5, START * 1_000_000), "which is not in milliseconds since 1970"),
    (("PM-1", "t", 5, float("inf")), "its ts is inf, which is not in milliseconds"),
    (("PM-1", "t", b"\xff", START + 9), "bytes"),
    (("PM-1", "t", float("inf"), START + 9), "inf"),
]


@pytest.mark.parametrize(("bad", "told"), BAD_ROWS)
@pytest.mark.parametrize("is_first", [True, False])
def test_one_bad_row_of_a_database_costs_that_row(
    tmp_path: Path, ears: list[Ear], bad: tuple[Any, ...], told: str, is_first: bool
) -> None:
    path = tmp_path / "meters.db"
    write(path, ("PM-1", "t", 1, START), ("PM-2", "t", 2, START))
    if is_first:
        write(path, bad)
    ear, supply = listen(ears, f"sqlite:{path}")
    ear.until_text("PM-1", "t", "1")
    ear.until_text("PM-2", "t", "2")
    if not is_first:
        write(path, bad)
    write(path, ("PM-3", "t", 3, START))
    ear.until_text("PM-3", "t", "3")
    ear.until(lambda: told in ear.until_health(Health.LIVE).reason)
    assert ear.until_health(Health.LIVE).reason.startswith("1 entry cannot be used: ")
    assert supply.history(ear.catalog[0], START / 1000 - 1, START / 1000 + 1, 9).values.tolist() == [1]


def test_texts_among_many_numbers_of_a_database_do_not_break_its_past(
    tmp_path: Path, ears: list[Ear]
) -> None:
    path = tmp_path / "meters.db"
    rows = [("PM-1", "t", "broken" if number % 1000 == 3 else 5.0, START + number) for number in range(9_000)]
    write(path, *rows)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("INSERT INTO readings VALUES ('PM-2', 't', CAST(x'ff41' AS TEXT), ?)", (START,))
    ear, supply = listen(ears, f"sqlite:{path}")
    ear.until_text("PM-1", "t", "5")
    ear.until_text("PM-2", "t", "\ufffdA")
    past = supply.history(ear.catalog[0], START / 1000, START / 1000 + 10, 100)
    assert past.high is not None and past.high.max() == 5


def test_one_bad_part_of_a_message_costs_that_part() -> None:
    ear = Ear(fleet_of(meter("PM-1", "t")))
    reader = MessageReader(ear.catalog, pattern_of("{device}/{key}"), Inbox(ear.inbox.texts).texts)
    parts = [{"ts": START, "values": {"t": 1}}, 5, None, {"ts": "never", "values": {"t": 2}}, {"t": 3}]
    batch = reader.read([("PM-1/x", json.dumps(parts).encode(), 7.0)])
    assert batch.values.tolist() == [1, 3]
    assert reader.unreadable == 3
    deep = b"[" * 100_000
    assert len(reader.read([("PM-1/t", deep, 7.0), ("PM-1/t", b"4", 8.0)])) >= 1
    ear.close()


@given(st.text(alphabet='a,"\n\r x', max_size=40))
def test_whatever_stands_between_good_lines_they_are_read(noise: str) -> None:
    lines = list(lines_in_csv(f"device,t,u\nPM-1,1,\n{noise}\nPM-2,2,\n"))
    found = [line.get("device") for _, line in lines if not isinstance(line, str)]
    assert found[0] == "PM-1"
    # A quotation mark that the noise opens may be closed by one of its own, never by a good line.
    assert found[-1] == "PM-2"


def test_a_large_file_is_read_quickly_and_an_open_quote_costs_no_more() -> None:
    line = f"PM-1,t,20.5,{START}\n"
    text = HEAD + line * 50_000 + f'PM-1,t,"5,{START}\n' + line * 50_000
    began = time.process_time()
    lines = list(lines_in_csv(text))
    assert time.process_time() - began < 10
    assert sum(isinstance(found, str) for _, found in lines) == 1
    assert len(lines) == 100_001


def test_counts_agree_with_their_nouns() -> None:
    left_out = LeftOut()
    assert (left_out.words, left_out.is_everything) == ("", False)
    left_out.add("a")
    assert (left_out.words, left_out.is_everything) == ("1 entry cannot be used: a", True)
    left_out.take(1)
    left_out.add("b", 1_499)
    assert left_out.words == "1,500 entries cannot be used, the last: b"
    assert not left_out.is_everything


def test_a_merge_conflict_in_a_file_is_told_as_one(tmp_path: Path, ears: list[Ear]) -> None:
    """Its lines are no rows: which of the two sides is right, nobody knows."""
    path = tmp_path / "meters.csv"
    path.write_text(HEAD + f"<<<<<<< HEAD\n{GOOD[0]}=======\n{GOOD[1]}>>>>>>> other\n", encoding="utf-8")
    ear, _ = listen(ears, f"file:{path}")
    ear.until(lambda: any("unresolved merge conflict (line 2)" in one.reason for one in ear.told))
