"""Which live entity a desired one is: by its record, its former or present name, or one that looks alike."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from papaya.engine.address import Address
from papaya.engine.identity import Known, folded, known_in
from papaya.engine.inventory import Entity, Inventory

How = Literal["exact", "formerly", "renamed", "followed", "case"]


@dataclass(frozen=True, slots=True)
class Match:
    """A live entity and how it was recognised.

    `formerly`: by the name that the manifest gives as its former one. `renamed`: by its record, somebody
    renamed it on the server and it gets its name back. `followed`: renamed on the server, and the manifest
    has followed. `case`: by a name that differs by case or normal form only, which stays as it is.
    """

    live: Entity
    how: How

    def name(self, desired: Address) -> str:
        """Return the server name that the entity is left with."""
        return desired.name if self.how in ("formerly", "renamed") else self.live.address.name


@dataclass(frozen=True, slots=True)
class Matching:
    """Desired addresses to live entities; `ambiguous` have several candidates, `clashes` two claims.

    `disputed` are claimed by the records of several live entities, none of which has the name. `places` are
    the live names of all assets that were recognised.
    """

    matches: Mapping[Address, Match] = field(default_factory=dict)
    ambiguous: Mapping[Address, tuple[str, ...]] = field(default_factory=dict)
    clashes: Mapping[Address, str] = field(default_factory=dict)
    unmatched: tuple[Entity, ...] = ()
    places: frozenset[str] = frozenset()
    disputed: Mapping[Address, tuple[Entity, ...]] = field(default_factory=dict)

    def live_name(self, name: str) -> str | None:
        """Return the present name of a desired asset, or None if it has to be created first."""
        match = self.matches.get(Address("asset", name))
        return match.live.address.name if match else None


def match(desired: Inventory, live: Inventory) -> Matching:
    """Return which live entity each desired one is; no live entity serves two desired ones.

    The record comes first: what somebody renamed on the server is still what papaya applied, and another
    entity that has taken its name is not. `live` was read for the fleet (`identity.known_to`).
    """
    return _Matcher(desired, live).result()


class _Matcher:
    """Finds live entities in steps; each step leaves alone what one before has taken."""

    def __init__(self, desired: Inventory, live: Inventory) -> None:
        self._desired = desired
        self._live = live
        self._known = known_in(live)
        self._matches: dict[Address, Match] = {}
        self._clashes: dict[Address, str] = {}
        self._taken: set[Address] = set()

    def result(self) -> Matching:
        disputed = {a: one for a, one in self._known.disputed.items() if a in self._desired.entities}
        for address, old in _renames(self._desired, self._live, self._known, self._clashes).items():
            self._take(address, self._live.entities[old], "formerly")
        self._by_record()
        for address in self._left(disputed):
            found = self._live.entities.get(address)
            if found is not None and self._is_free(found):
                was_renamed = self._known.claim_of(found) not in (None, address)
                self._take(address, found, "followed" if was_renamed else "exact")
        ambiguous = self._by_case(disputed)
        unmatched = tuple(entity for entity in self._live if self._is_free(entity))
        places = frozenset(address.name for address in self._taken if address.kind == "asset")
        return Matching(self._matches, ambiguous, self._clashes, unmatched, places, disputed)

    def _left(self, disputed: Mapping[Address, object]) -> list[Address]:
        return [a for a in self._desired.entities if a not in self._matches and a not in disputed]

    def _is_free(self, entity: Entity) -> bool:
        return entity.address not in self._taken

    def _take(self, address: Address, entity: Entity, how: How) -> None:
        self._matches[address] = Match(entity, how)
        self._taken.add(entity.address)

    def _by_record(self) -> None:
        """Match what the records name, those first whose names the manifest writes in the same way."""
        alike: dict[tuple[str, str], list[Entity]] = defaultdict(list)
        for address, entity in self._known.claims.items():
            if address in self._desired.entities:
                if address not in self._matches and self._is_free(entity):
                    self._take(address, entity, "exact" if entity.address == address else "renamed")
            else:
                alike[_key(address)].append(entity)
        for address in self._desired.entities if alike else ():
            if address in self._matches:
                continue
            found = [entity for entity in alike.get(_key(address), ()) if self._is_free(entity)]
            present = self._live.entities.get(address)
            if len(found) != 1 or (
                present is not None and self._is_free(present) and present is not found[0]
            ):
                continue
            # Adopted under a name that looks alike: while it has such a name, that one stays.
            is_alike = _key(found[0].address) == _key(address)
            exact = found[0].address == address
            self._take(address, found[0], "followed" if exact else "case" if is_alike else "renamed")

    def _by_case(self, disputed: Mapping[Address, object]) -> dict[Address, tuple[str, ...]]:
        candidates: dict[tuple[str, str], list[Entity]] = defaultdict(list)
        for entity in self._live:
            if self._is_free(entity):
                candidates[_key(entity.address)].append(entity)
        ambiguous: dict[Address, tuple[str, ...]] = {}
        for address in self._left(disputed):
            free = [entity for entity in candidates.get(_key(address), []) if self._is_free(entity)]
            if len(free) == 1:
                self._take(address, free[0], "case")
            elif free:
                ambiguous[address] = tuple(sorted(entity.address.name for entity in free))
        return ambiguous


def _key(address: Address) -> tuple[str, str]:
    return address.kind, folded(address.name)


def _renames(
    desired: Inventory, live: Inventory, known: Known, clashes: dict[Address, str]
) -> dict[Address, Address]:
    """Return desired address → live address for every `formerly` that is still to be carried out."""
    renames = _interrupted(desired, live)
    for entity in desired:
        if entity.formerly is None or entity.address in renames:
            continue
        found = _called(Address(entity.address.kind, entity.formerly), live, known, explicitly=True)
        if found is None or found.address in renames.values():
            continue
        if _was_renamed(_called(entity.address, live, known), entity.formerly):
            continue
        renames[entity.address] = found.address
    changed = True
    while changed:
        # A name that stays in use blocks the rename towards it, which may block the next in a chain.
        blocked = [new for new in renames if _is_kept(new, renames, desired, live, known)]
        for new in blocked:
            clashes[new] = renames.pop(new).name
        changed = bool(blocked)
    return renames


def _is_kept(
    new: Address, renames: Mapping[Address, Address], desired: Inventory, live: Inventory, known: Known
) -> bool:
    """Return whether another entity has this name, or is known by it, and is not renamed itself."""
    leaving = set(renames.values())
    claimed, present = known.claims.get(new), live.entities.get(new)
    if claimed is not None and claimed.address not in leaving:
        return True
    if present is None or present.address in leaving:
        return False
    claim = known.claim_of(present)
    return claim in (None, new) or claim not in desired.entities


def _called(address: Address, live: Inventory, known: Known, *, explicitly: bool = False) -> Entity | None:
    """Return the entity that is known by this name, or that has it and is not known by another.

    Where the manifest names a former name explicitly, the present name of a renamed one will do, too.
    """
    claimed = known.claims.get(address)
    if claimed is not None:
        return claimed
    present = live.entities.get(address)
    if present is None or explicitly or known.claim_of(present) in (None, address):
        return present
    return None


def _interrupted(desired: Inventory, live: Inventory) -> dict[Address, Address]:
    """Return where entities under a temporary name go: on to their target, or back if nobody wants it now."""
    renames: dict[Address, Address] = {}
    for entity in live:
        if entity.renaming is None:
            continue
        kind = entity.address.kind
        target = Address(kind, entity.renaming)
        origin = Address(kind, entity.formerly or "")
        if target in desired.entities:
            renames[target] = entity.address
        elif origin in desired.entities and origin not in live.entities:
            renames[origin] = entity.address
    return renames


def _was_renamed(present: Entity | None, formerly: str) -> bool:
    """Return whether a rename was carried out: without this memory a swap would be swapped back.

    The object remembers it from the rename itself, the record from the end of the change.
    """
    if present is None:
        return False
    recorded = present.applied.fields.get("formerly") if present.applied else None
    return formerly in (present.formerly, recorded)
