"""Samples as tidy CSV: one line for each sample, that spreadsheets and data frames read as it is meant."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from papaya.errors import Interrupted
from papaya.formulas import guarded
from papaya_gui.models.batch import TEXT, TRUTH, WHOLE, Floats
from papaya_gui.models.catalog import Row
from papaya_gui.models.series import Series
from papaya_gui.models.texts import Texts
from papaya_gui.saving import replaced

COLUMNS = ("time", "epoch_ms", "device", "key", "sensor", "value", "unit", "mean_of_s")
CHUNK = 5_000

# Some spreadsheets divide cells by semicolons or tabs: what holds one is quoted, and stays one cell.
_QUOTED = re.compile('[",;\t\r\n]')


@dataclass(frozen=True, slots=True)
class Samples:
    """The exported samples of one row: times in seconds since 1970, values, and what kind of values they are.

    `spans` are how many seconds each value is the mean of, 0 where it is a sample.
    """

    row: Row
    times: Floats
    values: Floats
    spans: Floats
    kind: int

    def __len__(self) -> int:
        return len(self.times)


def samples_of(series: Series, start: float, end: float) -> Samples:
    """Return a row's samples from one moment to another, both included, those of the past first.

    The columns are copies, so that another thread may read them while the series goes on.
    """
    parts = []
    for stretch in series.history.stretches:
        past = stretch.part(start, min(np.nextafter(end, np.inf), series.held_from))
        condensed = stretch.interval if stretch.low is not None else 0.0
        parts.append((past.times, past.values, condensed))
    live = series.live
    first, behind = np.searchsorted(live.times, start), np.searchsorted(live.times, end, side="right")
    parts.append((live.times[first:behind], live.values[first:behind], 0.0))
    return Samples(
        series.row,
        np.concatenate([times for times, _, _ in parts]),
        np.concatenate([values for _, values, _ in parts]),
        np.concatenate([np.full(len(times), condensed) for times, _, condensed in parts]),
        series.kind,
    )


def text_cell(text: str) -> str:
    """Return a text as a cell of CSV."""
    text = guarded(text)
    return '"{}"'.format(text.replace('"', '""')) if _QUOTED.search(text) else text


def lines(parts: Sequence[Samples], texts: Texts) -> Iterator[tuple[str, int]]:
    """Yield the CSV piece by piece, each with the number of samples in it; the first is the head alone."""
    yield ",".join(COLUMNS) + "\n", 0
    for samples in parts:
        row = samples.row
        between = ",".join(text_cell(text) for text in (row.path, row.sensor.key, row.title))
        unit = text_cell(row.sensor.unit)
        for first in range(0, len(samples), CHUNK):
            times = samples.times[first : first + CHUNK]
            cells = _values(samples.values[first : first + CHUNK], samples.kind, texts)
            spans = [
                "" if not span else f"{span:.10g}" for span in samples.spans[first : first + CHUNK].tolist()
            ]
            epochs = np.rint(times * 1000).astype(np.int64)
            moments = np.datetime_as_string(epochs.view("datetime64[ms]")).tolist()
            yield (
                "".join(
                    [
                        f"{moment}Z,{epoch},{between},{cell},{unit},{span}\n"
                        for moment, epoch, cell, span in zip(
                            moments, epochs.tolist(), cells, spans, strict=True
                        )
                    ]
                ),
                len(times),
            )


def write(
    path: Path,
    parts: Sequence[Samples],
    texts: Texts,
    *,
    told: Callable[[float], None] = lambda _: None,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> int:
    """Write the CSV in one step and return how many samples it holds; `told` hears the part that is done.

    Raises Interrupted once `is_cancelled` says so, and leaves what was at `path` before.
    """
    total, done = sum(len(samples) for samples in parts), 0
    with replaced(path) as file:
        for text, count in lines(parts, texts):
            if is_cancelled():
                raise Interrupted(f"the export was cancelled: nothing was written to {path}")
            file.write(text.encode())
            done += count
            told(done / total if total else 1.0)
    return done


def _values(values: Floats, kind: int, texts: Texts) -> list[str]:
    """Return values as cells; numbers with as many digits as it takes to read the same number again."""
    if kind == TEXT:
        known = {number: text_cell(texts.text(number)) for number in np.unique(values).tolist()}
        return [known[number] for number in values.tolist()]
    if kind == TRUTH:
        return ["true" if value else "false" for value in values.tolist()]
    if kind == WHOLE:
        # The latest value says that they are whole; an earlier one may not have been.
        return [str(int(value)) if value.is_integer() else repr(value) for value in values.tolist()]
    return [repr(value) for value in values.tolist()]
