"""Calculated fields and alarm rules in the normal form: one part for each argument, each rule, each setting.

Both are one object to the server (`CalculatedField`, 4.0 to 4.4), of different types. What the server adds
unasked (measured on 4.0.1 and 4.3.1.3: absent members as null, switches as false, the output strategy) is
left out on both sides.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from papaya.kinds.address import Address
from papaya.kinds.alarm_rules import normal_configuration
from papaya.kinds.resource import NAME_FIELDS, Fields
from papaya.manifest.model import File, Fleet, Json, Resource

ALARM: Final = "ALARM"
ARGUMENT: Final = "argument "
RULE: Final = "rule "
TYPE: Final = "type"
# The list of both kinds from 4.3 on. Both ask for all types, so that a plan reads it once.
FIELDS: Final = "/api/calculatedFields"
FIELD_TYPES: Final = (
    "SIMPLE",
    "SCRIPT",
    "GEOFENCING",
    "PROPAGATION",
    "RELATED_ENTITIES_AGGREGATION",
    "ENTITY_AGGREGATION",
)
ALL_TYPES: Final = (*FIELD_TYPES, ALARM)
_ARGUMENTS: Final = "arguments"
_RULES: Final = "createRules"
_STRATEGY: Final = {"type": "RULE_CHAIN"}
# The keys of an entry that name the entity, the first part of its address, and the server's type.
ENTITIES: Final[Mapping[str, tuple[str, str]]] = {
    "profile": ("deviceProfile", "DEVICE_PROFILE"),
    "assetProfile": ("assetProfile", "ASSET_PROFILE"),
    "device": ("device", "DEVICE"),
    "place": ("asset", "ASSET"),
    "customer": ("customer", "CUSTOMER"),
}


def configuration_in(file: File | None) -> dict[str, Json]:
    """Return the configuration in a file, which has it alone or with the name and the type around it."""
    document = file.value if file is not None else None
    if not isinstance(document, dict):
        return {}
    inner = document.get("configuration")
    found = dict(inner) if isinstance(inner, dict) else dict(document)
    if TYPE not in found and isinstance(document.get(TYPE), str):
        found[TYPE] = document[TYPE]
    return found


def is_wrapped(file: File) -> bool:
    """Return whether a file has the configuration below `configuration`, as exports have."""
    return isinstance(file.value, dict) and isinstance(file.value.get("configuration"), dict)


def parts_of(configuration: Json) -> dict[str, Json]:
    """Return the parts of a configuration."""
    if not isinstance(configuration, dict):
        return {}
    whole = normal_configuration(configuration) if configuration.get(TYPE) == ALARM else configuration
    told: dict[str, Json] = {}
    for key, value in whole.items() if isinstance(whole, dict) else ():
        plain = _plain(value)
        if key == _ARGUMENTS and isinstance(plain, dict):
            told |= {ARGUMENT + name: member for name, member in plain.items()}
        elif key == _RULES and isinstance(plain, dict):
            told |= {RULE + severity: member for severity, member in plain.items()}
        elif key == "output" and isinstance(plain, dict):
            told[key] = {name: one for name, one in plain.items() if (name, one) != ("strategy", _STRATEGY)}
        elif plain not in (None, False, [], {}):
            told[key] = plain
    return told


def configuration_of(parts: Fields) -> dict[str, Json]:
    """Return the configuration that parts make up; what else is among the fields is left out."""
    told: dict[str, Json] = {TYPE: parts.get(TYPE)}
    arguments: dict[str, Json] = {}
    rules: dict[str, Json] = {}
    for key, value in parts.items():
        if value is None or key in ENTITIES or key in NAME_FIELDS:
            continue
        if key.startswith(ARGUMENT):
            arguments[key.removeprefix(ARGUMENT)] = value
        elif key.startswith(RULE):
            rules[key.removeprefix(RULE)] = value
        else:
            told[key] = value
    told[_ARGUMENTS] = arguments
    if parts.get(TYPE) == ALARM:
        told[_RULES] = rules
    return told


def entity_in(declared: Resource, fleet: Fleet) -> tuple[str, Address] | None:
    """Return the key by which an entry names its entity, and the entity; None where it names none."""
    for key, (kind, _) in ENTITIES.items():
        name = declared.values.get(key)
        if isinstance(name, str):
            return key, Address(kind, _asset_name(name, fleet) if key == "place" else name)
    return None


def entity_of(fields: Fields) -> Address | None:
    """Return the entity among the fields of an object."""
    for key, (kind, _) in ENTITIES.items():
        if isinstance(fields.get(key), str):
            return Address(kind, str(fields[key]))
    return None


def type_of(address: Address) -> str:
    """Return the server's type of an entity."""
    return next(entity_type for kind, entity_type in ENTITIES.values() if kind == address.kind)


def target_of(row: Fields) -> tuple[str, str]:
    """Return the type and the id of the entity of a live object."""
    entity = row.get("entityId")
    told = entity if isinstance(entity, dict) else {}
    return str(told.get("entityType")), str(told.get("id"))


def _asset_name(name: str, fleet: Fleet) -> str:
    for place in _places(fleet):
        if name in (place[0], place[1]):
            return place[1]
    return name


def _places(fleet: Fleet) -> Iterator[tuple[str, str]]:
    for country in fleet.countries:
        yield country.name, country.asset_name
        for state in country.states:
            yield state.name, state.asset_name


def _plain(value: Json) -> Json:
    """Return a value without members that are null."""
    if isinstance(value, dict):
        return {key: _plain(member) for key, member in value.items() if member is not None}
    if isinstance(value, list):
        return [_plain(member) for member in value]
    return value
