"""One JSON or CSV file with values of many devices, which another program writes.

CSV has a line of names: `device`, and either `key` and `value` or a column for each key. JSON is an object of
devices with their values by key, or a list of objects like the lines of CSV, whose keys may also stand in
`values`. A `ts` is in milliseconds since 1970 or a time in ISO 8601; what has none was measured when the file
was written. Blank lines and `null` say nothing. Where a file has several values of a sensor, the last one
counts, and the others are its past.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from papaya.foreign import ForeignValue, Unusable, described, json_in, shown
from papaya.sensors.backend import SensorFault
from papaya.sensors.file import read_text
from papaya.sensors.reading import Value, objection_to_time
from papaya.sensors.source import Source
from papaya_gui.models.catalog import Row
from papaya_gui.models.texts import Texts
from papaya_gui.sources.fleet_csv import Line, complete, is_csv, lines_in_csv
from papaya_gui.sources.left_out import LeftOut
from papaya_gui.sources.past import past_from
from papaya_gui.sources.polled import DeviceReading
from papaya_gui.sources.supply import Past, Span

MOST_BYTES = 32 * 1024 * 1024
_SMALL_BYTES, _WRITTEN_ON_WITHIN = 4 * 1024 * 1024, 600.0
# Ten thousand devices of a hundred sensors; three bytes of JSON take a hundred in memory.
MOST_VALUES = 1_000_000
# About a second's work.
_STEP = 100_000
_DEVICE, _KEY, _VALUE, _VALUES, _TS = "device", "key", "value", "values", "ts"


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
        self._path = source.path()
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
        text, written = read_text(self._path, MOST_BYTES)
        if is_csv(self._path):
            text = complete(text)
        before, self._before = self._before, (text, written)
        if before == (text, written):
            return ()
        known = before[0] if before is not None and is_csv(self._path) else ""
        if known and len(text) > len(known) and text.startswith(known):
            self._is_latest = False
            self._rest = _readings(lines_in_csv(text, len(known)), written, self._left_out)
        else:
            self._is_latest = True
            self._left_out.begin()
            lines = lines_in_csv(text) if is_csv(self._path) else _items_in_json(text)
            self._rest = _readings(lines, written, self._left_out)
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
        return tuple({(one.device, one.name): one for one in found}.values())


def past_in(path: Path, row: Row, start: float, end: float, texts: Texts) -> Past:
    """Return the values of a row between two times in seconds that a file has."""
    text, written = read_text(path, MOST_BYTES)
    # The newest, where one sensor has millions.
    samples = deque(
        (
            (one.timestamp, one.value)
            for one in readings_in(text, written, path)
            if (one.device, one.name) == (row.device, row.sensor.key) and start <= one.timestamp / 1000 < end
        ),
        MOST_VALUES,
    )
    return past_from(sorted(samples, key=lambda sample: sample[0]), texts, row.sensor)


def extent_in(path: Path, row: Row | None = None) -> Span | None:
    """Return from when to when a file has values, of one row or of all."""
    text, written = read_text(path, MOST_BYTES)
    wanted = None if row is None else (row.device, row.sensor.key)
    times = [
        one.timestamp / 1000
        for one in readings_in(text, written, path)
        if wanted is None or (one.device, one.name) == wanted
    ]
    return (min(times), max(times)) if times else None


def readings_in(
    text: str, written: int, path: Path, left_out: LeftOut | None = None
) -> Iterator[DeviceReading]:
    """Yield what a file says, line after line; `written` is the time of what has none, in milliseconds.

    What cannot be used is noted in `left_out`; raises SensorFault where the file as a whole cannot be read.
    """
    lines = lines_in_csv(text) if is_csv(path) else _items_in_json(text)
    return (one for one in _readings(lines, written, left_out or LeftOut()) if one is not None)


def _readings(lines: Iterable[Line], written: int, left_out: LeftOut) -> Iterator[DeviceReading | None]:
    """Yield readings, and None before each line, so that steps have few lines where lines say nothing."""
    for place, line in lines:
        yield None
        if isinstance(line, str):
            left_out.add(line)
            continue
        device = line.get(_DEVICE)
        if not isinstance(device, str) or not device:
            left_out.add(f"{place} is a line without a device")
            continue
        try:
            moment = _milliseconds(line.get(_TS), written)
        except SensorFault as fault:
            left_out.add(f"{place}: {fault.message}")
            continue
        yield from _values_of(device, line, moment, left_out)


def _values_of(
    device: str, line: Mapping[str, object], moment: int, left_out: LeftOut
) -> Iterator[DeviceReading]:
    for key, value in _values(line):
        its_moment = moment
        if isinstance(value, Mapping) and _VALUE in value:
            try:
                its_moment = _milliseconds(value.get(_TS), moment)
            except SensorFault as fault:
                left_out.add(f"{shown(key)} of {shown(device)}: {fault.message}")
                continue
            value = value[_VALUE]
        if isinstance(value, Unusable):
            left_out.add(f"{shown(key)} of {shown(device)}: {value} is not a number that can be kept")
        elif value is not None and value != "":
            # Whatever it is: it is checked, and told of, where readings are taken.
            checked: Value = value  # type: ignore[assignment]
            yield DeviceReading(key, checked, "", its_moment, device)


def _values(line: Mapping[str, object]) -> Iterable[tuple[str, object]]:
    if isinstance(line.get(_KEY), str):
        return [(str(line[_KEY]), line.get(_VALUE))]
    values = line.get(_VALUES)
    named = values if isinstance(values, Mapping) else line
    return [(str(key), value) for key, value in named.items() if key not in (_DEVICE, _TS)]


def _items_in_json(text: str) -> Iterator[Line]:
    try:
        document = json_in(text, unusable=Unusable, most_values=MOST_VALUES)
    except ForeignValue as error:
        raise SensorFault(error.message) from error
    if isinstance(document, dict):
        for device, values in document.items():
            if isinstance(values, dict):
                yield shown(device), {_VALUES: values, _DEVICE: device}
            else:
                what = f"{shown(device)} is {described(values)}"
                yield "", f"{what}: it is no JSON of devices with their values"
    elif isinstance(document, list):
        for number, item in enumerate(document, 1):
            if isinstance(item, dict):
                yield f"item {number}", item
            else:
                what = f"item {number} is {described(item)}"
                yield "", f"{what}: it is no JSON of devices with their values"
    else:
        raise SensorFault("it is no JSON of devices with their values")


def _milliseconds(moment: object, otherwise: int) -> int:
    if moment is None:
        return otherwise
    if isinstance(moment, str):
        try:
            parsed = datetime.fromisoformat(moment.strip())
            moment = round((parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp() * 1000)
        except (ValueError, OverflowError):
            raise SensorFault(f"{shown(str(moment))} is no time in ISO 8601") from None
    if isinstance(moment, Unusable):
        raise SensorFault(f"{moment} is no time")
    objection = objection_to_time(moment)
    if objection is not None or not isinstance(moment, int):
        raise SensorFault(objection or "a time is no number")
    return moment
