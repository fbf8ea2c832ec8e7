"""Drivers in the forms in which people write them: how one is made, and what it returned as readings.

The contract is `SensorBackend`. papaya also accepts classes that have its methods without inheriting from it,
readings of another class with the same members, and numbers of numpy and `decimal`. It accepts the sequences
of named readings of earlier versions, with a deprecation note.
"""

from __future__ import annotations

import inspect
import logging
import numbers
import warnings
from collections.abc import Iterable, Mapping
from decimal import Decimal
from itertools import islice
from weakref import WeakSet

from papaya.foreign import Unusable
from papaya.sensors.backend import SensorBackend, SensorFault
from papaya.sensors.reading import SensorReading, Value
from papaya.sensors.source import Factory, Source

log = logging.getLogger(__name__)

MOST_READINGS = 10_000
_METHODS = ("get_available_sensors", "get_latest_readings")
_DEPRECATED = (
    "the driver %s returns a sequence of readings, which a later version of papaya refuses: return a mapping "
    "from sensor name to SensorReading from get_latest_readings(), and names from get_available_sensors()"
)
_told: WeakSet[type] = WeakSet()


def made(factory: Factory, source: Source) -> SensorBackend:
    """Return a new backend of a factory or class; raise SensorFault where it makes none."""
    backend: object = _called(factory, source)
    missing = [name for name in _METHODS if not callable(getattr(backend, name, None))]
    if missing:
        raise SensorFault(
            f"the driver {source.kind} made a {type(backend).__name__}, which is not a SensorBackend: it has "
            f"no method {' and no method '.join(missing)}"
        )
    return backend  # type: ignore[return-value]


def readings_from(returned: object, source: Source, driver: object = None) -> tuple[SensorReading, ...]:
    """Return the readings in what `get_latest_readings` returned, named by the sensors' keys.

    What is no reading is left out, so that it costs no other sensor; raises SensorFault where what was
    returned is neither a mapping nor a sequence.
    """
    if isinstance(returned, Mapping):
        pairs: Iterable[tuple[object, object]] = returned.items()
    elif isinstance(returned, Iterable) and not isinstance(returned, str | bytes):
        if driver is not None:
            _tell_deprecated(source.kind, type(driver))
        pairs = ((_own_name(reading), reading) for reading in returned)
    else:
        raise SensorFault(f"the driver returned a {type(returned).__name__}, not a mapping of readings")
    keys = {sensor.key for sensor in source.sensors}
    by_field: dict[str, list[str]] = {}
    for sensor in source.sensors:
        by_field.setdefault(source.field(sensor), []).append(sensor.key)
    found: list[SensorReading] = []
    for name, reading in islice(pairs, MOST_READINGS + 1):
        if len(found) >= MOST_READINGS:
            raise SensorFault(f"the driver returned more than {MOST_READINGS:,} readings")
        own = _own_name(reading)
        if own in keys:
            known = [str(own)]
        elif isinstance(name, str):
            # Without a sensor's key of its own a reading goes by the name that the driver has for the sensor.
            known = by_field.get(name, [name])
        else:
            continue
        found.extend(one for key in known if (one := _reading(key, reading, source)) is not None)
    return tuple(found)


def close(driver: object) -> None:
    """Close a driver, whatever it makes of that; one that has no `close` holds nothing."""
    try:
        ending = getattr(driver, "close", None)
        if callable(ending):
            ending()
    except (Exception, SystemExit):
        log.debug("closing a driver failed", exc_info=True)


def _called(factory: Factory, source: Source) -> object:
    """Call a factory with the source, or if it requires no argument with the options as keywords."""
    try:
        parameters = [*inspect.signature(factory).parameters.values()]
    except (TypeError, ValueError):
        return factory(source)
    takes_source = any(
        one.kind is one.VAR_POSITIONAL
        or one.name == "source"
        or (one.default is one.empty and one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD))
        for one in parameters
    )
    if takes_source:
        return factory(source)
    if not any(one.kind is one.VAR_KEYWORD for one in parameters):
        source.only(*(one.name for one in parameters))
    return factory(**source.options)


def _own_name(reading: object) -> str | None:
    try:
        name: object = getattr(reading, "name", None)
    except Exception:
        log.debug("a reading cannot be asked for its name", exc_info=True)
        return None
    return name if isinstance(name, str) else None


def _reading(name: str, reading: object, source: Source) -> SensorReading | None:
    """Return one reading as papaya's own; a value that cannot be asked for is one that cannot be used."""
    try:
        value, unit = reading.value, getattr(reading, "unit", "")  # type: ignore[attr-defined]
        timestamp = getattr(reading, "timestamp", None)
        plain = _plain(value)
    except AttributeError:
        return None
    except Exception as error:
        log.debug("a reading of %s cannot be read", name, exc_info=True)
        plain, unit, timestamp = Unusable(f"a reading that raises {type(error).__name__}"), "", None
    moment = source.now() if timestamp is None else timestamp
    checked: Value = plain  # type: ignore[assignment] # whatever it is: it is checked where readings are taken
    return SensorReading(checked, unit if isinstance(unit, str) else "", moment, name=name)


def _plain(value: object) -> object:
    if isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, numbers.Integral):
        return int(value)
    return float(value) if isinstance(value, numbers.Real | Decimal) else value


def _tell_deprecated(kind: str, driver: type) -> None:
    if driver in _told:
        return
    _told.add(driver)
    log.warning(_DEPRECATED, kind)
    try:
        warnings.warn(_DEPRECATED % kind, DeprecationWarning, stacklevel=3)
    except DeprecationWarning:
        # Who makes warnings errors must not lose readings: this is in the thread that polls.
        log.debug("deprecation warnings are errors here")
