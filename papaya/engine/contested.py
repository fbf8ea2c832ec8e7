"""Names that stand against a plan: those that several live entities could mean, or that others have."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import replace

from papaya.engine.address import Address, path_text
from papaya.engine.inventory import Entity, Inventory
from papaya.engine.match import Matching
from papaya.engine.plan import Change, Note, Refusal, WayOut

# A name in quotes, as a shell takes it.


def unclear(matching: Matching, desired: Inventory) -> Iterator[Refusal]:
    """Yield the desired names for which the server has several candidates, or one that is somebody else."""
    for refusal in _unclear(matching):
        yield replace(refusal, path=desired.entities[refusal.addresses[0]].path)


def _unclear(matching: Matching) -> Iterator[Refusal]:
    for address, names in matching.ambiguous.items():
        yield Refusal(
            "name",
            f"no live {address.kind} is called {address.name}; {' and '.join(names)} differ by "
            f"{'case only' if _differ_by_case(names) else 'Unicode normal form only'}",
            (WayOut("to choose one", "write its exact name"),),
            addresses=(address,),
        )
    for address, entities in matching.disputed.items():
        names = tuple(sorted(entity.address.name for entity in entities))
        other = shlex.quote(f"{address.kind}/{names[-1]}")
        yield Refusal(
            "name",
            f"the records of {' and '.join(names)} both say that they are {address.name}",
            (
                WayOut("to choose one", f"rename it to {address.name} in ThingsBoard"),
                WayOut("to stop managing the other", f"papaya forget {other}"),
            ),
            addresses=(address,),
        )
    for address, old in matching.clashes.items():
        yield Refusal(
            "name",
            f"{old} cannot be renamed to {address.name}: the server has a {address.kind} of that name",
            (WayOut("to use the one that is there", "remove formerly"),),
            addresses=(address,),
        )


def taken(changes: Sequence[Change], live: Inventory, fleet: str) -> Iterator[Refusal]:
    """Yield the names that changes need and that other entities keep, as far as these changes go."""
    vacated = {
        Address(change.address.kind, change.renamed_from)
        for change in changes
        if change.renamed_from is not None
    }
    leaving = {change.address for change in changes if change.action == "destroy"}
    for change in changes:
        holder = live.entities.get(change.address)
        if change.action == "create" and holder is not None and change.address not in vacated:
            yield _blocked_creation(change, holder)
        elif change.renamed_from is not None and holder is not None and change.address not in vacated:
            yield _blocked_rename(change, holder, fleet, goes=change.address in leaving)


def _blocked_creation(change: Change, holder: Entity) -> Refusal:
    kind, name = change.address.kind, change.address.name
    known_as = holder.identity.name
    was = f": it is {known_as}, renamed on the server" if known_as != name else ""
    return Refusal(
        "name",
        f"{name} cannot be created: the server has a {kind} of that name{was}",
        (WayOut("to give both their names", f"one run with {known_as} and {name}"),),
        change.mark,
        (change.address,),
    )


def _blocked_rename(change: Change, holder: Entity, fleet: str, *, goes: bool) -> Refusal:
    kind, new, old = change.address.kind, change.address.name, change.renamed_from
    known_as = holder.identity.name
    own = holder.owner == fleet
    ways: list[WayOut] = []
    if own and goes:
        who = f"another {kind} of this fleet has that name and is deleted only later"
        ways.append(
            WayOut("to delete it first", f"papaya apply --target {shlex.quote(f'{kind}/{known_as}')}")
        )
    elif own:
        who = f"another {kind} of this fleet has that name"
        ways.append(WayOut("to rename both", f"one run with {known_as} and {new}"))
    elif holder.owner is not None and holder.owner[:1].isalpha():
        who = f"a {kind} of the fleet {holder.owner} has that name"
    else:
        who = f"the server has another {kind} of that name"
    if not own:
        ways.append(WayOut("to keep the name on the server", f"write {old} instead of {new} in the manifest"))
        ways.append(WayOut(f"to get {new} back", f"rename the other {new} in ThingsBoard"))
        ways.append(WayOut("to manage the other instead", f"papaya forget {shlex.quote(f'{kind}/{old}')}"))
    reason = f"{old} cannot be renamed to {new}: {who}"
    return Refusal("name", reason, tuple(ways), change.mark, (change.address,))


def notes_on_names(matching: Matching, changes: Sequence[Change], live: Inventory) -> Iterator[Note]:
    """Yield what to know of names: renames that the manifest has followed, and copies of records."""
    for change in changes:
        found = matching.matches.get(change.address) if change.desired is not None else None
        if found is not None and found.how == "followed" and change.live is not None:
            old = found.live.identity.name
            yield Note(f"renamed on the server: {old} -> {found.live.address.name}; the manifest has it, too",
                       path_text(change.path))  # fmt: skip
    originals = {entity.id: entity for entity in live if entity.copy_of is None}
    for entity in live:
        if entity.copy_of is None:
            continue
        original = originals.get(entity.copy_of)
        whose = original.address.name if original is not None else "an entity that is gone"
        yield Note(
            f"papaya.applied was copied from {whose}, so it is not managed. To remove the copy: "
            f"papaya forget {shlex.quote(str(entity.address))}",
            str(entity.address),
        )


def _differ_by_case(names: Sequence[str]) -> bool:
    return len({name.lower() for name in names}) < len(names)
