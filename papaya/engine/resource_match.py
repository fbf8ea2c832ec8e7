"""Which live object beside the tree each desired one is: by its mark, or by its name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from papaya.engine.address import Address
from papaya.kinds.registry import KINDS
from papaya.kinds.resource import Desired, Live, LiveObjects
from papaya.manifest.characters import composed


@dataclass(frozen=True, slots=True)
class ResourceMatching:
    """Desired objects with their live ones, live ones without, and names that mean several."""

    matches: Mapping[Address, Live] = field(default_factory=dict)
    unmatched: tuple[Live, ...] = ()
    ambiguous: Mapping[Address, tuple[Live, ...]] = field(default_factory=dict)


def match_resources(desired: Sequence[Desired], live: LiveObjects, fleet: str) -> ResourceMatching:
    """Return which live object each desired one is.

    The fleet's own are known by the name in their record, so that a rename on the server is found; others by
    their live name, in whatever Unicode normal form. So is one that somebody renamed on the server, where the
    manifest has taken over the new name. Of several of one name the fleet's own counts, or the only one that
    nobody has marked.
    """
    wanted_names = {Address(one.address.kind, composed(one.address.name)) for one in desired}
    own: dict[Address, Live] = {}
    named: dict[Address, list[Live]] = defaultdict(list)
    for one in live.objects:
        if one.owner == fleet:
            own.setdefault(Address(one.address.kind, composed(one.known_as)), one)
        named[Address(one.address.kind, composed(one.address.name))].append(one)
    matches: dict[Address, Live] = {}
    ambiguous: dict[Address, tuple[Live, ...]] = {}
    taken: set[tuple[str, str]] = set()

    def take(address: Address, one: Live | None) -> bool:
        if one is None or _which(one) in taken or not KINDS[address.kind].is_managed(one.row):
            return False
        matches[address] = one
        taken.add(_which(one))
        return True

    for wanted in desired:
        take(wanted.address, own.get(wanted.address))
    for wanted in desired:
        if wanted.address in matches:
            continue
        kind = KINDS[wanted.address.kind]
        former = [kind.address(wanted.formerly)] if wanted.formerly is not None else []
        if any(take(wanted.address, own.get(address)) for address in former):
            continue
        for address in (kind.address(wanted.live_name), *former):
            called = [one for one in named.get(address, ()) if kind.may_be(wanted, one, live.ids)]
            free = [
                one for one in called if _which(one) not in taken and _is_candidate(one, fleet, wanted_names)
            ]
            ours = [one for one in free if one.created_by == fleet] or free
            if len(ours) > 1:
                ambiguous[wanted.address] = tuple(ours)
                break
            if take(wanted.address, ours[0] if ours else None):
                break
    unmatched = tuple(one for one in live.objects if _which(one) not in taken)
    return ResourceMatching(matches, unmatched, ambiguous)


def _which(one: Live) -> tuple[str, str]:
    # A part of an object has the id of its whole.
    return one.address.kind, one.id


def _is_candidate(one: Live, fleet: str, wanted: Collection[Address]) -> bool:
    """Return whether a live object may be meant by its name: one of the fleet's own is known by its record.

    Unless the manifest no longer has the name of the record.
    """
    if one.owner != fleet or one.applied is None or one.known_as == one.address.name:
        return True
    return Address(one.address.kind, composed(one.known_as)) not in wanted
