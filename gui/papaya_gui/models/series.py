"""The samples of one row, as far as somebody looks at them: of the past, and what has come live."""

from __future__ import annotations

import numpy as np

from papaya.manifest.model import Sensor
from papaya_gui.models.batch import TEXT, TRUTH, Floats
from papaya_gui.models.catalog import Row
from papaya_gui.models.pyramid import Pyramid
from papaya_gui.models.tape import Tape

CAPACITY = 1_000_000


class Series:
    """One row's samples: `live` are taken from the tape, `past` are what the source remembers from before.

    Times are seconds since 1970. `seam` is where the past ends and what came live begins.
    """

    def __init__(self, row: Row, tape: Tape, capacity: int = CAPACITY) -> None:
        self.row = row
        self.live = Pyramid(capacity)
        self.past = Pyramid()
        self.kind = -1
        self._tape, self._capacity = tape, capacity
        self._position = tape.start

    @property
    def is_step(self) -> bool:
        """Whether values hold until the next one, so that no line between two of them means anything."""
        return self.kind in (TRUTH, TEXT)

    @property
    def sensor(self) -> Sensor:
        """What the manifest says of it."""
        return self.row.sensor

    @property
    def gap(self) -> float:
        """After how many seconds without a sample its line breaks."""
        return 2.0 * self.row.every

    @property
    def seam(self) -> float | None:
        """When the first sample came live."""
        return float(self.live.times[0]) if len(self.live) else None

    @property
    def position(self) -> int:
        """Up to where it has taken from the tape."""
        return self._position

    def catch_up(self, until: int | None = None) -> int:
        """Take from the tape what has come since, up to a position; return how many samples were its own."""
        batch = self._tape.since(self._position, until)
        self._position = max(self._position, self._tape.end if until is None else min(until, self._tape.end))
        own = batch.rows == self.row.index
        times, values = batch.times[own], batch.values[own]
        if not len(times):
            return 0
        self.kind = int(batch.kinds[own][-1])
        self._append(times, values)
        return len(times)

    def _append(self, times: Floats, values: Floats) -> None:
        is_in_order = not (np.diff(times) < 0).any() and (
            not len(self.live) or times[0] >= self.live.times[-1]
        )
        if is_in_order:
            self.live.append(times, values)
            return
        # Something came late: everything is put in order anew, which is rare.
        all_times = np.concatenate((self.live.times, times))
        all_values = np.concatenate((self.live.values, values))
        order = np.argsort(all_times, kind="stable")
        self.live = Pyramid(self._capacity)
        self.live.append(all_times[order], all_values[order])
