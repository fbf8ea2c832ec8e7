"""Calculated fields that read what they write, alone or in a circle with others of their entity."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from papaya.kinds.field_faults import SCRIPT, SIMPLE
from papaya.kinds.field_parts import TYPE, configuration_in, entity_in
from papaya.kinds.field_scripts import output_keys
from papaya.manifest.model import Fleet, Json, Resource

Key = tuple[str, str]
_LATEST = "TIME_SERIES"


@dataclass(frozen=True, slots=True)
class Circle:
    """The argument by which a circle is closed, the key that it reads, and the fields between."""

    argument: str
    key: str
    through: tuple[str, ...] = ()


def circle_of(declared: Resource, fleet: Fleet) -> Circle | None:
    """Return the circle in which a field reads its own output, or None."""
    entity = entity_in(declared, fleet)
    others = [
        one
        for one in fleet.resources
        if one.kind == declared.kind and one.name != declared.name and entity_in(one, fleet) == entity
    ]
    writes = {one.name: set(_written(one)) for one in (declared, *others)}
    reads = {one.name: dict(_read(one)) for one in (declared, *others)}
    for argument, key in reads[declared.name].items():
        path = _path(key, declared.name, writes, reads, (declared.name,))
        if path is not None:
            return Circle(argument, key[1], path)
    return None


def _path(
    key: Key,
    goal: str,
    writes: Mapping[str, set[Key]],
    reads: Mapping[str, Mapping[str, Key]],
    seen: tuple[str, ...],
) -> tuple[str, ...] | None:
    """Return the fields by which a key comes from the field `goal`."""
    if key in writes[goal]:
        return ()
    for name, written in writes.items():
        if name in seen or key not in written:
            continue
        for other in reads[name].values():
            found = _path(other, goal, writes, reads, (*seen, name))
            if found is not None:
                return (name, *found)
    return None


def _written(declared: Resource) -> Iterator[Key]:
    configuration = configuration_in(declared.files.get("file"))
    output = configuration.get("output")
    told = output if isinstance(output, dict) else {}
    where = _LATEST if told.get(TYPE) == _LATEST else str(told.get("scope") or "SERVER_SCOPE")
    expression = configuration.get("expression")
    if configuration.get(TYPE) == SIMPLE and isinstance(told.get("name"), str):
        yield where, str(told["name"])
    elif configuration.get(TYPE) == SCRIPT and isinstance(expression, str):
        yield from ((where, key) for key in output_keys(expression))


def _read(declared: Resource) -> Iterator[tuple[str, Key]]:
    """Yield the keys of the field's own entity that its arguments read."""
    arguments = configuration_in(declared.files.get("file")).get("arguments")
    for name, argument in arguments.items() if isinstance(arguments, dict) else ():
        told: Mapping[str, Json] = argument if isinstance(argument, dict) else {}
        key = told.get("refEntityKey")
        if not isinstance(key, dict) or told.get("refEntityId") or told.get("refDynamicSourceConfiguration"):
            continue
        attribute = key.get(TYPE) == "ATTRIBUTE"
        yield name, (str(key.get("scope")) if attribute else _LATEST, str(key.get("key")))
