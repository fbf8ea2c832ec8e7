"""Reads the sensors of a device once, without a server and without keeping anything."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from papaya.agent.configuration import in_effect
from papaya.errors import PapayaError
from papaya.foreign import ForeignValue
from papaya.manifest.explain import did_you_mean
from papaya.manifest.model import Device, Sensor
from papaya.sensors.plugins import make_backend
from papaya.sensors.polling import Polled, Poller
from papaya.sensors.reading import SensorReading, taken
from papaya.sensors.source import sources_of, wall_clock
from papaya.sensors.thresholds import Thresholds
from papaya.sensors.view import SensorView

NO_SOURCE = "no source in the manifest"
SILENT = "its source says nothing about it"
_ASK_AGAIN = 0.25


def read_once(
    sensors: Sequence[Sensor],
    folder: Path,
    device: str,
    *,
    simulate: bool = False,
    patience: float = 5.0,
    clock: Callable[[], float] = time.monotonic,
) -> list[SensorView]:
    """Return what each sensor says now, in the order of the manifest.

    A source that says nothing yet, as a broker does at first, is asked again for `patience` seconds. What is
    wrong with a sensor is in its view; nothing is raised for it.
    """
    read, unread = in_effect(sensors, None, simulate=simulate)
    readings: dict[str, SensorReading] = {}
    faults: dict[str, str] = dict.fromkeys(unread, NO_SOURCE)
    inbox: queue.SimpleQueue[Polled] = queue.SimpleQueue()
    pollers = [
        Poller(source, make_backend, inbox.put, clock=clock)
        for source in sources_of(read, folder, now=wall_clock, device=device)
    ]
    pending = dict.fromkeys(pollers)
    until = clock() + patience
    for poller in pollers:
        poller.poll()
    while pending:
        try:
            polled = inbox.get(timeout=_ASK_AGAIN)
            if polled.poller.ended(polled):
                _take(polled, readings, faults)
        except queue.Empty:
            pass
        for poller in list(pending):
            late = poller.overdue()
            if late is not None:
                _take(late, readings, faults)
            if poller.is_busy:
                continue
            keys = [sensor.key for sensor in poller.source.sensors]
            if clock() >= until or all(key in readings or key in faults for key in keys):
                del pending[poller]
            else:
                poller.poll()
    for poller in pollers:
        poller.close()
    return [_view(sensor, readings.get(sensor.key), faults.get(sensor.key)) for sensor in sensors]


def chosen(device: Device, keys: Sequence[str]) -> tuple[Sensor, ...]:
    """Return the sensors of a device with these keys or names, or all; raises `PapayaError` for others."""
    if not device.sensors:
        raise PapayaError(f"{device.name} has no sensors", remedy="Write `sensors` at it or at its model.")
    found: list[Sensor] = []
    for key in dict.fromkeys(keys):
        named = [sensor for sensor in device.sensors if key in (sensor.key, sensor.name)]
        if not named:
            known = [sensor.key for sensor in device.sensors]
            raise PapayaError(f"{device.name} has no sensor {key}", remedy=_capital(did_you_mean(key, known)))
        found += named
    return tuple(found) or device.sensors


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _take(polled: Polled, readings: dict[str, SensorReading], faults: dict[str, str]) -> None:
    sensors = {sensor.key: sensor for sensor in polled.poller.source.sensors}
    if polled.fault is not None:
        faults.update(dict.fromkeys(sensors, polled.fault))
        return
    for reading in polled.readings:
        sensor = sensors.get(getattr(reading, "name", ""))
        if sensor is None:
            continue
        try:
            readings[sensor.key] = taken(reading, sensor)
        except ForeignValue as error:
            faults[sensor.key] = error.message


def _view(sensor: Sensor, reading: SensorReading | None, fault: str | None) -> SensorView:
    name, unit = sensor.name or sensor.key, sensor.unit or ""
    if reading is None:
        return SensorView(sensor.key, name, unit, fault=fault or SILENT)
    thresholds = Thresholds(None)
    if not isinstance(reading.value, bool | str):
        thresholds.check(sensor, reading.value)
    level = thresholds.level(sensor.key)
    return SensorView(sensor.key, name, unit, reading.value, reading.timestamp, level)
