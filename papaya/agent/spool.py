"""Readings on disk until the server has them: SQLite in WAL mode, written by this process alone."""

from __future__ import annotations

import contextlib
import json
import logging
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import cast

from papaya.agent.rows import Row as Row
from papaya.agent.rows import can_encode, row_of
from papaya.agent.salvage import free_name, salvaged, text_or_bytes
from papaya.errors import PapayaError
from papaya.foreign import ForeignValue, json_in, shown
from papaya.manifest.model import Json

log = logging.getLogger(__name__)

_FORM = 1
_TABLES = """
CREATE TABLE IF NOT EXISTS reading (id INTEGER PRIMARY KEY AUTOINCREMENT, ts INTEGER, key TEXT, value TEXT);
CREATE TABLE IF NOT EXISTS kept (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
"""
_EVICTED_AT_ONCE = 500
_FOREVER = 2**62
_DAMAGED = ("malformed", "not a database", "file is encrypted")


class SpoolUnusable(PapayaError):
    """The spool cannot be written; the agent goes on in memory and tries again."""


class SpoolDamaged(SpoolUnusable):
    """The spool's file is damaged; what can still be read of it can be moved to a new one."""


class SpoolInUse(PapayaError):
    """Another process has the spool."""


class Spool:
    """A queue of readings that survives the process; additions and removals become durable with `commit`."""

    def __init__(self, connection: sqlite3.Connection, path: Path | None) -> None:
        self._connection = connection
        self.path = path
        self._added: list[tuple[int, str, str]] = []
        self._kept: dict[str, str] = {}
        self._done: list[tuple[int, int]] = []
        self.count: int = connection.execute("SELECT count(*) FROM reading").fetchone()[0]
        self._page = int(connection.execute("PRAGMA page_size").fetchone()[0])

    @classmethod
    def open(cls, path: Path) -> Spool:
        """Open or create the spool in a file; a damaged one is put aside."""
        try:
            return cls._open(path)
        except sqlite3.DatabaseError as error:
            if not _is_damage(error):
                raise _unusable(path, error) from error
            return cls.renew(path, str(error))
        except OSError as error:
            raise _unusable(path, error) from error

    @classmethod
    def in_memory(cls) -> Spool:
        """Return a spool that ends with the process."""
        connection = sqlite3.connect(":memory:", isolation_level=None)
        connection.executescript(_TABLES)
        return cls(connection, None)

    @classmethod
    def _open(cls, path: Path) -> Spool:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.exists() and not path.is_file():
            raise SpoolUnusable(
                f"the spool {path} cannot be written: it is a folder, a device or a pipe, not a file",
                remedy="Name a file with --spool.",
            )
        _make_private(path)
        connection = sqlite3.connect(path, timeout=0.5, isolation_level=None)
        try:
            # For one process alone: WAL needs no shared memory then, and a second agent is noticed.
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute("PRAGMA journal_mode = WAL")
            # An acknowledged commit outlives a loss of power, not only of the process.
            connection.execute("PRAGMA synchronous = FULL")
            # A small log, for small disks: it is what needs room before anything can be removed.
            connection.execute("PRAGMA wal_autocheckpoint = 256")
            connection.execute("PRAGMA journal_size_limit = 1048576")
            connection.execute("PRAGMA cache_size = -1024")
            connection.text_factory = text_or_bytes
            form = connection.execute("PRAGMA user_version").fetchone()[0]
            if form > _FORM:
                raise SpoolUnusable(
                    f"the spool {path} was written by a newer papaya",
                    remedy="Use that version, or move it away.",
                )
            connection.execute("BEGIN IMMEDIATE")
            for statement in _TABLES.strip().splitlines():
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {_FORM}")
            connection.execute("COMMIT")
            return cls(connection, path)
        except BaseException as error:
            connection.close()
            if isinstance(error, sqlite3.OperationalError) and "locked" in str(error):
                raise SpoolInUse(
                    f"the spool {path} is in use by another agent",
                    remedy="Stop that one, or give this one another --spool.",
                ) from error
            raise

    @classmethod
    def renew(cls, path: Path, reason: str) -> Spool:
        """Put a damaged spool aside and return a new one with every reading that can still be read."""
        aside = free_name(path)
        log.error("the spool %s is damaged (%s): it is kept as %s", path, shown(reason, 200), aside.name)
        try:
            path.rename(aside)
            for ending in ("-wal", "-shm"):
                with contextlib.suppress(FileNotFoundError):
                    path.with_name(path.name + ending).rename(aside.with_name(aside.name + ending))
            spool = cls._open(path)
            rows, spool._kept = salvaged(aside)
            spool.add_rows(rows)
            spool.commit()
        except (OSError, sqlite3.Error) as failure:
            raise _unusable(path, failure) from failure
        log.warning("a new spool is begun with the readings that could still be read: %d", len(rows))
        return spool

    def add(self, ts: int, key: str, value: Json) -> None:
        """Add a reading with the next commit; raise ValueError for one that cannot be stored."""
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
        if row_of((0, ts, key, text)) is None or not (key + text).isascii() and not can_encode(key + text):
            raise ValueError(f"the reading {shown(key)} cannot be stored")
        self._added.append((ts, key, text))

    def add_rows(self, rows: Iterable[Row]) -> None:
        """Add readings of another spool with the next commit."""
        self._added.extend((row.ts, row.key, row.value) for row in rows)

    def keep(self, name: str, value: Json) -> None:
        """Keep something small across restarts, from the next commit on."""
        # ASCII alone: half of a surrogate pair cannot be stored.
        self._kept[name] = json.dumps(value, allow_nan=False)

    def kept(self, name: str) -> Json:
        """Return what was kept under a name; None is nothing, also where it is damaged."""
        if name in self._kept:
            return cast(Json, json_in(self._kept[name]))
        try:
            row = self._connection.execute("SELECT value FROM kept WHERE name = ?", (name,)).fetchone()
        except sqlite3.Error as error:
            log.error("cannot read %s from the spool %s: %s", name, self.path, error)
            return None
        if row is None:
            return None
        try:
            if not isinstance(row[0], str):
                raise ForeignValue("it is not text")
            return cast(Json, json_in(row[0]))
        except ForeignValue as error:
            log.warning("the spool's value of %s is damaged and is dropped: %s", name, error.message)
            self.keep(name, None)
            return None

    def forget(self, first: int, last: int) -> None:
        """Remove the readings with these ids with the next commit; they are not read again."""
        if self._done and self._done[-1][1] + 1 == first:
            first = self._done.pop()[0]
        self._done.append((first, last))

    @property
    def is_dirty(self) -> bool:
        """Whether readings wait to become durable."""
        return bool(self._added or self._kept)

    @property
    def removals(self) -> int:
        """How many ranges of readings wait to be removed."""
        return len(self._done)

    def commit(self) -> None:
        """Make additions and removals durable, all or none; raise SpoolUnusable and keep them in memory."""
        if not (self._added or self._kept or self._done):
            return
        connection = self._connection
        removed = 0
        try:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("INSERT INTO reading (ts, key, value) VALUES (?, ?, ?)", self._added)
            connection.executemany("INSERT OR REPLACE INTO kept VALUES (?, ?)", self._kept.items())
            for ends in self._done:
                removed += connection.execute("DELETE FROM reading WHERE id BETWEEN ? AND ?", ends).rowcount
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            with contextlib.suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            raise _unusable(self.path, error) from error
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            raise
        self.count += len(self._added) - removed
        self._added, self._kept, self._done = [], {}, []

    def take_uncommitted(self) -> list[Row]:
        """Return additions that no commit made durable, and stop trying to."""
        rows = [Row(0, *added) for added in self._added]
        self._added = []
        return rows

    def read(self, after: int, upto: int | None, limit: int) -> list[Row]:
        """Return durable readings with ids above `after` and not above `upto`, oldest first.

        A damaged reading is dropped and told. Raises SpoolUnusable where the file cannot be read.
        """
        rows: list[Row] = []
        damaged = 0
        while len(rows) < limit:
            try:
                found = self._connection.execute(
                    "SELECT id, ts, key, value FROM reading WHERE id > ? AND id <= ? ORDER BY id LIMIT ?",
                    (after, _FOREVER if upto is None else upto, limit - len(rows)),
                ).fetchall()
            except sqlite3.Error as error:
                raise _unusable(self.path, error, "read") from error
            if not found:
                break
            after = found[-1][0]
            for written in found:
                if self._is_done(written[0]):
                    continue
                row = row_of(written)
                if row is None:
                    damaged += 1
                    self.forget(written[0], written[0])
                else:
                    rows.append(row)
        if damaged:
            log.error("damaged readings in the spool %s are dropped: %d", self.path, damaged)
        return rows

    def counts(self) -> dict[str, int]:
        """Return how many readings of each key there are."""
        try:
            return dict(self._connection.execute("SELECT key, count(*) FROM reading GROUP BY key"))
        except sqlite3.Error as error:
            raise _unusable(self.path, error, "read") from error

    def newest(self) -> int:
        """Return the greatest id that was ever given."""
        try:
            row = self._connection.execute(
                "SELECT max(seq) FROM (SELECT seq FROM sqlite_sequence WHERE name = 'reading' "
                "UNION ALL SELECT max(id) FROM reading) WHERE typeof(seq) = 'integer'"
            ).fetchone()
        except sqlite3.Error as error:
            raise _unusable(self.path, error, "read") from error
        return row[0] or 0

    def bytes_used(self) -> int:
        """Return how much of the file holds something."""
        pages = self._connection.execute("PRAGMA page_count").fetchone()[0]
        free = self._connection.execute("PRAGMA freelist_count").fetchone()[0]
        return (int(pages) - int(free)) * self._page

    def evict(self, *, most_bytes: int, older_than: int | None) -> int:
        """Remove the oldest readings until the rest keeps within both bounds; return how many went."""
        evicted = 0
        try:
            while older_than is not None and (gone := self._remove_oldest(older_than)):
                evicted += gone
            while self.bytes_used() > most_bytes and (gone := self._remove_oldest()):
                evicted += gone
        except sqlite3.Error as error:
            raise _unusable(self.path, error) from error
        self.count -= evicted
        return evicted

    def shrink_log(self) -> None:
        """Bring the log into the file, which makes room on a full disk, if there is any to be made."""
        with contextlib.suppress(sqlite3.Error):
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self) -> None:
        """Close the file."""
        with contextlib.suppress(sqlite3.Error):
            self._connection.close()

    def _remove_oldest(self, older_than: int | None = None) -> int:
        return self._connection.execute(
            "DELETE FROM reading WHERE id IN (SELECT id FROM reading ORDER BY id LIMIT ?) AND ts < ?",
            (_EVICTED_AT_ONCE, _FOREVER if older_than is None else older_than),
        ).rowcount

    def _is_done(self, number: int) -> bool:
        return any(first <= number <= last for first, last in self._done)


def _is_damage(error: Exception) -> bool:
    return any(sign in str(error).lower() for sign in _DAMAGED)


def _unusable(path: Path | None, error: Exception, verb: str = "written") -> SpoolUnusable:
    reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
    kind = SpoolDamaged if path is not None and _is_damage(error) else SpoolUnusable
    return kind(f"the spool {path or 'in memory'} cannot be {verb}: {reason.lower()}")


def _make_private(path: Path) -> None:
    """Let only the owner read the spool before anything is in it; SQLite gives its log the same mode."""
    # A file that is there is not opened: closing it would end the locks that this process holds on it.
    with contextlib.suppress(FileExistsError):
        path.touch(mode=0o600, exist_ok=False)
    for file in (path, *(path.with_name(path.name + ending) for ending in ("-wal", "-shm"))):
        with contextlib.suppress(FileNotFoundError):
            file.chmod(0o600)
