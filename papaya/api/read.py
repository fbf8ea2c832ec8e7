"""From a live server to an `Inventory`: few requests, however many devices there are.

It reads profile names, the tenant's full objects (only they have versions and customers), and one attribute
query for each kind. One multi-root `Contains` query with `parentId` returns every edge. For a handful of
entities in a large tenant the same is asked by name instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import cast

from papaya.api.budget import DECLARED, ENTITY, MOST_KEPT, Budget, weight_of_text
from papaya.api.entity import entity_of
from papaya.api.fetch import (
    ROOTS_AT_ONCE,
    Edges,
    customer_titles,
    edges_above,
    edges_below,
    profile_names,
    reading_edges_below,
    rows_by_id,
)
from papaya.api.found import Found, ReadingKind
from papaya.api.kinds import NO_CUSTOMER
from papaya.api.packages import packages_named, with_packages
from papaya.api.protocols import Server
from papaya.api.query import FIND, Key
from papaya.api.whole_list import WholeList, reading_pools
from papaya.engine.address import Address, Kind, Role
from papaya.engine.expected import Expected
from papaya.engine.identity import folded, known_to
from papaya.engine.inventory import (
    APPLIED_KEY,
    FLEET_KEY,
    PROTECT_KEY,
    PROVISIONED,
    Applied,
    Entity,
    Inventory,
)
from papaya.engine.settled import settled
from papaya.foreign import ForeignValue, json_in
from papaya.manifest.model import Json


def read_inventory(
    server: Server,
    desired: Inventory,
    fleet: str,
    place_profiles: Sequence[str],
    *,
    page_size: int = 10_000,
    concurrency: int = 4,
    budget: Budget | None = None,
    by_name: bool = False,
) -> Inventory:
    """Return what the server has of the desired entities, of the fleet's own, and around them.

    With `by_name` it is what has the desired names and the places above it, and nothing else of the fleet.

    `place_profiles` are the names of the profiles of Countries and of States, in this order. What is kept is
    charged to the `budget`.
    """
    budget = budget or budget_for(desired)
    size, expected = (page_size, concurrency), Expected(desired, fleet)
    edges = Edges(budget)
    with reading_pools(concurrency) as (pool,):
        profiles_of = [pool.submit(profile_names, server, kind) for kind in ("assetProfile", "deviceProfile")]
        kinds: tuple[Kind, Kind] = ("asset", "device")
        reading = [
            ReadingKind(
                Found(server, kind, budget),
                names_of(desired, kind),
                _keys(kind, desired),
                None if by_name else fleet,
                page_size,
            )
            for kind in kinds
        ]
        found, entities = _found(reading, desired, fleet, expected, place_profiles, size, edges)
        profiles = {address: profile for read in profiles_of for address, profile in read.result().items()}
    if by_name or not all(one.is_whole for one in found.values()):
        entities.update(_entities(found["device"], desired, fleet, expected))
        edges.known = entities.keys()
        below = [] if by_name else list(_own_places(found, entities, desired, fleet))
        _edges_of_some(server, found, entities, below, place_profiles, size, edges)
        above = _Above(edges, found)
    else:
        # It is known where everything stands, so that a device is made once.
        above = _Above(edges, found)
        entities.update(_entities(found["device"], desired, fleet, expected, above.of))
    entities.update({**_above(edges, entities, found), **_neighbours(server, edges, entities, found, budget)})
    packages = packages_named(server, desired, entities.values())
    names_of_packages = {id_: address.name for address, id_ in packages.items()}
    customers = customer_titles(server) if _speaks_of_customers(desired, entities.values()) else {}
    placed: dict[Address, Entity] = {}
    for id_ in list(entities):
        # One after the other leaves: both forms of all would be 30 MB of 100,000 devices.
        entity = entities.pop(id_)
        parents = above.of(id_)
        role = _role(entity, parents, place_profiles)
        customer = customers.get(_customer_id(entity.body)) if customers else None
        entity = with_packages(entity, names_of_packages)
        if customer is not None or (entity.role, entity.parents) != (role, parents):
            entity = replace(entity, role=role, parents=parents, customer=customer)
        placed[entity.address] = entity
    return Inventory(placed, profiles, customers, packages)


def _found(
    reading: list[ReadingKind],
    desired: Inventory,
    fleet: str,
    expected: Expected,
    place_profiles: Sequence[str],
    size: tuple[int, int],
    edges: Edges,
) -> tuple[dict[Kind, Found], dict[str, Entity]]:
    """Return what the lists of assets and of devices have, and the entities among the assets.

    Where both are read whole, what the places contain is read into `edges` at the same time.
    """
    page_size, threads = size
    # Half as many for the edges, whose pages wait in memory while papaya takes in others.
    with reading_pools(max(2, threads // 2), threads) as (first, pool):
        # All at once: each may have to count first, and on a long line that takes as long as any page.
        for started in [first.submit(one.start, pool) for one in reading]:
            started.result()
        # One after the other leaves: names and lists of 100,000 devices take 20 MB.
        assets = reading.pop(0).finish()
        assets.alike.know(_declared(desired, "asset"))
        entities = dict(_entities(assets, desired, fleet, expected))
        devices = reading[0].finish_objects()
        below: list[WholeList[None]] = []
        if assets.is_whole and devices.is_whole:
            # The server finds them while papaya takes in the attributes of the devices.
            edges.known = devices.bodies.keys()
            roots = _roots(assets, entities, place_profiles)
            below = reading_edges_below(
                assets.server, roots, page_size, edges, first, foretold=len(devices.bodies)
            )
        reading.pop(0).finish()
        for one in below:
            one.finish()
        devices.alike.know(_declared(desired, "device"))
    return {"asset": assets, "device": devices}, entities


def budget_for(desired: Inventory) -> Budget:
    """Return what a run may keep of a server: more where its manifest declares more."""
    declared = sum(len(entity.server) + len(entity.shared) for entity in desired)
    return Budget(MOST_KEPT + 2 * ENTITY * len(desired) + DECLARED * declared)


def _declared(desired: Inventory, kind: Kind) -> Iterator[tuple[str, Json]]:
    for entity in desired:
        if entity.address.kind == kind:
            yield from entity.server.items()
            yield from entity.shared.items()


def names_of(desired: Inventory, kind: Kind) -> set[str]:
    """Return the present and former names of the desired entities of a kind."""
    wanted = (entity for entity in desired if entity.address.kind == kind)
    return {name for entity in wanted for name in (entity.address.name, entity.formerly) if name}


def _keys(kind: Kind, desired: Inventory) -> list[Key]:
    """Return every attribute key that a plan compares, papaya's own first."""
    keys = [Key("SERVER_SCOPE", name) for name in (FLEET_KEY, APPLIED_KEY, PROTECT_KEY)]
    declared: dict[Key, None] = {}
    seen: set[tuple[str, ...]] = set()
    for entity in desired:
        if entity.address.kind != kind:
            continue
        shape = (*entity.server, "", *entity.shared)
        if shape in seen:
            continue
        seen.add(shape)
        declared.update((Key("SERVER_SCOPE", name), None) for name in entity.server)
        if kind == "device":
            declared.update((Key("SHARED_SCOPE", name), None) for name in entity.shared)
    return keys + list(declared)


def _entities(
    found: Found,
    desired: Inventory,
    fleet: str,
    expected: Expected,
    parents_of: Callable[[str], tuple[str, ...]] = lambda _: (),
) -> Iterator[tuple[str, Entity]]:
    """Yield the entities that the fleet wants, could mean or owns."""

    @cache
    def wanted() -> set[str]:
        # Not needed where the fleet manages everything.
        return {folded(name) for name in names_of(desired, found.kind)}

    for id_, packed in found.bodies.items():
        before = found.alike.kept
        entity = entity_of(
            found.kind, packed.whole(), found.texts_of(id_), found.alike, packed, expected, parents_of(id_)
        )
        names = (entity.address.name, *(() if entity.renaming is None else (entity.renaming,)))
        if entity.owner == fleet or any(folded(name) in wanted() for name in names):
            known = known_to(entity, fleet)
            found.keeps_entity(found.alike.kept - before)
            found.forget_values(id_)
            if entity.owner == fleet:
                known = settled(known, desired.entities.get(known.address))
            yield id_, _as_found(known) if fleet != PROVISIONED else known


class _Above:
    """The names of the places that things stand in, by id."""

    def __init__(self, edges: Edges, found: Mapping[Kind, Found]) -> None:
        self._parents = edges.parents
        self._names = {id_: row.name for id_, row in edges.above.items()}
        self._names.update((id_, str(body.get("name"))) for id_, body in found["asset"].bodies.items())
        # Of the devices of one place all have the same.
        self._known: dict[tuple[str, ...], tuple[str, ...]] = {}

    def of(self, id_: str) -> tuple[str, ...]:
        """Return the names of the places that something stands in, in order."""
        ids = self._parents.get(id_, ())
        names = self._known.get(ids)
        if names is None:
            names = self._known[ids] = tuple(sorted(self._names[one] for one in ids if one in self._names))
        return names


def _as_found(entity: Entity) -> Entity:
    """Return a device that was provisioned without a manifest with nothing in its record but its place.

    Whatever was written then is nobody's to remove; only the place is left when a fleet wants another one.
    """
    if entity.owner != PROVISIONED or entity.applied is None:
        return entity
    return replace(entity, applied=Applied(fields=entity.applied.fields))


def _roots(places: Found, entities: Mapping[str, Entity], place_profiles: Sequence[str]) -> list[str]:
    """Return the ids of the places of whose contents a plan of everything has to know."""
    ours = [id_ for id_ in places.bodies if id_ in entities]
    others = [
        id_
        for id_, body in places.bodies.items()
        if id_ not in entities and body.get("type") in place_profiles
    ]
    return ours + others[:ROOTS_AT_ONCE]


def _own_places(
    found: Mapping[Kind, Found], entities: Mapping[str, Entity], desired: Inventory, fleet: str
) -> Iterator[str]:
    """Yield the ids of the places whose contents are the fleet's to know.

    What other fleets' places contain must not be read: it may be the better part of a large tenant.
    """
    shared = {folded(entity.address.name) for entity in desired if entity.shared_place}
    for id_ in found["asset"].bodies:
        entity = entities.get(id_)
        if entity is not None and entity.owner in (None, fleet) and folded(entity.address.name) not in shared:
            yield id_


def _edges_of_some(
    server: Server,
    found: Mapping[Kind, Found],
    entities: Mapping[str, Entity],
    below: Sequence[str],
    place_profiles: Sequence[str],
    size: tuple[int, int],
    into: Edges,
) -> None:
    """Read what stands in some places, and in which places the entities stand."""
    edges_below(server, below, size[0], into, size[1])
    for kind, one in found.items():
        edges_above(server, kind, [id_ for id_ in one.bodies if id_ in entities], size[0], into)
    # Only places count: a device may stand in many other things.
    places = {id_ for id_ in found["asset"].bodies if id_ in entities}
    places |= {id_ for id_, row in into.above.items() if row.type in place_profiles}
    into.parents = {
        child: tuple(one for one in parents if one in places) for child, parents in into.parents.items()
    }


def _role(entity: Entity, parents: Sequence[str], place_profiles: Sequence[str]) -> Role:
    if entity.address.kind == "device":
        return "device"
    # Where one profile serves for both, what stands in no other place is a country.
    is_country = entity.profile == place_profiles[0] and (
        place_profiles[0] != place_profiles[1] or not parents
    )
    return "country" if is_country else "state"


def _above(edges: Edges, entities: Mapping[str, Entity], found: Mapping[Kind, Found]) -> dict[str, Entity]:
    """Return the places of others that the fleet's entities stand in: a move has to know what it leaves."""
    result: dict[str, Entity] = {}
    for child in entities:
        for id_ in edges.parents.get(child, ()):
            if id_ in entities or id_ in result:
                continue
            body: Mapping[str, Json] | None = found["asset"].bodies.get(id_)
            if body is None and id_ in edges.above:
                row = edges.above[id_]
                body = {"id": {"id": id_}, "name": row.name, "type": row.type}
            if body is not None:
                place = entity_of("asset", body, found["asset"].texts_of(id_))
                result[id_] = replace(place, body=None, applied=None)
    return result


def _neighbours(
    server: Server, edges: Edges, entities: Mapping[str, Entity], found: Mapping[Kind, Found], budget: Budget
) -> dict[str, Entity]:
    """Return what stands in a place of the fleet without being wanted or owned by it."""
    result: dict[str, Entity] = {}
    unread: dict[Kind, list[str]] = {"asset": [], "device": []}
    for id_, parents in edges.parents.items():
        if id_ in entities or not any(parent in entities for parent in parents):
            continue
        kind = next((kind for kind, one in found.items() if id_ in one.bodies), None)
        if kind is not None:
            one = found[kind]
            before = one.alike.kept
            present = entity_of(kind, one.bodies[id_].whole(), one.texts_of(id_), one.alike)
            one.keeps_entity(one.alike.kept - before)
            result[id_] = replace(present, body=None, applied=None)
        elif id_ in edges.children:
            unread[edges.children[id_].kind].append(id_)
    for kind, ids in unread.items():
        for row in rows_by_id(
            server, kind, ids, (Key("SERVER_SCOPE", FLEET_KEY),), fields=("additionalInfo",)
        ):
            child = edges.children.get(row.id)
            if child is None:
                continue
            budget.charge(server, "POST", FIND, ENTITY + weight_of_text(row.additional_info))
            body: dict[str, Json] = {
                "id": {"id": row.id},
                "name": child.name,
                "type": child.type,
                "additionalInfo": _parsed(row.additional_info),
            }
            result[row.id] = replace(entity_of(kind, body, row.values), body=None)
    return result


def _parsed(text: str) -> Json:
    try:
        return cast(Json, json_in(text))
    except ForeignValue:
        return None


def _speaks_of_customers(desired: Inventory, live: Iterable[Entity]) -> bool:
    """Return whether the manifest or a record names a customer, so that titles are needed."""
    return any(entity.customer is not None for entity in desired) or any(
        entity.applied is not None and "customer" in entity.applied.fields for entity in live
    )


def _customer_id(body: Mapping[str, Json] | None) -> str:
    customer = body.get("customerId") if body else None
    id_ = customer.get("id") if isinstance(customer, dict) else None
    return str(id_) if id_ and id_ != NO_CUSTOMER else ""
