"""How declared attributes compare with live ones, told in the manifest's words."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

from papaya.engine.canonical import Untyped, canonical, same, same_typed
from papaya.engine.inventory import (
    LATITUDE_KEY,
    LOCATION_SOURCE_KEY,
    LONGITUDE_KEY,
    SENSORS_KEY,
    SERIAL_KEY,
    TUNNEL_PORT_KEY,
    Entity,
    Scope,
)
from papaya.engine.plan import FieldChange
from papaya.foreign import ForeignValue, double, json_in
from papaya.manifest.model import Json


@dataclass(frozen=True, slots=True)
class AttributeChanges:
    """What to set, what to delete, and how to say it."""

    set: Mapping[str, Json]
    delete: tuple[str, ...]
    fields: tuple[FieldChange, ...]


NOTHING = AttributeChanges({}, (), ())


def attribute_changes(scope: Scope, desired: Entity, live: Entity | None) -> AttributeChanges:
    """Return what makes the live attributes of one scope the declared ones; keys never declared are kept."""
    wanted = desired.server if scope == "SERVER_SCOPE" else desired.shared
    present: Mapping[str, Json] = {}
    recorded: Mapping[str, Json] = {}
    if live is not None:
        present = live.server if scope == "SERVER_SCOPE" else live.shared
        if live.applied is not None:
            recorded = live.applied.server if scope == "SERVER_SCOPE" else live.applied.shared
    if present is wanted and recorded is wanted:
        # The manifest's own values, as of an entity that was found to be in sync.
        return NOTHING
    changed = {
        key: value
        for key, value in wanted.items()
        if key not in present or not _is_as_wanted(value, present[key], recorded.get(key))
    }
    gone = tuple(key for key in recorded if key not in wanted and not _is_left_to_device(key, desired))
    if not changed and not gone:
        return NOTHING
    # Where the record fits the text that a bulk read gives, it knows the type that was lost.
    fits = {
        key: recorded[key]
        for key in (*gone, *changed)
        if key in present and key != SENSORS_KEY and _fits(recorded.get(key), present[key])
    }
    before = {**recorded, **present, **fits}
    return AttributeChanges(changed, gone, tuple(_told(scope, wanted, changed, gone, before)))


def _is_as_wanted(wanted: Json, live: Json, recorded: Json) -> bool:
    if isinstance(live, Untyped) and is_text_of(wanted, live):
        # The text is right. Only the record can tell that a type changed, and only while it fits the text.
        return recorded is None or same_typed(wanted, recorded) or canonical(recorded) != canonical(live)
    return same(wanted, live)


def _fits(recorded: Json, live: Json) -> bool:
    return recorded is not None and isinstance(live, Untyped) and is_text_of(recorded, live)


def is_text_of(wanted: Json, live: Untyped) -> bool:
    """Return whether a text of a bulk read is that of a value, whatever its type was."""
    if isinstance(wanted, list | dict):
        return _canonical_text(json.dumps(wanted)) == _canonical_text(str(live))
    return canonical(wanted) == canonical(live)


@lru_cache(maxsize=512)
def _canonical_text(text: str) -> str:
    # Devices of one model carry the same long text of sensors, so the same text is parsed once.
    return canonical(Untyped(text))


def _is_left_to_device(key: str, desired: Entity) -> bool:
    """Return whether a recorded key that is not declared is for another to remove.

    The device finds its place itself, or the manifest is the part of one device alone.
    """
    return key.startswith(desired.keeps) or (desired.finds_itself and key in (LATITUDE_KEY, LONGITUDE_KEY))


def _told(
    scope: Scope,
    wanted: Mapping[str, Json],
    changed: Mapping[str, Json],
    gone: tuple[str, ...],
    before: Mapping[str, Json],
) -> Iterator[FieldChange]:
    touched = {**dict.fromkeys(gone), **changed}
    if scope == "SHARED_SCOPE":
        for key, value in touched.items():
            if key == SENSORS_KEY:
                yield from _sensor_changes(before.get(key), value)
            else:
                yield FieldChange("sharedAttributes", _typed(before.get(key)), value, key)
        return
    if SERIAL_KEY in touched:
        yield FieldChange("serial", _typed(before.get(SERIAL_KEY)), touched[SERIAL_KEY])
    if LATITUDE_KEY in touched or LONGITUDE_KEY in touched:
        yield FieldChange("location", _location(before), _location(wanted))
    if TUNNEL_PORT_KEY in touched:
        yield FieldChange(
            "tunnel", _typed(before.get(TUNNEL_PORT_KEY)), touched[TUNNEL_PORT_KEY], "remotePort"
        )
    own = {SERIAL_KEY, LATITUDE_KEY, LONGITUDE_KEY, TUNNEL_PORT_KEY}
    for key, value in touched.items():
        if key not in own:
            yield FieldChange("attributes", _typed(before.get(key)), value, key)


def _location(values: Mapping[str, Json]) -> Json:
    if LATITUDE_KEY not in values and LONGITUDE_KEY not in values:
        return None
    told: dict[str, Json] = {
        "latitude": _typed(values.get(LATITUDE_KEY)),
        "longitude": _typed(values.get(LONGITUDE_KEY)),
    }
    if values.get(LOCATION_SOURCE_KEY) is not None:
        told["source"] = str(values[LOCATION_SOURCE_KEY])
    return told


def _typed(value: Json) -> Json:
    """Return the value that an untyped text most likely is, for showing."""
    if not isinstance(value, Untyped):
        return value
    text = str(value)
    if text in ("true", "false"):
        return text == "true"
    try:
        parsed = cast(Json, json_in(text, unusable=double))
    except ForeignValue:
        return text
    return parsed if isinstance(parsed, int | float | list | dict) else text


def _sensor_changes(before: Json, after: Json) -> Iterator[FieldChange]:
    old, new = _by_key(_typed(before)), _by_key(after)
    if old is None or new is None:
        yield FieldChange("sensors", before if old is None else _typed(before), after)
        return
    for key in [*old, *(key for key in new if key not in old)]:
        if key not in new or key not in old:
            yield FieldChange("sensors", old.get(key), new.get(key), key)
            continue
        was, will = old[key], new[key]
        for part in [*was, *(part for part in will if part not in was)]:
            if not same_typed(was.get(part), will.get(part)):
                yield FieldChange("sensors", was.get(part), will.get(part), key, part)
    if list(old) != list(new) and old.keys() == new.keys():
        yield FieldChange("sensors", list(old), list(new), "order")


def _by_key(sensors: Json) -> dict[str, dict[str, Json]] | None:
    """Return sensors by key, or None where the value is no list of sensors."""
    if not isinstance(sensors, list):
        return None
    result: dict[str, dict[str, Json]] = {}
    for sensor in sensors:
        if not isinstance(sensor, dict) or not isinstance(sensor.get("key"), str):
            return None
        result[str(sensor["key"])] = sensor
    return result
