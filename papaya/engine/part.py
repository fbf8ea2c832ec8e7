"""A few devices of a fleet that can be planned without reading the rest of the fleet's server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from papaya.engine.address import Address
from papaya.engine.assigned import packages_of
from papaya.engine.desire import attributes_of_kinds
from papaya.engine.match import match
from papaya.engine.meaning import device_named, is_pattern
from papaya.engine.reading import Reading
from papaya.engine.resource_diff import desired_of
from papaya.engine.scope import RunScope, is_bare
from papaya.manifest.model import Device, Fleet, Json

# Above, the questions by name cost more than they spare.
MOST_DEVICES = 50


def part_of(fleet: Fleet, scope: RunScope) -> Fleet | None:
    """Return a fleet of the devices that a scope means and of their places, or None where it may mean more.

    It may where a target is a pattern or a place: what stands there on the server and not in the manifest is
    meant, too. A device bundle is a part by itself: what else its fleet has is nobody's business there.
    """
    if scope.excludes or scope.only:
        return None
    if fleet.bundle is not None:
        return None if scope.targets else fleet
    if not 0 < len(scope.targets) <= MOST_DEVICES:
        return None
    devices: list[Device] = []
    others = frozenset(_names_of_others(fleet))
    for target in scope.targets:
        device = device_named(fleet, target) if not is_pattern(target) else None
        if device is None or (is_bare(target) and device.name in others):
            return None
        devices.append(device)
    countries = []
    names, own = {device.name for device in devices}, attributes_of_kinds(fleet)
    for country in fleet.countries:
        states = []
        for state in country.states:
            kept = tuple(_with(device, own) for device in state.devices if device.name in names)
            if kept:
                states.append(replace(state, devices=kept))
        if states:
            countries.append(replace(country, states=tuple(states)))
    # Nothing beside the tree is meant; whether what devices refer to is there is a question of `is_enough`.
    return replace(fleet, countries=tuple(countries), resources=(), kinds=())


def wider(whole: Fleet, part: Fleet, reading: Reading) -> Fleet | None:
    """Return the part with the places in which its devices stand on the server instead of their own.

    None where there are no such places, or where one is no State of the fleet.
    """
    matching = match(reading.desired_by(part), reading.inventory)
    strange = {
        parent
        for found in matching.matches.values()
        if found.live.role == "device"
        for parent in found.live.parents
    } - matching.places
    kept = {country.asset_name: country for country in part.countries}
    found_there: set[str] = set()
    countries = []
    for country in whole.countries:
        there = [state for state in country.states if state.asset_name in strange]
        found_there.update(state.asset_name for state in there)
        of_part = kept.get(country.asset_name)
        if there or of_part is not None:
            own = of_part.states if of_part is not None else ()
            empty = tuple(replace(state, devices=()) for state in there)
            countries.append(replace(country, states=(*own, *empty)))
    if not strange or strange != found_there:
        return None
    return replace(part, countries=tuple(countries))


def _with(device: Device, own: Mapping[str, Mapping[str, Json]]) -> Device:
    """Return a device with what kinds of objects keep on it: that follows from the whole fleet."""
    more = own.get(device.name)
    return replace(device, attributes={**device.attributes, **more}) if more else device


def _names_of_others(fleet: Fleet) -> Iterator[str]:
    """Yield the names of places and of what stands beside the tree, which a bare name may mean, too."""
    for country, state in fleet.states():
        yield from (state.name, state.asset_name, country.name, country.asset_name)
    yield from (one.address.name for one in desired_of(fleet))


def is_enough(part: Fleet, reading: Reading) -> bool:
    """Return whether what was asked for by name says all that a plan for the part depends on.

    It does where everything is there under its name and its record says that the fleet applied it so. Else
    somebody may have renamed or moved it, or what it refers to may be created by the same plan.
    """
    desired, live = reading.desired_by(part), reading.inventory
    matching = match(desired, live)
    for entity in desired:
        found = matching.matches.get(entity.address)
        if found is None or entity.formerly is not None:
            return False
        if entity.shared_place:
            continue
        record = found.live.applied
        if found.live.owner != part.name or record is None or record.name != entity.address.name:
            return False
        if not matching.places.issuperset(found.live.parents):
            return False
        profile = Address(
            "deviceProfile" if entity.role == "device" else "assetProfile", entity.profile or ""
        )
        if profile not in live.profiles or any(one not in live.packages for one in packages_of(entity)):
            return False
        if entity.customer is not None and entity.customer not in live.customers.values():
            return False
    return True


def unproven_names(part: Fleet, reading: Reading) -> frozenset[Address] | None:
    """Return the names that mean what was found by name only if no other entity is recorded under them.

    The part is one device that a run registers beside its fleet: its places are created or left alone. None
    where the reading does not say enough, whatever other entities are recorded as.
    """
    desired, live = reading.desired_by(part), reading.inventory
    matching = match(desired, live)
    if matching.ambiguous or matching.clashes or matching.disputed:
        return None
    unproven: set[Address] = set()
    for entity in desired:
        found = matching.matches.get(entity.address)
        if entity.formerly is not None:
            if found is None:
                return None
            unproven.add(Address(entity.address.kind, entity.formerly))
        if found is None:
            unproven.add(entity.address)
            continue
        present, record = found.live, found.live.applied
        if found.how != "exact" or present.copy_of is not None or present.renaming is not None:
            return None
        if not matching.places.issuperset(present.parents):
            return None
        if present.owner != part.name or record is None or record.name != entity.address.name:
            unproven.add(entity.address)
    return frozenset(unproven)
