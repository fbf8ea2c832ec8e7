"""Reads a live tree for an export: places, what they contain, and every attribute with its type.

Types are what costs: a query returns thousands of entities at once, but all values as text, in which `1`,
`"1"` and `1.0` are the same. Typed values take a request for each entity. One request for a hundred entities
returns their keys, which tell the scope of each value in an answer for all scopes.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from papaya.api.attributes import attribute_rows
from papaya.api.budget import AROUND, ENTITY, MOST_KEPT, Budget
from papaya.api.entity import entity_of
from papaya.api.fetch import (
    KNOWN_EDGE,
    Edges,
    all_objects,
    chunks,
    customer_titles,
    edges_below,
    identifier,
    listed_objects,
    objects_by_id,
    profile_names,
)
from papaya.api.kinds import NO_CUSTOMER, attribute_values_path, endpoints
from papaya.api.packages import has_packages, read_packages, with_packages
from papaya.api.packed import PackedObject, Packer
from papaya.api.protocols import Server
from papaya.api.query import FIND, KEYS_TOGETHER, Query, all_of, count, find, keys_of_devices
from papaya.api.tokens import read_credentials
from papaya.api.whole_list import reading_pools
from papaya.engine.address import Address, Kind
from papaya.engine.alike import Alike
from papaya.engine.canonical import canonical
from papaya.engine.identity import known_to
from papaya.engine.inventory import APPLIED_KEY, FLEET_KEY, PROTECT_KEY, Entity, Inventory, Scope
from papaya.engine.record import from_text
from papaya.errors import PapayaError
from papaya.manifest.explain import did_you_mean
from papaya.manifest.model import Certificate, Json, MqttBasic, SecretReference
from papaya.path_component import path_component

_PAGE = 10_000
_PAGES_AT_ONCE = 4
# An export is about all devices of a tenant: it may take what it takes to keep each of them.
_MOST = 4 * MOST_KEPT
_SCOPES: tuple[Scope, ...] = ("SERVER_SCOPE", "SHARED_SCOPE")

Progress = Callable[[int, int], None]
Values = dict[Scope, dict[str, Json]]


@dataclass(frozen=True, slots=True)
class Choice:
    """What to export: the profiles of Countries and of States, and which Countries; none named means all."""

    country_profile: str = "Country"
    state_profile: str = "State"
    countries: tuple[str, ...] = ()
    # Whether the credentials of every device are read, and not of those alone whose record says a kind.
    credentials: bool = False
    # Whether devices in no place are read, too; then the tenant needs no Country.
    loose: bool = False


@dataclass(frozen=True, slots=True)
class LiveTree:
    """What was read: entities with typed attributes and the names of their parents.

    `loose_states` are States under no Country, `devices` is the number of devices of the tenant.
    `other_assets` are the names of assets in no Country, known only where loose devices are read.
    `state_profile` is the present name of the profile of States, which somebody may have renamed.
    """

    inventory: Inventory
    devices: int = 0
    loose_states: tuple[str, ...] = ()
    other_assets: tuple[str, ...] = ()
    state_profile: str = ""


@dataclass(slots=True)
class _Known:
    """The attribute keys that a hundred entities have; None where the server does not tell scopes apart."""

    server: set[str] = field(default_factory=set)
    shared: set[str] = field(default_factory=set)
    client: set[str] = field(default_factory=set)

    def is_clear(self) -> bool:
        """Return whether a key alone says its scope."""
        return not (self.server & self.shared or self.server & self.client or self.shared & self.client)


def read_tree(server: Server, choice: Choice, *, concurrency: int, progress: Progress) -> LiveTree:
    """Return the chosen Countries and everything in them."""
    keeping = _Keeping(server, Budget(_MOST), min(_PAGES_AT_ONCE, concurrency))
    countries = _countries(server, choice, keeping)
    edges = _Contents(keeping.budget)
    edges_below(server, list(countries), _PAGE, edges, keeping.concurrency)
    assets = {**countries, **_objects(keeping, "asset", edges.of_kind("asset"))}
    choice = replace(choice, state_profile=_state_profile(server, choice, assets))
    states = [id_ for id_, body in assets.items() if body.get("type") == choice.state_profile]
    edges_below(server, states, _PAGE, edges, keeping.concurrency, foretells=True)
    assets.update(_objects(keeping, "asset", edges.of_kind("asset") - assets.keys()))
    devices = (
        keeping.every("device", foretold=len(edges.of_kind("device")))
        if choice.loose
        else _objects(keeping, "device", edges.of_kind("device"))
    )
    titles = _titles(server, (*assets.values(), *devices.values()))
    packages = read_packages(server) if any(has_packages(body) for body in devices.values()) else {}
    of_packages = {id_: address.name for address, id_ in packages.items()}
    names = {id_: str(body.get("name")) for id_, body in assets.items()}
    entities = {}
    total = len(assets) + len(devices)
    typed, alike = Budget(_MOST + 2 * ENTITY * total), Alike()
    with ThreadPoolExecutor(max(1, concurrency)) as pool:
        kinds: tuple[tuple[Kind, dict[str, PackedObject]], ...] = (("asset", assets), ("device", devices))
        for kind, bodies in kinds:
            for id_, values in _typed_values(server, pool, kind, list(bodies)):
                body, before = bodies[id_].whole(), alike.kept
                found = _entity(kind, body, values, choice, titles, alike)
                typed.charge(
                    server, "GET", attribute_values_path(kind, id_, ""), ENTITY + alike.kept - before
                )
                entity = with_packages(found, of_packages, body)
                parents = sorted(names[parent] for parent in edges.parents.get(id_, ()) if parent in names)
                entities[entity.address] = replace(entity, parents=tuple(parents))
                progress(len(entities), total)
        entities.update(_with_credentials(server, pool, entities, choice))
    inventory = Inventory(entities, {}, titles)
    if choice.countries:
        return LiveTree(inventory, state_profile=choice.state_profile)
    loose = {
        str(body.get("name")) for id_, body in _of_profile(server, choice.state_profile) if id_ not in assets
    }
    others: tuple[str, ...] = ()
    if choice.loose:
        rows = find(server, all_of("ASSET"), fields=("name",), page_size=_PAGE)
        others = tuple(sorted(row.name for row in rows if row.id not in assets))
    devices_in_all = count(server, all_of("DEVICE"))
    return LiveTree(inventory, devices_in_all, tuple(sorted(loose)), others, choice.state_profile)


def _state_profile(server: Server, choice: Choice, assets: Mapping[str, PackedObject]) -> str:
    """Return the name that the profile of States has on the server now.

    A profile that somebody renamed in ThingsBoard is known by the records of its places: they have the name
    that papaya gave it. Asked is one place of each profile, and only where no place has the expected one.
    """
    first: dict[str, str] = {}
    for id_, body in assets.items():
        first.setdefault(str(body.get("type")), id_)
    if choice.state_profile in first:
        return choice.state_profile
    for profile, id_ in first.items():
        if profile == choice.country_profile:
            continue
        told = _scope(server, "asset", id_, "SERVER_SCOPE").get(APPLIED_KEY)
        record = from_text(told if isinstance(told, str) else json.dumps(told))
        if record is not None and record.fields.get("profile") == choice.state_profile:
            return profile
    return choice.state_profile


def _with_credentials(
    server: Server, pool: ThreadPoolExecutor, entities: Mapping[Address, Entity], choice: Choice
) -> Iterator[tuple[Address, Entity]]:
    """Yield the devices that sign in with certificates or MQTT basic credentials, without their secrets."""
    meant = [
        entity
        for entity in entities.values()
        if entity.role == "device"
        and entity.id is not None
        and (choice.credentials or (entity.applied and "credentials" in entity.applied.fields))
    ]
    read = pool.map(lambda entity: read_credentials(server, entity.id or "").proof, meant)
    for entity, proof in zip(meant, read, strict=True):
        name = path_component(entity.address.name)
        if proof is not None and proof.kind == "X509_CERTIFICATE":
            certificate = Certificate(f"certs/{name}.pem", text=proof.value)
            yield entity.address, replace(entity, credentials=certificate)
        elif proof is not None and proof.kind == "MQTT_BASIC":
            client, user, password = proof.login
            secret = SecretReference(file=f"passwords/{name}") if password else None
            yield entity.address, replace(entity, credentials=MqttBasic(client, user, secret))


@dataclass(slots=True)
class _Contents(Edges):
    """Edges whose children are known by their kinds alone."""

    kinds: dict[str, Kind] = field(default_factory=dict)

    def take_below(self, server: Server, query: Query, page: list[Json]) -> None:
        """Note what the rows of a page say that have a place as their parent."""
        self.budget.charge(server, "POST", FIND, KNOWN_EDGE * len(page))
        for row in query.rows(page):
            self.add(sys.intern(row.id), row.parent_id)
            self.kinds[sys.intern(row.id)] = row.kind

    def of_kind(self, kind: Kind) -> set[str]:
        """Return the ids of the children of a kind."""
        return {id_ for id_, of in self.kinds.items() if of == kind}


class _Keeping:
    """Keeps objects packed, within a budget; several threads may add."""

    def __init__(self, server: Server, budget: Budget, concurrency: int) -> None:
        self.server, self.budget, self.concurrency = server, budget, concurrency
        self._packer = Packer()

    def every(
        self, kind: Kind, ids: Container[str] | None = None, *, foretold: int = 0
    ) -> dict[str, PackedObject]:
        """Return the objects of a kind by id, read page by page; with `ids` no others."""

        def take(bodies: Iterator[dict[str, Json]]) -> dict[str, PackedObject]:
            identified = ((sys.intern(identifier(body)), body) for body in bodies)
            return self.kept(kind, (one for one in identified if ids is None or one[0] in ids))

        with reading_pools(self.concurrency) as (pool,):
            reading = all_objects(self.server, kind, _PAGE, take, foretold=foretold)
            reading.start(pool)
            return {id_: body for page in reading.finish() for id_, body in page.items()}

    def kept(self, kind: Kind, bodies: Iterable[tuple[str, dict[str, Json]]]) -> dict[str, PackedObject]:
        """Return objects by id."""
        found: dict[str, PackedObject] = {}
        for id_, body in bodies:
            found[id_] = packed = PackedObject(self._packer, body)
            self.budget.charge(self.server, "GET", endpoints(kind).paged, packed.size + AROUND)
        return found


def _countries(server: Server, choice: Choice, keeping: _Keeping) -> dict[str, PackedObject]:
    found = keeping.kept("asset", _of_profile(server, choice.country_profile))
    if not found and not choice.loose:
        profiles = sorted(address.name for address in profile_names(server, "assetProfile"))
        raise PapayaError(
            f"no asset of the profile {choice.country_profile} is on the server",
            remedy="Devices that are in no place: papaya init --from-server groups them into countries and "
            "states. Assets of another profile as countries: --country-profile NAME. "
            f"There is: {', '.join(profiles)}",
        )
    if not choice.countries:
        return found
    by_name = {str(body.get("name")): id_ for id_, body in found.items()}
    for name in choice.countries:
        if name not in by_name:
            raise PapayaError(
                f"there is no {choice.country_profile} named {name}",
                remedy=did_you_mean(name, by_name, otherwise=False)
                or f"There is: {', '.join(sorted(by_name))}",
            )
    return {by_name[name]: found[by_name[name]] for name in choice.countries}


def _of_profile(server: Server, profile: str) -> Iterator[tuple[str, dict[str, Json]]]:
    order: dict[str, str | int | bool] = {"type": profile, "sortProperty": "name", "sortOrder": "ASC"}
    for row in listed_objects(server, endpoints("asset").paged, _PAGE, order):
        yield identifier(row), row


def _objects(keeping: _Keeping, kind: Kind, ids: set[str]) -> dict[str, PackedObject]:
    """Return the full objects of these ids: page by page where they are most of what the tenant has."""
    server = keeping.server
    if len(ids) > KEYS_TOGETHER and count(server, all_of(endpoints(kind).entity_type)) < 4 * len(ids):
        return keeping.every(kind, ids, foretold=len(ids) if kind == "device" else 0)
    return keeping.kept(kind, ((identifier(body), body) for body in objects_by_id(server, kind, ids)))


def _titles(server: Server, bodies: Iterable[Mapping[str, Json]]) -> dict[str, str]:
    return customer_titles(server) if any(_customer_id(body) for body in bodies) else {}


def _customer_id(body: Mapping[str, Json]) -> str:
    customer = body.get("customerId")
    id_ = customer.get("id") if isinstance(customer, dict) else None
    return str(id_) if id_ and id_ != NO_CUSTOMER else ""


def _typed_values(
    server: Server, pool: ThreadPoolExecutor, kind: Kind, ids: Sequence[str]
) -> Iterator[tuple[str, Values]]:
    # Assets have no shared attributes in a manifest, so that one scope is all there is to read of them.
    groups = list(chunks(ids, KEYS_TOGETHER))
    known = pool.map(lambda group: _keys(server, group) if kind == "device" else None, groups)
    for group, keys in zip(groups, known, strict=True):
        read = pool.map(lambda id_, keys=keys: _values(server, kind, id_, keys), group)
        yield from zip(group, read, strict=True)


def _keys(server: Server, ids: Sequence[str]) -> _Known:
    scopes = *_SCOPES, "CLIENT_SCOPE"
    return _Known(*(keys_of_devices(server, ids, "attribute", scope) for scope in scopes))


def _values(server: Server, kind: Kind, id_: str, known: _Known | None) -> Values:
    if known is None or not (known.shared or known.client):
        return {"SERVER_SCOPE": _scope(server, kind, id_, "SERVER_SCOPE"), "SHARED_SCOPE": {}}
    if known.is_clear():
        together = _read(server, attribute_values_path(kind, id_, "").rstrip("/"))
        if together.keys() <= known.server | known.shared | known.client:
            return {
                "SERVER_SCOPE": {key: together[key] for key in together if key in known.server},
                "SHARED_SCOPE": {key: together[key] for key in together if key in known.shared},
            }
    # A key is in two scopes, or somebody wrote a new one just now.
    return {scope: _scope(server, kind, id_, scope) for scope in _SCOPES}


def _scope(server: Server, kind: Kind, id_: str, scope: Scope) -> dict[str, Json]:
    return _read(server, attribute_values_path(kind, id_, scope))


def _read(server: Server, path: str) -> dict[str, Json]:
    return {str(row.get("key")): row.get("value") for row in attribute_rows(server, path)}


def _entity(
    kind: Kind,
    body: Mapping[str, Json],
    values: Values,
    choice: Choice,
    titles: Mapping[str, str],
    alike: Alike,
) -> Entity:
    entity = entity_of(kind, body, {}, alike)
    attributes = values["SERVER_SCOPE"]
    owner, applied = attributes.pop(FLEET_KEY, None), attributes.pop(APPLIED_KEY, None)
    is_country = kind == "asset" and entity.profile == choice.country_profile
    found = replace(
        entity,
        role="country" if is_country else entity.role,
        protect=canonical(attributes.pop(PROTECT_KEY, False)) == "true",
        server=alike.members(attributes),
        shared=alike.members(values["SHARED_SCOPE"]),
        owner=str(owner) if owner else entity.created_by,
        applied=from_text(applied if isinstance(applied, str) else json.dumps(applied), alike),
        customer=titles.get(_customer_id(body)),
    )
    # What was read of it is in the fields now; ten thousand objects are a lot of memory.
    return replace(known_to(found, found.owner or ""), body=None)
