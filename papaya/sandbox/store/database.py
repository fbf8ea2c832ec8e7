"""The SQLite database under the sandbox: schema, transactions, settings."""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

from papaya.sandbox.store.like import matches, matches_any_case
from papaya.sandbox.unforeseen import tell

_LOG = logging.getLogger(__name__)

_SCHEMA = """
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS entity (
  number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, name TEXT NOT NULL,
  type TEXT, label TEXT, profile_id TEXT, customer_id TEXT, created_time INTEGER NOT NULL,
  version INTEGER NOT NULL, additional_info TEXT, body TEXT NOT NULL, name_scope TEXT NOT NULL DEFAULT '');
CREATE UNIQUE INDEX IF NOT EXISTS entity_unique ON entity (kind, name, name_scope);
CREATE INDEX IF NOT EXISTS entity_order ON entity (kind, id);
CREATE INDEX IF NOT EXISTS entity_type ON entity (kind, type, name);
CREATE INDEX IF NOT EXISTS entity_profile ON entity (profile_id) WHERE profile_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS entity_customer ON entity (customer_id) WHERE customer_id IS NOT NULL;

CREATE TABLE IF NOT EXISTS account (
  user_id TEXT PRIMARY KEY, password TEXT NOT NULL, authority TEXT NOT NULL,
  enabled INTEGER NOT NULL DEFAULT 1) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS ended_session (session_id TEXT PRIMARY KEY, ended INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS api_key (
  id TEXT PRIMARY KEY, user_id TEXT NOT NULL, digest TEXT NOT NULL UNIQUE, created_time INTEGER NOT NULL,
  expiration_time INTEGER NOT NULL, enabled INTEGER NOT NULL, description TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS credentials (
  device INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, created_time INTEGER NOT NULL, type TEXT NOT NULL,
  credentials_id TEXT NOT NULL UNIQUE, credentials_value TEXT, version INTEGER NOT NULL);

CREATE TABLE IF NOT EXISTS attribute (
  number INTEGER NOT NULL, scope INTEGER NOT NULL, key TEXT NOT NULL, ts INTEGER NOT NULL,
  kind TEXT NOT NULL, value NOT NULL, PRIMARY KEY (number, scope, key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS series (
  number INTEGER NOT NULL, key TEXT NOT NULL, ts INTEGER NOT NULL, kind TEXT NOT NULL, value NOT NULL,
  PRIMARY KEY (number, key, ts)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS latest (
  number INTEGER NOT NULL, key TEXT NOT NULL, ts INTEGER NOT NULL, kind TEXT NOT NULL, value NOT NULL,
  PRIMARY KEY (number, key)) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS relation (
  source INTEGER NOT NULL, type_group TEXT NOT NULL, type TEXT NOT NULL, target INTEGER NOT NULL,
  additional_info TEXT, version INTEGER NOT NULL,
  PRIMARY KEY (source, type_group, type, target)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS relation_back ON relation (target, type_group, type, source);

CREATE TABLE IF NOT EXISTS alarm (
  id TEXT PRIMARY KEY, originator INTEGER NOT NULL, type TEXT NOT NULL, severity TEXT NOT NULL,
  created_time INTEGER NOT NULL, start_ts INTEGER NOT NULL, end_ts INTEGER NOT NULL,
  ack_ts INTEGER NOT NULL, clear_ts INTEGER NOT NULL, acknowledged INTEGER NOT NULL,
  cleared INTEGER NOT NULL, details TEXT, propagation TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS alarm_originator ON alarm (originator, type);

CREATE TABLE IF NOT EXISTS alarm_comment (
  id TEXT PRIMARY KEY, alarm TEXT NOT NULL, created_time INTEGER NOT NULL, user_id TEXT,
  type TEXT NOT NULL, comment TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS alarm_comment_alarm ON alarm_comment (alarm, created_time);
CREATE TABLE IF NOT EXISTS assignment (
  alarm TEXT PRIMARY KEY, user_id TEXT, ts INTEGER NOT NULL) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS notification (
  id TEXT PRIMARY KEY, created_time INTEGER NOT NULL, recipient TEXT NOT NULL, request TEXT NOT NULL,
  is_read INTEGER NOT NULL, body TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS notification_recipient ON notification (recipient, created_time);
CREATE TABLE IF NOT EXISTS audit_log (
  number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, created_time INTEGER NOT NULL,
  customer_id TEXT NOT NULL, entity_kind TEXT NOT NULL, entity_id TEXT NOT NULL, entity_name TEXT NOT NULL,
  user_id TEXT NOT NULL, user_name TEXT NOT NULL, action TEXT NOT NULL, data TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS audit_log_entity ON audit_log (entity_id);
CREATE TABLE IF NOT EXISTS bundled (
  bundle TEXT NOT NULL, widget TEXT NOT NULL, position INTEGER NOT NULL,
  PRIMARY KEY (bundle, widget)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS plain_object (
  id TEXT PRIMARY KEY, kind TEXT NOT NULL, body TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS activation (
  user_id TEXT PRIMARY KEY, token TEXT NOT NULL UNIQUE, expires INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS content (number INTEGER PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS metadata (number INTEGER PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS propagated (
  number INTEGER NOT NULL, alarm TEXT NOT NULL, PRIMARY KEY (number, alarm)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS propagated_alarm ON propagated (alarm);
CREATE TABLE IF NOT EXISTS rule_state (
  number INTEGER NOT NULL, rule TEXT NOT NULL, body TEXT NOT NULL,
  PRIMARY KEY (number, rule)) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS rpc (
  id TEXT PRIMARY KEY, device INTEGER NOT NULL, created_time INTEGER NOT NULL,
  body TEXT NOT NULL) WITHOUT ROWID;
"""


class DatabaseBusy(Exception):
    """Another process has the database file open."""


class DatabaseUnusable(Exception):
    """The file or its folder cannot be used; the text says which and why."""


class Store:
    """One connection, used by one thread; what a transaction committed survives `kill -9`."""

    def __init__(self, folder: Path | None = None) -> None:
        target = ":memory:" if folder is None else _private_file(folder)
        self._deferred: list[Callable[[], None]] = []
        try:
            self.connection = sqlite3.connect(
                target, isolation_level=None, cached_statements=512, timeout=1, check_same_thread=False
            )
            try:
                self._prepare()
            except BaseException:
                self.connection.close()
                raise
        except sqlite3.DatabaseError as error:
            if "locked" in str(error):
                raise DatabaseBusy(target) from error
            raise DatabaseUnusable(f"{target} cannot be used: {error}") from error

    def _prepare(self) -> None:
        run = self.connection.execute
        # Exclusive: two servers on one file would each believe that names are theirs to give.
        run("PRAGMA locking_mode = EXCLUSIVE")
        run("PRAGMA journal_mode = WAL")
        # With WAL, NORMAL loses nothing when the process dies, only when the machine does.
        run("PRAGMA synchronous = NORMAL")
        # A thousand devices touch thousands of pages a second, the same ones again and again: seldom
        # checkpoints write each of them once.
        run("PRAGMA wal_autocheckpoint = 16384")
        run("PRAGMA journal_size_limit = 67108864")
        run("PRAGMA temp_store = MEMORY")
        run("PRAGMA cache_size = -131072")
        self.connection.create_function("ilike", 2, matches_any_case, deterministic=True)
        self.connection.create_function("like_exactly", 2, matches, deterministic=True)
        self._let_names_repeat()
        self.connection.executescript(_SCHEMA)

    def _let_names_repeat(self) -> None:
        """Migrate a database in which names were unique within every kind."""
        columns = {row[1] for row in self.rows("PRAGMA table_info(entity)")}
        if columns and "name_scope" not in columns:
            self.connection.execute("ALTER TABLE entity ADD COLUMN name_scope TEXT NOT NULL DEFAULT ''")
            self.connection.execute("DROP INDEX IF EXISTS entity_name")

    def __enter__(self) -> Store:
        """Return the open store."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection, whatever happened."""
        self.connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what the block wrote, or nothing of it when it raises."""
        run = self.connection.execute
        run("BEGIN")
        try:
            yield
            run("COMMIT")
        except BaseException:
            self._deferred.clear()
            if self.connection.in_transaction:
                run("ROLLBACK")
            raise
        deferred, self._deferred = self._deferred, []
        for action in deferred:
            try:
                action()
            except Exception as fault:
                # The commit stays valid; an error in a listener must not look like a failed write.
                tell(_LOG, "a consequence of a commit", fault)

    def after_commit(self, action: Callable[[], None]) -> None:
        """Run an action once the open transaction is committed; never when it is rolled back."""
        if self.connection.in_transaction:
            self._deferred.append(action)
        else:
            action()

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo the block alone when it raises, inside a transaction that goes on."""
        run = self.connection.execute
        run("SAVEPOINT part")
        so_far = len(self._deferred)
        try:
            yield
        except BaseException:
            del self._deferred[so_far:]
            run("ROLLBACK TO part")
            run("RELEASE part")
            raise
        run("RELEASE part")

    def rows(self, statement: str, parameters: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        """Return every row of a query."""
        return self.connection.execute(statement, parameters).fetchall()

    def setting(self, name: str) -> str | None:
        """Return a stored setting."""
        row = self.connection.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def set_setting(self, name: str, value: str) -> None:
        """Store a setting."""
        self.connection.execute("INSERT OR REPLACE INTO setting VALUES (?, ?)", (name, value))

    def next_number(self, name: str) -> int:
        """Return the next value of a counter that never goes back."""
        following = int(self.setting(name) or 0) + 1
        self.set_setting(name, str(following))
        return following


def _private_file(folder: Path) -> str:
    """Return the path of the database, which only its owner can read: the key that signs tokens is in it.

    The files that SQLite adds get the same permissions.
    """
    path = folder / "sandbox.sqlite"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        # A file that is there is not opened: closing it would end the locks that this process holds on it.
        with contextlib.suppress(FileExistsError):
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        if not stat.S_ISREG(path.lstat().st_mode):
            raise DatabaseUnusable(f"{path} cannot be used: it is not a regular file")
        for file in (path, *folder.glob("sandbox.sqlite-*")):
            if not file.is_symlink():
                file.chmod(0o600)
    except OSError as error:
        raise DatabaseUnusable(f"{path} cannot be used: {(error.strerror or str(error)).lower()}") from error
    return str(path)
