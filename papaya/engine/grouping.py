"""Puts devices that are in no place of a server's tree into countries and states that are made for them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from papaya.engine.address import Address, Role
from papaya.engine.inventory import LATITUDE_KEY, LONGITUDE_KEY, Entity, Inventory
from papaya.manifest.center import Point
from papaya.manifest.spelled_places import SpelledPlace, note_place, unspelled


@dataclass(frozen=True, slots=True)
class PlaceProfiles:
    """The asset profiles of countries and states."""

    country: str
    state: str


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """The country and the state that a device is put into, and its coordinates if they are known."""

    country: str
    state: str
    point: Point | None = None


def grouped(
    live: Inventory,
    places: Mapping[Address, Whereabouts],
    profiles: PlaceProfiles,
    other_assets: Collection[str] = (),
) -> Inventory:
    """Return an inventory in which each device of `places` stands in its country and state.

    Countries and states that the inventory has are used, upper and lower case being alike. Others are made,
    at the center of their devices, under names that no asset has: a tenant has each name once. `other_assets`
    are names of assets that the inventory does not hold.
    """
    entities = dict(live.entities)
    taken = {unspelled(address.name) for address in live.entities if address.kind == "asset"}
    taken |= {unspelled(name) for name in other_assets}
    countries: dict[str, SpelledPlace] = {}
    for where in places.values():
        note_place(countries, where.country, where.state, () if where.point is None else (where.point,))
    states: dict[tuple[str, str], str] = {}
    for key, country in countries.items():
        whole = _existing(live, "country", country, profiles.country)
        if whole is None:
            name = _free(country.name, ("Country",), taken)
            whole = _new(Address("asset", name), "country", profiles.country, country, ())
        entities[whole.address] = whole
        above = whole.address.name
        for below, state in country.states.items():
            part = _existing(live, "state", state, profiles.state, above)
            if part is None:
                name = _free(state.name, ("State", above), taken)
                part = _new(Address("asset", name), "state", profiles.state, state, (above,))
            entities[part.address] = part
            states[key, below] = part.address.name
    for device, where in places.items():
        parent = states[unspelled(where.country), unspelled(where.state)]
        entities[device] = replace(live.entities[device], parents=(parent,))
    return replace(live, entities=entities)


def is_placed(device: Entity, states: Collection[str]) -> bool:
    """Return whether a device is in a state of the tree."""
    return any(name in states for name in device.parents)


def states_of(live: Inventory, state_profile: str) -> frozenset[str]:
    """Return the names of the states of a tree."""
    countries = {entity.address.name for entity in live if entity.role == "country"}
    return frozenset(
        entity.address.name
        for entity in live
        if entity.role == "state" and entity.profile == state_profile and countries & set(entity.parents)
    )


def _existing(
    live: Inventory, role: Role, made: SpelledPlace, profile: str, parent: str | None = None
) -> Entity | None:
    """Return the live place that devices mean, if there is one."""
    wanted = {unspelled(spelling) for spelling in made.spellings}
    for entity in live:
        is_meant = (
            entity.role == role and entity.profile == profile and unspelled(entity.address.name) in wanted
        )
        if is_meant and (parent is None or parent in entity.parents):
            return entity
    return None


def _new(address: Address, role: Role, profile: str, made: SpelledPlace, parents: tuple[str, ...]) -> Entity:
    center = made.center
    where = {} if center is None else {LATITUDE_KEY: center[0], LONGITUDE_KEY: center[1]}
    return Entity(address, role, profile, parents=parents, server=where)


def _free(name: str, hints: tuple[str, ...], taken: set[str]) -> str:
    """Return a name that no asset has, with a hint behind it where the plain one is taken, and take it."""
    numbered = (f"{name} ({number})" for number in range(2, len(taken) + 3))
    for one in (name, *(f"{name} ({hint})" for hint in hints), *numbered):
        if unspelled(one) not in taken:
            taken.add(unspelled(one))
            return one
    raise AssertionError("there are more numbers than names")
