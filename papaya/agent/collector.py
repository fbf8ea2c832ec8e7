"""What becomes of what sensors say: checked, thinned out by deadbands, compared with thresholds, spooled."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from papaya.agent.storage import Storage
from papaya.foreign import ForeignValue
from papaya.manifest.model import Json, Sensor
from papaya.sensors.deadband import Deadbands
from papaya.sensors.reading import EARLIEST, SensorReading, objection_to_time, taken
from papaya.sensors.thresholds import Thresholds

log = logging.getLogger(__name__)

EVENT, FAULT = ".event", ".fault"
NO_FAULT = "none"
DEFAULT_SILENCE = 60.0
_LEVELS = "levels"
_SAY_AGAIN_SECONDS = 3600.0
# A gap now and then is usual; so many in a row are a fault.
_MOST_MISSED = 5


@dataclass(slots=True)
class _Trouble:
    fault: str
    said_at: float


class Collector:
    """The sensors' values on their way to the spool; `clock` never jumps, `now` is the wall clock."""

    def __init__(self, storage: Storage, clock: Callable[[], float], now: Callable[[], int]) -> None:
        self._storage, self._clock, self._now = storage, clock, now
        self._deadbands = Deadbands()
        levels = storage.kept(_LEVELS)
        self._thresholds = Thresholds(levels if isinstance(levels, dict) else None)
        self._troubles: dict[str, _Trouble] = {}
        self._stamps: dict[str, int] = {}
        self._missed: dict[str, int] = {}
        self._sensors: dict[str, Sensor] = {}
        self.latest: dict[str, SensorReading] = {}
        self.silence = DEFAULT_SILENCE

    def set_sensors(self, sensors: Iterable[Sensor]) -> None:
        """Take the sensors that are read from now on; what was said about others is forgotten."""
        self._sensors = {sensor.key: sensor for sensor in sensors}
        for known in (self.latest, self._troubles, self._stamps, self._missed):
            for key in known.keys() - self._sensors.keys():
                del known[key]
        for key, reading in list(self.latest.items()):
            self._check_thresholds(self._sensors[key], reading)

    def faults(self) -> dict[str, str]:
        """Return what is wrong with sensors at present, by key."""
        return {key: trouble.fault for key, trouble in self._troubles.items()}

    def level(self, key: str) -> str:
        """Return a sensor's level: clear, warn or alarm."""
        return self._thresholds.level(key)

    def take(self, readings: Iterable[object], wanted: Iterable[str]) -> None:
        """Take the readings of the sensors that are wanted now."""
        said: dict[str, SensorReading] = {}
        for reading in readings:
            # A driver may return anything.
            name: object = getattr(reading, "name", None)
            if isinstance(reading, SensorReading) and isinstance(name, str):
                said[name] = reading
        for key in wanted:
            sensor = self._sensors.get(key)
            if sensor is None:
                continue
            if key in said:
                self._missed.pop(key, None)
                self._take_alone(sensor, said[key])
                continue
            self._missed[key] = self._missed.get(key, 0) + 1
            if self._missed[key] >= _MOST_MISSED:
                self._fail(sensor, "its source says nothing about it")

    def fail(self, keys: Iterable[str], fault: str) -> None:
        """Note that these sensors cannot be read, and report it once."""
        for key in keys:
            sensor = self._sensors.get(key)
            if sensor is not None:
                self._fail(sensor, fault)

    def _take_alone(self, sensor: Sensor, reading: SensorReading) -> None:
        """Take a reading so that whatever is wrong with it costs this sensor alone."""
        try:
            reading = taken(reading, sensor)
            objection = self._objection_to_time(reading.timestamp)
            if objection is None:
                self._take(sensor, reading)
                return
        except ForeignValue as error:
            objection = error.message
        except Exception as error:
            log.debug("a reading of %s cannot be taken", sensor.key, exc_info=True)
            objection = f"its reading cannot be taken: {type(error).__name__}"
        self._fail(sensor, objection)

    def _take(self, sensor: Sensor, reading: SensorReading) -> None:
        self._recover(sensor)
        if self._stamps.get(sensor.key) == reading.timestamp:
            # The server keeps one value per key and moment; the same moment again is the same reading again.
            return
        self._stamps[sensor.key] = reading.timestamp
        self.latest[sensor.key] = reading
        self._check_thresholds(sensor, reading)
        if self._deadbands.is_worth_sending(sensor, reading.value, self._clock(), self.silence):
            self._storage.add(reading.timestamp, sensor.key, reading.value)

    def _objection_to_time(self, timestamp: object) -> str | None:
        # A device without a clock of its own begins in 1970, and says so in earnest.
        return objection_to_time(timestamp, is_early_too=self._now() < EARLIEST)

    def _check_thresholds(self, sensor: Sensor, reading: SensorReading) -> None:
        value = reading.value
        if isinstance(value, bool | str):
            return
        crossing = self._thresholds.check(sensor, value)
        if crossing is None:
            return
        self._storage.add(reading.timestamp, f"{sensor.key}{EVENT}", crossing.as_json())
        self._storage.keep(_LEVELS, self._thresholds.as_json())
        # Whatever the deadband says, the value that crossed belongs to the event.
        self._deadbands.forget(sensor.key)
        unit = f" {sensor.unit}" if sensor.unit else ""
        log.warning("%s: %s at %g%s", sensor.name or sensor.key, crossing.level, value, unit)

    def _fail(self, sensor: Sensor, fault: str) -> None:
        now = self._clock()
        known = self._troubles.get(sensor.key)
        if known is not None and known.fault == fault and now - known.said_at < _SAY_AGAIN_SECONDS:
            return
        self._troubles[sensor.key] = _Trouble(fault, now)
        log.warning("%s cannot be read: %s", sensor.name or sensor.key, fault)
        self._add(f"{sensor.key}{FAULT}", fault)

    def _recover(self, sensor: Sensor) -> None:
        if self._troubles.pop(sensor.key, None) is not None:
            log.warning("%s can be read again", sensor.name or sensor.key)
            self._add(f"{sensor.key}{FAULT}", NO_FAULT)

    def _add(self, key: str, value: Json) -> None:
        self._storage.add(self._now(), key, value)
