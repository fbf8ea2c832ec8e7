"""The fleet as its server has it, and which of its devices are online."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from papaya.api.activity import read_of_devices
from papaya.api.query import Key, Row
from papaya.engine.address import Address
from papaya.engine.inventory import Entity, Inventory
from papaya.engine.planner import live_path
from papaya.foreign import moment, plain_number
from papaya.render.tree import Shown, ShownObject
from papaya.runs.progress import rows_told
from papaya.runs.run import Run

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


_UNKNOWN = _Activity()
Placed = tuple[tuple[str, ...], Entity]
"""An entity with its path: the server's names from the Country down to it."""


def shown_by(
    run: Run, chosen: Callable[[Sequence[Placed]], Sequence[Placed]] = lambda all_of_them: all_of_them
) -> list[Shown]:
    """Return what the fleet owns, the places above it and what else stands in these, with who is online.

    `chosen` returns what is to be shown of that; nobody asks about the activity of the others.
    """
    live = run.reading.inventory
    shown = chosen([(live_path(entity, live), entity) for entity in _of_fleet(live, run.fleet.name)])
    activity = _activity(run, [entity for _, entity in shown])
    return [_shown(path, entity, activity.pop(entity.id or "", _UNKNOWN)) for path, entity in shown]


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


def _activity(run: Run, entities: Iterable[Entity]) -> dict[str, _Activity]:
    """Return activity and serials by id: with those of all of the fleet, or by id where these are fewer."""
    session, fleet = run.session, run.fleet.name
    keys = [Key("SERVER_SCOPE", name) for name in (_ACTIVE, _SEEN, _SERIAL)]
    devices = [entity.id for entity in entities if entity.role == "device" and entity.id is not None]
    found: dict[str, _Activity] = {}

    def take(rows: Iterable[Row]) -> None:
        # The reading has the same ids: of 100,000 devices they are 8 MB.
        found.update((sys.intern(row.id), _Activity.of(row)) for row in rows)

    owned = run.reading.inventory.devices_of(fleet)
    with rows_told(session, run.observer, "activity"):
        read_of_devices(
            session, devices, keys, take, fleet=fleet, owned=owned, concurrency=min(4, session.concurrency)
        )
    return found


def _shown(path: tuple[str, ...], entity: Entity, told: _Activity) -> Shown:
    return Shown(
        path=path,
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
