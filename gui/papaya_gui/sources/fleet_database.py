"""One SQLite database with values of many devices, which another program writes.

Its table `readings`, or another one that is named, has the columns `device`, `key`, `value` and `ts`, which
is in milliseconds since 1970. An index of `device, key, ts` makes the past quick.
"""

# ruff: noqa: S608 - the only name in a statement is that of the table, and it is quoted.

from __future__ import annotations

import math
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from papaya.foreign import described
from papaya.sensors.reading import EARLIEST, LATEST, objection_to_time
from papaya.sensors.source import Source
from papaya.sensors.sqlite import opened
from papaya_gui.models.catalog import Row
from papaya_gui.models.texts import Texts
from papaya_gui.sources.left_out import LeftOut
from papaya_gui.sources.past import FEW_SAMPLES, LARGEST, MOST_SAMPLES, past_from
from papaya_gui.sources.polled import DeviceReading
from papaya_gui.sources.supply import Past, Span

TABLE = "readings"
# Ten thousand devices of fifty sensors.
MOST_SENSORS = 500_000
_SECONDS = 60.0
_REMEDY = (
    "It has a table readings with the columns device, key, value and ts, or name another one: "
    "sqlite:PATH?table=NAME"
)
_COLUMNS = "device, key, value, ts"
# Texts, and numbers that can be kept, at a time that is one: in SQLite a text is greater than every number.
_IS_USABLE = (
    "device <> '' AND key <> '' AND typeof(device) <> 'blob' AND typeof(key) <> 'blob'"
    f" AND typeof(ts) IN ('integer', 'real') AND ts BETWEEN {EARLIEST} AND {LATEST}"
    f" AND (typeof(value) = 'text' OR (typeof(value) IN ('integer', 'real') AND abs(value) < {LARGEST!r}))"
)


class FleetDatabase:
    """Every row that has been written since the last look; at first the latest value of each sensor."""

    def __init__(self, source: Source, left_out: LeftOut | None = None) -> None:
        self._left_out = left_out or LeftOut()
        self._path, self._table = source.path(), _quoted(source.text("table", TABLE))
        self._seen: int | None = None

    def get_available_sensors(self) -> Sequence[str]:
        """Return none: what the database has is known once it has been read."""
        return ()

    def get_latest_readings(self) -> Sequence[DeviceReading]:
        """Return what is new, in the order in which it was written."""
        with opened(self._path, _SECONDS, _REMEDY) as connection:
            # What has been cut off at its end numbers its rows anew.
            newest = connection.execute(f"SELECT max(rowid) FROM {self._table}").fetchone()[0] or 0
            if self._seen is None or newest < self._seen:
                self._left_out.begin()
                found = connection.execute(
                    f"SELECT {_COLUMNS}, max(ts) FROM {self._table} WHERE rowid <= ? AND {_IS_USABLE}"
                    " GROUP BY device, key LIMIT ?",
                    (newest, MOST_SENSORS + 1),
                ).fetchall()
                if len(found) > MOST_SENSORS:
                    del found[MOST_SENSORS:]
                    self._left_out.add(f"it has more than {MOST_SENSORS:,} sensors")
                # Else one time that is none would be the latest, and keep all others from being shown.
                odd, last = connection.execute(
                    f"SELECT count(*), max(rowid) FROM {self._table} WHERE rowid <= ?"
                    f" AND value IS NOT NULL AND ({_IS_USABLE}) IS NOT TRUE",
                    (newest,),
                ).fetchone()
                if odd:
                    self._tell_of(connection, odd, last)
            else:
                found = connection.execute(
                    f"SELECT {_COLUMNS}, rowid FROM {self._table} WHERE rowid > ? ORDER BY rowid LIMIT ?",
                    (self._seen, MOST_SAMPLES),
                ).fetchall()
                newest = found[-1][-1] if found else self._seen
        self._seen = newest
        readings = []
        for device, key, value, ts, number in found:
            if value is None:
                continue
            objection = _objection(device, key, ts)
            if objection is None:
                readings.append(DeviceReading(str(key), value, "", round(ts), str(device)))
            else:
                self._left_out.add(f"row {number}: {objection}")
        return readings

    def _tell_of(self, connection: sqlite3.Connection, count: int, row: int) -> None:
        """Note rows that cannot be used, and why the last of them cannot."""
        device, key, value, ts = connection.execute(
            f"SELECT {_COLUMNS} FROM {self._table} WHERE rowid = ?", (row,)
        ).fetchone()
        why = _objection(device, key, ts) or f"its value is {described(value)}, which cannot be kept"
        self._left_out.add(f"row {row}: {why}", count)


def devices_in(path: Path, table: str) -> Sequence[str]:
    """Return the names of the devices that a table has values of; raises a SensorFault where it is none."""
    with opened(path, _SECONDS, _REMEDY) as connection:
        found = connection.execute(
            f"SELECT DISTINCT device FROM {_quoted(table)} WHERE {_IS_USABLE} LIMIT ?", (MOST_SENSORS,)
        ).fetchall()
    return tuple(str(device) for (device,) in found)


def extent_in(path: Path, table: str, row: Row | None = None) -> Span | None:
    """Return from when to when a table has values, of one row or of all."""
    where, chosen = (_IS_USABLE, ()) if row is None else (
        f"device = ? AND key = ? AND {_IS_USABLE}", (row.device, row.sensor.key)
    )  # fmt: skip
    with opened(path, _SECONDS, _REMEDY) as connection:
        first, last = connection.execute(
            f"SELECT min(ts), max(ts) FROM {_quoted(table)} WHERE {where}", chosen
        ).fetchone()
    return None if first is None or last is None else (first / 1000, last / 1000)


def past_in(path: Path, table: str, row: Row, start: float, end: float, points: int, texts: Texts) -> Past:
    """Return samples of a row between two times in seconds, of many numbers their extremes."""
    name = _quoted(table)
    where = f"FROM {name} WHERE device = ? AND key = ? AND ts >= ? AND ts < ? AND value IS NOT NULL"
    first, last = round(start * 1000), round(end * 1000)
    chosen = (row.device, row.sensor.key, first, last)
    with opened(path, _SECONDS, _REMEDY) as connection:
        newest_first = f"SELECT ts, value {where} ORDER BY ts DESC LIMIT ?"
        newest = connection.execute(newest_first, (*chosen, 1)).fetchone()
        # Texts are steps, and never condensed.
        is_text = newest is not None and isinstance(newest[1], str)
        few = max(FEW_SAMPLES, points)
        most = MOST_SAMPLES if is_text else few + 1
        samples = connection.execute(newest_first, (*chosen, most)).fetchall()
        if is_text or len(samples) <= few:
            return past_from(samples[::-1], texts, row.sensor)
        interval = max(-(-(last - first) // max(points, 1)), 1)
        condensed = connection.execute(
            f"SELECT (ts - ?) / ? AS place, min(value), avg(value), max(value) {where}"
            " AND typeof(value) IN ('integer', 'real') GROUP BY place ORDER BY place",
            (first, interval, *chosen),
        ).fetchall()
    places, low, mean, high = (np.array(column, np.float64) for column in zip(*condensed, strict=True))
    times = (first + (places + 0.5) * interval) / 1000
    return Past(times, mean, interval / 1000, low, high)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _objection(device: object, key: object, ts: object) -> str | None:
    """Return why a row says nothing of any sensor."""
    for name, text in (("device", device), ("key", key)):
        if text is None or text == "" or isinstance(text, bytes):
            return f"its {name} is {described(text)}"
    if isinstance(ts, float) and math.isfinite(ts):
        ts = round(ts)
    return objection_to_time(ts) and f"its ts is {described(ts)}, which is not in milliseconds since 1970"
