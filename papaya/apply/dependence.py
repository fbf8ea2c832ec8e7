"""What a change depends on that this run did not bring about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from papaya.apply.steps import Context
from papaya.engine.address import Address
from papaya.engine.plan import Change, ProfileChange, ResourceChange
from papaya.engine.resource_plan import referred
from papaya.engine.resource_references import lets_go

AnyChange = Change | ProfileChange | ResourceChange


def missing(change: AnyChange, lost: Mapping[Address, AnyChange], context: Context) -> Address | None:
    """Return what this change depends on and did not come to be, or did not leave."""
    if isinstance(change, ProfileChange) or not lost:
        return None
    if isinstance(change, ResourceChange):
        return _missing_beside(change, lost)
    if change.action == "destroy":
        # A place goes only after everything that was to leave it.
        name = change.address.name
        return next(
            (
                address
                for address, other in lost.items()
                if name in _live_parents(other)
                or (isinstance(other, ResourceChange) and lets_go(other, change.address))
            ),
            None,
        )
    entity = change.desired
    if entity is None:
        return None
    needed = [*(Address("asset", parent) for parent in entity.parents), *referred(change)]
    if entity.profile is not None:
        needed.append(Address("deviceProfile" if entity.role == "device" else "assetProfile", entity.profile))
    # What was there before the run still is, even if its own change failed. So is what was created in it,
    # though not all of it was written: what stands in it may have begun already.
    return next(
        (
            one
            for one in needed
            if one in lost and _is_creation(lost[one]) and not (one.kind == "asset" and context.knows(one))
        ),
        None,
    )


def _missing_beside(change: ResourceChange, lost: Mapping[Address, AnyChange]) -> Address | None:
    needed = change.desired.references if change.desired is not None else ()
    if change.action == "destroy":
        # What names it has to have left it first.
        return next((one for one, other in lost.items() if _still_names(other, change.address)), None)
    return next((one for one in needed if one in lost and _is_creation(lost[one])), None)


def _still_names(change: AnyChange, address: Address) -> bool:
    """Return whether what was not changed still names an object on the server."""
    if isinstance(change, ResourceChange):
        return lets_go(change, address)
    if not isinstance(change, Change) or change.live is None:
        return False
    return address in referred(replace(change, desired=change.live))


def _is_creation(change: AnyChange) -> bool:
    return change.action == "create"


def _live_parents(change: AnyChange) -> tuple[str, ...]:
    if not isinstance(change, Change) or change.live is None:
        return ()
    return change.live.parents
