"""What a driver knows of its sensors: their unit, what they can measure, how often they have a new value."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace

from papaya.foreign import ForeignValue, described, finite
from papaya.manifest.model import Sensor
from papaya.sensors.source import Source

log = logging.getLogger(__name__)

_NUMBERS = ("every", "minimum", "maximum")
_SHORTEST = 0.1


def descriptions_of(driver: object, source: Source) -> dict[str, Sensor]:
    """Return what a driver's optional `get_sensor_descriptions` tells of the sensors of a source, by key.

    A description is a mapping with `unit`, `minimum`, `maximum`, `every` (seconds), or an object with these
    members. One that is not readable is logged and left out: the sensor works without it.
    """
    asked = getattr(driver, "get_sensor_descriptions", None)
    try:
        told: object = asked() if callable(asked) else {}
    except Exception as error:
        log.warning("the driver %s cannot describe its sensors: %s", source.kind, type(error).__name__)
        return {}
    if not isinstance(told, Mapping):
        log.warning("the driver %s describes its sensors by %s, not a mapping", source.kind, described(told))
        return {}
    found = {}
    for sensor in source.sensors:
        one = told.get(source.field(sensor), told.get(sensor.key))
        if one is not None:
            try:
                found[sensor.key] = _described(sensor.key, one)
            except ForeignValue as error:
                log.warning("%s of the driver %s: %s", sensor.key, source.kind, error.message)
    return found


def completed(sensor: Sensor, description: Sensor | None) -> Sensor:
    """Return a sensor with what only its driver says of it; what the manifest says wins."""
    if description is None:
        return sensor
    least = _first(sensor.minimum, description.minimum)
    most = _first(sensor.maximum, description.maximum)
    if least is not None and most is not None and least > most:
        # They contradict each other, and only the manifest can be mended here.
        least, most = sensor.minimum, sensor.maximum
    every = _first(sensor.every, description.every)
    return replace(sensor, unit=sensor.unit or description.unit, every=every, minimum=least, maximum=most)


def _described(key: str, one: object) -> Sensor:
    words = (
        one if isinstance(one, Mapping) else {name: getattr(one, name, None) for name in ("unit", *_NUMBERS)}
    )
    numbers = {
        name: None if words.get(name) is None else float(finite(words.get(name), what=name))
        for name in _NUMBERS
    }
    every = numbers["every"]
    if every is not None and every < _SHORTEST:
        raise ForeignValue(f"every is {every:g}, below {_SHORTEST:g} s")
    unit = words.get("unit")
    return Sensor(
        key,
        unit=unit if isinstance(unit, str) else "",
        every=every,
        minimum=numbers["minimum"],
        maximum=numbers["maximum"],
    )


def _first(own: float | None, other: float | None) -> float | None:
    return other if own is None else own
