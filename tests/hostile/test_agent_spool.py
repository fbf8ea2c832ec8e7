"""Spools that disks and power cuts have damaged: what can be read arrives, the rest is told."""

from __future__ import annotations

import random
import sqlite3
from pathlib import Path

import pytest

from papaya.agent.rows import Row
from papaya.agent.spool import Spool, SpoolUnusable
from papaya.agent.storage import Storage


class Clock:
    """A clock that stands until it is set."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def filled(path: Path, number: int) -> None:
    """Make a spool with readings `0` to `number - 1`."""
    spool = Spool.open(path)
    for value in range(number):
        spool.add(1_700_000_000_000 + value, "k", value)
    spool.keep("instance", "0123456789ab")
    spool.commit()
    spool.close()


def values(rows: list[Row]) -> list[int]:
    """Return the values of readings."""
    return [int(row.value) for row in rows]


@pytest.mark.parametrize(
    ("column", "damage"),
    [
        ("value", "NULL"),
        ("value", "x'ff00'"),
        ("value", "CAST(x'fffe' AS TEXT)"),
        ("value", "'{'"),
        ("value", "''"),
        ("value", "'NaN'"),
        ("value", "'1e100000'"),
        ("value", "'1,2'"),
        ("value", "printf('%.*c', 4000, '[')"),
        ("value", "7"),
        ("key", "NULL"),
        ("key", "''"),
        ("key", "CAST(x'c3' AS TEXT)"),
        ("ts", "NULL"),
        ("ts", "'soon'"),
        ("ts", "1.5"),
        ("ts", "x'00'"),
    ],
)
def test_a_damaged_row_costs_that_row(
    tmp_path: Path, column: str, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "a.spool"
    filled(path, 9)
    connection = sqlite3.connect(path, isolation_level=None)
    # Columns of the type TEXT and INTEGER keep what they are given where it is neither.
    connection.execute(f"UPDATE reading SET {column} = {damage} WHERE id = 5")
    kept = connection.execute(f"SELECT typeof({column}) FROM reading WHERE id = 5").fetchone()[0]
    connection.close()
    spool = Spool.open(path)
    expected = [0, 1, 2, 3, 5, 6, 7, 8]
    if (column, kept) == ("value", "text") and damage == "7":
        # The column makes text of it, which is a good value.
        expected = [0, 1, 2, 3, 7, 5, 6, 7, 8]
    assert values(spool.read(0, None, 100)) == expected
    assert ("damaged readings in the spool" in caplog.text) is (len(expected) == 8)
    spool.commit()
    assert spool.count == len(expected)
    caplog.clear()
    assert values(spool.read(0, None, 100)) == expected
    assert caplog.text == ""
    spool.close()


def test_no_value_that_cannot_be_sent_gets_in(tmp_path: Path) -> None:
    spool = Spool.open(tmp_path / "a.spool")
    for ts, key, value in (
        (2**63, "k", 1),
        (1, "", 1),
        (1, "\ud800", 1),
        (1, "k", "\udfff"),
        (1, "k", 10**400),
    ):
        with pytest.raises(ValueError, match=r"cannot be stored|digits"):
            spool.add(ts, key, value)
    with pytest.raises(ValueError, match="not JSON compliant"):
        spool.add(1, "k", float("inf"))
    spool.add(1, "k", 2)
    spool.commit()
    assert values(spool.read(0, None, 9)) == [2]
    spool.close()


@pytest.mark.parametrize("seed", range(6))
def test_damaged_pages_cost_the_readings_on_them_and_no_others(
    tmp_path: Path, seed: int, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "a.spool"
    filled(path, 20_000)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    chance = random.Random(seed)
    damaged = bytearray(path.read_bytes())
    page = chance.randrange(20, len(damaged) // 4096 - 20)
    damaged[page * 4096 : (page + 1) * 4096] = chance.randbytes(4096)
    path.write_bytes(damaged)
    storage = Storage(path, clock=Clock())
    found: set[int] = set()
    for _ in range(2):
        # As the agent does: what cannot be read is told to the storage, which begins anew.
        try:
            found = {value for spool in storage.spools for value in values(spool.read(0, None, 30_000))}
            break
        except SpoolUnusable as error:
            storage.failed(error)
    assert len(found) > 19_000
    assert found <= set(range(20_000))
    assert "is damaged" in caplog.text or "damaged readings" in caplog.text or len(found) == 20_000
    storage.add(1_700_000_000_000, "k", 20_000)
    storage.commit()
    assert storage.is_durable
    assert storage.kept("instance") == "0123456789ab"
    storage.close()


def test_a_file_that_is_no_spool_is_put_aside_and_two_do_not_replace_each_other(tmp_path: Path) -> None:
    path = tmp_path / "a.spool"
    for number in range(3):
        path.write_bytes(f"no database {number}".encode() * 100)
        spool = Spool.open(path)
        assert spool.count == 0
        spool.close()
        path.unlink()
    assert len([one for one in tmp_path.iterdir() if ".damaged-" in one.name]) == 3


class FlappingDisk:
    """A spool whose commits fail in turns, now full, now with an error of input or output."""

    def __init__(self, storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
        self.number = 0
        self.storage = storage
        monkeypatch.setattr(Spool, "commit", self._commit)
        self._real = Spool.commit

    def _commit(self, *_: object) -> None:
        self.number += 1
        if self.number % 3:
            words = ("database or disk is full", "unable to open database file")[self.number % 2]
            raise SpoolUnusable(f"the spool a.spool cannot be written: {words}")


def test_a_disk_that_fails_in_turns_is_told_once_an_hour(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    clock = Clock()
    storage = Storage(tmp_path / "a.spool", clock=clock)
    FlappingDisk(storage, monkeypatch)
    monkeypatch.setattr(storage.memory, "commit", lambda: None)
    for second in range(0, 3000, 5):
        clock.now = second
        storage.add(second, "k", second)
        storage.commit()
        storage.check(may_move=False)
    assert caplog.text.count("cannot be written") == 1
    assert caplog.text.count("can be written again") <= 1
