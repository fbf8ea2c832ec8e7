"""Which live entity a desired one is: by exact name, by former name, or by a unique name in other case."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from papaya.engine.address import Address
from papaya.engine.inventory import Entity, Inventory

How = Literal["exact", "formerly", "case"]


@dataclass(frozen=True, slots=True)
class Match:
    """A live entity and how it was recognised."""

    live: Entity
    how: How


@dataclass(frozen=True, slots=True)
class Matching:
    """Desired addresses to live entities; `ambiguous` have several candidates, `clashes` two claims.

    `places` are the live names of all assets that were recognised.
    """

    matches: Mapping[Address, Match] = field(default_factory=dict)
    ambiguous: Mapping[Address, tuple[str, ...]] = field(default_factory=dict)
    clashes: Mapping[Address, str] = field(default_factory=dict)
    unmatched: tuple[Entity, ...] = ()
    places: frozenset[str] = frozenset()

    def live_name(self, name: str) -> str | None:
        """Return the present name of a desired asset, or None if it has to be created first."""
        match = self.matches.get(Address("asset", name))
        return match.live.address.name if match else None


def match(desired: Inventory, live: Inventory) -> Matching:
    """Return which live entity each desired one is; no live entity serves two desired ones."""
    matches: dict[Address, Match] = {}
    clashes: dict[Address, str] = {}
    taken: set[Address] = set()
    renames = _renames(desired, live, clashes)
    for address, old in renames.items():
        matches[address] = Match(live.entities[old], "formerly")
        taken.add(old)
    for address in desired.entities:
        if address not in matches and address in live.entities and address not in taken:
            matches[address] = Match(live.entities[address], "exact")
            taken.add(address)
    ambiguous = _by_case(desired, live, matches, taken)
    unmatched = tuple(entity for address, entity in live.entities.items() if address not in taken)
    places = frozenset(address.name for address in taken if address.kind == "asset")
    return Matching(matches, ambiguous, clashes, unmatched, places)


def _renames(desired: Inventory, live: Inventory, clashes: dict[Address, str]) -> dict[Address, Address]:
    """Return desired address → old address for every `formerly` that is still to be carried out."""
    renames = _interrupted(desired, live)
    for entity in desired:
        if entity.formerly is None or entity.address in renames:
            continue
        old = Address(entity.address.kind, entity.formerly)
        if old not in live.entities:
            continue
        if _was_renamed(live.entities.get(entity.address), entity.formerly):
            continue
        renames[entity.address] = old
    leaving = set(renames.values())
    changed = True
    while changed:
        # A name that stays in use blocks the rename towards it, which may block the next in a chain.
        blocked = [new for new in renames if new in live.entities and new not in leaving]
        for new in blocked:
            clashes[new] = renames.pop(new).name
        leaving = set(renames.values())
        changed = bool(blocked)
    return renames


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


def _by_case(
    desired: Inventory, live: Inventory, matches: dict[Address, Match], taken: set[Address]
) -> dict[Address, tuple[str, ...]]:
    candidates: dict[tuple[str, str], list[Entity]] = defaultdict(list)
    for address, entity in live.entities.items():
        if address not in taken:
            candidates[(address.kind, address.name.lower())].append(entity)
    ambiguous: dict[Address, tuple[str, ...]] = {}
    for address in desired.entities:
        if address in matches:
            continue
        found = candidates.get((address.kind, address.name.lower()), [])
        free = [entity for entity in found if entity.address not in taken]
        if len(free) == 1:
            matches[address] = Match(free[0], "case")
            taken.add(free[0].address)
        elif free:
            ambiguous[address] = tuple(sorted(entity.address.name for entity in free))
    return ambiguous
