"""A live tree as the documents of a manifest."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from papaya.engine.canonical import same
from papaya.engine.credentials import Proof
from papaya.engine.declared import Declaring, Fields, Omissions
from papaya.engine.desire import sensors_attribute
from papaya.engine.shapes import Shapes, share, slug
from papaya.engine.standing import LeftOut, Standing, everything, of_fleet, owners
from papaya.engine.tables import Table, tables
from papaya.engine.writable import UNWRITABLE, is_nameable, shape_of
from papaya.manifest.load import Source, load
from papaya.manifest.model import Certificate, Json
from papaya.manifest.write import to_yaml

VERSION = "papaya/v1"
FLEET_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")


@dataclass(frozen=True, slots=True)
class Wishes:
    """What whoever exports has said: the fleet's name, and where its devices keep their tunnels to."""

    country_profile: str
    state_profile: str
    name: str | None = None
    url: str | None = None
    tunnel_host: str | None = None
    unmanaged: bool = False


@dataclass(frozen=True, slots=True)
class Export:
    """A manifest, and what of the live tree is not in it; `owners` are the fleets that have marked it."""

    name: str
    document: Fields
    left_out: tuple[LeftOut, ...]
    omissions: Omissions
    owners: Counter[str]
    # PEM texts by the names of the files that the manifest expects beside it, and files of secrets.
    certificates: dict[str, str] = field(default_factory=dict)
    secret_files: tuple[str, ...] = ()
    # What objects beside the tree cannot carry to another server, a line each.
    remarks: tuple[str, ...] = ()

    @property
    def endangered(self) -> tuple[LeftOut, ...]:
        """What is left out although it carries the mark of this very fleet: apply would destroy it."""
        return tuple(one for one in self.left_out if one.entity.owner == self.name and not one.stays)


@dataclass(frozen=True, slots=True)
class Files:
    """The files of a manifest in a folder, by name."""

    documents: dict[str, Fields] = field(default_factory=dict)
    tables: dict[str, Table] = field(default_factory=dict)


def export(standing: Standing, wishes: Wishes) -> Export:
    """Return the manifest of a live tree."""
    marks = owners(standing)
    name = wishes.name or (marks.most_common(1)[0][0] if marks else "fleet")
    standing = of_fleet(standing, name)
    declaring = Declaring(
        _SensorLists().read, unmanaged=wishes.unmanaged, with_tunnels=wishes.tunnel_host is not None
    )
    left_out = list(standing.left_out)
    countries, devices = _entries(standing, declaring, left_out)
    _drop_former_names(standing, countries, devices)
    shapes = share(devices)
    document: Fields = {
        "apiVersion": VERSION,
        "kind": "Fleet",
        "metadata": {"name": name},
        "server": {"url": wishes.url} if wishes.url else None,
        "profiles": _profiles(wishes, shapes),
        "sensorSets": shapes.sensor_sets,
        "defaults": {"device": shapes.defaults} if shapes.defaults else None,
        "models": shapes.models,
        "tunnel": {"host": wishes.tunnel_host} if wishes.tunnel_host else None,
        "countries": countries,
    }
    said = {key: value for key, value in document.items() if value}
    certificates, secret_files = _beside(devices)
    held = {
        declared.file: Proof("X509_CERTIFICATE", declared.text).sent_value or ""
        for entity in everything(standing)
        if isinstance(declared := entity.credentials, Certificate) and declared.text is not None
    }
    return Export(
        name,
        said,
        tuple(left_out),
        declaring.omissions,
        marks,
        {file: held[file] for file in certificates if file in held},
        secret_files,
    )


def in_files(document: Fields) -> Files:
    """Return the manifest as files of a folder: the fleet, its Countries, and tables of many devices."""
    files = Files()
    fleet = {key: value for key, value in document.items() if key != "countries"}
    files.documents["fleet.yaml"] = fleet
    taken = {"fleet"}
    for country in document.get("countries", ()):
        own = slug(str(country["name"]), taken, otherwise="country")
        taken.add(own)
        states = [
            _with_tables(state, own, files, taken) if "devices" in state else state
            for state in country.get("states", ())
        ]
        told = {**country, "states": states} if states else country
        files.documents[f"{own}.yaml"] = {"apiVersion": VERSION, "kind": "Country", **told}
    return files


def _with_tables(state: Fields, country: str, files: Files, taken: set[str]) -> Fields:
    rest, made = tables(state["devices"])
    if not made:
        return state
    sources = []
    for table in made:
        name = slug(f"{country}-{state['name']}", taken, otherwise="state")
        taken.add(name)
        files.tables[f"{name}.csv"] = table
        sources.append({"csv": f"{name}.csv"})
    told = {key: value for key, value in state.items() if key != "devices"}
    if rest:
        told["devices"] = rest
    return {**told, "devicesFrom": sources[0] if len(sources) == 1 else sources}


def _entries(
    standing: Standing, declaring: Declaring, left_out: list[LeftOut]
) -> tuple[list[Fields], list[Fields]]:
    """Return the entries of Countries with everything in them, and those of all devices once more."""
    countries: list[Fields] = []
    devices: list[Fields] = []
    for country in standing.countries:
        if not is_nameable(country.place):
            left_out.append(LeftOut(country.place, f"with everything in it, its name: {UNWRITABLE}"))
            continue
        states: list[Fields] = []
        for state in country.states:
            if not is_nameable(state.place):
                left_out.append(LeftOut(state.place, f"with everything in it, its name: {UNWRITABLE}"))
                continue
            here: list[Fields] = []
            for device in state.devices:
                if is_nameable(device):
                    here.append(declaring.device(device))
                else:
                    left_out.append(LeftOut(device, f"its name: {UNWRITABLE}"))
            devices += here
            entry = declaring.place(state.place)
            states.append({**entry, "devices": here} if here else entry)
        entry = declaring.place(country.place)
        countries.append({**entry, "states": states} if states else entry)
    return countries, devices


def _drop_former_names(standing: Standing, countries: Iterable[Fields], devices: Iterable[Fields]) -> None:
    """Keep `formerly`, which records remember, where the manifest may say it: the old name is free."""
    live = {entity.address for entity in everything(standing)}
    for kind, entries in (("asset", _places(countries)), ("device", iter(devices))):
        names = {address.name for address in live if address.kind == kind}
        for entry in entries:
            old = entry.get("formerly")
            if old in names:
                del entry["formerly"]
            elif old is not None:
                names.add(old)


def _places(countries: Iterable[Fields]) -> Iterator[Fields]:
    for country in countries:
        yield country
        yield from country.get("states", ())


def _beside(devices: Iterable[Fields]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the files of certificates and of secrets that the entries of devices name."""
    certificates: list[str] = []
    secrets: list[str] = []
    for device in devices:
        declared = device.get("credentials") or {}
        if "x509" in declared:
            certificates.append(declared["x509"]["file"])
        elif "password" in declared.get("mqttBasic", {}):
            secrets.append(declared["mqttBasic"]["password"]["file"])
    return tuple(certificates), tuple(secrets)


def _profiles(wishes: Wishes, shapes: Shapes) -> Fields:
    profiles: Fields = {"country": wishes.country_profile, "state": wishes.state_profile}
    if shapes.profile is not None:
        profiles["device"] = shapes.profile
    return profiles


class _SensorLists:
    """Live values of `papaya.sensors` as a manifest writes them; devices of one model share theirs."""

    def __init__(self) -> None:
        self._known: dict[str, list[Json] | None] = {}

    def read(self, value: Json) -> list[Json] | None:
        """Return the sensors, or None where a manifest that says them would not give the same value."""
        shape = shape_of(value)
        if shape not in self._known:
            told = [_readable(sensor) for sensor in value] if isinstance(value, list) else []
            exact = list(value) if isinstance(value, list) else []
            self._known[shape] = next((some for some in (told, exact) if _means(some, value)), None)
        return self._known[shape]


def _readable(sensor: Json) -> Json:
    every = sensor.get("every") if isinstance(sensor, dict) else None
    if not isinstance(sensor, dict) or isinstance(every, bool) or not isinstance(every, int | float):
        return sensor
    seconds = int(every) if float(every).is_integer() else every
    return {**sensor, "every": f"{seconds}s"}


def _means(sensors: list[Json], value: Json) -> bool:
    """Return whether the loader makes this very value of a list of sensors."""
    device: dict[str, Any] = {"name": "device", "sensors": sensors}
    document = {
        "apiVersion": VERSION,
        "kind": "Fleet",
        "metadata": {"name": "fleet"},
        "countries": [{"name": "country", "states": [{"name": "state", "devices": [device]}]}],
    }
    try:
        json.dumps(sensors, ensure_ascii=False).encode()
        fleet = load([Source("fleet.yaml", to_yaml(document))]).fleet
    except UnicodeEncodeError:
        return False
    one = fleet.device("device") if fleet is not None else None
    return one is not None and bool(one.sensors) and same(sensors_attribute(one.sensors), value)
