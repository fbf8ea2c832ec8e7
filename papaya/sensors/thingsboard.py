"""Sensors as a ThingsBoard server has them: what a device has sent, latest, live or of the past."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from papaya.manifest.model import Sensor
from papaya.sensors.backend import SensorBackend
from papaya.sensors.reading import SensorReading, Value


class Feed(Protocol):
    """What is needed of a server, for one device; times are milliseconds."""

    def known_keys(self) -> Sequence[str]:
        """Return the keys of the device's telemetry."""

    def latest(self, keys: Sequence[str]) -> Mapping[str, tuple[int, Value]]:
        """Return time and value of the last telemetry of each key that has any."""

    def history(self, key: str, start: int, end: int, limit: int) -> Sequence[tuple[int, Value]]:
        """Return times and values from `start` up to and without `end`, oldest first."""

    def listen(self, keys: Sequence[str], listener: Callable[[str, int, Value], None]) -> Callable[[], None]:
        """Call `listener` with every new value until what is returned is called."""

    def close(self) -> None:
        """Let go of connections."""


class ThingsBoardBackend(SensorBackend):
    """One device's sensors; without declared ones, every key of its telemetry is a sensor."""

    def __init__(self, feed: Feed, sensors: Sequence[Sensor] = ()) -> None:
        self._feed = feed
        self._declared = {sensor.key: sensor for sensor in sensors}

    def get_available_sensors(self) -> Sequence[str]:
        """Return the keys of the declared sensors, else those that the server knows of."""
        return tuple(self._declared) or tuple(self._feed.known_keys())

    def get_latest_readings(self) -> Mapping[str, SensorReading]:
        """Return the latest value of every sensor that has one."""
        latest = self._feed.latest(self.get_available_sensors())
        return {key: self._reading(key, ts, value) for key, (ts, value) in latest.items()}

    def get_sensor_descriptions(self) -> Mapping[str, Sensor]:
        """Return the declared sensors, by key."""
        return self._declared

    def get_history(self, name: str, start: int, end: int, limit: int = 1000) -> Sequence[SensorReading]:
        """Return the values from `start` up to and without `end`, oldest first."""
        return [self._reading(name, ts, value) for ts, value in self._feed.history(name, start, end, limit)]

    def listen(self, listener: Callable[[SensorReading], None]) -> Callable[[], None]:
        """Call `listener` with every new value until what is returned is called."""
        keys = self.get_available_sensors()
        return self._feed.listen(keys, lambda key, ts, value: listener(self._reading(key, ts, value)))

    def close(self) -> None:
        """Let go of the feed."""
        self._feed.close()

    def _reading(self, key: str, ts: int, value: Value) -> SensorReading:
        sensor = self._declared.get(key)
        return SensorReading(key, value, sensor.unit if sensor is not None else "", ts)
