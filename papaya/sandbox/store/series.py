"""Stored time series: writing, latest values, ranges, aggregation, deletion."""

# ruff: noqa: S608 - statements are made of constants of this package; values are always parameters.
from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, tzinfo
from decimal import Decimal
from typing import Any

from papaya.sandbox.refusal import invalid
from papaya.sandbox.store.attributes import check_keys
from papaya.sandbox.store.calendar import MILLISECONDS, NOMINAL_MS, interval_end, zone_of
from papaya.sandbox.store.changes import DELETED, SERIES, Change, Value
from papaya.sandbox.store.core import Core
from papaya.sandbox.store.values import (
    BOOLEAN,
    DOUBLE,
    JSON,
    LONG,
    MAX_LONG,
    TEXT,
    NoNumber,
    Typed,
    Unparsable,
    Wordless,
    parse_cast,
)
from papaya.sandbox.wire import Numeral, dumps, whole_number

# The server's cap on the intervals of one query, and the interval that it counts them with at least.
_MAX_INTERVALS = 700
_MIN_STEP_MS = 1000
# The server's partitions end with the year 9999 (measured on 4.0.1 and 4.3.1.3).
LAST_TS = 253_402_300_799_999
_MOST_DIGITS = 4_000
AGGREGATIONS = ("NONE", "MIN", "MAX", "AVG", "SUM", "COUNT")
Point = tuple[int, str, Any]


@dataclass(frozen=True, slots=True)
class Entry:
    """One measured value."""

    ts: int
    key: str
    typed: Typed


@dataclass(frozen=True, slots=True)
class Window:
    """A half-open range of time, and how its values are condensed.

    `calendar` names intervals of a calendar in a time zone; `interval` is then their nominal length.
    """

    start: int
    end: int
    interval: int = 0
    aggregation: str = "NONE"
    limit: int = 100
    descending: bool = True
    calendar: str = MILLISECONDS
    zone: tzinfo = UTC

    def in_calendar(self, kind: str | None, zone: str | None) -> Window:
        """Return the window with the intervals of a calendar; without a kind it stays as it is."""
        if kind not in NOMINAL_MS:
            return self
        return replace(self, calendar=kind, zone=zone_of(zone), interval=NOMINAL_MS[kind])


def read_entries(payload: Any, now: int, *, skip_nulls: bool) -> list[Entry]:
    """Return the entries of `{k: v}`, of `{ts, values}` or of a list of either.

    REST refuses a null, the device APIs pass over it.
    """
    if isinstance(payload, list):
        for part in payload:
            if not isinstance(part, dict):
                raise Unparsable(f"Can't parse value: {dumps(part)}")
        return [entry for part in payload for entry in read_entries(part, now, skip_nulls=skip_nulls)]
    if not isinstance(payload, dict):
        raise Unparsable(f"Can't parse value: {dumps(payload)}")
    ts, values = now, payload
    if "ts" in payload and "values" in payload:
        ts, values = _timestamp(payload["ts"]), payload["values"]
        if not isinstance(values, dict):
            raise Wordless(f"Not a JSON Object: {dumps(values)}")
    return [
        Entry(ts, key, parse_cast(value))
        for key, value in values.items()
        if value is not None or not skip_nulls
    ]


def _timestamp(value: Any) -> int:
    """Return a time as Gson's `getAsLong` does; raise NoNumber for what it refuses."""
    if isinstance(value, list) and len(value) == 1:
        return _timestamp(value[0])
    if isinstance(value, bool):
        raise NoNumber(f'For input string: "{dumps(value)}"')
    if isinstance(value, str):
        try:
            return whole_number(value)
        except ValueError as error:
            raise NoNumber(str(error)) from error
    if not isinstance(value, int | float):
        raise NoNumber("JsonNull" if value is None else "JsonObject")
    number = Decimal(value.text) if isinstance(value, Numeral) else Decimal(value)
    if number.adjusted() > _MOST_DIGITS:
        raise NoNumber("Number has unsupported scale")
    # What is beyond a long loses its upper bits.
    return (int(number) + MAX_LONG + 1) % 2**64 - MAX_LONG - 1


def store_series(core: Core, number: int, entries: Sequence[Entry]) -> None:
    """Write entries; a latest value is replaced by one that is not older."""
    check_keys(core, {entry.key for entry in entries})
    rows = [(number, entry.key, entry.ts, *entry.typed) for entry in entries]
    core.store.connection.executemany("INSERT OR REPLACE INTO series VALUES (?, ?, ?, ?, ?)", rows)
    core.store.connection.executemany(
        "INSERT INTO latest VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE"
        " SET ts = excluded.ts, kind = excluded.kind, value = excluded.value WHERE excluded.ts >= latest.ts",
        rows,
    )
    if core.changes.is_watched(number):
        found: dict[str, list[Value]] = {}
        for entry in entries:
            found.setdefault(entry.key, []).append((entry.ts, *entry.typed))
        core.changes.announce(core.store, Change(number, SERIES, found))
    core.react(number, SERIES, [entry.key for entry in entries])


def latest_points(core: Core, number: int, keys: Sequence[str] = ()) -> list[tuple[str, Point]]:
    """Return the newest point of each key, of all keys when none is named."""
    named = " AND key IN (SELECT value FROM json_each(?))" if keys else ""
    rows = core.store.rows(
        f"SELECT key, ts, kind, value FROM latest WHERE number = ?{named} ORDER BY key",
        (number, json.dumps(list(keys))) if keys else (number,),
    )
    return [(row[0], (row[1], row[2], row[3])) for row in rows]


def history(core: Core, number: int, key: str, window: Window) -> list[Point]:
    """Return the points of a key in a window, condensed as the window says."""
    if window.aggregation == "NONE" or window.interval < 1:
        order = "DESC" if window.descending else "ASC"
        return core.store.rows(
            "SELECT ts, kind, value FROM series WHERE number = ? AND key = ? AND ts >= ? AND ts < ?"
            f" ORDER BY ts {order} LIMIT ?",
            (number, key, window.start, window.end, window.limit),
        )
    _check_intervals(window)
    end = max(window.start + 1, window.end)
    rows = core.store.rows(
        "SELECT ts, kind, value FROM series WHERE number = ? AND key = ? AND ts >= ? AND ts < ? ORDER BY ts",
        (number, key, window.start, end),
    )
    buckets: dict[tuple[int, int], list[Point]] = {}
    bounds = (window.start, window.start)
    for row in rows:
        if row[0] >= bounds[1]:
            bounds = _interval(window, row[0], bounds[1], end)
        buckets.setdefault(bounds, []).append(row)
    found = []
    for (first, last), points in buckets.items():
        typed = _condensed(points, window.aggregation)
        if typed is not None:
            # The point stands in the middle of its interval.
            found.append((first + (last - first) // 2, *typed))
    return found


def _interval(window: Window, ts: int, after: int, end: int) -> tuple[int, int]:
    """Return the interval of a moment; `after` is the end of one before it."""
    if window.calendar == MILLISECONDS:
        first = window.start + (ts - window.start) // window.interval * window.interval
        return first, min(first + window.interval, end)
    first, last = after, interval_end(after, window.calendar, window.zone)
    while last <= ts:
        first, last = last, interval_end(last, window.calendar, window.zone)
    return first, min(last, end)


def _check_intervals(window: Window) -> None:
    steps = (window.end - window.start) // max(window.interval, _MIN_STEP_MS)
    if steps > _MAX_INTERVALS:
        raise invalid(
            f"Incorrect TsKvQuery. Number of intervals is to high - {steps}. Please increase 'interval' "
            "parameter for your query or reduce the time range of the query."
        )


def _condensed(points: Iterable[Point], aggregation: str) -> Typed | None:
    by_kind: dict[str, list[Any]] = {}
    for _, kind, value in points:
        by_kind.setdefault(kind, []).append(value)
    longs, doubles = by_kind.get(LONG, []), by_kind.get(DOUBLE, [])
    if aggregation == "COUNT":
        # The server counts one kind only: the first of these that occurs.
        for kind in (BOOLEAN, TEXT, JSON):
            if kind in by_kind:
                return LONG, len(by_kind[kind])
        return LONG, len(longs) + len(doubles)
    if aggregation == "AVG":
        number = len(longs) + len(doubles)
        return DOUBLE, (float(sum(longs)) + _plain_sum(doubles)) / number if number else 0.0
    if aggregation == "SUM":
        return (DOUBLE, _plain_sum(doubles) + float(sum(longs))) if doubles else (LONG, sum(longs))
    choose = max if aggregation == "MAX" else min
    if longs and doubles:
        return DOUBLE, float(choose(choose(longs), choose(doubles)))
    if longs or doubles:
        return (LONG, choose(longs)) if longs else (DOUBLE, choose(doubles))
    texts = by_kind.get(TEXT)
    return (TEXT, choose(texts)) if texts else None


def _plain_sum(numbers: Iterable[float]) -> float:
    # Left to right and uncompensated, as PostgreSQL adds; sum() of Python 3.12 would be more exact.
    total = 0.0
    for number in numbers:
        total += number
    return total


def delete_range(
    core: Core, number: int, key: str, start: int, end: int, *, delete_latest: bool, rewrite_latest: bool
) -> None:
    """Delete a key's points in a range; its latest value may go with them, or be rewritten."""
    run = core.store.connection.execute
    run("DELETE FROM series WHERE number = ? AND key = ? AND ts >= ? AND ts < ?", (number, key, start, end))
    if not delete_latest:
        return
    gone = run(
        "DELETE FROM latest WHERE number = ? AND key = ? AND ts >= ? AND ts < ?", (number, key, start, end)
    )
    if gone.rowcount and rewrite_latest:
        run(
            "INSERT INTO latest SELECT * FROM series WHERE number = ? AND key = ? AND ts < ?"
            " ORDER BY ts DESC LIMIT 1",
            (number, key, start),
        )
    if gone.rowcount and core.changes.is_watched(number):
        core.changes.announce(core.store, Change(number, SERIES, {key: [DELETED]}))
