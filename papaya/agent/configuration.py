"""Which sensors are read, how often, with what thresholds: the manifest's, as the server has changed them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from papaya.errors import PapayaError
from papaya.foreign import ForeignValue, finite, shown
from papaya.manifest.model import Json, Sensor
from papaya.manifest.sensors import seconds

SHORTEST, LONGEST = 0.1, 86_400.0
DEFAULT_EVERY = 60.0
MOST_SENSORS = 1_000
_LONGEST_KEY, _LONGEST_TEXT = 255, 255
_NUMBERS = {
    "minimum": "minimum",
    "maximum": "maximum",
    "warnAbove": "warn_above",
    "warnBelow": "warn_below",
    "alarmAbove": "alarm_above",
    "alarmBelow": "alarm_below",
    "hysteresis": "hysteresis",
    "deadband": "deadband",
}
_SCALE = ("minimum", "alarm_below", "warn_below", "warn_above", "alarm_above", "maximum")


# A float has no more that mean anything beside a few digits before the point.
MOST_DECIMALS = 9


class Unacceptable(PapayaError):
    """A setting that the server or a call sent, and that is not taken over."""


def sensors_from(value: Json) -> tuple[Sensor, ...]:
    """Return the sensors of the shared attribute `papaya.sensors`; all of them, or none and why."""
    if not isinstance(value, list) or len(value) > MOST_SENSORS:
        raise Unacceptable(f"it is no list of at most {MOST_SENSORS} sensors")
    found = [_sensor(item, number) for number, item in enumerate(value, 1)]
    keys = [sensor.key for sensor in found]
    twice = next((key for key in keys if keys.count(key) > 1), None)
    if twice is not None:
        raise Unacceptable(f"the sensor {shown(twice)} stands in it twice")
    return tuple(found)


def report_every_from(value: Json) -> float:
    """Return the shared attribute `reportEverySeconds`."""
    return _interval(value, "it")


def interval_from(value: Json) -> float:
    """Return an interval that a call asks for."""
    return _interval(value, "seconds")


def in_effect(
    local: Sequence[Sensor], pushed: Sequence[Sensor] | None, *, simulate: bool
) -> tuple[tuple[Sensor, ...], tuple[str, ...]]:
    """Return the sensors to read, and the keys of those that this device has no source for.

    Sources come from the device's own manifest or bundle alone: whoever may write attributes on the server
    must not be able to make the device run programs.
    """
    sources = {sensor.key: sensor.source for sensor in local}
    merged = local if pushed is None else [replace(item, source=sources.get(item.key)) for item in pushed]
    if simulate:
        return tuple(replace(sensor, source={"type": "simulated"}) for sensor in merged), ()
    return (
        tuple(sensor for sensor in merged if sensor.source is not None),
        tuple(sensor.key for sensor in merged if sensor.source is None),
    )


def intervals_of(
    sensors: Iterable[Sensor], report_every: float | None, overridden: Mapping[str, float]
) -> dict[str, float]:
    """Return how often each sensor is read, in seconds."""
    usual = report_every or DEFAULT_EVERY
    return {
        sensor.key: min(max(overridden.get(sensor.key, sensor.every or usual), SHORTEST), LONGEST)
        for sensor in sensors
    }


def _sensor(item: Json, number: int) -> Sensor:
    key = item.get("key") if isinstance(item, dict) else None
    if not isinstance(item, dict) or not _is_text(key, _LONGEST_KEY) or not str(key).strip():
        raise Unacceptable(f"its sensor {number} has no usable key")
    where = shown(str(key), _LONGEST_KEY)
    texts = {name: item.get(name) or "" for name in ("name", "unit")}
    for name, text in texts.items():
        if not _is_text(text, _LONGEST_TEXT):
            raise Unacceptable(f"{name} of {where} is no text of at most {_LONGEST_TEXT} characters")
    numbers = {field: _number(item.get(name), f"{name} of {where}") for name, field in _NUMBERS.items()}
    for name in ("hysteresis", "deadband"):
        if (numbers[name] or 0) < 0:
            raise Unacceptable(f"{name} of {where} is below 0")
    every = item.get("every")
    sensor = Sensor(
        key=str(key),
        name=str(texts["name"]),
        unit=str(texts["unit"]),
        every=None if every is None else _interval(every, f"every of {where}"),
    )
    limits: dict[str, Any] = {**numbers, "decimals": _decimals(item.get("decimals"), f"decimals of {where}")}
    sensor = replace(sensor, **limits)
    _check_order(sensor)
    return sensor


def _check_order(sensor: Sensor) -> None:
    limits = [(name, getattr(sensor, name)) for name in _SCALE if getattr(sensor, name) is not None]
    for (lower, least), (upper, most) in zip(limits, limits[1:], strict=False):
        if least > most:
            key = shown(sensor.key, _LONGEST_KEY)
            raise Unacceptable(f"{upper} {most:g} of {key} is below its {lower} {least:g}")


def _number(value: Json, what: str) -> float | None:
    if value is None:
        return None
    try:
        return finite(value)
    except ForeignValue as error:
        raise Unacceptable(f"{what} is no number that can be used: {error.message}") from error


def _decimals(value: Json, what: str) -> int | None:
    number = _number(value, what)
    if number is None:
        return None
    if number not in range(MOST_DECIMALS + 1):
        raise Unacceptable(f"{what} is no whole number from 0 to {MOST_DECIMALS}")
    return int(number)


def _interval(value: Json, what: str) -> float:
    try:
        return float(
            finite(seconds(value) if isinstance(value, str) else value, least=SHORTEST, most=LONGEST)
        )
    except ForeignValue as error:
        expected = f"{what} is no number of seconds from {SHORTEST:g} to {LONGEST:g}"
        raise Unacceptable(f"{expected}: {error.message}") from error


def _is_text(value: Json, longest: int) -> bool:
    """Return whether a value is a text that can be stored and sent."""
    # Half of a surrogate pair is valid JSON and cannot be encoded.
    return (
        isinstance(value, str)
        and len(value) <= longest
        and not any(character == "\0" or "\ud800" <= character <= "\udfff" for character in value)
    )
