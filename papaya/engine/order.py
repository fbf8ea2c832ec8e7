"""In which order changes are carried out, and how many requests that takes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from papaya.engine.address import Address, natural
from papaya.engine.plan import Change, ProfileChange

# Changes of one level may run together; a level starts when the one before it has ended.
#
#     countries → states → devices → released
#              → devices destroyed → states destroyed → countries destroyed
#
# What is only created joins the level before: within it, what stands in a new place begins when this place
# has been created. What is changed does not: papaya looks at it, and at its lock, after the level before has
# ended. A place goes after everything in it has gone. Before all levels come profiles, and then the temporary
# names of entities that stand in another change's way.
_CREATE_RANK = {"country": 0, "state": 1, "device": 2}
_DESTROY_RANK = {"device": 4, "state": 5, "country": 6}
_FORGET_RANK = 3


def ordered(changes: Iterable[Change]) -> tuple[Change, ...]:
    """Return the changes in the order in which they are shown and carried out."""
    return tuple(sorted(changes, key=lambda change: (rank(change), [natural(name) for name in change.path])))


def rank(change: Change) -> int:
    """Return the level of a change; lower levels are carried out first."""
    if change.action == "destroy":
        return _DESTROY_RANK.get(change.role, 6)
    if change.action == "forget":
        return _FORGET_RANK
    return _CREATE_RANK.get(change.role, 0)


def levels(changes: Iterable[Change]) -> tuple[tuple[Change, ...], ...]:
    """Return the changes grouped by level, lowest first; places stand before what they contain."""
    groups: dict[int, list[Change]] = defaultdict(list)
    for change in changes:
        groups[rank(change)].append(change)
    joined: list[list[Change]] = []
    for key in sorted(groups):
        if joined and all(change.action == "create" for change in groups[key]):
            joined[-1] += groups[key]
        else:
            joined.append(groups[key])
    return tuple(map(tuple, joined))


def with_detours(changes: Iterable[Change]) -> tuple[Change, ...]:
    """Mark the renames that take a temporary name first, because another change wants one of their names."""
    changes = tuple(changes)
    vacated = {
        Address(change.address.kind, change.renamed_from)
        for change in changes
        if change.renamed_from is not None
    }
    wanted = {change.address for change in changes if change.action == "create" or change.renamed_from}
    contested = vacated & wanted
    return tuple(
        replace(change, writes=replace(change.writes, aside=True))
        if change.renamed_from is not None and Address(change.address.kind, change.renamed_from) in contested
        else change
        for change in changes
    )


def count_requests(profiles: Iterable[ProfileChange], changes: Iterable[Change]) -> int:
    """Return how many requests carrying out the changes sends when nothing has to be sent again."""
    return sum(1 for _ in profiles) + sum(requests_of(change) for change in changes)


def requests_of(change: Change) -> int:
    """Return how many requests one change sends."""
    if change.action == "destroy":
        return 1
    if change.action == "forget":
        # Marks are attributes; those inside the object take a save of their own.
        return 1 + bool(change.live and change.live.is_marked_inside)
    writes = change.writes
    count = int(writes.save) + int(writes.aside)
    count += bool(writes.set_server or writes.record)
    count += bool(writes.set_shared)
    count += bool(writes.delete_server or _drops_protection(change)) + bool(writes.delete_shared)
    # A token that is replaced needs the id of the credentials first; a new device's token travels with it.
    # What the record knows of the old token goes first.
    if writes.credentials == "replace":
        count += 2 + bool(change.live and change.live.applied and change.live.applied.token)
    return count + len(writes.relate) + len(writes.unrelate)


def _drops_protection(change: Change) -> bool:
    return bool(change.live and change.live.protect and change.desired and not change.desired.protect)
