"""The latest value of every row, and how old it may be before it is stale."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from papaya_gui.models.batch import NUMBER, TEXT, TRUTH, WHOLE, Batch, Floats, Kinds
from papaya_gui.models.catalog import Catalog
from papaya_gui.models.condition import OF_LEVEL, Conditions
from papaya_gui.models.levels import Levels
from papaya_gui.models.raised import RaisedAlarms
from papaya_gui.models.texts import Texts

# The freshness of a row; a value is stale after twice its expected interval.
NOTHING, LIVE, STALE = 0, 1, 2
STALE_AFTER = 2.0


class Board:
    """Columns as long as the catalog: times in seconds since 1970, NaN where nothing has come yet.

    `times` are the devices' own timestamps. If a device's clock is ahead, it would look live long after it
    falls silent. So `seen` is never later than the arrival of a reading, and ages are computed from `seen`.
    `now` is the time of the last tick, in seconds since 1970. `asked_every` is the interval in seconds at
    which a source polls; nothing can arrive in between. It is 0 for a source that pushes its readings.
    Nothing in a recording (`is_recorded`) is stale: no more readings are expected.
    """

    def __init__(self, catalog: Catalog, texts: Texts) -> None:
        self.catalog, self.known_texts = catalog, texts
        self.times: Floats = np.empty(0)
        self.seen: Floats = np.empty(0)
        self.values: Floats = np.empty(0)
        self.kinds: Kinds = np.empty(0, np.int8)
        self.counts: NDArray[np.int64] = np.empty(0, np.int64)
        self.freshness: NDArray[np.int8] = np.empty(0, np.int8)
        self.expected: Floats = np.empty(0)
        self.now = 0.0
        self.asked_every = 0.0
        self.is_recorded = False
        self._thresholds = Levels()
        self.raised = RaisedAlarms(catalog)
        self.grow()

    @property
    def levels(self) -> NDArray[np.int8]:
        """Whether a threshold of the manifest is crossed: 0 clear, 1 warn, 2 alarm."""
        return self._thresholds.levels

    @property
    def worst(self) -> Conditions:
        """The worse of the threshold's level and that of the server's alarms about the row, 0 if neither."""
        found: Conditions = np.maximum(OF_LEVEL[self.levels], self.raised.worst)
        return found

    def worst_of(self, index: int) -> int:
        """Return the `worst` of one row."""
        return max(int(OF_LEVEL[self.levels[index]]), int(self.raised.worst[index]))

    @property
    def sides(self) -> NDArray[np.int8]:
        """The side on which the threshold is crossed: 1 above, -1 below, 0 clear."""
        return self._thresholds.sides

    def grow(self) -> None:
        """Make room for the rows that the catalog has got since."""
        known, wanted = len(self.times), len(self.catalog)
        if known == wanted:
            return
        more = wanted - known
        self.times = np.concatenate((self.times, np.full(more, np.nan)))
        self.seen = np.concatenate((self.seen, np.full(more, np.nan)))
        self.values = np.concatenate((self.values, np.full(more, np.nan)))
        self.kinds = np.concatenate((self.kinds, np.zeros(more, np.int8)))
        self.counts = np.concatenate((self.counts, np.zeros(more, np.int64)))
        self.freshness = np.concatenate((self.freshness, np.zeros(more, np.int8)))
        added = [self.catalog[index] for index in range(known, wanted)]
        self.expected = np.concatenate((self.expected, np.array([row.every for row in added])))
        self._thresholds.grow([row.sensor for row in added])
        self.raised.grow(wanted)

    def take(self, batch: Batch, now: float = np.inf) -> None:
        """Note readings that have come by now; one that is older than what is known is only counted."""
        self.grow()
        if not len(batch):
            return
        self.counts += np.bincount(batch.rows, minlength=len(self.counts))
        self._thresholds.take(batch, self.seen)
        # By row, then time, then order of arrival: the last entry of a row is its latest reading.
        order = np.lexsort((batch.times, batch.rows))
        rows = batch.rows[order]
        last = order[np.flatnonzero(np.diff(rows, append=-1))]
        rows = batch.rows[last]
        newer = ~(batch.times[last] < self.seen[rows])
        rows, last = rows[newer], last[newer]
        self.times[rows] = batch.times[last]
        self.seen[rows] = np.minimum(batch.times[last], now)
        self.values[rows] = batch.values[last]
        self.kinds[rows] = batch.kinds[last]

    def tick(self, now: float) -> bool:
        """Tell stale values from live ones at a moment in seconds; return whether any row changed."""
        self.now = now
        age = now - self.seen
        oldest = STALE_AFTER * (self.expected + self.asked_every)
        is_stale = (age > oldest) & (not self.is_recorded)
        fresh = np.where(np.isnan(age), NOTHING, np.where(is_stale, STALE, LIVE))
        changed = not np.array_equal(fresh, self.freshness)
        self.freshness = fresh.astype(np.int8)
        return changed

    def seen_at(self, index: int) -> float:
        """Return when the latest reading of a row came at the latest; of a row that is new, any time."""
        return float(self.seen[index]) if index < len(self.seen) else np.inf

    def stale_after(self, index: int) -> float:
        """Return how many seconds old the latest reading of a row may be before it is stale."""
        return STALE_AFTER * (self.catalog[index].every + self.asked_every)

    def ahead(self, index: int) -> float:
        """Return how many seconds the clock was ahead by which the latest reading was taken."""
        return float(self.times[index] - self.seen[index])

    def text(self, index: int) -> str:
        """Return the value of a row for people, without its unit."""
        value = self.values[index]
        if np.isnan(value):
            return ""
        return value_text(value, int(self.kinds[index]), self.known_texts)

    def texts(self) -> Floats:
        """Return the numbers of the texts among the values."""
        found: Floats = self.values[self.kinds == TEXT]
        return found

    def text_of(self, number: float) -> str:
        """Return the text that stands for a number among the values, as it is shown."""
        return self.known_texts.shown(number)


def value_text(value: float, kind: int, texts: Texts) -> str:
    """Return a value for people: numbers with six digits at the most, truth values and texts as words."""
    if kind == TEXT:
        return texts.shown(value)
    if kind == TRUTH:
        return "true" if value else "false"
    if kind == WHOLE or (kind == NUMBER and abs(value) < 1e15 and value == int(value)):
        return f"{value:.0f}"
    return f"{value:.6g}"
