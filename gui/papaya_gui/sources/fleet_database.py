"""One SQLite database with values of many devices, which another program writes.

Its table `readings`, its only one, or one that is named has the columns `device`, `key`, `value` and `ts`,
or a column of times and one for each sensor. Times are in milliseconds since 1970, in another unit, or dates
that SQLite knows. An index of `device, key, ts` makes the past quick.
"""

# ruff: noqa: S608 - the only name in a statement is that of the table, and it is quoted.

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import numpy as np

from papaya.foreign import described
from papaya.sensors.reading import objection_to_time
from papaya.sensors.source import Source
from papaya_gui.models.catalog import Row
from papaya_gui.models.pyramid import Summary
from papaya_gui.models.texts import Texts
from papaya_gui.sources.database_table import TABLE, Table, opened_table
from papaya_gui.sources.headings import title_and_unit
from papaya_gui.sources.left_out import LeftOut
from papaya_gui.sources.past import FEW_SAMPLES, MOST_SAMPLES, past_from
from papaya_gui.sources.polled import DeviceReading
from papaya_gui.sources.supply import Past, Span

# Ten thousand devices of fifty sensors.
MOST_SENSORS = 500_000
# Sensors of which the newest value is a text, and that are looked at for being an error among numbers.
_MOST_ODD = 1_000


class FleetDatabase:
    """Every row that has been written since the last look; at first the latest value of each sensor."""

    def __init__(self, source: Source, left_out: LeftOut | None = None) -> None:
        self._left_out = left_out or LeftOut()
        self._path, self._table = source.path(), source.text("table", TABLE)
        self._owner = str(source.options.get("device") or "")
        self._seen: float | None = None

    def get_available_sensors(self) -> Sequence[str]:
        """Return none: what the database has is known once it has been read."""
        return ()

    def get_latest_readings(self) -> Sequence[DeviceReading]:
        """Return what is new, in the order in which it was written."""
        with opened_table(self._path, self._table, self._owner) as table:
            # What has been cut off at its end numbers its rows anew.
            newest = table.one(table.newest)[0] or 0
            if self._seen is None or newest < self._seen:
                self._left_out.begin()
                self._left_out.is_without_zone = table.clock.is_without_zone
                found = self._latest(table, newest)
            else:
                found = table.all(
                    f"SELECT {table.columns}, {table.number} FROM {table.name} WHERE {table.number} > ?"
                    f" ORDER BY {table.number} LIMIT ?",
                    self._seen,
                    MOST_SAMPLES,
                )
                if len(found) == MOST_SAMPLES:
                    # A row of several sensors is read on as a whole.
                    found = [row for row in found if row[-1] < found[-1][-1]] or found
                newest = found[-1][-1] if found else self._seen
        self._seen = newest
        readings = []
        for device, key, value, ts, number in found:
            if value is None:
                continue
            objection = _objection(device, key, ts)
            if objection is None:
                plain, unit = title_and_unit(str(key))
                readings.append(DeviceReading(str(key), value, unit, round(ts), str(device), plain))
            else:
                self._left_out.add(f"row {number}: {objection}")
        return readings

    def _latest(self, table: Table, newest: float) -> list[tuple[Any, ...]]:
        """Return the latest usable row of each sensor, and note the others that are not."""
        found = table.all(
            f"SELECT {table.columns}, max({table.clock.sql}) FROM {table.name} WHERE {table.number} <= ?"
            f" AND {table.is_usable} GROUP BY device, key LIMIT ?",
            newest,
            MOST_SENSORS + 1,
        )
        if len(found) > MOST_SENSORS:
            del found[MOST_SENSORS:]
            self._left_out.add(f"it has more than {MOST_SENSORS:,} sensors")
        # Else one time that is none would be the latest, and keep all others from being shown.
        odd, last = table.one(
            f"SELECT count(*), max({table.number}) FROM {table.name} WHERE {table.number} <= ?"
            f" AND value IS NOT NULL AND ({table.is_usable}) IS NOT TRUE",
            newest,
        )
        if odd:
            self._tell_of(table, odd, last)
        texts = [place for place, row in enumerate(found) if isinstance(row[2], str)][:_MOST_ODD]
        for place in texts:
            device, key = found[place][:2]
            if (count := table.odd_texts(device, key)) and (number := table.last_number(device, key)):
                self._left_out.add(f"{key} of {device} has a text among numbers, such as an error", count)
                found[place] = (*number, None)
        return found

    def _tell_of(self, table: Table, count: int, row: int | None) -> None:
        """Note rows that cannot be used, and why the last of them cannot."""
        if row is None:
            # Rows that are counted by their time, and have none.
            self._left_out.add("a row has no time", count)
            return
        device, key, value, ts = table.one(
            f"SELECT device, key, value, ts FROM {table.name} WHERE {table.number} = ?", row
        )
        if table.clock.says(ts) is not None:
            ts = table.clock.says(ts)
        why = _objection(device, key, ts) or f"its value is {described(value)}, which cannot be kept"
        self._left_out.add(f"row {row}: {why}", count)


def place_of(said: str) -> tuple[str, str]:
    """Return the path and the table of `PATH?table=NAME`."""
    path, _, query = said.partition("?table=")
    return path, parse_qs(f"table={query}").get("table", [TABLE])[0]


def devices_in(path: Path, name: str) -> Sequence[str]:
    """Return the names of the devices that a table has values of; raises a SensorFault where it is none."""
    with opened_table(path, name, "") as table:
        found = table.all(
            f"SELECT DISTINCT device FROM {table.name} WHERE {table.is_usable} LIMIT ?", MOST_SENSORS
        )
    return tuple(str(device) for (device,) in found)


def extent_in(path: Path, name: str, owner: str, row: Row | None = None) -> Span | None:
    """Return from when to when a table has values, of one row or of all."""
    with opened_table(path, name, owner) as table:
        where, chosen = (table.is_usable, ()) if row is None else (
            f"device = ? AND key = ? AND {table.is_usable}", (row.device, row.sensor.key)
        )  # fmt: skip
        moment = table.clock.sql
        first, last = table.one(
            f"SELECT min({moment}), max({moment}) FROM {table.name} WHERE {where}", *chosen
        )
    return None if first is None or last is None else (first / 1000, last / 1000)


def past_in(
    path: Path, name: str, owner: str, row: Row, start: float, end: float, points: int, texts: Texts
) -> Past:
    """Return samples of a row between two times in seconds, of many numbers their extremes."""
    first, last = round(start * 1000), round(end * 1000)
    with opened_table(path, name, owner) as table:
        clock = table.clock
        where = f"FROM {table.name} WHERE device = ? AND key = ? AND {clock.within} AND value IS NOT NULL"
        chosen = (row.device, row.sensor.key, *clock.bounds(first, last))
        newest_first = f"SELECT {clock.sql}, value {where} ORDER BY {clock.column} DESC LIMIT ?"
        newest = table.all(newest_first, *chosen, 1)
        # Texts are steps, and never condensed; among numbers they are errors.
        is_text = bool(newest) and isinstance(newest[0][1], str)
        is_text = is_text and not table.odd_texts(row.device, row.sensor.key)
        few = max(FEW_SAMPLES, points)
        most = MOST_SAMPLES if is_text else few + 1
        samples = table.all(newest_first, *chosen, most)
        if is_text or len(samples) <= few:
            samples = [(round(moment), value) for moment, value in samples[::-1] if moment is not None]
            return past_from(samples, texts, row.sensor, by_most=not is_text)
        interval = max(-(-(last - first) // max(points, 1)), 1)
        condensed = table.all(
            f"SELECT CAST(({clock.sql} - ?) / ? AS INTEGER) AS place, min(value), avg(value), max(value)"
            f" {where} AND typeof(value) IN ('integer', 'real') GROUP BY place ORDER BY place",
            first,
            interval,
            *chosen,
        )
    places, low, mean, high = (np.array(column, np.float64) for column in zip(*condensed, strict=True))
    times = (first + (places + 0.5) * interval) / 1000
    return Past(times, mean, interval / 1000, low, high)


def summary_in(path: Path, name: str, owner: str, row: Row, start: float, end: float) -> Summary | None:
    """Return a summary of the numbers of a row between two times in seconds, both included."""
    with opened_table(path, name, owner) as table:
        clock = table.clock
        where = (
            f"FROM {table.name} WHERE device = ? AND key = ? AND {clock.within} AND {table.is_usable}"
            " AND typeof(value) <> 'text'"
        )
        bounds = clock.bounds(math.ceil(start * 1000 - 1e-6), math.floor(end * 1000 + 1e-6) + 1)
        chosen = (row.device, row.sensor.key, *bounds)
        found = table.one(f"SELECT count(*), min(value), max(value), total(value) {where}", *chosen)
        newest = (
            f"SELECT {clock.sql}, value {where} ORDER BY {clock.column} DESC, {table.number} DESC LIMIT 1"
        )
        last = table.all(newest, *chosen)
    if not last:
        return None
    moment, value = last[0]
    return Summary(
        int(found[0]), float(found[1]), float(found[2]), float(found[3]), (moment / 1000, float(value))
    )


def _objection(device: object, key: object, ts: object) -> str | None:
    """Return why a row says nothing of any sensor."""
    for name, text in (("device", device), ("key", key)):
        if text is None or text == "" or isinstance(text, bytes):
            return f"its {name} is {described(text)}"
    if isinstance(ts, float) and math.isfinite(ts):
        ts = round(ts)
    return objection_to_time(ts) and f"its ts is {described(ts)}, which is not in milliseconds since 1970"
