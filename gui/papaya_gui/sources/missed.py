"""Readings that the server has and the window missed: requested again for the visible rows.

That is what came while the connection was down; and where values are not told but asked for every few
seconds, what came in between.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from papaya.sensors.reading import Value

# After a server was down, devices send what they have kept a little at a time.
ROUNDS = (1.0, 20.0, 120.0)
# Of rows that nobody looks at, while the network comes and goes.
MOST_HOLES = 4
# So many rows at once, so that none waits long for another, and the server is asked little.
MOST_POLLED = 10

# Row, first and last time in milliseconds, the last one not included.
Fetch = Callable[[int, int, int], Sequence[tuple[int, Value]]]
Put = Callable[[int, int, Value], None]


@dataclass(slots=True)
class Hole:
    """A span of one row in which values may be missing, in milliseconds; at its `end` stands a known one."""

    row: int
    start: int
    end: int
    closed_at: float
    rounds: int = 0
    known: set[int] = field(default_factory=set)


class Missed:
    """Notes where values may be missing, and fills in what is there; safe to share between threads.

    `every` returns after how many seconds a row's next value is due: what is shorter is no hole. While
    `is_polled`, anything may be missing between two values.
    """

    def __init__(self, every: Callable[[int], float], clock: Callable[[], float] = time.monotonic) -> None:
        self._every, self._clock = every, clock
        self._noting = threading.Lock()
        self._last: dict[int, int] = {}
        self._open: dict[int, int] = {}
        self._holes: dict[int, list[Hole]] = {}
        self._watched: tuple[int, ...] = ()
        self.is_polled = False
        # Between polls: one for each row, which grows until it is filled; and up to when nothing is missing.
        self._between: dict[int, Hole] = {}
        self._complete: dict[int, int] = {}

    def watch(self, rows: Iterable[int]) -> None:
        """Fill the holes of these rows and of no others."""
        with self._noting:
            self._watched = tuple(rows)
            self._between = {row: hole for row, hole in self._between.items() if row in self._watched}
            if self.is_polled:
                # Of what nobody looked at only polled values have come.
                for row in self._watched:
                    if row in self._last and row not in self._between:
                        self._polled(row, self._last[row])

    def interrupted(self) -> None:
        """Note that from now on nothing can be heard."""
        with self._noting:
            for row, ts in self._last.items():
                self._open.setdefault(row, ts + 1)

    def heard(self, row: int, ts: int) -> None:
        """Note a value; the first new one after an interruption is where a hole ends."""
        with self._noting:
            start = self._open.get(row)
            if start is not None and ts >= start:
                del self._open[row]
                if ts - start > self._every(row) * 1000:
                    holes = self._holes.setdefault(row, [])
                    holes.append(Hole(row, start, ts, self._clock()))
                    del holes[:-MOST_HOLES]
            elif self.is_polled:
                self._complete.setdefault(row, self._last.get(row, ts))
                if row in self._watched:
                    self._polled(row, ts)
            self._last[row] = max(ts, self._last.get(row, ts))

    def _polled(self, row: int, ts: int) -> None:
        complete = self._complete.get(row, ts)
        if ts - complete < 2:
            return
        hole = self._between.setdefault(row, Hole(row, complete + 1, ts, self._clock()))
        if hole.end < ts:
            hole.known.add(hole.end)
            hole.end = ts

    def fill(self, fetch: Fetch, put: Put) -> None:
        """Fetch what is due; raises what `fetch` raises, and that hole is tried again the next time."""
        self._fill_between(fetch, put)
        with self._noting:
            holes = [hole for row in self._watched for hole in self._holes.get(row, ())]
        for hole in holes:
            if self._clock() < hole.closed_at + ROUNDS[hole.rounds]:
                continue
            for ts, value in fetch(hole.row, hole.start, hole.end):
                if ts not in hole.known:
                    hole.known.add(ts)
                    put(hole.row, ts, value)
            hole.rounds += 1
            if hole.rounds == len(ROUNDS):
                with self._noting:
                    self._holes[hole.row] = [other for other in self._holes[hole.row] if other is not hole]

    def _fill_between(self, fetch: Fetch, put: Put) -> None:
        """Fetch what came between polls, of those rows first that have waited longest."""
        with self._noting:
            oldest = sorted(self._between.values(), key=lambda hole: hole.closed_at)[:MOST_POLLED]
            holes = [(hole, hole.start, hole.end, set(hole.known)) for hole in oldest]
        for hole, start, end, known in holes:
            for ts, value in fetch(hole.row, start, end):
                if ts not in known:
                    put(hole.row, ts, value)
            with self._noting:
                self._complete[hole.row] = end
                if self._between.get(hole.row) is not hole:
                    continue
                del self._between[hole.row]
                if hole.end > end:
                    # Another value has come meanwhile.
                    later = {ts for ts in hole.known if ts > end}
                    self._between[hole.row] = Hole(hole.row, end + 1, hole.end, self._clock(), known=later)
