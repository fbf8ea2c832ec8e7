"""Live entities that are as the manifest wants them, without values of their own.

Of 100,000 devices most are. Their attributes and records then are the manifest's, which takes a third of the
memory, and which the next comparison sees at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from papaya.engine.attributes import NOTHING, attribute_changes
from papaya.engine.canonical import same_typed
from papaya.engine.inventory import Applied, Entity
from papaya.manifest.model import Json

# What an object says that a manifest can want otherwise.
COMPARED = ("profile", "label", "description", "gateway")


def settled(live: Entity, desired: Entity | None) -> Entity:
    """Return a live entity with the desired attributes in place of equal ones, if nothing of it differs."""
    record = live.applied
    if desired is None or record is None or live.server is desired.server or not _is_as_wanted(live, desired):
        return live
    own = Applied(
        _same(record.server, desired.server),
        _same(record.shared, desired.shared),
        record.fields,
        record.token,
        record.id,
    )
    return replace(live, server=desired.server, shared=desired.shared, applied=own)


def _is_as_wanted(live: Entity, desired: Entity) -> bool:
    return (
        live.server.keys() == desired.server.keys()
        and live.shared.keys() == desired.shared.keys()
        and live.protect == desired.protect
        and all(getattr(desired, name) in (None, getattr(live, name)) for name in COMPARED)
        and attribute_changes("SERVER_SCOPE", desired, live) is NOTHING
        and attribute_changes("SHARED_SCOPE", desired, live) is NOTHING
    )


def _same(recorded: Mapping[str, Json], desired: Mapping[str, Json]) -> Mapping[str, Json]:
    return desired if same_typed(dict(recorded), dict(desired)) else recorded
