"""Kinds of sources by name: those that come with papaya, and those of other packages."""

from __future__ import annotations

import difflib
import importlib
from importlib.metadata import entry_points

from papaya.sensors.backend import SensorBackend, SensorFault
from papaya.sensors.drivers import made
from papaya.sensors.source import Factory, Source

GROUP = "papaya.sensors"
# Loaded when used: a meter with two sensors on a wire needs no SQLite for them.
_OWN = {
    "command": "papaya.sensors.command:CommandBackend",
    "file": "papaya.sensors.file:FileBackend",
    "mqtt": "papaya.sensors.mqtt:MqttBackend",
    "simulated": "papaya.sensors.simulated:SimulatedBackend",
    "sqlite": "papaya.sensors.sqlite:SqliteBackend",
}


def make_backend(source: Source) -> SensorBackend:
    """Return a new backend for a source."""
    return made(factory_of(source.kind), source)


def factory_of(kind: str) -> Factory:
    """Return what makes backends of a kind; a plug-in cannot take the place of one of papaya's own."""
    if kind in _OWN:
        module, _, name = _OWN[kind].partition(":")
        factory: Factory = getattr(importlib.import_module(module), name)
        return factory
    if kind == "thingsboard":
        raise SensorFault(
            "a source of type thingsboard is for programs: on a device it would need a user's credentials",
            remedy="Programs use papaya.api.feed with papaya.sensors.thingsboard.",
        )
    plugins = {entry.name: entry for entry in entry_points(group=GROUP)}
    if kind in plugins:
        try:
            loaded: Factory = plugins[kind].load()
        except Exception as error:
            raise SensorFault(f"the plug-in {kind} cannot be loaded: {error}") from error
        return loaded
    if not kind:
        raise SensorFault("the source of the sensor names no type", remedy="Write source: {type: …}.")
    known = sorted({*_OWN, *plugins})
    near = difflib.get_close_matches(kind, known)
    hint = f"did you mean {' or '.join(near)}?" if near else f"known are {', '.join(known)}"
    raise SensorFault(f"there is no source of type {kind}: {hint}")
