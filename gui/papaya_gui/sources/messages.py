"""Converts broker messages to columns of readings; unreadable messages are counted, never raised."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

import numpy as np

from papaya.foreign import ForeignValue, Unusable, json_in, plain_number, quick_json_in
from papaya.manifest.model import Sensor
from papaya.sensors.reading import LONGEST_TEXT, is_numeric, objection_to_time
from papaya_gui.models.batch import EMPTY, NUMBER, TEXT, TRUTH, WHOLE, Batch
from papaya_gui.models.catalog import MOST_FOUND, Catalog, is_key
from papaya_gui.models.texts import Texts
from papaya_gui.sources.past import LARGEST
from papaya_gui.sources.topics import Pattern

# Topic, payload and time of arrival in seconds.
Message = tuple[str, bytes, float]
Entry = tuple[int, float, float, int]

# Limits for unknown devices, whose names may be errors of the sender.
_MOST_STRANGERS, _LONGEST_NAME = 1_000, 255
# Below a `#` anything may stand, another thing each time.
_MOST_TOPICS = 200_000
# What programs print where a number should be; as a text it would make the sensor one of texts.
_NO_NUMBERS = frozenset({"", "nan", "-nan", "inf", "-inf"})


class Unreadable(ValueError):
    """The reader cannot read a message."""


class MessageReader:
    """Reads messages of a broker.

    A JSON object holds values by key, or `ts` in milliseconds and `values`; a list of such objects also
    works. Any other payload is the value of the key in the topic: a number, a boolean or plain text. With a
    key in the topic, the payload may also be an object of `value` and optionally `ts`. `strangers` counts
    messages of devices that the catalog does not have, `unreadable` counts messages without a readable value.
    """

    def __init__(self, catalog: Catalog, pattern: Pattern, texts: Texts) -> None:
        self._catalog, self._pattern, self._texts = catalog, pattern, texts
        self._rows: dict[tuple[str, str], int] = {}
        self._topics: dict[str, tuple[str, str]] = {}
        self.strangers: Counter[str] = Counter()
        self.unreadable = 0
        self.last_unreadable = self._topic = ""

    def read(self, messages: Iterable[Message]) -> Batch:
        """Return the readings of messages, in their order."""
        entries: list[Entry] = []
        for topic, payload, arrived in messages:
            self._topic = topic
            try:
                entries.extend(self._entries(topic, payload, arrived))
            except Exception:
                # An error in a message loses only this message.
                self._cannot_read()
        if not entries:
            return EMPTY
        rows, times, values, kinds = zip(*entries, strict=True)
        return Batch(
            np.array(rows, np.int32),
            np.array(times, np.float64),
            np.array(values, np.float64),
            np.array(kinds, np.int8),
        )

    def _entries(self, topic: str, payload: bytes, arrived: float) -> list[Entry]:
        names = self._topics.get(topic)
        if names is None:
            if len(self._topics) >= _MOST_TOPICS:
                self._topics.clear()
            names = self._topics[topic] = self._pattern.match(topic)
        device, key = names
        if not self._catalog.has_device(device):
            name = device[:_LONGEST_NAME]
            if name in self.strangers or len(self.strangers) < _MOST_STRANGERS:
                self.strangers[name] += 1
            # It is not in the catalog, and must not fill the memory either.
            del self._topics[topic]
            return []
        text = payload.decode()
        said = self._decoded(text)
        if isinstance(said, dict | list) and not (key and _is_value(said)):
            return list(self._telemetry(device, said, arrived))
        if not key:
            raise Unreadable
        if isinstance(said, dict):
            arrived, said = _time(said.get("ts"), arrived), said["value"]
        entry = self._entry(device, key, said, arrived)
        return [] if entry is None else [entry]

    def _decoded(self, text: str) -> object:
        """Return what a message says: JSON, or the text as it stands."""
        try:
            return quick_json_in(text)
        except ValueError:
            if text.strip().lower() in _NO_NUMBERS:
                raise Unreadable from None
        try:
            # The usual decoder is quicker, but gives up the whole message for one endless integer.
            return json_in(text, unusable=Unusable)
        except ForeignValue:
            return text

    def _cannot_read(self) -> None:
        self.unreadable += 1
        self.last_unreadable = self._topic

    def _telemetry(self, device: str, said: object, arrived: float) -> Iterator[Entry]:
        parts = said if isinstance(said, list) else [said]
        readable = [part for one in parts if (part := _part(one, arrived)) is not None]
        if parts and not readable:
            raise Unreadable
        for _ in range(len(parts) - len(readable)):
            # An invalid part does not affect its neighbors either.
            self._cannot_read()
        for values, moment in readable:
            for key, value in values.items():
                # An invalid value does not affect its neighbors.
                try:
                    entry = self._entry(device, key, value, moment)
                except (ValueError, OverflowError):
                    self._cannot_read()
                else:
                    if entry is not None:
                        yield entry

    def _entry(self, device: str, key: str, value: object, moment: float) -> Entry | None:
        if value is None:
            return None
        if isinstance(value, str):
            value = self._number_or_text(device, key, value)
        if isinstance(value, bool):
            number, kind = float(value), TRUTH
        elif isinstance(value, int | float):
            number, kind = float(value), WHOLE if isinstance(value, int) else NUMBER
            if not abs(number) < LARGEST:
                raise Unreadable
        elif isinstance(value, str) and len(value) <= LONGEST_TEXT:
            number, kind = float(self._texts.number(value)), TEXT
        else:
            raise Unreadable
        row = self._rows.get((device, key))
        if row is None:
            row = self._rows[device, key] = self._row(device, key)
        return row, moment, number, kind

    def _number_or_text(self, device: str, key: str, text: str) -> int | float | str:
        """Return a text, or of a sensor with a range or thresholds the number that it is."""
        known = self._catalog.find(device, key)
        if known is None or not is_numeric(known.sensor):
            return text
        number = plain_number(text)
        if number is None:
            raise Unreadable
        return number

    def _row(self, device: str, key: str) -> int:
        known = self._catalog.find(device, key)
        if known is None:
            if not is_key(key) or len(self._catalog.rows_of(device)) >= MOST_FOUND:
                raise Unreadable
            known = self._catalog.add(device, Sensor(key))
        return known.index


def _part(said: object, arrived: float) -> tuple[dict[str, object], float] | None:
    """Return values by key and their time, None where they are none, or have none."""
    if not isinstance(said, dict):
        return None
    if not isinstance(said.get("values"), dict):
        return said, arrived
    try:
        return said["values"], _time(said.get("ts"), arrived)
    except Unreadable:
        return None


def _is_value(said: object) -> bool:
    return isinstance(said, dict) and "value" in said and said.keys() <= {"value", "ts"}


def _time(ts: object, arrived: float) -> float:
    if ts is None:
        return arrived
    if not isinstance(ts, int) or objection_to_time(ts) is not None:
        raise Unreadable
    return ts / 1000
