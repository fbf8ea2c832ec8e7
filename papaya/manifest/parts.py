"""Objects beside the tree that a manifest declares as a part of a device profile.

Which they are the schema says: a property of a device profile has `x-kind` with the key of the kind, and the
word that declares no object of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from papaya.manifest.model import Json, Resource
from papaya.manifest.schema import schema
from papaya.manifest.tree import Map, mark_at, plain

_SECTION = "profiles"


@dataclass(frozen=True, slots=True)
class Parts:
    """The objects that profiles of a manifest declare, and the keys of their kinds."""

    resources: tuple[Resource, ...] = ()
    kinds: tuple[str, ...] = ()


def part_values(profile: Map) -> dict[str, Json]:
    """Return what a device profile says of the objects that are parts of it, by the keys that say it."""
    values = {key: plain(profile.get(key)) for key in parts()}
    return {key: value for key, value in values.items() if value is not None}


def parts_of(document: Map) -> Parts:
    """Return the objects that device profiles of a document declare, each named after its profile."""
    profiles = (document.get(_SECTION) or {}).get("devices")
    resources: list[Resource] = []
    kinds: dict[str, None] = {}
    for name, profile in profiles.items() if isinstance(profiles, Map) else ():
        for key, written in part_values(profile).items() if profile is not None else ():
            kind = parts()[key]
            kinds[kind["kind"]] = None
            if written != kind["none"]:
                mark = mark_at(profile.place_of(key))
                resources.append(
                    Resource(
                        kind["kind"],
                        _SECTION,
                        name,
                        values={key: written},
                        formerly=profile.get("formerly"),
                        mark=mark,
                    )
                )
    return Parts(tuple(resources), tuple(kinds))


@cache
def parts() -> dict[str, Mapping[str, str]]:
    """Return by the keys of a device profile the kinds whose objects they declare, and the word for none."""
    properties = schema()["$defs"]["deviceProfile"]["properties"]
    told = {key: value.get("x-kind", {}) for key, value in properties.items()}
    return {key: kind for key, kind in told.items() if "none" in kind}
