"""Runs by which entities leave a fleet: they are forgotten, or destroyed."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from papaya.counting import first_of
from papaya.engine.plan import Plan
from papaya.manifest.model import Fleet

_MOST_NAMES = 3


def without_entries(fleet: Fleet, *, when_removed: Literal["forget", "destroy"]) -> Fleet:
    """Return the fleet as if its manifest declared nothing, with what is to become of its entities."""
    safety = replace(fleet.safety, when_removed=when_removed)
    return replace(fleet, countries=(), missing_cells=(), resources=(), safety=safety)


def what_comes_back(fleet: Fleet, plan: Plan) -> str:
    """Return what the next apply of a fleet would do about entities that a plan forgets; "" for nothing."""
    kept = {device.name for device in fleet.devices()}
    kept |= {place.asset_name for country in fleet.countries for place in (country, *country.states)}
    again = sorted(change.address.name for change in plan.changes if change.address.name in kept)
    declared = {(one.kind, one.name) for one in fleet.resources}
    again += sorted(
        str(change.address)
        for change in plan.resources
        if (change.address.kind, change.address.name) in declared
    )
    told = []
    if again:
        told.append(f"Still in the manifest, so the next apply would adopt: {first_of(again, _MOST_NAMES)}")
    for change in plan.changes:
        new = change.address.name
        was = change.live.identity.name if change.live is not None else new
        if was != new and was in kept:
            told.append(
                f"The next apply would create {was} again: {new} is no longer known as it. "
                f"Remove {was} from the manifest, or write {new} there."
            )
    return "\n".join(told)
