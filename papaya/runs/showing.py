"""The fleet as its server has it, and which of its devices are online."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from papaya.api.fetch import chunks, read_rows
from papaya.api.query import Key, Query, Row, all_of, find, listed, owned_by
from papaya.api.session import Session
from papaya.engine.address import Address
from papaya.engine.inventory import FLEET_KEY, Entity, Inventory
from papaya.engine.planner import live_path
from papaya.foreign import moment, plain_number
from papaya.render.tree import Shown, ShownObject
from papaya.runs.progress import rows_told
from papaya.runs.run import Run

_LISTED_AT_ONCE: Final = 500
# Of more devices the activity is read for the whole fleet at once.
_FEW: Final = 1_000
_ACTIVE, _SEEN, _SERIAL = "active", "lastActivityTime", "serial"


@dataclass(frozen=True, slots=True)
class _Activity:
    """Whether a device is online, when it was last active in milliseconds since 1970, and its serial."""

    online: bool | None = None
    last_active: int | None = None
    serial: str | None = None

    @classmethod
    def of(cls, row: Row) -> _Activity:
        active, seen, serial = (
            row.values.get(Key("SERVER_SCOPE", name)) for name in (_ACTIVE, _SEEN, _SERIAL)
        )
        return cls(
            None if active is None else active == "true",
            moment(plain_number(seen or "")) or None,
            str(serial) if serial is not None else None,
        )


def shown_by(run: Run) -> list[Shown]:
    """Return what the fleet owns, the places above it and what else stands in these, with who is online."""
    live = run.reading.inventory
    entities = list(_of_fleet(live, run.fleet.name))
    with rows_told(run.session, run.observer):
        activity = _activity(run.session, run.fleet.name, entities)
    return [_shown(entity, live, activity) for entity in entities]


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


def _activity(session: Session, fleet: str, entities: Iterable[Entity]) -> dict[str, _Activity]:
    """Return activity and serials by id: many are read with all of the fleet, few and others by id."""
    keys = [Key("SERVER_SCOPE", name) for name in (_ACTIVE, _SEEN, _SERIAL)]
    devices = [entity.id for entity in entities if entity.role == "device" and entity.id is not None]
    found: dict[str, _Activity] = {}

    def take(rows: Iterable[Row]) -> None:
        found.update((row.id, _Activity.of(row)) for row in rows)

    if len(devices) > _FEW:
        own = Query(session, all_of("DEVICE"), keys=keys, key_filters=(owned_by(fleet, FLEET_KEY),))
        read_rows(session, own, take, concurrency=min(4, session.concurrency))
    for ids in chunks([id_ for id_ in devices if id_ not in found], _LISTED_AT_ONCE):
        take(find(session, listed("DEVICE", ids), keys=keys))
    return found


def _shown(entity: Entity, live: Inventory, activity: Mapping[str, _Activity]) -> Shown:
    told = activity.get(entity.id or "", _Activity())
    return Shown(
        path=live_path(entity, live),
        role=entity.role,
        name=entity.address.name,
        profile=entity.profile,
        label=entity.label,
        online=told.online,
        last_active=told.last_active,
        serial=told.serial,
        owner=entity.owner,
        applied_as=entity.identity.name if entity.identity != entity.address else None,
    )
