"""Which names, keys and values a manifest can hold, and which are not an operator's to write down."""

from __future__ import annotations

import json
import math

from papaya.engine.inventory import Entity
from papaya.manifest.model import Json
from papaya.manifest.names import (
    LARGEST_INTEGER,
    changes_when_cast,
    is_cast_to_number,
    object_to_characters,
    object_to_name,
    object_to_text,
)

WRITTEN_BY_SERVER = "the server writes them"
WRITTEN_BY_PAPAYA = "papaya and its devices write them"
UNWRITABLE = "a manifest cannot hold them"

_BY_SERVER = frozenset(
    {"active", "lastActivityTime", "lastConnectTime", "lastDisconnectTime", "inactivityAlarmTime"}
)
# What devices are told of their packages: it follows from the assignment.
_OF_PACKAGES = frozenset(
    f"{kind}_{part}"
    for kind in ("fw", "sw")
    for part in ("title", "version", "tag", "size", "checksum", "checksum_algorithm", "url")
)
_BY_PROVISIONING = frozenset({"provisionState"})
_BY_PAPAYA = ("papaya.", "location.")
# The loader refuses documents of 64 levels; a place takes a dozen of them before an attribute begins.
_DEEPEST = 40


def is_nameable(entity: Entity) -> bool:
    """Return whether a manifest can hold the name of an entity."""
    return not any(objection.severity == "error" for objection in object_to_name(entity.address.name))


def reserved(key: str) -> str:
    """Return who writes a key that is not an operator's."""
    if key in _BY_SERVER or key in _OF_PACKAGES:
        return WRITTEN_BY_SERVER
    return WRITTEN_BY_PAPAYA if key in _BY_PROVISIONING or key.startswith(_BY_PAPAYA) else ""


def unwritable(key: str, value: Json) -> str:
    """Return why a manifest cannot hold an attribute."""
    if not key.strip() or "," in key or any(o.severity == "error" for o in object_to_text(key)):
        return UNWRITABLE
    return "" if _is_storable(value) else UNWRITABLE


def _is_storable(value: Json) -> bool:
    if value is None or _loses_null(value):
        return False
    if isinstance(value, bool):
        return True
    if isinstance(value, str):
        return not any(True for _ in object_to_characters(value))
    if isinstance(value, int | float):
        return _is_number(value)
    return _is_written(value, _DEEPEST)


def _is_written(value: Json, depth: int) -> bool:
    """Return whether a list or mapping comes through a manifest as it is."""
    if isinstance(value, bool) or value is None:
        return True
    if isinstance(value, int | float):
        return _is_number(value)
    if isinstance(value, str):
        return not any(True for _ in object_to_characters(value))
    if depth == 0:
        return False
    if isinstance(value, list):
        return all(_is_written(item, depth - 1) for item in value)
    return all(_is_written(key, 1) and _is_written(item, depth - 1) for key, item in value.items())


def _is_number(value: float) -> bool:
    if isinstance(value, int):
        return -LARGEST_INTEGER - 1 <= value <= LARGEST_INTEGER
    return math.isfinite(value)


def _loses_null(value: Json) -> bool:
    """Return whether a null stands in mappings alone, where it means to drop what is inherited."""
    return isinstance(value, dict) and any(item is None or _loses_null(item) for item in value.values())


def is_serial(value: Json) -> bool:
    """Return whether the field `serial` can hold a value; else it stays an attribute."""
    if not isinstance(value, str) or not 0 < len(value) <= 255:
        return False
    if is_cast_to_number(value) and changes_when_cast(value):
        return False
    return not any(objection.severity == "error" for objection in object_to_name(value))


def shape_of(value: Json) -> str:
    """Return a text that is the same for the same value only, types included."""
    return json.dumps(value, sort_keys=True)
