"""The past that drivers of sensors remember."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from itertools import islice

from papaya.errors import PapayaError
from papaya.foreign import ForeignValue
from papaya.sensors.backend import History, SensorBackend, SensorFault
from papaya.sensors.drivers import close, made
from papaya.sensors.reading import Value, objection_to_time, taken
from papaya.sensors.source import Factory, Source
from papaya_gui.models.catalog import Row
from papaya_gui.sources.past import MOST_SAMPLES

_FAREWELL = 0.5


class PastOfDrivers:
    """Asks drivers that remember, each made anew for this: those that are polled belong to their threads."""

    def __init__(self, asked: Iterable[tuple[str, Factory, Source]]) -> None:
        self._sources = {
            (device, sensor.key): (factory, source)
            for device, factory, source in asked
            if hasattr(factory, "get_history")
            for sensor in source.sensors
        }
        self._made: dict[int, SensorBackend] = {}
        self._asking = threading.Lock()

    @property
    def has_any(self) -> bool:
        """Whether any driver remembers."""
        return bool(self._sources)

    def samples(self, row: Row, start: float, end: float) -> list[tuple[int, Value]]:
        """Return times in milliseconds and values of one row; what cannot be used is left out."""
        factory, source = self._sources.get((row.device, row.sensor.key), (None, None))
        if factory is None or source is None:
            return []
        try:
            with self._asking:
                backend = self._made.get(id(source)) or made(factory, source)
                self._made[id(source)] = backend
                return _samples(backend, source, row, round(start * 1000), round(end * 1000))
        except PapayaError:
            raise
        except Exception as error:
            text = " ".join(str(error)[:300].split())
            raise SensorFault(
                f"the driver {source.kind} has no past: {type(error).__name__} {text}"
            ) from error

    def close(self) -> None:
        """Release what was made."""
        if self._asking.acquire(timeout=_FAREWELL):
            try:
                while self._made:
                    close(self._made.popitem()[1])
            finally:
                self._asking.release()


def _samples(
    backend: SensorBackend, source: Source, row: Row, first: int, last: int
) -> list[tuple[int, Value]]:
    if not isinstance(backend, History):
        return []
    name, samples = source.field(row.sensor), []
    if name not in [*backend.get_available_sensors()]:
        # Drivers written to an earlier form of the interface know the sensor by its key.
        name = row.sensor.key
    for reading in islice(backend.get_history(name, first, last, MOST_SAMPLES), MOST_SAMPLES):
        try:
            kept = taken(reading, row.sensor)
        except (ForeignValue, AttributeError):
            continue
        if objection_to_time(kept.timestamp) is None:
            samples.append((kept.timestamp, kept.value))
    return samples
