"""Latest telemetry of many devices: queries that fit into a frame, and what their rows say."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from papaya.api.query import listed
from papaya.foreign import moment
from papaya.manifest.model import Json
from papaya.sensors.reading import Value

# What the server takes in one frame, the frame's end included.
MAX_FRAME = 32_768
TIME_SERIES = "TIME_SERIES"
# 480 ids of 39 bytes and these keys leave 1,500 bytes for the rest of a command.
_DEVICES = 480
_KEY_BYTES = 12_000
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_LARGEST = 2**63


@dataclass(frozen=True, slots=True)
class Portion:
    """Devices and keys that one command or query asks for."""

    devices: tuple[str, ...]
    keys: tuple[str, ...]

    def pairs(self) -> Iterator[tuple[str, str]]:
        """Yield every device with every key."""
        return ((device, key) for device in self.devices for key in self.keys)


@dataclass(frozen=True, slots=True)
class Update:
    """The latest value of one key of one device; the time is in milliseconds."""

    device: str
    key: str
    ts: int
    value: Value


def portions(wanted: Mapping[str, Collection[str]]) -> Iterator[Portion]:
    """Divide keys by device into portions, few and each small enough for a frame."""
    groups: dict[frozenset[str], list[str]] = {}
    for device, keys in wanted.items():
        if keys:
            groups.setdefault(frozenset(keys), []).append(device)
    for group, devices in groups.items():
        for keys in _keys_by_size(sorted(group)):
            for start in range(0, len(devices), _DEVICES):
                yield Portion(tuple(devices[start : start + _DEVICES]), keys)


def subscription(number: int, portion: Portion) -> Json:
    """Return the command that subscribes to a portion."""
    return {
        "cmdId": number,
        "type": "ENTITY_DATA",
        # Without the empty list the server fails without a word.
        "query": _query(portion, latest=[]),
        "latestCmd": {"keys": _keys(portion)},
    }


def query_of(portion: Portion) -> Json:
    """Return the body of the entity query that asks for a portion once."""
    return _query(portion, latest=_keys(portion))


def devices_in(rows: Json) -> set[str]:
    """Return which devices the rows of an answer are about."""
    return {device for device, _ in _cells(rows)}


def updates_in(rows: Json) -> Iterator[Update]:
    """Yield the values in the rows of an answer; keys without one are left out."""
    for device, cells in _cells(rows):
        for key, cell in cells.items():
            ts = cell.get("ts") if isinstance(cell, dict) else None
            value = cell.get("value") if isinstance(cell, dict) else None
            # A key that has no value has the time 0, a deleted one too.
            if (at := moment(ts)) and isinstance(value, str):
                yield Update(device, key, at, value_of(value))


def value_of(text: str) -> Value:
    """Return what the text of a value was: queries and updates know no types."""
    if text in ("true", "false"):
        return text == "true"
    number = _NUMBER.fullmatch(text)
    if number is None:
        return text
    if number[1] is None and number[2] is None:
        # The server itself keeps larger ones as text.
        return int(text) if len(text) <= 20 and -_LARGEST <= int(text) < _LARGEST else text
    return float(text) if math.isfinite(float(text)) else text


def size_of(body: Json) -> int:
    """Return how many bytes a body is as a frame."""
    return len(text_of(body).encode())


def text_of(body: Json) -> str:
    """Return a body as it is sent."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def _keys_by_size(keys: Collection[str]) -> Iterator[tuple[str, ...]]:
    piece: list[str] = []
    size = 0
    for key in keys:
        more = size_of({"type": TIME_SERIES, "key": key}) + 1
        if piece and size + more > _KEY_BYTES:
            yield tuple(piece)
            piece, size = [], 0
        piece.append(key)
        size += more
    if piece:
        yield tuple(piece)


def _keys(portion: Portion) -> list[Json]:
    return [{"type": TIME_SERIES, "key": key} for key in portion.keys]


def _query(portion: Portion, latest: list[Json]) -> Json:
    order: Json = {"key": {"type": "ENTITY_FIELD", "key": "name"}, "direction": "ASC"}
    return {
        "entityFilter": listed("DEVICE", portion.devices),
        "pageLink": {"pageSize": len(portion.devices), "page": 0, "sortOrder": order},
        "entityFields": [{"type": "ENTITY_FIELD", "key": "name"}],
        "latestValues": latest,
        "keyFilters": [],
    }


def _cells(rows: Json) -> Iterator[tuple[str, dict[str, Json]]]:
    for row in rows if isinstance(rows, list) else ():
        match row:
            case {"entityId": {"id": str(device)}, **others}:
                latest = others.get("latest")
                cells = latest.get(TIME_SERIES) if isinstance(latest, dict) else None
                yield device, cells if isinstance(cells, dict) else {}
