"""Puts devices that are in no place of a server's tree into countries and states that are made for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from papaya.engine.address import Address, Role
from papaya.engine.inventory import LATITUDE_KEY, LONGITUDE_KEY, Entity, Inventory
from papaya.manifest.center import Point, center_of

_DIGITS = 4


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


@dataclass
class _Made:
    """A place that devices name: its spellings, its devices with their points, and a country's states."""

    spellings: Counter[str] = field(default_factory=Counter)
    devices: list[Address] = field(default_factory=list)
    points: list[Point] = field(default_factory=list)
    states: dict[str, _Made] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The most frequent spelling."""
        return self.spellings.most_common(1)[0][0]


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
    taken = {_key(address.name) for address in live.entities if address.kind == "asset"}
    taken |= {_key(name) for name in other_assets}
    for country in _made(places).values():
        whole = _existing(live, "country", country, profiles.country)
        if whole is None:
            name = _free(country.name, ("Country",), taken)
            whole = _new(Address("asset", name), "country", profiles.country, country, ())
        entities[whole.address] = whole
        above = whole.address.name
        for state in country.states.values():
            part = _existing(live, "state", state, profiles.state, above)
            if part is None:
                name = _free(state.name, ("State", above), taken)
                part = _new(Address("asset", name), "state", profiles.state, state, (above,))
            entities[part.address] = part
            for device in state.devices:
                entities[device] = replace(live.entities[device], parents=(part.address.name,))
    return replace(live, entities=entities)


def _made(places: Mapping[Address, Whereabouts]) -> dict[str, _Made]:
    """Return the countries that devices name, with their states."""
    countries: dict[str, _Made] = {}
    for address, where in places.items():
        country = countries.setdefault(_key(where.country), _Made())
        state = country.states.setdefault(_key(where.state), _Made())
        for place, name in ((country, where.country), (state, where.state)):
            place.spellings[name] += 1
            place.devices.append(address)
            place.points += [] if where.point is None else [where.point]
    return countries


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
    live: Inventory, role: Role, made: _Made, profile: str, parent: str | None = None
) -> Entity | None:
    """Return the live place that devices mean, if there is one."""
    wanted = {_key(spelling) for spelling in made.spellings}
    for entity in live:
        is_meant = entity.role == role and entity.profile == profile and _key(entity.address.name) in wanted
        if is_meant and (parent is None or parent in entity.parents):
            return entity
    return None


def _new(address: Address, role: Role, profile: str, made: _Made, parents: tuple[str, ...]) -> Entity:
    center = center_of(made.points, _DIGITS)
    where = {} if center is None else {LATITUDE_KEY: center[0], LONGITUDE_KEY: center[1]}
    return Entity(address, role, profile, parents=parents, server=where)


def _free(name: str, hints: tuple[str, ...], taken: set[str]) -> str:
    """Return a name that no asset has, with a hint behind it where the plain one is taken, and take it."""
    numbered = (f"{name} ({number})" for number in range(2, len(taken) + 3))
    for one in (name, *(f"{name} ({hint})" for hint in hints), *numbered):
        if _key(one) not in taken:
            taken.add(_key(one))
            return one
    raise AssertionError("there are more numbers than names")


def _key(name: str) -> str:
    return " ".join(name.casefold().split())
