"""The devices of a data file or database as a fleet, for whoever opens one without a manifest."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from papaya.errors import PapayaError
from papaya.manifest.model import Country, Device, Fleet, State
from papaya.sensors.backend import SensorFault
from papaya_gui.models.catalog import LONGEST_KEY, is_key
from papaya_gui.sources import fleet_database, fleet_file, recording_csv
from papaya_gui.sources.fleet_csv import is_database
from papaya_gui.sources.fleet_database import MOST_SENSORS
from papaya_gui.sources.headings import owner_of
from papaya_gui.sources.reckoning import place_of

_SECONDS = 10.0


def fleet_of_file(source: str) -> Fleet:
    """Return the devices of `file:PATH` or `sqlite:PATH?table=NAME`, whose sensors are found later.

    Raises a PapayaError where it cannot be read, or names no device.
    """
    kind, _, said = source.partition(":")
    said, order = place_of(said)
    name, table = fleet_database.place_of(said)
    path = Path(name).expanduser().absolute()
    kind = "sqlite" if is_database(path) else kind
    try:
        if kind == "sqlite":
            names: Iterable[str] = fleet_database.devices_in(path, table)
        else:
            names = _devices_of_file(path, order)
        # ThingsBoard has no longer names, and a file of one line may be one.
        devices = sorted({one for one in names if is_key(one)})[:MOST_SENSORS]
    except SensorFault as fault:
        told = fault.message if str(path) in fault.message else f"{path} cannot be read: {fault.message}"
        raise PapayaError(told, remedy=fault.remedy or "Choose another file.") from None
    if not devices:
        raise _without_devices(path, kind)
    state = State(
        path.name,
        path.name,
        devices=tuple(Device(one, path.parent.name, path.name, "default") for one in devices),
    )
    country = Country(path.parent.name or "/", path.parent.name or "/", states=(state,))
    return Fleet(path.name, countries=(country,))


def _without_devices(path: Path, kind: str) -> PapayaError:
    rows = "rows" if kind == "sqlite" else "lines"
    return PapayaError(
        f"{path} has no {rows} with a device of at most {LONGEST_KEY} characters, a time and a value",
        remedy="Times are milliseconds since 1970 or in ISO 8601. Choose another file.",
    )


def _devices_of_file(path: Path, order: str) -> Iterable[str]:
    owner = owner_of(path, ())
    if path.is_file() and fleet_file.is_large(path):
        return recording_csv.devices_in(path, owner, order)
    return fleet_file.devices_in(path, owner, order)
