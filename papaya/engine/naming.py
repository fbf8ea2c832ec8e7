"""The paths and addresses by which an entity may be meant: its names in the manifest, live and recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product

from papaya.engine.address import Address
from papaya.engine.inventory import Entity, Inventory
from papaya.engine.match import Matching
from papaya.engine.plan import Change

Name = tuple[tuple[str, ...], Address]


@dataclass(frozen=True, slots=True)
class Known:
    """All names of one entity, and what it is on the server; the first name is the one that is shown."""

    names: tuple[Name, ...]
    live: Entity | None = None


class Names:
    """The names of the entities of one plan. One that was renamed answers to its old and its new name."""

    def __init__(self, desired: Inventory, live: Inventory, matching: Matching) -> None:
        self._desired = desired
        self._live = live
        self._matching = matching
        self._left_with = {
            found.live.address: found.name(address) for address, found in matching.matches.items()
        }

    def all(self) -> Iterator[Known]:
        """Yield every entity with all its names."""
        seen: set[Address] = set()
        for entity in self._desired:
            found = self._matching.matches.get(entity.address)
            live = found.live if found is not None else None
            names = dict.fromkeys(self.of_desired(entity))
            if live is not None:
                seen.add(live.address)
                names |= dict.fromkeys(self.of_live(live))
            yield Known(tuple(names), live)
        for entity in self._live:
            if entity.address not in seen:
                yield Known(tuple(self.of_live(entity)), entity)

    def known_path(self, entity: Entity) -> tuple[str, ...]:
        """Return the path of a live entity by the names that the fleet knows: those that an apply leaves."""
        names: list[str] = []
        above, seen = entity.address, set[Address]()
        while above not in seen:
            seen.add(above)
            present = self._live.entities.get(above)
            known = present.identity.name if present is not None else above.name
            names.append(self._left_with.get(above, known))
            if present is None or not present.parents:
                break
            above = Address("asset", present.parents[0])
        return tuple(reversed(names))

    def of(self, change: Change) -> Iterator[Name]:
        """Yield the names of the entity of a change, first the one that the plan shows."""
        yield change.path, change.address
        if change.desired is not None:
            yield from self.of_desired(change.desired)
        elif change.live is not None:
            yield from self.of_live(change.live)

    def of_desired(self, entity: Entity) -> Iterator[Name]:
        """Yield the names of an entity of the manifest."""
        return _combined(entity, self._desired_parent, self._names_of_desired)

    def of_live(self, entity: Entity) -> Iterator[Name]:
        """Yield the names of an entity of the server."""
        return _combined(entity, self._live_parent, _names_of_live)

    def _names_of_desired(self, entity: Entity) -> tuple[str, ...]:
        shown = entity.path[-1] if entity.path else entity.address.name
        found = self._matching.matches.get(entity.address)
        if found is None:
            return _once(shown, entity.address.name)
        return _once(shown, entity.address.name, *_names_of_live(found.live))

    def _desired_parent(self, entity: Entity) -> Entity | None:
        return self._desired.entities.get(Address("asset", entity.parents[0])) if entity.parents else None

    def _live_parent(self, entity: Entity) -> Entity | None:
        return self._live.entities.get(Address("asset", entity.parents[0])) if entity.parents else None


def live_path(entity: Entity, live: Inventory) -> tuple[str, ...]:
    """Return the names above an entity, as the server relates them, and its own."""
    names = [entity.address.name]
    seen = {entity.address}
    parents = entity.parents
    while parents:
        above = Address("asset", parents[0])
        if above in seen:
            break
        seen.add(above)
        names.append(above.name)
        place = live.entities.get(above)
        parents = place.parents if place else ()
    return tuple(reversed(names))


def _combined(
    entity: Entity, parent: Callable[[Entity], Entity | None], names: Callable[[Entity], tuple[str, ...]]
) -> Iterator[Name]:
    chain: list[Entity] = []
    above: Entity | None = entity
    while above is not None and above not in chain:
        chain.append(above)
        above = parent(above)
    kind = entity.address.kind
    for own in names(entity):
        for places in product(*(names(one) for one in reversed(chain[1:]))):
            yield (*places, own), Address(kind, own)


def _names_of_live(entity: Entity) -> tuple[str, ...]:
    return _once(entity.address.name, entity.identity.name)


def _once(*names: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
