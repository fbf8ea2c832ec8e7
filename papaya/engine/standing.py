"""Which live entities stand where a manifest can say so, and why the others do not."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from papaya.engine.address import Address, natural
from papaya.engine.inventory import Entity, Inventory


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something live that the manifest does not hold; of one that `stays` only a relation."""

    entity: Entity
    reason: str
    stays: bool = False


@dataclass(frozen=True, slots=True)
class StandingState:
    """A State with its devices."""

    place: Entity
    devices: tuple[Entity, ...] = ()


@dataclass(frozen=True, slots=True)
class StandingCountry:
    """A Country with its States."""

    place: Entity
    states: tuple[StandingState, ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """The tree of a manifest, and what is not in it."""

    countries: tuple[StandingCountry, ...]
    left_out: tuple[LeftOut, ...]


def stand(live: Inventory, state_profile: str) -> Standing:
    """Return the live entities as Countries, States and devices, each in one place."""
    left_out: list[LeftOut] = []
    countries = {entity.address.name: entity for entity in live if entity.role == "country"}
    states: dict[str, list[Entity]] = defaultdict(list)
    state_names: set[str] = set()
    for entity in live:
        if entity.role != "state":
            continue
        above = [name for name in entity.parents if name in countries]
        if entity.profile != state_profile or not above:
            where = f"under {', '.join(entity.parents)}, " if entity.parents else ""
            left_out.append(LeftOut(entity, f"{where}of the profile {entity.profile}"))
            continue
        place = _one_of(above, entity, live, left_out)
        if place is not None:
            states[place].append(entity)
            state_names.add(entity.address.name)
    devices: dict[str, list[Entity]] = defaultdict(list)
    for entity in live:
        if entity.role != "device":
            continue
        above = [name for name in entity.parents if name in state_names]
        if not above:
            under = ", ".join(entity.parents)
            direct = any(name in countries for name in entity.parents)
            why = f"directly under {under}: a device needs a State" if direct else f"under {under}, which is"
            left_out.append(LeftOut(entity, why if direct else f"{why} not in the manifest"))
            continue
        place = _one_of(above, entity, live, left_out)
        if place is not None:
            devices[place].append(entity)
    left_out += _loops(live, countries, state_names)
    return Standing(
        tuple(
            StandingCountry(
                place,
                tuple(
                    StandingState(state, tuple(_ordered(devices[state.address.name])))
                    for state in _ordered(states[name])
                ),
            )
            for name, place in sorted(countries.items(), key=lambda item: natural(item[0]))
        ),
        tuple(left_out),
    )


def of_fleet(standing: Standing, fleet: str) -> Standing:
    """Return the tree without other fleets' devices; places that others keep, or nobody, are shared.

    papaya marks every place that it keeps: one without a mark that holds marked entities is a shared one.
    """
    if fleet not in owners(standing):
        return standing
    left_out = list(standing.left_out)
    countries = []
    for country in standing.countries:
        states = []
        for state in country.states:
            for device in state.devices:
                if device.owner not in (None, fleet):
                    reason = f"of the fleet {device.owner}"
                    left_out.append(LeftOut(device, reason))
            own = tuple(device for device in state.devices if device.owner in (None, fleet))
            marked = any(device.owner is not None for device in own)
            states.append(StandingState(_kept(state.place, fleet, marked), own))
        marked = any(
            state.place.owner is not None or any(device.owner is not None for device in state.devices)
            for state in states
        )
        countries.append(StandingCountry(_kept(country.place, fleet, marked), tuple(states)))
    return Standing(tuple(countries), tuple(left_out))


def owners(standing: Standing) -> Counter[str]:
    """Return how many entities of the tree each fleet owns."""
    return Counter(entity.owner for entity in everything(standing) if entity.owner is not None)


def everything(standing: Standing) -> Iterator[Entity]:
    """Yield every entity of the tree, places before what they contain."""
    for country in standing.countries:
        yield country.place
        for state in country.states:
            yield state.place
            yield from state.devices


def _kept(place: Entity, fleet: str, holds_marked: bool) -> Entity:
    shared = place.owner != fleet and (place.owner is not None or holds_marked)
    return replace(place, shared_place=shared)


def _one_of(above: Sequence[str], entity: Entity, live: Inventory, left_out: list[LeftOut]) -> str | None:
    """Return the place that an entity stands in: of several the one that papaya put it into."""
    if len(above) == 1:
        return above[0]
    recorded = entity.applied.fields.get("parent") if entity.applied else None
    known = [name for name in above if _known_as(name, live) == recorded]
    if len(known) == 1:
        return known[0]
    left_out.append(LeftOut(entity, f"under {len(above)} places at once: {', '.join(above)}"))
    return None


def _known_as(place: str, live: Inventory) -> str:
    """Return the name by which the records know a live place."""
    entity = live.entities.get(Address("asset", place))
    return entity.identity.name if entity is not None else place


def _loops(live: Inventory, countries: Collection[str], states: Collection[str]) -> Iterator[LeftOut]:
    """Yield the relations by which a place stands in another of its kind, or a Country in anything."""
    for entity in live:
        name = entity.address.name
        wrong = [
            above for above in entity.parents if name in countries or (name in states and above in states)
        ]
        if wrong and entity.role != "device":
            under = "nothing" if name in countries else "Countries"
            reason = f"only its relation from {', '.join(wrong)}: a {entity.role} stands under {under} alone"
            yield LeftOut(entity, reason, stays=True)


def _ordered(entities: Sequence[Entity]) -> list[Entity]:
    return sorted(entities, key=lambda entity: natural(entity.address.name))
