"""Customers and packages as places and devices name them, which the run itself may create or change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from papaya.counting import counted
from papaya.engine.address import Address
from papaya.engine.inventory import Entity, Inventory
from papaya.engine.plan import Change, Note, Refusal, ResourceChange, WayOut
from papaya.engine.resource_match import ResourceMatching
from papaya.kinds.registry import named_by_tree
from papaya.manifest.model import Fleet

_FIELD = "customer"
_PROFILES = {"device": "deviceProfile", "asset": "assetProfile"}
PACKAGES = ("firmware", "software")


def with_names_to_come(live: Inventory, objects: ResourceMatching) -> Inventory:
    """Return the inventory as it is once objects that it names have got their names of the manifest.

    What a device is assigned to keeps its id when it is renamed: that is no change of the device.
    """
    live = _with_profiles_to_come(live, objects)
    kind = named_by_tree(_FIELD)
    if kind is None:
        return live
    renamed = {
        one.address.name: address.name
        for address, one in objects.matches.items()
        if address.kind == kind.key and one.address.name != address.name
    }
    if not renamed:
        return live
    entities = {
        address: replace(entity, customer=renamed[entity.customer])
        if entity.customer is not None and entity.customer in renamed
        else entity
        for address, entity in live.entities.items()
    }
    customers = {id_: renamed.get(title, title) for id_, title in live.customers.items()}
    return replace(live, entities=entities, customers=customers)


def _with_profiles_to_come(live: Inventory, objects: ResourceMatching) -> Inventory:
    """Return the inventory with the names that profiles get in this run; what has one keeps it by its id."""
    renamed = {
        one.address: address
        for address, one in objects.matches.items()
        if address.kind in _PROFILES.values() and one.address != address
    }
    if not renamed:
        return live

    def named(entity: Entity) -> Entity:
        kind = _PROFILES[entity.address.kind]
        to_come = renamed.get(Address(kind, entity.profile)) if entity.profile is not None else None
        return replace(entity, profile=to_come.name) if to_come is not None else entity

    entities = {address: named(entity) for address, entity in live.entities.items()}
    profiles = {
        renamed.get(address, address): replace(profile, address=renamed.get(address, address))
        for address, profile in live.profiles.items()
    }
    return replace(live, entities=entities, profiles=profiles)


def missing_customers(
    desired: Inventory,
    fleet: Fleet,
    known: Sequence[str],
    changes: Sequence[Change],
    beside: Sequence[ResourceChange],
) -> Iterator[Refusal]:
    """Yield the titles that entities name, and that neither the server has nor this run creates."""
    kind = named_by_tree(_FIELD)
    key = kind.key if kind is not None else ""
    declared = {one.name for one in fleet.resources if one.kind == key}
    to_come = {one.address.name for one in beside if one.address.kind == key and one.action != "destroy"}
    used = {change.desired.customer for change in changes if change.desired is not None}
    missing: dict[str, Entity] = {}
    for entity in desired:
        title = entity.customer
        if title is None or title in known or title in to_come:
            continue
        # A run that is limited to a part of the fleet may leave out what only the rest of it needs.
        if title not in declared or title in used:
            missing.setdefault(title, entity)
    for title, entity in missing.items():
        titles = ", ".join(known) or "none"
        yield Refusal(
            "customer",
            f"customer not found: {title}; the server has {titles}",
            (WayOut("to create it", "in ThingsBoard, under Customers"),),
            entity.mark,
            (entity.address,),
        )


def missing_packages(
    desired: Inventory,
    fleet: Fleet,
    known: Mapping[Address, str],
    changes: Sequence[Change],
    beside: Sequence[ResourceChange],
) -> Iterator[Refusal]:
    """Yield the packages that devices name, and that neither the server has nor this run creates."""
    declared = {(one.kind, one.name) for one in fleet.resources}
    to_come = {one.address for one in beside if one.action != "destroy"}
    touched = {change.address for change in changes if change.desired is not None}
    missing: dict[Address, Entity] = {}
    for entity in desired:
        for address in packages_of(entity):
            if address in known or address in to_come:
                continue
            # A run that is limited to a part of the fleet may leave out what only the rest of it needs.
            if (address.kind, address.name) not in declared or entity.address in touched:
                missing.setdefault(address, entity)
    for address, entity in missing.items():
        yield Refusal(
            "name",
            f"{address.kind} not found: {address.name}",
            (WayOut("to publish it", f"list it under {address.kind}, with title and version"),),
            entity.mark,
            (entity.address,),
        )


def packages_of(entity: Entity) -> Iterator[Address]:
    """Yield the packages that a device names."""
    for field in PACKAGES:
        name = getattr(entity, field)
        if isinstance(name, str):
            yield Address(field, name)


def update_notes(changes: Sequence[Change]) -> Iterator[Note]:
    """Yield how many live devices are told to update, and to what."""
    counts = Counter(
        (one.field, str(one.after))
        for change in changes
        if change.action == "update"
        for one in change.fields
        if one.field in PACKAGES and one.after is not None
    )
    for (field, name), number in counts.items():
        yield Note(f"{counted(number, 'device')} will update to {name}", field)
