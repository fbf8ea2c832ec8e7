"""Values in what programs print and files hold: JSON of several shapes, CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass

from papaya.sensors.backend import SensorFault
from papaya.sensors.reading import SensorReading, Value, objection_to_time
from papaya.sensors.source import Source

MOST_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Found:
    """A value by its name, and the time that the source says, if it does."""

    value: object
    timestamp: object | None = None


def found_in_json(text: str) -> dict[str, Found]:
    """Return the values in `{name: value}`, `{name: {value, ts}}` or `{ts, values: {name: value}}`."""
    try:
        document = json.loads(text, parse_constant=_refuse_constant)
    except ValueError as error:
        raise SensorFault(f"it is no JSON: {error}") from error
    if not isinstance(document, dict):
        raise SensorFault(f"it is a JSON {type(document).__name__}, no object of names and values")
    moment = None
    if isinstance(document.get("values"), dict):
        moment, document = document.get("ts"), document["values"]
    return {name: _found(value, moment) for name, value in document.items()}


def found_in_csv(text: str) -> dict[str, Found]:
    """Return the values of the last complete line, by the names in the first; `ts` is its time."""
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        # The other process is still writing this one.
        lines.pop()
    rows = list(csv.reader(io.StringIO("".join([lines[0], lines[-1]])))) if len(lines) > 1 else []
    if len(rows) != 2 or len(rows[0]) != len(rows[1]):
        raise SensorFault("it is no CSV with a line of names and a line of values")
    cells = dict(zip((name.strip() for name in rows[0]), map(cell, rows[1]), strict=True))
    moment = cells.pop("ts", None)
    return {name: Found(value, moment) for name, value in cells.items() if value != ""}


def readings_of(source: Source, found: Mapping[str, Found]) -> list[SensorReading]:
    """Return the readings of a source's sensors; what is missing or `null` is left out."""
    readings = []
    for sensor in source.sensors:
        one = found.get(source.field(sensor))
        if one is None or one.value is None:
            continue
        timestamp = source.now()
        if one.timestamp is not None:
            objection = objection_to_time(one.timestamp)
            if objection is not None:
                raise SensorFault(objection)
            timestamp = _whole(one.timestamp)
        # Whatever it is: the agent checks it, and tells which sensor has it.
        value: Value = one.value  # type: ignore[assignment]
        readings.append(SensorReading(sensor.key, value, sensor.unit, timestamp))
    return readings


def _found(value: object, moment: object) -> Found:
    if isinstance(value, dict) and "value" in value:
        return Found(value["value"], value.get("ts", moment))
    return Found(value, moment)


def cell(text: str) -> object:
    """Return what stands in a cell of CSV: a number, a truth value, or the text."""
    text = text.strip()
    for number in (int, float):
        try:
            return number(text)
        except ValueError:
            continue
    return {"true": True, "false": False}.get(text.lower(), text)


def _whole(timestamp: object) -> int:
    return timestamp if isinstance(timestamp, int) else 0


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is no number")
