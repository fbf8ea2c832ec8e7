"""The samples of one row, as far as somebody looks at them: of the past, and what has come live."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from papaya.manifest.model import Sensor
from papaya_gui.models.batch import NUMBER, TEXT, TRUTH, Floats
from papaya_gui.models.catalog import Row
from papaya_gui.models.columns import Scroll
from papaya_gui.models.history import LIVE, History, Stretch
from papaya_gui.models.pyramid import Pyramid, Summary
from papaya_gui.models.tape import Tape

CAPACITY = 1_000_000
NEARLY = 0.1
# A pause of so many seconds is one of the connection rather than one of the sensor.
LONG_PAUSE = 10.0


@dataclass(frozen=True, slots=True)
class Exact:
    """The source's own summary of all samples in a span, also if few of them are drawn."""

    span: tuple[float, float]
    summary: Summary


class Series:
    """One row's samples: `live` are taken from the tape, `history` is what the source remembers from before.

    Times are seconds since 1970. `seam` is where the past ends and what came live begins.
    """

    def __init__(self, row: Row, tape: Tape, capacity: int = CAPACITY) -> None:
        self.row = row
        self.live = Pyramid(capacity)
        self.history = History(self.gap)
        self.kind = -1
        self.exact: Exact | None = None
        self._seam: float | None = None
        self._has_pause = False
        self._scrolls: tuple[Scroll, Scroll] | None = None
        self._tape, self._capacity = tape, capacity
        self._position = tape.start

    @property
    def is_step(self) -> bool:
        """Whether values hold until the next one, so that no line between two of them means anything."""
        return self.kind in (TRUTH, TEXT)

    @property
    def sensor(self) -> Sensor:
        """Its declaration in the manifest."""
        return self.row.sensor

    @property
    def gap(self) -> float:
        """After how many seconds without a sample its line breaks."""
        return 2.0 * self.row.every

    @property
    def seam(self) -> float | None:
        """When the first sample came live."""
        return self._seam

    @property
    def held_from(self) -> float:
        """From when on its live samples are still held: all that is older belongs to the past."""
        return float(self.live.times[0]) if len(self.live) else np.inf

    @property
    def past(self) -> Pyramid:
        """What the source remembers from before the live samples, none twice; means where it is condensed."""
        return self.history.curve(self.held_from, extremes=False)

    @property
    def last(self) -> tuple[float, float] | None:
        """The time and the value of the newest sample."""
        return self.live.last or self.past.last

    def is_condensed(self, start: float, end: float) -> bool:
        """Return whether the source has told less than all samples of a span."""
        return any(
            one.low is not None and one.start < end and one.end > start for one in self.history.stretches
        )

    def doubt(self) -> None:
        """Let the past be asked for again, because the source has more by now."""
        self.history.doubt()
        self.exact = None

    def scrolls(self) -> tuple[Scroll, Scroll]:
        """Return what draws the past and what draws the live samples, with what both remember."""
        past, known = self.history.curve(self.held_from), self._scrolls
        if known is None or known[0].pyramid is not past or known[1].pyramid is not self.live:
            known = self._scrolls = Scroll(past, None), Scroll(self.live, self.gap)
        return known

    def break_off(self) -> bool:
        """Let what came live before the latest long pause be past, so that a source is asked for the pauses.

        Return whether there was one. Every sample is kept.
        """
        if not self._has_pause:
            return False
        self._has_pause = False
        starts = np.flatnonzero(np.diff(self.live.times, prepend=-np.inf) > self._longest_pause)
        if len(starts) < 2:
            # What came late has closed it.
            return False
        times, values = self.live.times.copy(), self.live.values.copy()
        for start, stop in zip(starts[:-1], starts[1:], strict=True):
            end = float(np.nextafter(times[stop - 1], np.inf))
            self.history.add(Stretch(float(times[start]), end, LIVE, times[start:stop], values[start:stop]))
        self.live = Pyramid(self._capacity)
        self.live.append(times[starts[-1] :], values[starts[-1] :])
        self._seam = self.held_from
        return True

    @property
    def _longest_pause(self) -> float:
        return max(self.gap, LONG_PAUSE)

    def remember(
        self,
        start: float,
        end: float,
        points: int,
        times: Floats,
        values: Floats,
        *,
        interval: float = 0.0,
        low: Floats | None = None,
        high: Floats | None = None,
        kind: int = NUMBER,
    ) -> None:
        """Note what the source remembers of a span for which it was asked in about so many points."""
        asked = (end - start) / points
        # With about as many samples as were asked for, a source has thinned out what it has; with fewer or
        # with more it gave all of them.
        if not interval and 1 - NEARLY <= len(times) / points <= 1 + NEARLY:
            interval = asked
        step = min(asked, interval)
        if self.kind < 0 and len(times):
            self.kind = kind
        if (kind == TEXT) != (self.kind == TEXT):
            times, values, low, high = np.empty(0), np.empty(0), None, None
        self.history.add(Stretch(start, end, step, times, values, low, high, interval))

    def texts(self) -> Floats:
        """Return the numbers of the texts that it holds."""
        if self.kind != TEXT:
            return np.empty(0)
        return np.concatenate((self.live.values, *(one.values for one in self.history.stretches)))

    @property
    def position(self) -> int:
        """Up to where it has taken from the tape."""
        return self._position

    def catch_up(self, until: int | None = None) -> int:
        """Take from the tape what has come since, up to a position; return how many samples were its own."""
        if until is not None and until <= self._position:
            return 0
        batch = self._tape.of_row(self.row.index, self._position, until)
        self._position = max(self._position, self._tape.end if until is None else min(until, self._tape.end))
        if not len(batch):
            return 0
        self._become(int(batch.kinds[-1]))
        same = (batch.kinds == TEXT) == (self.kind == TEXT)
        times, values = batch.times[same], batch.values[same]
        self._append(times, values)
        self._seam = self.held_from if self._seam is None else min(self._seam, self.held_from)
        return len(times)

    def _become(self, kind: int) -> None:
        """Note what the values are now; texts and numbers make no curve together: the newer ones stay."""
        if self.kind >= 0 and (kind == TEXT) != (self.kind == TEXT):
            self.live, self.history, self._seam = Pyramid(self._capacity), History(self.gap), None
            self.exact = None
        self.kind = kind

    def _append(self, times: Floats, values: Floats) -> None:
        newest = self.live.last
        together = times if newest is None else np.append(newest[0], times)
        steps = np.diff(together)
        if not (steps < 0).any() and times[0] >= self.live.newest:
            self._has_pause |= bool((steps > self._longest_pause).any())
            self.live.append(times, values)
            return
        # Something came late: what is newer is put in order anew, and drawn anew.
        later, their_values = self.live.take_back(float(times.min()))
        times, values = np.concatenate((later, times)), np.concatenate((their_values, values))
        order = np.argsort(times, kind="stable")
        times, values = times[order], values[order]
        before = self.live.last
        if before is not None:
            times, values = np.insert(times, 0, before[0]), np.insert(values, 0, before[1])
        # What a source was asked for again comes twice.
        news = np.append(True, (np.diff(times) != 0) | (values[1:] != values[:-1]))
        news[0] = before is None
        together = times
        self.live.append(times[news], values[news])
        self._scrolls = None
        self._has_pause |= bool((np.diff(together) > self._longest_pause).any())
