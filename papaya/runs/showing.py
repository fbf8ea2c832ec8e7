"""The fleet as its server has it, and which of its devices are online."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from papaya.api.fetch import chunks
from papaya.api.protocols import Server
from papaya.api.query import Key, Row, all_of, find, listed, owned_by
from papaya.engine.address import Address
from papaya.engine.inventory import FLEET_KEY, Entity, Inventory
from papaya.engine.planner import live_path
from papaya.foreign import moment, plain_number
from papaya.render.tree import Shown, ShownObject
from papaya.runs.run import Run

_LISTED_AT_ONCE: Final = 500
_ACTIVE, _SEEN, _SERIAL = "active", "lastActivityTime", "serial"


def shown_by(run: Run) -> list[Shown]:
    """Return what the fleet owns, the places above it and what else stands in these, with who is online."""
    live = run.reading.inventory
    entities = list(_of_fleet(live, run.fleet.name))
    rows = _activity(run.session, run.fleet.name, entities)
    return [_shown(entity, live, rows) for entity in entities]


def objects_shown_by(run: Run) -> list[ShownObject]:
    """Return the objects beside the tree that the fleet owns or declares."""
    declared = {Address(one.kind, one.name) for one in run.fleet.resources}
    return [
        ShownObject(
            one.address.kind,
            one.address.name,
            one.owner,
            one.known_as if not one.has_own_name else None,
            one.protect,
        )
        for one in run.reading.resources.objects
        if one.owner == run.fleet.name or one.address in declared
    ]


def _of_fleet(live: Inventory, fleet: str) -> Iterator[Entity]:
    """Yield what the fleet owns, the places above it and what stands in these without its mark."""
    places: set[Address] = set()
    for entity in live:
        if entity.owner == fleet:
            places |= {Address("asset", name) for name in _above(entity, live)}
            if entity.role != "device":
                places.add(entity.address)
    for entity in live:
        inside = any(Address("asset", parent) in places for parent in entity.parents)
        if entity.owner == fleet or entity.address in places or inside:
            yield entity


def _above(entity: Entity, live: Inventory) -> set[str]:
    """Return the names of all places above an entity, whichever way; a loop ends it."""
    found: set[str] = set()
    pending = list(entity.parents)
    while pending:
        name = pending.pop()
        if name not in found:
            found.add(name)
            place = live.entities.get(Address("asset", name))
            pending.extend(place.parents if place is not None else ())
    return found


def _activity(session: Server, fleet: str, entities: Iterable[Entity]) -> dict[str, Row]:
    """Return activity and serials by id: one query for the fleet's own devices, and one for strangers."""
    keys = [Key("SERVER_SCOPE", name) for name in (_ACTIVE, _SEEN, _SERIAL)]
    own = owned_by(fleet, FLEET_KEY)
    rows = {row.id: row for row in find(session, all_of("DEVICE"), keys=keys, key_filters=(own,))}
    strangers = [
        entity.id
        for entity in entities
        if entity.role == "device" and entity.id is not None and entity.id not in rows
    ]
    for ids in chunks(strangers, _LISTED_AT_ONCE):
        rows.update((row.id, row) for row in find(session, listed("DEVICE", ids), keys=keys))
    return rows


def _shown(entity: Entity, live: Inventory, rows: Mapping[str, Row]) -> Shown:
    row = rows.get(entity.id or "")
    values = (
        {}
        if row is None
        else {name: row.values.get(Key("SERVER_SCOPE", name)) for name in (_ACTIVE, _SEEN, _SERIAL)}
    )
    active, seen, serial = values.get(_ACTIVE), values.get(_SEEN), values.get(_SERIAL)
    return Shown(
        path=live_path(entity, live),
        role=entity.role,
        name=entity.address.name,
        profile=entity.profile,
        label=entity.label,
        online=None if active is None else active == "true",
        last_active=moment(plain_number(seen or "")) or None,
        serial=str(serial) if serial is not None else None,
        owner=entity.owner,
        applied_as=entity.identity.name if entity.identity != entity.address else None,
    )
