"""Everything that a plan needs to know of a live server, read for one fleet."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Protocol

from papaya.api.activity import read_of_devices
from papaya.api.attributes import attribute_rows
from papaya.api.budget import DECLARED, ENTITY
from papaya.api.kinds import attribute_values_path
from papaya.api.obstacles import read_obstacles
from papaya.api.once import Once
from papaya.api.protocols import Server
from papaya.api.query import Key, Row, all_of, count, owned_by
from papaya.api.read import budget_for, read_inventory
from papaya.api.resources import leaving_of, read_objects
from papaya.api.session import INFO, ServerInfo
from papaya.api.tokens import read_credentials
from papaya.api.user import User
from papaya.engine.address import Address
from papaya.engine.canonical import Untyped, canonical, is_plain_text
from papaya.engine.credentials import Proof, proof_of
from papaya.engine.desire import desire
from papaya.engine.fingerprint import fits
from papaya.engine.inventory import (
    FLEET_KEY,
    LATITUDE_KEY,
    LOCATION_SOURCE_KEY,
    Entity,
    Inventory,
    Scope,
)
from papaya.engine.match import Matching, match
from papaya.engine.plan import ServerIdentity, TokenState
from papaya.engine.reading import Reading
from papaya.errors import PapayaError
from papaya.foreign import moment, plain_number
from papaya.kinds.registry import KINDS
from papaya.kinds.resource import LiveObjects
from papaya.manifest.model import Certificate, DeviceCredentials, Fleet, Json, SecretReference

Resolve = Callable[[SecretReference], str | None]

# Reading attributes with their types takes a request or two for each entity: only for a few.
_TYPED_AT_MOST = 50
# What a device of the fleet takes with ten attributes, and for how many a server's word is taken.
_OWN, _MOST_OWN = 2 * ENTITY + 10 * DECLARED, 100_000
# A page of so many devices with attributes takes 60 MB while it is decoded.
_PAGE = 5_000


class Live(Server, Protocol):
    """What a survey needs of a session."""

    url: str

    @property
    def requests_sent(self) -> int:
        """Return how many requests went out so far."""

    def user(self) -> User:
        """Return who the server thinks we are."""

    def info(self) -> ServerInfo:
        """Return the server's version and edition."""

    @property
    def knows_version(self) -> bool:
        """Return whether `info` sends nothing."""


def survey(
    session: Live,
    fleet: Fleet,
    resolve: Resolve,
    *,
    page_size: int = _PAGE,
    concurrency: int = 4,
    check_credentials: bool = False,
    by_name: bool = False,
) -> Reading:
    """Read what the fleet's plan depends on; with `by_name` of what the manifest names alone.

    `resolve` returns the value of a secret reference, or None where it has none here. Tokens are compared by
    the fingerprints in the record, and read one by one only where there is no record, or on demand.
    """
    before = session.requests_sent
    # Which version it is belongs to signing in: the session has asked already, or does so here.
    asked = 0 if session.knows_version else 1
    desired = desire(fleet)
    profiles = (fleet.profiles.country, fleet.profiles.state)
    budget = budget_for(desired)
    budget.more = partial(_room_for_own, session, fleet.name)
    lists = {path for kind in KINDS.values() for path in (kind.listing.path, *kind.asked_once)}
    once = Once(session, lists)
    with ThreadPoolExecutor(2 if concurrency > 1 else 1) as beside:
        user, told = beside.submit(session.user), beside.submit(session.info)
        try:
            live = read_inventory(
                once,
                desired,
                fleet.name,
                profiles,
                page_size=page_size,
                concurrency=concurrency,
                budget=budget,
                by_name=by_name,
            )
        except PapayaError:
            # What is wrong with the user or the server itself is wrong with every list, and says more.
            user.result()
            told.result()
            raise
        info, tenant = told.result(), user.result().tenant_id
    once.know(INFO, {"version": info.version, "type": info.type})
    identity = ServerIdentity(session.url, info.version, info.type, tenant)
    matching = match(desired, live)
    with ThreadPoolExecutor(max(1, concurrency)) as pool:
        tokens = _compare_tokens(session, pool, desired, matching, resolve, check_credentials)
        better = dict(_with_types(session, pool, desired, matching))
    better.update(
        _with_activity(session, fleet, desired, live, matching, tokens, better, concurrency=concurrency)
    )
    inventory = live
    if better:
        inventory = Inventory({**live.entities, **better}, live.profiles, live.customers, live.packages)
    called = {address: found.live.id for address, found in matching.matches.items() if found.live.id}
    objects = read_objects(
        once,
        fleet,
        tenant,
        inventory,
        version=info.version,
        called=called,
        concurrency=concurrency,
        budget=budget,
        resolve=resolve,
    )
    obstacles = read_obstacles(session, _going(fleet, matching, objects), inventory, info.version)
    return Reading(
        inventory,
        identity,
        session.requests_sent - before - asked,
        tokens,
        tuple(sorted(live.customers.values())),
        objects,
        obstacles,
        count(session, all_of("DEVICE"), (owned_by(fleet.name, FLEET_KEY),)) if by_name else None,
        fleet,
        desired,
        None if better else matching,
    )


def _going(fleet: Fleet, matching: Matching, objects: LiveObjects) -> frozenset[str]:
    """Return the ids of what may be deleted and other objects may read: of the fleet, not in its manifest."""
    if fleet.bundle is not None or fleet.safety.when_removed == "forget":
        return frozenset()
    tree = (one.id for one in matching.unmatched if one.owner == fleet.name and one.id is not None)
    beside = (one.id for one in leaving_of(fleet, objects) if KINDS[one.address.kind].is_read_by_others)
    return frozenset((*tree, *beside))


def _room_for_own(session: Live, fleet: str) -> int:
    """Return how many bytes the fleet's own devices take, of which the manifest need not declare any."""
    own = count(session, all_of("DEVICE"), (owned_by(fleet, FLEET_KEY),))
    return min(own, _MOST_OWN) * _OWN


def _compare_tokens(
    session: Live,
    pool: ThreadPoolExecutor,
    desired: Inventory,
    matching: Matching,
    resolve: Resolve,
    check_credentials: bool,
) -> dict[Address, TokenState]:
    states: dict[Address, TokenState] = {}
    to_read: list[tuple[Address, str, Proof]] = []
    for entity in desired:
        if entity.credentials is None:
            continue
        proof = _declared(entity.credentials, resolve)
        if proof is None:
            states[entity.address] = "unresolved"
            continue
        found = matching.matches.get(entity.address)
        if found is None:
            continue
        known = found.live.applied.token if found.live.applied else None
        if known is not None and not fits(proof.fingerprinted, known):
            states[entity.address] = "differs"
        elif (known is None or check_credentials) and found.live.id is not None:
            to_read.append((entity.address, found.live.id, proof))
        else:
            states[entity.address] = "same"
    live = pool.map(lambda asked: read_credentials(session, asked[1]).proof, to_read)
    for (address, _, proof), present in zip(to_read, live, strict=True):
        states[address] = "same" if present == proof else "differs"
    return states


def _declared(credentials: DeviceCredentials, resolve: Resolve) -> Proof | None:
    """Return declared credentials, or None where a secret of theirs has no value here."""
    missing = False

    def value_of(reference: SecretReference) -> str:
        nonlocal missing
        value = resolve(reference)
        missing = missing or value is None
        return value or ""

    if isinstance(credentials, Certificate) and credentials.text is None:
        return None
    proof = proof_of(credentials, value_of)
    return None if missing else proof


def _with_types(
    session: Live, pool: ThreadPoolExecutor, desired: Inventory, matching: Matching
) -> Iterator[tuple[Address, Entity]]:
    """Yield the entities without a record with typed values, where text alone cannot decide."""
    doubtful: list[tuple[Entity, list[Scope]]] = []
    for address, found in matching.matches.items():
        entity = desired.entities[address]
        if found.live.applied is not None or entity.shared_place:
            continue
        scopes: list[Scope] = []
        if _is_doubtful(entity.server, found.live.server):
            scopes.append("SERVER_SCOPE")
        if _is_doubtful(entity.shared, found.live.shared):
            scopes.append("SHARED_SCOPE")
        if scopes:
            doubtful.append((found.live, scopes))
    if len(doubtful) > _TYPED_AT_MOST:
        return
    yield from pool.map(lambda asked: _typed(session, *asked), doubtful)


def _is_doubtful(wanted: Mapping[str, Json], live: Mapping[str, Json]) -> bool:
    """Return whether a value has the right text and could still have the wrong type."""
    return any(
        key in live and isinstance(live[key], Untyped) and canonical(value) == canonical(live[key])
        for key, value in wanted.items()
        if not is_plain_text(value)
    )


def _typed(session: Live, entity: Entity, scopes: Sequence[Scope]) -> tuple[Address, Entity]:
    typed: dict[Scope, Mapping[str, Json]] = {"SERVER_SCOPE": entity.server, "SHARED_SCOPE": entity.shared}
    for scope in scopes:
        path = attribute_values_path(entity.address.kind, entity.id or "", scope)
        rows = attribute_rows(session, path, list(typed[scope]))
        values = {str(row.get("key")): row.get("value") for row in rows}
        typed[scope] = {key: values.get(key, value) for key, value in typed[scope].items()}
    return entity.address, replace(entity, server=typed["SERVER_SCOPE"], shared=typed["SHARED_SCOPE"])


def _with_activity(
    session: Live,
    fleet: Fleet,
    desired: Inventory,
    live: Inventory,
    matching: Matching,
    tokens: Mapping[Address, TokenState],
    better: Mapping[Address, Entity],
    *,
    concurrency: int,
) -> dict[Address, Entity]:
    """Return devices that would be deleted, cut off or placed, with their activity and location source."""
    asked: dict[str, Entity] = {}
    for entity in matching.unmatched if fleet.safety.when_removed != "forget" else ():
        if entity.owner == fleet.name and entity.role == "device" and entity.id:
            asked[entity.id] = entity
    for address, found in matching.matches.items():
        if found.live.id and (
            tokens.get(address) == "differs" or _found_itself(desired.entities[address], found.live)
        ):
            asked[found.live.id] = better.get(found.live.address, found.live)
    active, last, source = (
        Key("SERVER_SCOPE", name) for name in ("active", "lastActivityTime", LOCATION_SOURCE_KEY)
    )
    told: dict[Address, Entity] = {}

    def take(rows: Iterable[Row]) -> None:
        for row in rows:
            entity = asked.get(row.id)
            if entity is None:
                continue
            server = dict(entity.server)
            if source in row.values:
                server[LOCATION_SOURCE_KEY] = row.values[source]
            told[entity.address] = replace(
                entity,
                server=server,
                online=row.values.get(active) == "true",
                last_active=moment(plain_number(row.values.get(last, ""))) or None,
            )

    owned = live.devices_of(fleet.name) if asked else 0
    read_of_devices(
        session,
        list(asked),
        (active, last, source),
        take,
        fleet=fleet.name,
        owned=owned,
        concurrency=concurrency,
    )
    return told


def _found_itself(desired: Entity, live: Entity) -> bool:
    """Return whether a device had found its own place before the manifest came to name one."""
    if desired.role != "device" or live.applied is None:
        return False
    return LATITUDE_KEY in desired.server and LATITUDE_KEY not in live.applied.server
