"""Which changes a run is about: targets and exclusions by path, glob or address."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from papaya.engine.address import Address
from papaya.engine.plan import Change
from papaya.manifest.characters import composed

Part = Literal["tree", "resources"]


@dataclass(frozen=True, slots=True)
class RunScope:
    """Patterns such as `INDIA/Karnataka`, `INDIA/*/PM-0*` or `device/PM-0001`.

    A pattern that names a place means the place and everything in it; `*` and `?` do not cross a `/`, and a
    backslash takes their meaning from `*`, `?`, `/` and itself. Without targets everything is meant. A bare
    name is a country here; `meaning.in_full` replaces one that is not. Objects beside the tree have addresses
    (`customer/City of Bengaluru`) and no paths; `only` limits a run to the tree or to them.
    """

    targets: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    only: Part | None = None

    def __bool__(self) -> bool:
        return bool(self.targets or self.excludes or self.only)

    def covers(self, path: Sequence[str], address: Address) -> bool:
        """Return whether an entity of this path and address is meant."""
        if any(matches(pattern, path, address) for pattern in self.excludes):
            return False
        return not self.targets or any(matches(pattern, path, address) for pattern in self.targets)

    def covers_any(self, names: Iterable[tuple[Sequence[str], Address]]) -> bool:
        """Return whether an entity of several names is meant: an exclusion of any of them excludes it."""
        names = tuple(names)
        excluded = RunScope(excludes=self.excludes)
        if not all(excluded.covers(path, address) for path, address in names):
            return False
        return any(self.covers(path, address) for path, address in names)


NamesOf = Callable[[Change], Iterable[tuple[Sequence[str], Address]]]


def _shown(change: Change) -> Iterable[tuple[Sequence[str], Address]]:
    return ((change.path, change.address),)


def select(changes: Iterable[Change], scope: RunScope, names: NamesOf = _shown) -> tuple[Change, ...]:
    """Return the changes that are meant, and the creations of places that they cannot do without.

    `names` yields the names by which a change may be meant. What stands in a place whose creation is excluded
    goes with it: it would have nowhere to stand.
    """
    if scope.only == "resources":
        return ()
    if not scope:
        return tuple(changes)
    changes = tuple(changes)
    kept = {change.address for change in changes if scope.covers_any(names(change))}
    created = {
        change.address.name: change for change in changes if change.action == "create" and change.desired
    }
    excluded = RunScope(excludes=scope.excludes)
    for change in changes:
        if change.address not in kept:
            continue
        above = _places_above(change, created)
        if all(excluded.covers(place.path, place.address) for place in above):
            kept.update(place.address for place in above)
        else:
            kept.discard(change.address)
    return tuple(change for change in changes if change.address in kept)


def unused(scope: RunScope, known: Iterable[tuple[Sequence[str], Address]]) -> tuple[str, ...]:
    """Return the patterns that match none of the known entities."""
    known = tuple(known)
    return tuple(
        pattern
        for pattern in (*scope.targets, *scope.excludes)
        if not any(matches(pattern, path, address) for path, address in known)
    )


def is_bare(pattern: str) -> bool:
    """Return whether a pattern is one name, without the places above it or the kind of the entity."""
    return len(_compiled(pattern)) == 1


def matches(pattern: str, path: Sequence[str], address: Address) -> bool:
    """Return whether a pattern means the entity of this path and address, in any Unicode normal form."""
    segments = _compiled(composed(pattern))
    if len(segments) == 2 and pattern.startswith(f"{address.kind}/"):
        return bool(segments[1].fullmatch(composed(address.name)))
    if len(segments) > len(path):
        return False
    return all(segment.fullmatch(composed(name)) for segment, name in zip(segments, path, strict=False))


def _places_above(change: Change, created: dict[str, Change]) -> list[Change]:
    """Return the places above a change that this plan creates, nearest first."""
    above: list[Change] = []
    parents = change.desired.parents if change.desired is not None else ()
    while parents and (place := created.get(parents[0])) is not None and place.role != "device":
        above.append(place)
        parents = place.desired.parents if place.desired is not None else ()
    return above


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> tuple[re.Pattern[str], ...]:
    segments = [""]
    for part in re.findall(r"\\.|.", pattern, re.DOTALL):
        if part == "/":
            segments.append("")
        elif part == "*":
            segments[-1] += ".*"
        elif part == "?":
            segments[-1] += "."
        else:
            segments[-1] += re.escape(part[-1])
    return tuple(re.compile(segment, re.DOTALL) for segment in segments)
