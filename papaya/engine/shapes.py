"""Takes out of the entries of devices what many of them have in common, as far as that reads well."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from papaya.engine.declared import Fields
from papaya.engine.writable import shape_of
from papaya.manifest.model import Json

# Fewer devices are shorter, and clearer, with everything written at each.
_WORTH_A_MODEL = 3
_OF_ALL = ("sensors", "customer", "firmware", "software", "gateway", "protect")
_OF_MODEL = ("profile", "sensors", "sharedAttributes", "gateway")
_MAPS = ("attributes", "sharedAttributes")
_ORDER = (
    "name", "model", "serial", "profile", "label", "description", "location", "attributes",
    "sharedAttributes", "sensors", "credentials", "tunnel", "customer", "firmware", "software", "gateway",
    "protect", "formerly",
)  # fmt: skip


@dataclass(slots=True)
class Shapes:
    """What the devices of a fleet have in common."""

    profile: str | None = None
    sensor_sets: dict[str, list[Json]] = field(default_factory=dict)
    defaults: Fields = field(default_factory=dict)
    models: dict[str, Fields] = field(default_factory=dict)


def share(devices: Sequence[Fields]) -> Shapes:
    """Take shared parts out of the entries, which change, and return them."""
    shapes = Shapes()
    if not devices:
        return shapes
    shapes.profile = Counter(str(device["profile"]) for device in devices).most_common(1)[0][0]
    _name_sensor_sets(devices, shapes)
    for device in devices:
        if device["profile"] == shapes.profile:
            del device["profile"]
    if len(devices) >= _WORTH_A_MODEL:
        _take_defaults(devices, shapes)
        _take_models(devices, shapes)
    for device in devices:
        told = {key: device[key] for key in _ORDER if key in device}
        device.clear()
        device.update(told)
    return shapes


def slug(text: str, taken: Collection[str], *, otherwise: str) -> str:
    """Return a name for files and models: letters, digits and dashes, none that is taken."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    base = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")
    if not base or not base[0].isalpha():
        base = f"{otherwise}-{base}".rstrip("-")
    base = base[:60].rstrip("-")
    name, number = base, 1
    while name in taken:
        number += 1
        name = f"{base}-{number}"
    return name


def _name_sensor_sets(devices: Iterable[Fields], shapes: Shapes) -> None:
    users: dict[str, list[Fields]] = defaultdict(list)
    for device in devices:
        if "sensors" in device:
            users[shape_of(device["sensors"])].append(device)
    for same in users.values():
        sensors = same[0]["sensors"]
        if len(same) < 2 or not sensors:
            continue
        name = slug(str(same[0]["profile"]), shapes.sensor_sets, otherwise="sensors")
        shapes.sensor_sets[name] = sensors
        for device in same:
            device["sensors"] = name


def _take_defaults(devices: Sequence[Fields], shapes: Shapes) -> None:
    for name in _OF_ALL:
        if _all_have(devices, name):
            shapes.defaults[name] = devices[0][name]
            for device in devices:
                del device[name]
    for name in _MAPS:
        maps = [device.get(name, {}) for device in devices]
        common = {key: maps[0][key] for key in maps[0] if _all_have(maps, key)}
        if common:
            shapes.defaults[name] = common
            _take_keys(devices, name, common)


def _take_models(devices: Sequence[Fields], shapes: Shapes) -> None:
    users: dict[str, list[Fields]] = defaultdict(list)
    for device in devices:
        if "sensors" in device or "sharedAttributes" in device:
            users[shape_of({name: device.get(name) for name in _OF_MODEL})].append(device)
    for same in users.values():
        if len(same) < _WORTH_A_MODEL:
            continue
        profile = same[0].get("profile", shapes.profile)
        name = slug(str(profile), shapes.models, otherwise="model")
        shapes.models[name] = {part: same[0][part] for part in _OF_MODEL if part in same[0]}
        for device in same:
            for part in _OF_MODEL:
                device.pop(part, None)
            device["model"] = name


def _all_have(owners: Sequence[Fields], key: str) -> bool:
    if any(key not in owner for owner in owners):
        return False
    shape = shape_of(owners[0][key])
    return all(shape_of(owner[key]) == shape for owner in owners)


def _take_keys(devices: Iterable[Fields], name: str, keys: Collection[str]) -> None:
    for device in devices:
        rest = {key: value for key, value in device[name].items() if key not in keys}
        device.pop(name)
        if rest:
            device[name] = rest
