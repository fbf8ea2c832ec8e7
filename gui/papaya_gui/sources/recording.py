"""A large CSV file as a recording: read once, piece by piece, while what has been read can be looked at."""

from __future__ import annotations

import logging
import threading
import time
from pathlib import Path

import numpy as np

from papaya.counting import first_of
from papaya.sensors.backend import SensorFault
from papaya.sensors.condition import Condition, Health
from papaya_gui.models.batch import NUMBER, TEXT, Batch, Floats, Inbox, joined
from papaya_gui.models.catalog import Catalog, Row
from papaya_gui.models.pyramid import Summary
from papaya_gui.sources.left_out import LeftOut
from papaya_gui.sources.past import MOST_SAMPLES as FEW
from papaya_gui.sources.recording_csv import Columns, head_in, pieces_in
from papaya_gui.sources.supply import Past, Span, Supply, Tell

log = logging.getLogger(__name__)

# 21 bytes each, twice while they are put in order.
MOST_SAMPLES = 10_000_000
_FAREWELL = 0.5
_TOGETHER, _PAUSE = 48, 0.0005


class RecordingSupply(Supply):
    """Answers for the past from columns in memory; the last value of each sensor is told at the end."""

    name = "file"

    def __init__(
        self, catalog: Catalog, inbox: Inbox, tell: Tell, path: Path, owner: str = "", order: str = ""
    ) -> None:
        super().__init__(catalog, inbox, tell)
        self._path, self._owner, self._order, self._left_out = path, owner, order, LeftOut()
        self._pieces: list[Batch] = []
        self._fresh: list[Batch] = []
        self._span: Span | None = None
        self._part: float | None = 0.0
        self._stopping, self._cancelled = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="papaya-recording", daemon=True)

    @property
    def where(self) -> str:
        """The file."""
        return str(self._path)

    @property
    def recorded(self) -> Span | None:
        """The times of the first and the last value that have been read so far."""
        return self._span

    @property
    def reading(self) -> float | None:
        """Which part of the file has been read; None once it is done."""
        return self._part

    def stop_reading(self) -> None:
        """Keep what has been read, and leave the rest."""
        self._cancelled.set()

    @property
    def has_history(self) -> bool:
        """Always: it has nothing else."""
        return True

    def start(self) -> None:
        """Begin to read."""
        self.tell(Condition(Health.CONNECTING))
        self._thread.start()

    def close(self) -> None:
        """End the thread."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(_FAREWELL)

    def extent(self, row: Row) -> Span | None:
        """Return from when to when there are values of a row."""
        times, _, _ = self._samples(row)
        return (float(times.min()), float(times.max())) if len(times) else None

    def history(self, row: Row, start: float, end: float, points: int) -> Past:
        """Return the samples between two times, of many numbers their extremes."""
        times, values, kind = self._samples(row)
        inside = (times >= start) & (times < end)
        times, values = times[inside], values[inside]
        if len(times) <= FEW or kind != NUMBER:
            return Past(times[:FEW], values[:FEW], kind=kind)
        return _condensed(times, values, start, (end - start) / max(points, 1))

    def summary(self, row: Row, start: float, end: float) -> Summary | None:
        """Return a summary of the numbers between two times."""
        times, values, kind = self._samples(row)
        first, stop = np.searchsorted(times, start), np.searchsorted(times, end, side="right")
        some = values[first:stop]
        if kind != NUMBER or not len(some):
            return None
        last = float(times[stop - 1]), float(some[-1])
        return Summary(len(some), float(some.min()), float(some.max()), float(some.sum()), last)

    def _samples(self, row: Row) -> tuple[Floats, Floats, int]:
        found = [(piece, piece.rows == row.index) for piece in tuple(self._pieces)]
        times = np.concatenate([np.empty(0), *(piece.times[own] for piece, own in found)])
        values = np.concatenate([np.empty(0), *(piece.values[own] for piece, own in found)])
        kinds = np.concatenate([np.empty(0, np.int8), *(piece.kinds[own] for piece, own in found)])
        if not len(kinds):
            return times, values, NUMBER
        order = np.argsort(times, kind="stable")
        if 2 * np.count_nonzero(kinds == TEXT) < len(kinds):
            # Among numbers, a text such as ERR is no value.
            order = order[kinds[order] != TEXT]
        kind = int(kinds[order[-1]])
        order = order[kinds[order] == kind]
        return times[order], values[order], kind

    def _run(self) -> None:
        try:
            self._read()
        except SensorFault as fault:
            self.tell(Condition(Health.FAULT, fault.message, fault.remedy or "Choose another file."))
        except Exception:
            log.exception("reading %s failed", self._path)
            self.tell(Condition(Health.FAULT, f"{self._path}: an unexpected fault, which the log has"))
        finally:
            self._part = None

    def _read(self) -> None:
        head = head_in(self._path, self._owner, self._order)
        written = self._path.stat().st_mtime_ns // 1_000_000
        columns = Columns(head, self.catalog, self.inbox.texts, written, self._left_out)
        count, doubts = 0, []
        for piece in pieces_in(self._path, head):
            if self._stopping.is_set():
                return
            batch = columns.batch(piece)
            count += len(batch)
            self._take(batch, piece.part)
            if self._cancelled.is_set():
                doubts.append(f"reading was cancelled at {piece.part:.0%}")
                break
            if count >= MOST_SAMPLES:
                doubts.append(f"only the first {count:,} values are shown")
                break
        self._tell_last()
        doubts += self._left_out.doubts
        if columns.strangers:
            names = first_of(columns.strangers)
            doubts.append(
                f"values of devices that the manifest does not have ({len(columns.strangers)}): {names}"
            )
        self.tell(Condition(Health.LIVE, "; ".join(doubts)))

    def _take(self, batch: Batch, part: float) -> None:
        if len(batch):
            first, last = float(batch.times.min()), float(batch.times.max())
            span = self._span or (first, last)
            is_first = self._span is None
            self._fresh.append(batch)
            self._span = min(first, span[0]), max(last, span[1])
            if is_first:
                self.tell(Condition(Health.LIVE))
        if len(self._fresh) >= _TOGETHER or len(self._pieces) < 2 or part >= 1.0:
            self._gather()
        self._part = part
        # The window gets its turn.
        time.sleep(_PAUSE)

    def _gather(self) -> None:
        """Let what has been read be asked for; few large pieces are looked through sooner than many."""
        if self._fresh:
            self._pieces.append(joined(self._fresh))
            self._fresh = []

    def _tell_last(self) -> None:
        """Put the pieces in order of their rows, and tell the last value of each."""
        self._gather()
        together = joined(self._pieces)
        if not len(together):
            return
        together = self._without_odd_texts(together)
        order = np.lexsort((together.times, together.rows))
        ends = order[np.append(np.flatnonzero(np.diff(together.rows[order])), len(order) - 1)]
        self.inbox.put_columns(
            Batch(together.rows[ends], together.times[ends], together.values[ends], together.kinds[ends])
        )

    def _without_odd_texts(self, found: Batch) -> Batch:
        """Return readings without the texts of sensors that mostly have numbers, as curves are drawn."""
        is_text = found.kinds == TEXT
        if not is_text.any():
            return found
        every = np.bincount(found.rows)
        usual = np.bincount(found.rows[is_text], minlength=len(every)) * 2 < every
        odd = is_text & usual[found.rows]
        if odd.any():
            row = self.catalog[int(found.rows[odd][-1])]
            told = f"{row.sensor.key} of {row.device} has a text among numbers, such as an error"
            self._left_out.add(told, int(odd.sum()))
        good = ~odd
        return Batch(found.rows[good], found.times[good], found.values[good], found.kinds[good])


def _condensed(times: Floats, values: Floats, start: float, interval: float) -> Past:
    """Return lowest, mean and highest value of intervals; the times are in order."""
    places = np.floor((times - start) / interval).astype(np.int64)
    found, firsts = np.unique(places, return_index=True)
    counts = np.diff(np.append(firsts, len(times)))
    middles = start + (found + 0.5) * interval
    low, high = np.minimum.reduceat(values, firsts), np.maximum.reduceat(values, firsts)
    means = np.add.reduceat(values, firsts) / counts
    return Past(middles.astype(np.float64), means, interval, low, high)
