"""Readings on disk, in memory while the disk fails, and on their way."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from papaya.agent.batches import MOST_BYTES, batch_of
from papaya.agent.outgoing import Outgoing
from papaya.agent.spool import Row, Spool, SpoolInUse, SpoolUnusable
from papaya.agent.storage import Storage

ROOT = Path(__file__).parents[3]
# Writes readings down, and is gone without a farewell.
DYING = """
import os, sys
from pathlib import Path
from papaya.agent.spool import Spool

spool = Spool.open(Path(sys.argv[1]))
for number in range(5):
    spool.add(1_700_000_000_000 + number, "k", number)
spool.keep("level", ["x"])
spool.commit()
spool.add(1, "lost", 1)
os._exit(0)
"""


class Clock:
    """A clock that only a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def fill(spool: Spool | Storage, number: int, first: int = 0) -> None:
    """Add so many readings, durably."""
    for index in range(first, first + number):
        spool.add(1_700_000_000_000 + index, "k", index)
    spool.commit()


def values(rows: list[Row]) -> list[Any]:
    """Return what rows say."""
    return [json.loads(row.value) for row in rows]


def test_what_was_committed_is_there_after_the_process_has_gone(tmp_path: Path) -> None:
    path = tmp_path / "s" / "a.spool"
    # A process of its own, since a fork of this one would take the locks of its threads along.
    subprocess.run([sys.executable, "-c", DYING, str(path)], cwd=ROOT, check=True)
    spool = Spool.open(path)
    assert values(spool.read(0, None, 100)) == [0, 1, 2, 3, 4]
    assert spool.kept("level") == ["x"]
    assert path.stat().st_mode & 0o077 == 0
    spool.close()


def test_a_reading_leaves_only_when_told_and_its_id_is_never_given_again(tmp_path: Path) -> None:
    spool = Spool.open(tmp_path / "a.spool")
    fill(spool, 4)
    rows = spool.read(0, None, 100)
    spool.forget(rows[1].id, rows[2].id)
    assert values(spool.read(0, None, 100)) == [0, 3]
    spool.forget(rows[3].id, rows[3].id)
    spool.commit()
    assert values(spool.read(0, None, 100)) == [0]
    assert spool.count == 1
    newest = spool.newest()
    fill(spool, 1, 9)
    assert spool.read(newest, None, 10)[0].id == newest + 1
    spool.close()


def test_a_second_process_is_refused(tmp_path: Path) -> None:
    spool = Spool.open(tmp_path / "a.spool")
    with pytest.raises(SpoolInUse, match="in use by another agent"):
        Spool.open(tmp_path / "a.spool")
    spool.close()


def test_a_damaged_spool_is_put_aside(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "a.spool"
    path.write_bytes(b"no database at all" * 1000)
    spool = Spool.open(path)
    fill(spool, 1)
    assert len(list(tmp_path.glob("a.spool.damaged-*"))) == 1
    assert "is damaged" in caplog.text
    spool.close()


def test_the_oldest_readings_go_when_the_spool_is_full_or_they_are_too_old(tmp_path: Path) -> None:
    spool = Spool.open(tmp_path / "a.spool")
    fill(spool, 5000)
    assert spool.evict(most_bytes=10**9, older_than=1_700_000_000_000 + 1000) == 1000
    evicted = spool.evict(most_bytes=spool.bytes_used() // 2, older_than=None)
    left = values(spool.read(0, None, 5000))
    assert left == list(range(1000 + evicted, 5000))
    assert spool.count == len(left) > 0
    assert spool.evict(most_bytes=10**9, older_than=2 * 10**12) == len(left)
    spool.close()


def break_disk(storage: Storage, pages: int) -> None:
    """Let the disk be full for everything beyond so many pages more."""
    assert storage.disk is not None
    connection: sqlite3.Connection = storage.disk._connection
    used = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {used + pages}")


def test_a_full_disk_is_said_once_survived_and_recovered_from(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clock = Clock()
    storage = Storage(tmp_path / "a.spool", clock=clock)
    fill(storage, 10)
    break_disk(storage, 0)
    for part in range(20):
        fill(storage, 100, 10 + part * 100)
    assert storage.waiting == 2010
    assert [storage.is_durable] == [False]
    assert caplog.text.count("cannot be written") == 1
    assert sorted(values([row for spool in storage.spools for row in spool.read(0, None, 9999)])) == [
        *range(2010)
    ]
    break_disk(storage, 10_000)
    clock.now += 11
    storage.check(may_move=False)
    assert storage.is_durable
    assert "can be written again" in caplog.text
    storage.check(may_move=True)
    assert storage.memory.count == 0
    storage.close()
    spool = Spool.open(tmp_path / "a.spool")
    assert sorted(values(spool.read(0, None, 9999))) == [*range(2010)]
    spool.close()


def test_without_any_disk_readings_wait_in_memory_up_to_a_bound(caplog: pytest.LogCaptureFixture) -> None:
    storage = Storage(Path("/proc/none/a.spool"), clock=Clock(), most_in_memory=50)
    fill(storage, 30)
    fill(storage, 30, 30)
    assert values(storage.memory.read(0, None, 99)) == [*range(10, 60)]
    assert storage.evicted == 10
    assert caplog.text.count("cannot be written") == 1
    storage.close()
    assert "50 readings are lost" in caplog.text


def test_a_newer_spool_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "a.spool"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(SpoolUnusable, match="newer papaya"):
        Spool.open(path)


def test_every_message_is_smaller_than_the_server_takes_and_complete() -> None:
    rows = [
        Row(index, 5 + index // 3, f"k{index % 3}", json.dumps("ä" * (index * 37 % 9000)))
        for index in range(400)
    ]
    back, left, messages = [], list(rows), 0
    while left:
        batch = batch_of(left)
        assert len(batch.payload) < 65_000
        assert (batch.first, batch.last) == (left[0].id, left[batch.rows - 1].id)
        for moment in json.loads(batch.payload):
            back += [(moment["ts"], key, value) for key, value in moment["values"].items()]
        left, messages = left[batch.rows :], messages + 1
    assert back == [(row.ts, row.key, json.loads(row.value)) for row in rows]
    assert messages > 400 * 9000 / MOST_BYTES / 4


def test_two_values_of_a_key_at_one_moment_are_both_sent() -> None:
    batch = batch_of([Row(1, 5, "k", "1"), Row(2, 5, "k", "2")])
    assert json.loads(batch.payload) == [{"ts": 5, "values": {"k": 1}}, {"ts": 5, "values": {"k": 2}}]


def test_live_readings_overtake_the_backlog_which_keeps_to_its_rate(tmp_path: Path) -> None:
    clock = Clock()
    spool = Spool.open(tmp_path / "a.spool")
    fill(spool, 5000)
    outgoing = Outgoing(spool, rate=100, clock=clock)
    outgoing.begin()
    fill(spool, 3, 9000)
    live = outgoing.next_live()
    assert live is not None
    assert live.rows == 3
    assert outgoing.next_live() is None
    assert outgoing.next_old() is None
    sent = 0
    for _ in range(100):
        clock.now += 0.1
        while (batch := outgoing.next_old()) is not None:
            sent += batch.rows
    assert 900 <= sent <= 1000
    assert outgoing.wait() <= 1.0
    spool.close()


@pytest.mark.parametrize("before", [(), ("spool.sqlite",), ("spool.sqlite", "spool.sqlite-wal")])
def test_nobody_else_can_read_the_readings_nor_their_log(tmp_path: Path, before: tuple[str, ...]) -> None:
    for name in before:
        (tmp_path / name).touch(mode=0o644)
        (tmp_path / name).chmod(0o644)
    umask = os.umask(0)
    try:
        spool = Spool.open(tmp_path / "spool.sqlite")
        spool.add(1, "t", 20.5)
        spool.commit()
        modes = {file.name: file.stat().st_mode & 0o777 for file in tmp_path.iterdir()}
    finally:
        os.umask(umask)
    assert modes == {"spool.sqlite": 0o600, "spool.sqlite-wal": 0o600}
    spool.close()
