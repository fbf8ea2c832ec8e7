"""Reads the latest values from an SQLite database that another process writes."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from papaya.sensors.backend import SensorBackend, SensorFault
from papaya.sensors.file import check_regular
from papaya.sensors.found import Found
from papaya.sensors.parsed import MOST_BYTES, readings_of
from papaya.sensors.reading import SensorReading
from papaya.sensors.source import Source

_MOST_ROWS = 10_000
# How many steps of the database lie between two looks at the clock.
_STEPS = 100_000
# So that the query is over before the poll itself is given up.
_SHARE_OF_TIMEOUT = 0.9


class SqliteBackend(SensorBackend):
    """Options: `path`, `query`; the query returns rows of name, value and, if it likes, milliseconds."""

    def __init__(self, source: Source) -> None:
        source.only("path", "query")
        self._source = source
        self._path = source.path()
        self._query = source.text("query")

    def get_available_sensors(self) -> Sequence[str]:
        """Return the keys of the declared sensors."""
        return self._source.keys

    def get_latest_readings(self) -> Mapping[str, SensorReading]:
        """Run the query; where a name comes twice, its last row counts."""
        found: dict[str, Found] = {}
        with opened(self._path, self._source.timeout) as connection:
            for row in connection.execute(self._query).fetchmany(_MOST_ROWS):
                if len(row) not in (2, 3):
                    raise SensorFault("the query returns other columns than name, value and milliseconds")
                found[str(row[0])] = Found(row[1], row[2] if len(row) == 3 else None)
        return readings_of(self._source, found)


@contextlib.contextmanager
def opened(path: Path, seconds: float, remedy: str = "") -> Iterator[sqlite3.Connection]:
    """Open a database for reading, for at most so many seconds; raise SensorFault where it cannot be read.

    It is opened anew each time, because the other process may replace the file.
    """
    check_regular(path)
    until = time.monotonic() + seconds * _SHARE_OF_TIMEOUT
    try:
        with contextlib.closing(
            sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=ro", uri=True, timeout=1.0)
        ) as connection:
            connection.execute("PRAGMA query_only = ON")
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MOST_BYTES)
            # A text that is not UTF-8 would else keep its whole answer away.
            connection.text_factory = lambda data: data.decode("utf-8", "replace")
            connection.set_progress_handler(lambda: time.monotonic() > until, _STEPS)
            yield connection
    except sqlite3.Error as error:
        told = f"the query took longer than {seconds:g} s" if time.monotonic() > until else str(error)
        raise SensorFault(f"{path} cannot be queried: {told}", remedy=remedy) from error
