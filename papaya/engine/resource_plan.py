"""The part of a plan that is about objects beside the tree."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from papaya.engine.address import Address, natural
from papaya.engine.guard import Consent
from papaya.engine.plan import Change, Note, Refusal, ResourceChange, WayOut
from papaya.engine.resource_diff import change_of, desired_of, removal_of, undeclared_change_of, writes_object
from papaya.engine.resource_match import ResourceMatching
from papaya.engine.resource_references import (
    left_out_references,
    lets_go,
    missing_references,
    unknown_references,
)
from papaya.engine.scope import RunScope
from papaya.kinds.kind import TREE
from papaya.kinds.registry import KINDS, named_by_tree
from papaya.kinds.resource import Desired, Live, LiveObjects
from papaya.manifest.model import Fleet

# What is forgotten has this level, and most deletions come after it.
LAST: Final = 2 * TREE


@dataclass(frozen=True, slots=True)
class ResourcePlan:
    """Changes of objects in the order in which they are carried out, and what stands against them."""

    changes: tuple[ResourceChange, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    questions: tuple[Refusal, ...] = ()
    notes: tuple[Note, ...] = ()


def plan_resources(
    fleet: Fleet,
    live: LiveObjects,
    matching: ResourceMatching,
    tree: Sequence[Change],
    *,
    consent: Consent,
    scope: RunScope,
    left_out: Collection[Address] = (),
    removes_all: bool = False,
) -> ResourcePlan:
    """Return what makes the objects beside the tree what a fleet's manifest says.

    `tree` are the changes of places and devices in the same run. `left_out` are the places and devices of the
    manifest that are not on the server afterwards, because the run is limited.
    """
    desired = desired_of(fleet, live.names)
    foreign = {
        address: one
        for address, one in matching.matches.items()
        if one.owner not in (None, fleet.name) and one.owner not in consent.take_over
    }
    blocked = foreign.keys() | matching.ambiguous.keys()
    gone = list(leaving(fleet, matching, removes_all=removes_all))
    doomed = {one.live.id: one.address for one in gone if one.action == "destroy" and one.live is not None}
    wanted = [
        change_of(one, matching.matches.get(one.address), fleet.name, doomed)
        for one in desired
        if one.address not in blocked
    ]
    undeclared = _undeclared(fleet, matching, gone, doomed)
    changes = [*(change for change in wanted if change is not None), *undeclared]
    chosen = ordered_resources(select_resources(changes, scope, tree))
    return ResourcePlan(
        chosen,
        (
            *(_foreign(address, one, desired) for address, one in foreign.items()),
            *(_ambiguous(address, several) for address, several in matching.ambiguous.items()),
            *_objections(chosen, live),
            *missing_references(chosen, desired, live),
            *unknown_references(chosen, fleet, live),
            *left_out_references(chosen, left_out),
            *_conflicts(chosen, live),
            *_obstacles(chosen, live, tree),
            *_impossible(chosen),
        ),
        tuple(_question(one) for one in chosen if one.question and str(one.address) not in consent.confirm),
        tuple(
            Note(note, str(one.address))
            for one in desired
            if scope.only != "tree" and scope.covers((), one.address)
            for note in KINDS[one.address.kind].notes(one, matching.matches.get(one.address))
        ),
    )


def ordered_resources(changes: Sequence[ResourceChange]) -> tuple[ResourceChange, ...]:
    """Return the changes in the order in which they are shown and carried out."""
    depths = _depths(changes)
    return tuple(sorted(changes, key=lambda one: (rank(one), depths[one.address], natural(one.address.name))))


def rank(change: ResourceChange) -> int:
    """Return the level of a change: deletions come last, in the opposite order of creations."""
    kind = KINDS[change.address.kind]
    level = kind.level_of(change.desired) if change.desired is not None else kind.level
    if change.action == "destroy":
        return 0 if kind.leaves_first else 3 * TREE - level
    if change.action == "forget":
        return LAST
    return max(level, kind.level_of_rename()) if change.renamed_from is not None else level


def groups(
    changes: Sequence[ResourceChange], first: int = 0, end: int | None = None
) -> Iterator[tuple[ResourceChange, ...]]:
    """Yield the changes that may run together: those of the levels from `first` on and below `end`."""
    depths = _depths(changes)
    levels: dict[tuple[int, int], list[ResourceChange]] = {}
    for change in changes:
        if first <= rank(change) and (end is None or rank(change) < end):
            levels.setdefault((rank(change), depths[change.address]), []).append(change)
    for key in sorted(levels):
        yield tuple(levels[key])


def select_resources(
    changes: Sequence[ResourceChange], scope: RunScope, tree: Sequence[Change] = ()
) -> list[ResourceChange]:
    """Return the changes that a run is about, and the creations that they, or those of the tree, need."""
    if scope.only == "tree":
        return []
    kept = {one.address for one in changes if scope.covers_any(_names(one))}
    kept |= {one.address for one in _needed_by_tree(changes, tree, scope)}
    created = {one.address for one in changes if one.action == "create"}
    wanted = {one.address: one.desired for one in changes}
    excluded = RunScope(excludes=scope.excludes)
    pending = list(kept)
    while pending:
        desired = wanted.get(pending.pop())
        for address in desired.references if desired is not None else ():
            if address in created and address not in kept and excluded.covers((), address):
                kept.add(address)
                pending.append(address)
    return [one for one in changes if one.address in kept]


def referred(change: Change) -> Iterator[Address]:
    """Yield the objects beside the tree that a place or a device names."""
    for kind in KINDS.values():
        if kind.tree_kind not in (None, change.address.kind):
            continue
        value = getattr(change.desired, kind.tree_field, None) if kind.tree_field is not None else None
        if isinstance(value, str):
            yield kind.address(value)


def _needed_by_tree(
    changes: Sequence[ResourceChange], tree: Sequence[Change], scope: RunScope
) -> Iterator[ResourceChange]:
    """Yield the creations of objects that chosen places and devices name, and changes of their profiles."""
    used = {address for change in tree for address in referred(change)}
    excluded = RunScope(excludes=scope.excludes)
    for one in changes:
        is_needed = one.action == "create" or (
            one.action == "update" and KINDS[one.address.kind].tree_kind is not None
        )
        if is_needed and one.address in used and excluded.covers((), one.address):
            yield one


def _names(change: ResourceChange) -> Iterator[tuple[tuple[str, ...], Address]]:
    yield (), change.address
    if change.live is not None and change.live.address != change.address:
        yield (), change.live.address


def _depths(changes: Sequence[ResourceChange]) -> dict[Address, int]:
    """Return how many created objects of its level each change has to wait for; a circle ends it."""
    by_address = {change.address: change for change in changes if change.action in ("create", "update")}
    depths: dict[Address, int] = {}

    def depth(address: Address, above: frozenset[Address]) -> int:
        if address in depths:
            return depths[address]
        change = by_address.get(address)
        desired = change.desired if change is not None else None
        below = desired.references if desired is not None else ()
        found = [depth(one, above | {address}) + 1 for one in below if one in by_address and one not in above]
        depths[address] = max(found, default=0)
        return depths[address]

    for change in changes:
        depth(change.address, frozenset({change.address}))
    return depths


def leaving(
    fleet: Fleet, matching: ResourceMatching, *, removes_all: bool = False
) -> Iterator[ResourceChange]:
    """Yield what becomes of the fleet's own objects that its manifest does not have."""
    if fleet.bundle is not None:
        # A bundle knows of one device: that it does not name other objects says nothing about them.
        return
    reason = f"of the fleet {fleet.name}" if removes_all else "no longer in the manifest"
    for one in matching.unmatched:
        # Of a kind that the manifest does not declare nothing goes; it may have been read for another's sake.
        if not one.is_of(fleet.name) or not (removes_all or one.address.kind in fleet.kinds):
            continue
        if not removes_all and KINDS[one.address.kind].stays(one, fleet):
            yield removal_of(one, f"{reason}; it stays on the server", forget=True)
        else:
            yield removal_of(one, reason, forget=fleet.safety.when_removed == "forget")


def _undeclared(
    fleet: Fleet, matching: ResourceMatching, gone: Sequence[ResourceChange], doomed: Mapping[str, Address]
) -> Iterator[ResourceChange]:
    """Yield what becomes of the objects of the fleet that its manifest does not declare."""
    removals = {(one.address.kind, one.live.id): one for one in gone if one.live is not None}
    for one in matching.unmatched:
        if one.is_of(fleet.name):
            removal = removals.get((one.address.kind, one.id))
            change = undeclared_change_of(one, doomed, removal)
            if change is not None:
                yield change


def _foreign(address: Address, one: Live, desired: Sequence[Desired]) -> Refusal:
    wanted = next(each for each in desired if each.address == address)
    return Refusal(
        "owner",
        f"{address} is managed by the fleet {one.owner}",
        (
            WayOut("to take it over", f"papaya apply --take-over {shlex.quote(str(one.owner))}"),
            WayOut("to leave it there", f"remove it here, or give it another name ({wanted.mark})"),
        ),
        wanted.mark,
        (address,),
    )


def _ambiguous(address: Address, several: Sequence[Live]) -> Refusal:
    kind = KINDS[address.kind]
    ids = ", ".join(one.id for one in several)
    return Refusal(
        "name",
        f"{len(several)} {kind.plural} are called {address.name} and no fleet manages any of them: {ids}",
        (WayOut("to adopt one", "rename the others in ThingsBoard, or delete them"),),
        addresses=(address,),
    )


def ids_of(matching: ResourceMatching, desired: Sequence[Desired], live: LiveObjects) -> dict[Address, str]:
    """Return the ids of live objects by the addresses of the manifest: what it declares and refers to."""
    named = {address for one in desired for address in one.references}
    ids = {one.address: one.id for one in live.objects if one.address in named}
    return {**live.ids, **ids, **{address: one.id for address, one in matching.matches.items()}}


def _objections(changes: Sequence[ResourceChange], live: LiveObjects) -> Iterator[Refusal]:
    """Yield why the server cannot have what it is to have, and what it finds wrong with it."""
    for change in changes:
        if change.desired is None or not writes_object(change):
            continue
        kind = KINDS[change.address.kind]
        for reason in kind.objections(change.desired, change.live, live):
            leave_out = WayOut(
                "to leave it out", f"remove it, or name other environments in only ({change.mark})"
            )
            yield Refusal("name", f"{change.address}: {reason}", (leave_out,), change.mark, (change.address,))
        for fault in live.faults.get(change.address, ()):
            ways = (WayOut("to correct it", fault.remedy),) if fault.remedy else ()
            summary = f"{change.address}: {fault.summary}"
            yield Refusal("name", summary, ways, fault.mark, (change.address,))


def _conflicts(changes: Sequence[ResourceChange], live: LiveObjects) -> Iterator[Refusal]:
    for change in changes:
        if change.desired is None or not writes_object(change):
            continue
        for fault in KINDS[change.address.kind].conflicts(change.desired, change.live, live.objects):
            way = WayOut("to go on", fault.remedy)
            yield Refusal(
                "name", f"{change.address}: {fault.summary}", (way,), change.mark, (change.address,)
            )


def _leaving(changes: Sequence[ResourceChange], tree: Sequence[Change]) -> Iterator[str]:
    """Yield what goes, and what lets go of the object that it names now."""
    everything: tuple[Change | ResourceChange, ...] = (*changes, *tree)
    for change in everything:
        id_ = change.live.id if change.live is not None else None
        if id_ is None:
            continue
        if isinstance(change, ResourceChange) and KINDS[change.address.kind].is_part:
            yield f"{change.address.kind}:{id_}"
        elif change.action == "destroy":
            yield id_
        yield from (f"{one.field}:{id_}" for one in change.fields if named_by_tree(one.field) is not None)


def _obstacles(
    changes: Sequence[ResourceChange], live: LiveObjects, tree: Sequence[Change]
) -> Iterator[Refusal]:
    going = set(_leaving(changes, tree))
    going |= {
        one.live.id for one in tree if _leaves_its_profile(one) and one.live is not None and one.live.id
    }
    for change in changes:
        if change.action != "destroy" or change.live is None:
            continue
        gone = frozenset(going | set(_let_go(changes, change.live.address)))
        for reason in KINDS[change.address.kind].obstacles(change.live, live.objects, gone):
            yield Refusal(
                "orphan",
                f"{change.address} cannot be deleted: {reason}",
                (WayOut("to keep it, unmanaged", f"papaya forget {shlex.quote(str(change.address))}"),),
                addresses=(change.address,),
            )


def _leaves_its_profile(change: Change) -> bool:
    return change.action == "destroy" or any(one.field == "profile" for one in change.fields)


def _let_go(changes: Sequence[ResourceChange], address: Address) -> Iterator[str]:
    """Yield the ids of objects that name another one now and no longer do after this run."""
    for one in changes:
        if one.live is not None and lets_go(one, address):
            yield one.live.id


def _impossible(changes: Sequence[ResourceChange]) -> Iterator[Refusal]:
    for change in changes:
        if change.desired is None or change.live is None:
            continue
        for fault in KINDS[change.address.kind].refused(change.desired, change.live):
            ways = (WayOut("to go on", fault.remedy),)
            yield Refusal("immutable", fault.summary, ways, fault.mark or change.mark, (change.address,))


def _question(change: ResourceChange) -> Refusal:
    how = f"papaya apply --confirm {shlex.quote(str(change.address))}"
    ways = (WayOut("to agree unattended", how),)
    return Refusal("confirm", change.question, ways, change.mark, (change.address,))
