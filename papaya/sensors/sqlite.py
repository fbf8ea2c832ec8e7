"""Reads the latest values from an SQLite database that another process writes."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Sequence
from urllib.parse import quote

from papaya.manifest.model import Sensor
from papaya.sensors.backend import SensorBackend, SensorFault
from papaya.sensors.parsed import Found, readings_of
from papaya.sensors.reading import SensorReading
from papaya.sensors.source import Source


class SqliteBackend(SensorBackend):
    """Options: `path`, `query`; the query returns rows of name, value and, if it likes, milliseconds."""

    def __init__(self, source: Source) -> None:
        source.only("path", "query")
        self._source = source
        self._path = source.path()
        self._query = source.text("query")

    def get_available_sensors(self) -> Sequence[Sensor]:
        """Return the declared sensors."""
        return self._source.sensors

    def get_latest_readings(self) -> Sequence[SensorReading]:
        """Run the query; where a name comes twice, its last row counts."""
        found: dict[str, Found] = {}
        # Read only, and opened anew each time: the other process may replace the file.
        address = f"file:{quote(str(self._path.absolute()))}?mode=ro"
        try:
            with contextlib.closing(sqlite3.connect(address, uri=True, timeout=1.0)) as connection:
                connection.execute("PRAGMA query_only = ON")
                for row in connection.execute(self._query).fetchmany(10_000):
                    if len(row) not in (2, 3):
                        raise SensorFault("the query returns other columns than name, value and milliseconds")
                    found[str(row[0])] = Found(row[1], row[2] if len(row) == 3 else None)
        except sqlite3.Error as error:
            raise SensorFault(f"{self._path} cannot be queried: {error}") from error
        return readings_of(self._source, found)
