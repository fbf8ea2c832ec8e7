"""A table or view of an SQLite database that has values of many devices: its time, its order, its rows."""

# ruff: noqa: S608 - the only name in a statement is that of the table, and it is quoted.

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from papaya.sensors.backend import SensorFault
from papaya.sensors.reading import EARLIEST, LATEST
from papaya.sensors.sqlite import opened
from papaya_gui.sources.database_columns import NUMBER, columns_of, is_numbered, quoted_name, selection_of
from papaya_gui.sources.moments import SCALES, milliseconds_of
from papaya_gui.sources.past import LARGEST

_SECONDS = 60.0
_REMEDY = (
    "Name a table with a column of times and one for each sensor, or with device, key, value and ts: under "
    "Table in the dialog, or as sqlite:PATH?table=NAME."
)
# The table that is meant where nobody names one.
TABLE = "readings"
_LOCKED = "Another program is writing on it. Try again once it is done."
# So many rows tell how a table says its times.
_LOOKED_AT, _MOST_TOLD = 100, 8
_ALL_TABLES = (
    "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%'"
    " ORDER BY name LIMIT ?"
)
_AS_DATE = "CAST(round((julianday(ts) - 2440587.5) * 86400000) AS INTEGER)"


@dataclass(frozen=True, slots=True)
class Clock:
    """How times are written: numbers of which one is `scale` milliseconds, or dates.

    `sql` is milliseconds since 1970. `column` is what is compared with `bounds`, which an index makes quick.
    """

    scale: float = 1.0
    is_date: bool = False
    is_without_zone: bool = False

    @property
    def sql(self) -> str:
        """The time of a row in milliseconds since 1970."""
        if self.is_date:
            return _AS_DATE
        return "ts" if self.scale == 1.0 else f"(ts * {self.scale!r})"

    @property
    def column(self) -> str:
        """The expression that orders rows by their time."""
        return _AS_DATE if self.is_date else "ts"

    @property
    def within(self) -> str:
        """Whether a row is between two `bounds`."""
        return f"{self.column} >= ? AND {self.column} < ?"

    def bounds(self, first: int, last: int) -> tuple[float, float]:
        """Return the values for `within` of two times in milliseconds."""
        return first / self.scale, last / self.scale

    def says(self, moment: object) -> int | None:
        """Return what a time of another unit or a date is in milliseconds; None for what it is not."""
        if self.scale == 1.0 and not self.is_date:
            return None
        try:
            return milliseconds_of(moment)[0]
        except SensorFault:
            return None


@dataclass(frozen=True, slots=True)
class Table:
    """An open table with the columns device, key, value and ts.

    `name` is what a statement selects from, and `number` orders its rows as they were written. `newest` is a
    statement for the largest number.
    """

    connection: sqlite3.Connection
    name: str
    number: str
    clock: Clock
    newest: str

    @property
    def columns(self) -> str:
        """Device, key, value, and time in milliseconds."""
        return f"device, key, value, {self.clock.sql}"

    @property
    def is_usable(self) -> str:
        """Whether a row has a text, or a number that can be kept, at a time that is one."""
        # In SQLite a text is greater than every number.
        return (
            "device <> '' AND key <> '' AND typeof(device) <> 'blob' AND typeof(key) <> 'blob'"
            f" AND typeof({self.clock.column}) IN ('integer', 'real')"
            f" AND {self.clock.sql} BETWEEN {EARLIEST} AND {LATEST}"
            " AND (typeof(value) = 'text'"
            f" OR (typeof(value) IN ('integer', 'real') AND abs(value) < {LARGEST!r}))"
        )

    def all(self, query: str, *chosen: object) -> list[tuple[Any, ...]]:
        """Return all rows of an answer."""
        return self.connection.execute(query, chosen).fetchall()

    def one(self, query: str, *chosen: object) -> tuple[Any, ...]:
        """Return the first row of an answer."""
        row: tuple[Any, ...] = self.connection.execute(query, chosen).fetchone()
        return row

    def odd_texts(self, device: str, key: str) -> int:
        """Return how many texts a sensor has that mostly has numbers; 0 where texts are usual."""
        texts, every = self.one(
            f"SELECT sum(typeof(value) = 'text'), count(*) FROM {self.name}"
            f" WHERE device = ? AND key = ? AND {self.is_usable}",
            device,
            key,
        )
        return int(texts) if texts and 2 * texts < every else 0

    def last_number(self, device: str, key: str) -> tuple[Any, ...] | None:
        """Return the newest row of a sensor that has a number."""
        found = self.all(
            f"SELECT {self.columns} FROM {self.name} WHERE device = ? AND key = ? AND {self.is_usable}"
            f" AND typeof(value) <> 'text' ORDER BY {self.clock.column} DESC LIMIT 1",
            device,
            key,
        )
        return found[0] if found else None


@contextlib.contextmanager
def opened_table(path: Path, name: str, owner: str = "") -> Iterator[Table]:
    """Open a table for reading; raises SensorFault, which names the tables of the file if it is none.

    `owner` is the device of a table that names none, else it is named like the file.
    """
    try:
        with opened(path, _SECONDS) as connection:
            yield _table_in(connection, path, name, owner or path.stem)
    except SensorFault as fault:
        if fault.remedy or "locked" not in fault.message:
            raise
        raise SensorFault(fault.message, remedy=_LOCKED) from fault.__cause__


def _table_in(connection: sqlite3.Connection, path: Path, name: str, owner: str) -> Table:
    name = _only_table(connection, name)
    quoted, columns = quoted_name(name), columns_of(connection, name)
    chosen = quoted if {"device", "key", "value", "ts"} <= {one.lower() for one in columns} else None
    if chosen is None and columns:
        chosen = selection_of(connection, name, columns, owner)
    if chosen is None:
        why = f"{name} has no column of times" if columns else f"no such table: {name}"
        raise SensorFault(f"{path} cannot be queried: {why}; {_tables_in(connection)}", remedy=_REMEDY)
    clock = _clock_of(connection, chosen)
    number = _number_of(connection, name, clock)
    if chosen == quoted:
        return Table(connection, quoted, number, clock, f"SELECT max({number}) FROM {quoted}")
    if number == "rowid":
        return Table(connection, chosen, NUMBER, clock, f"SELECT max(rowid) FROM {quoted}")
    return Table(connection, chosen, number, clock, f"SELECT max({number}) FROM {chosen}")


def _only_table(connection: sqlite3.Connection, name: str) -> str:
    """Return the name of a table; where nobody named one, that of the only one."""
    if name != TABLE:
        return name
    found = [one for (one,) in connection.execute(_ALL_TABLES, (2,)).fetchall()]
    return str(found[0]) if len(found) == 1 else name


def _number_of(connection: sqlite3.Connection, name: str, clock: Clock) -> str:
    """Return what orders the rows of a table: a view, and a table WITHOUT ROWID, number none."""
    return "rowid" if is_numbered(connection, name) else clock.sql


def _clock_of(connection: sqlite3.Connection, quoted: str) -> Clock:
    """Return how most of the first rows say their times."""
    found = connection.execute(
        f"SELECT ts FROM {quoted} WHERE ts IS NOT NULL LIMIT ?", (_LOOKED_AT,)
    ).fetchall()
    clocks = [clock for (ts,) in found if (clock := _clock_in(ts)) is not None]
    return max(set(clocks), key=clocks.count) if clocks else Clock()


def _clock_in(ts: object) -> Clock | None:
    if isinstance(ts, str):
        try:
            return Clock(is_date=True, is_without_zone=not milliseconds_of(ts)[1])
        except SensorFault:
            return None
    if not isinstance(ts, int | float):
        return None
    return next((Clock(scale) for scale in SCALES if EARLIEST <= ts * scale <= LATEST), None)


def _tables_in(connection: sqlite3.Connection) -> str:
    """Return the tables of a database with their columns, as a part of a sentence."""
    names = connection.execute(_ALL_TABLES, (_MOST_TOLD + 1,)).fetchall()
    told = []
    for (name,) in names[:_MOST_TOLD]:
        columns = connection.execute("SELECT name FROM pragma_table_info(?) LIMIT 12", (name,)).fetchall()
        told.append(f"{name} ({', '.join(column for (column,) in columns)})")
    if not told:
        return "it has no tables"
    return f"it has {', '.join(told)}{', …' if len(names) > _MOST_TOLD else ''}"
