"""One JSON or CSV file with values of many devices, which another program writes.

CSV has a line of names: `device`, and either `key` and `value` or a column for each key; `headings` has what
else is understood. JSON is an object of devices with their values by key, or a list of objects like the lines
of CSV, whose keys may also stand in `values`; or such an object on each line. A `ts` is a number since 1970
or a time in ISO 8601; what has none was measured when the file was written. Blank lines and `null` say
nothing.
Where a file has several values of a sensor, the newest one counts, and the others are its past. A file that
names times, but no device, is of one: its `owner`.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

from papaya.foreign import Unusable, shown
from papaya.sensors.backend import SensorFault
from papaya.sensors.file import read_text
from papaya.sensors.reading import Value
from papaya.sensors.source import Source
from papaya_gui.models.catalog import Row
from papaya_gui.models.texts import Texts
from papaya_gui.sources.encodings import text_of
from papaya_gui.sources.fleet_csv import Line, complete, is_csv, lines_in_csv
from papaya_gui.sources.fleet_json import lines_in_json
from papaya_gui.sources.headings import DEVICE, KEY, TITLE, TS, UNIT, VALUE, VALUES, title_and_unit
from papaya_gui.sources.latest import latest_of
from papaya_gui.sources.left_out import LeftOut
from papaya_gui.sources.moments import milliseconds_of
from papaya_gui.sources.past import past_from
from papaya_gui.sources.polled import DeviceReading
from papaya_gui.sources.reckoning import Elapsed, TwoDays, as_iso, elapsed_in, may_mean_two_days, order_in
from papaya_gui.sources.supply import Past, Span

MOST_BYTES = 32 * 1024 * 1024
_SMALL_BYTES, _WRITTEN_ON_WITHIN = 4 * 1024 * 1024, 600.0
# The last line of a file that has not been written on for so many seconds is no half line.
AT_REST = 10.0
# Ten thousand devices of a hundred sensors; three bytes of JSON take a hundred in memory.
MOST_VALUES = 1_000_000
# About a second's work.
_STEP = 100_000


def is_large(path: Path) -> bool:
    """Return whether a file is read once, as a recording: CSV that is large, and that nobody writes on."""
    status = path.stat()
    is_old = time.time() - status.st_mtime > _WRITTEN_ON_WITHIN
    return is_csv(path) and (status.st_size > MOST_BYTES or (is_old and status.st_size > _SMALL_BYTES))


class FleetFile:
    """The latest values in the file; of CSV that is written on, every line that has come since.

    A line or an entry that cannot be used costs nothing but itself, and is noted in `left_out`.
    """

    def __init__(self, source: Source, left_out: LeftOut | None = None) -> None:
        self._path, self._owner = source.path(), str(source.options.get("device") or "")
        self._order = str(source.options.get("dates") or "")
        self._left_out = left_out or LeftOut()
        self._before: tuple[str, int] | None = None
        # What is left of the file, where it is long: one step is read at a time, so that values show soon.
        self._rest: Iterator[DeviceReading | None] | None = None
        self._is_latest = True

    def get_available_sensors(self) -> Sequence[str]:
        """Return none: what the file has is known once it has been read."""
        return ()

    def get_latest_readings(self) -> Sequence[DeviceReading]:
        """Return the last value of every sensor in the file, or what has come since it was read before.

        A long file is read in steps: the first call returns what its first lines say, the next ones the rest.
        """
        if self._rest is not None:
            return self._step()
        text, written = _read(self._path)
        is_table = is_csv(self._path)
        before, self._before = self._before, (text, written)
        if before == (text, written):
            return ()
        known = before[0] if before is not None and is_table else ""
        if known and len(text) > len(known) and text.startswith(known):
            self._is_latest = False
            self._rest = _readings(
                lines_in_csv(text, len(known), self._owner, self._order), written, self._left_out
            )
        else:
            self._is_latest = True
            self._left_out.begin()
            self._rest = _readings(_lines(text, is_table, self._owner, self._order), written, self._left_out)
        return self._step()

    def _step(self) -> Sequence[DeviceReading]:
        """Return what the next lines say."""
        try:
            step = list(islice(self._rest or (), _STEP))
        except SensorFault as fault:
            self._before = self._rest = None
            raise SensorFault(f"{self._path}: {fault.message}", remedy=fault.remedy) from None
        if len(step) < _STEP:
            self._rest = None
        found = [one for one in step if one is not None]
        if not self._is_latest:
            return tuple(found)
        return latest_of(found, self._left_out)


def past_in(path: Path, owner: str, order: str, row: Row, start: float, end: float, texts: Texts) -> Past:
    """Return the values of a row between two times in seconds that a file has."""
    text, written = _read(path)
    # The newest, where one sensor has millions.
    samples = deque(
        (
            (one.timestamp, one.value)
            for one in readings_in(text, written, path, owner=owner, order=order)
            if (one.device, one.name) == (row.device, row.sensor.key) and start <= one.timestamp / 1000 < end
        ),
        MOST_VALUES,
    )
    return past_from(sorted(samples, key=lambda sample: sample[0]), texts, row.sensor, by_most=True)


def extent_in(path: Path, owner: str, order: str, row: Row | None = None) -> Span | None:
    """Return from when to when a file has values, of one row or of all."""
    text, written = _read(path)
    wanted = None if row is None else (row.device, row.sensor.key)
    times = [
        one.timestamp / 1000
        for one in readings_in(text, written, path, owner=owner, order=order)
        if wanted is None or (one.device, one.name) == wanted
    ]
    return (min(times), max(times)) if times else None


def devices_in(path: Path, owner: str, order: str = "") -> Iterator[str]:
    """Yield the device of each value in a file."""
    text, written = _read(path)
    return (one.device for one in readings_in(text, written, path, owner=owner, order=order))


def readings_in(
    text: str,
    written: int,
    path: Path,
    left_out: LeftOut | None = None,
    owner: str = "",
    order: str = "",
) -> Iterator[DeviceReading]:
    """Yield what a file says, line after line; `written` is the time of what has none, in milliseconds.

    What cannot be used is noted in `left_out`; raises SensorFault where the file as a whole cannot be read.
    """
    lines = _lines(text, is_csv(path), owner, order)
    return readings_of(lines, written, left_out or LeftOut())


def readings_of(lines: Iterable[Line], written: int, left_out: LeftOut) -> Iterator[DeviceReading]:
    """Yield what lines say; see `readings_in`."""
    return (one for one in _readings(lines, written, left_out) if one is not None)


def _lines(text: str, is_table: bool, owner: str, order: str) -> Iterator[Line]:
    if is_table:
        yield from lines_in_csv(text, owner=owner, order=order)
        return
    order = order or order_in(text)
    for place, line in lines_in_json(text, owner, MOST_VALUES):
        moment = line.get(TS) if isinstance(line, Mapping) else None
        if isinstance(line, Mapping) and isinstance(moment, str):
            if not order and may_mean_two_days(moment):
                raise TwoDays(shown(moment))
            yield place, {**line, TS: as_iso(moment, order)}
        else:
            yield place, line


def _read(path: Path) -> tuple[str, int]:
    """Return the text of a file and when it was written; of CSV, the lines that are written to their ends."""
    text, written = read_text(path, MOST_BYTES, text_of)
    if not is_csv(path):
        return text, written
    if text and not text.endswith("\n") and time.time() - written / 1000 > AT_REST:
        text += "\n"
    return complete(text), written


def _readings(lines: Iterable[Line], written: int, left_out: LeftOut) -> Iterator[DeviceReading | None]:
    """Yield readings, and None before each line, so that steps have few lines where lines say nothing."""
    for place, line in lines:
        yield None
        if isinstance(line, str):
            left_out.add(line)
            continue
        device = line.get(DEVICE)
        if not isinstance(device, str) or not device:
            left_out.add(f"{place} is a line without a device")
            continue
        try:
            moment = _milliseconds(line.get(TS), written, left_out, written)
        except SensorFault as fault:
            left_out.add(f"{place}: {fault.message}")
            continue
        yield from _values_of(device, line, moment, left_out, written)


def _values_of(
    device: str, line: Mapping[str, object], moment: int, left_out: LeftOut, written: int
) -> Iterator[DeviceReading]:
    its_unit, title = (_said(line, UNIT), _said(line, TITLE)) if KEY in line else ("", "")
    for key, value in _values(line):
        its_moment = moment
        if isinstance(value, Mapping) and VALUE in value:
            try:
                its_moment = _milliseconds(value.get(TS), moment, left_out, written)
            except SensorFault as fault:
                left_out.add(f"{shown(key)} of {shown(device)}: {fault.message}")
                continue
            value = value[VALUE]
        if isinstance(value, Unusable):
            left_out.add(f"{shown(key)} of {shown(device)}: {value} is not a number that can be kept")
        elif value is not None and value != "":
            # Whatever it is: it is checked, and told of, where readings are taken.
            checked: Value = value  # type: ignore[assignment]
            plain, behind = title_and_unit(key)
            yield DeviceReading(key, checked, its_unit or behind, its_moment, device, title or plain)


def _values(line: Mapping[str, object]) -> Iterable[tuple[str, object]]:
    if isinstance(line.get(KEY), str):
        return [(str(line[KEY]), line.get(VALUE))]
    values = line.get(VALUES)
    named = values if isinstance(values, Mapping) else line
    return [(str(key), value) for key, value in named.items() if key not in (DEVICE, TS)]


def _said(line: Mapping[str, object], name: str) -> str:
    """Return what a line with a key says of its sensor."""
    said = line.get(name)
    return said if isinstance(said, str) else ""


def _milliseconds(moment: object, otherwise: int, left_out: LeftOut, written: int) -> int:
    if moment is None:
        return otherwise
    elapsed = moment if isinstance(moment, Elapsed) else elapsed_in(moment)
    if elapsed is not None:
        left_out.is_from_zero = True
        moment = elapsed.since_midnight(written)
    milliseconds, has_zone = milliseconds_of(moment)
    if not has_zone:
        left_out.is_without_zone = True
    return milliseconds
