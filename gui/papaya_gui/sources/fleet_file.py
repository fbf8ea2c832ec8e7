"""One JSON or CSV file with values of many devices, which another program writes.

CSV has a line of names: `device`, and either `key` and `value` or a column for each key. JSON is an object of
devices with their values by key, or a list of objects like the lines of CSV, whose keys may also stand in
`values`. A `ts` is in milliseconds since 1970 or a time in ISO 8601; what has none was measured when the file
was written. Where a file has several values of a sensor, the last one counts, and the others are its past.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from papaya.manifest.model import Sensor
from papaya.sensors.backend import SensorBackend, SensorFault
from papaya.sensors.file import read_text
from papaya.sensors.parsed import cell
from papaya.sensors.reading import Value, objection_to_time
from papaya.sensors.source import Source
from papaya_gui.models.catalog import Row
from papaya_gui.models.texts import Texts
from papaya_gui.sources.past import past_from
from papaya_gui.sources.polled import DeviceReading
from papaya_gui.sources.supply import Past

MOST_BYTES = 32 * 1024 * 1024
_DEVICE, _KEY, _VALUE, _VALUES, _TS = "device", "key", "value", "values", "ts"


class FleetFile(SensorBackend):
    """The latest values in the file; of CSV that is written on, every line that has come since."""

    def __init__(self, source: Source) -> None:
        self._path = source.path()
        self._before: tuple[str, int] | None = None

    def get_available_sensors(self) -> Sequence[Sensor]:
        """Return none: what the file has is known once it has been read."""
        return ()

    def get_latest_readings(self) -> Sequence[DeviceReading]:
        """Return the last value of every sensor in the file, or what has come since it was read before."""
        text, written = read_text(self._path, MOST_BYTES)
        if _is_csv(self._path):
            text = _complete(text)
        before, self._before = self._before, (text, written)
        if before == (text, written):
            return ()
        try:
            known = before[0] if before is not None and _is_csv(self._path) else ""
            if known and len(text) > len(known) and text.startswith(known):
                names, _, _ = text.partition("\n")
                return tuple(readings_in(f"{names}\n{text[len(known) :]}", written, self._path))
            latest = {(one.device, one.name): one for one in readings_in(text, written, self._path)}
        except SensorFault:
            self._before = None
            raise
        return tuple(latest.values())


def past_in(path: Path, row: Row, start: float, end: float, texts: Texts) -> Past:
    """Return the values of a row between two times in seconds that a file has."""
    text, written = read_text(path, MOST_BYTES)
    samples = [
        (one.timestamp, one.value)
        for one in readings_in(text, written, path)
        if (one.device, one.name) == (row.device, row.sensor.key) and start <= one.timestamp / 1000 < end
    ]
    return past_from(sorted(samples, key=lambda sample: sample[0]), texts)


def readings_in(text: str, written: int, path: Path) -> Iterator[DeviceReading]:
    """Yield what a file says, line after line; `written` is the time of what has none, in milliseconds."""
    lines = _csv(text) if _is_csv(path) else _json(text)
    for line in lines:
        device = line.get(_DEVICE)
        if not isinstance(device, str) or not device:
            raise SensorFault(f"{path} has a line without a device")
        moment = _milliseconds(line.get(_TS), written)
        for key, value in _values(line):
            if isinstance(value, Mapping) and _VALUE in value:
                yield _reading(device, key, value[_VALUE], _milliseconds(value.get(_TS), moment))
            elif value is not None and value != "":
                yield _reading(device, key, value, moment)


def _values(line: Mapping[str, object]) -> Iterable[tuple[str, object]]:
    if isinstance(line.get(_KEY), str):
        return [(str(line[_KEY]), line.get(_VALUE))]
    values = line.get(_VALUES)
    named = values if isinstance(values, Mapping) else line
    return [(str(key), value) for key, value in named.items() if key not in (_DEVICE, _TS)]


def _reading(device: str, key: str, value: object, timestamp: int) -> DeviceReading:
    # Whatever it is: it is checked, and told of, where readings are taken.
    checked: Value = value  # type: ignore[assignment]
    return DeviceReading(key, checked, "", timestamp, device)


def _csv(text: str) -> Iterator[Mapping[str, object]]:
    rows = csv.reader(io.StringIO(_complete(text)))
    names = [name.strip() for name in next(rows, [])]
    if _DEVICE not in names or len(set(names)) != len(names):
        raise SensorFault("it is no CSV whose first line names a column device, and none twice")
    for row in rows:
        if len(row) != len(names):
            raise SensorFault(f"line {rows.line_num} has {len(row)} cells, and the first line {len(names)}")
        texts = dict(zip(names, row, strict=True))
        # A name stays a text, whatever it looks like.
        yield {
            name: text if name in (_DEVICE, _KEY) else cell(text)
            for name, text in texts.items()
            if text.strip()
        }


def _is_csv(path: Path) -> bool:
    return path.suffix.lower() == ".csv"


def _complete(text: str) -> str:
    """Return a text without its last line where the other program is still writing it."""
    return text[: text.rfind("\n") + 1]


def _json(text: str) -> Iterator[Mapping[str, object]]:
    try:
        document = json.loads(text)
    except ValueError as error:
        raise SensorFault(f"it is no JSON: {error}") from error
    if isinstance(document, dict):
        document = [
            {_VALUES: values, **{_DEVICE: device}} if isinstance(values, dict) else None
            for device, values in document.items()
        ]
    if not isinstance(document, list) or not all(isinstance(line, dict) for line in document):
        raise SensorFault("it is no JSON of devices with their values")
    yield from document


def _milliseconds(moment: object, otherwise: int) -> int:
    if moment is None:
        return otherwise
    if isinstance(moment, str):
        try:
            parsed = datetime.fromisoformat(moment)
        except ValueError:
            raise SensorFault(f"{moment[:40]} is no time in ISO 8601") from None
        return round((parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp() * 1000)
    objection = objection_to_time(moment)
    if objection is not None or not isinstance(moment, int):
        raise SensorFault(objection or "a time is no number")
    return moment
