"""One change as the sequence of requests that carries it out."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial

from papaya.apply.handover import Handover
from papaya.apply.journal import Journal
from papaya.apply.writer import Lock, Saved, Writer
from papaya.engine.address import Address, Kind
from papaya.engine.assigned import packages_of
from papaya.engine.credentials import Proof, declared_proof, proof_of
from papaya.engine.fingerprint import fingerprint
from papaya.engine.inventory import APPLIED_KEY, FLEET_KEY, PROTECT_KEY, Applied, Entity, Scope
from papaya.engine.lease import Lease
from papaya.engine.marking import Marking
from papaya.engine.plan import Change, Plan, ProfileChange
from papaya.engine.record import record_of, to_json
from papaya.errors import PapayaError
from papaya.kinds.registry import by_entity_type, named_by_tree
from papaya.kinds.tree import ENTITY_TYPES
from papaya.manifest.model import Json, SecretReference

# The server takes 255 UTF-16 units; whatever characters a name has, this much of it fits beside its suffix.
_KEPT_OF_NAME = 120
_TREE_KINDS = {"TENANT": "tenant"} | {entity_type: kind for kind, entity_type in ENTITY_TYPES.items()}
OWN_KEYS = (FLEET_KEY, APPLIED_KEY, PROTECT_KEY)


Beside = Callable[[Callable[[], None]], Callable[[], None]]
"""Begins a step and returns what waits for its end and raises its error."""


def _at_once(work: Callable[[], None]) -> Callable[[], None]:
    work()
    return lambda: None


@dataclass(slots=True)
class Context:
    """What the changes of a run share; ids, by the names that the manifest wants, grow as it creates."""

    plan: Plan
    run: str
    writer: Writer
    journal: Journal
    resolve: Callable[[SecretReference], str]
    ids: dict[Address, str] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    beginning: threading.Lock = field(default_factory=threading.Lock)
    handover: Handover = field(init=False)
    to_come: frozenset[Address] = field(init=False)
    """What the run creates beside the tree."""
    carrier: Address | None = None
    """The place that is created with the run's lock on it, if no other has it."""
    lock_of_run: Lock | None = None
    on_place: Callable[[Address], object] = lambda address: None
    """Hears of each place as soon as it stands."""
    beside: Beside = _at_once
    """Begins a step that goes on beside the next one."""

    def __post_init__(self) -> None:
        self.to_come = frozenset(one.address for one in self.plan.resources if one.action == "create")
        self.handover = Handover(self.plan.changes, self.writer, self.journal, self.resolve)

    def id_of(self, address: Address) -> str:
        """Return the UUID of a place or a profile that the manifest names."""
        with self.lock:
            id_ = self.ids.get(address)
        if id_ is None:
            raise PapayaError(f"{address} is not on the server")
        return id_

    def live_id(self, address: Address) -> str:
        """Return the UUID of a place by the name that it had before the run."""
        id_ = self.plan.ids.get(address)
        if id_ is None:
            raise PapayaError(f"{address} was not on the server")
        return id_

    def customer_id(self, title: str) -> str:
        """Return the UUID of a customer, which this run may have created."""
        kind = named_by_tree("customer")
        known = self.plan.customer_ids.get(title)
        if known is not None or kind is None:
            return known or ""
        return self.id_of(kind.address(title))

    def name_of(self, entity_type: str, id_: str) -> str | None:
        """Return the name of an object by its type and id, as far as this run knows it."""
        of_tree = _TREE_KINDS.get(entity_type, "")
        keys = {kind.key for kind in by_entity_type(entity_type)} or {of_tree}
        with self.lock:
            return next(
                (
                    address.name
                    for address, known in self.ids.items()
                    if known == id_ and address.kind in keys
                ),
                None,
            )

    def learn(self, address: Address, id_: str) -> None:
        """Remember the UUID of what was created."""
        with self.lock:
            self.ids[address] = id_

    def created(self, entity: Entity, saved: Saved) -> None:
        """Take in an entity that was created: what stands in a place may begin now."""
        if self.lock_of_run is not None and entity.address == self.carrier:
            self.lock_of_run.born(replace(entity, id=saved.id, version=saved.version, body=saved.body))
        self.learn(entity.address, saved.id)
        if entity.role != "device":
            self.on_place(entity.address)

    def lease_on(self, address: Address) -> Lease | None:
        """Return the lease that a place has to be created with."""
        if self.lock_of_run is None or address != self.carrier:
            return None
        return self.lock_of_run.to_be_born()

    def knows(self, address: Address) -> bool:
        """Return whether the UUID of an object is known."""
        with self.lock:
            return address in self.ids


class Stepping:
    """Goes step by step, and knows which steps the server has confirmed."""

    def __init__(self, context: Context, address: Address) -> None:
        self.done: list[str] = []
        self._context = context
        self._address = address

    @contextmanager
    def _step(self, step: str, **values: Json) -> Iterator[None]:
        journal, address = self._context.journal, str(self._address)
        journal.write("intent", address=address, step=step, **values)
        try:
            yield
        except PapayaError as error:
            journal.write("failed", address=address, step=step, reason=error.message)
            raise
        self.done.append(step)
        journal.write("done", address=address, step=step)


class Steps(Stepping):
    """Carries out one change, step by step."""

    def __init__(self, context: Context, change: Change | ProfileChange) -> None:
        address = change.desired.address if isinstance(change, ProfileChange) else change.address
        super().__init__(context, address)
        self._change = change

    def carry_out(self) -> None:
        """Do it all, or raise what stands against it."""
        change = self._change
        if isinstance(change, ProfileChange):
            self._profile(change)
        elif change.action == "create":
            self._create(change)
        elif change.action == "update":
            self._update(change)
        elif change.action == "forget":
            self._forget(change)
        else:
            self._destroy(change)

    def _profile(self, change: ProfileChange) -> None:
        wanted, context = change.desired, self._context
        with self._step(change.action):
            id_ = context.writer.create_profile(wanted)
        context.learn(wanted.address, id_)

    def _create(self, change: Change) -> None:
        entity = _wanted(change)
        proof = declared_proof(entity, self._context.resolve)
        with self._step("create"):
            saved = self._context.handover.insist(
                change, proof, lambda: self._context.writer.create(entity, self._marking(entity), proof=proof)
            )
        self._context.created(entity, saved)
        placed = self._context.beside(partial(self._relations, change, saved.id))
        self._attributes(change, saved.id, proof, entity.address.name, placed)

    def _update(self, change: Change) -> None:
        entity, writes = _wanted(change), change.writes
        live, id_ = _live(change)
        # Names that differ by case or normal form only stay as they are, unless the manifest says `formerly`.
        named = entity if change.renamed_from is not None else replace(entity, address=live.address)
        if writes.save:
            with self._step("save", id=id_, version=live.version):
                released = frozenset(one.field for one in change.fields if one.after is None)
                self._context.writer.save(named, live, replace(self._marking(entity), released=released))
        proof: Proof | None = None
        if writes.credentials == "replace" and entity.credentials is not None:
            proof = wanted = proof_of(entity.credentials, self._context.resolve)
            self._context.handover.forget_fingerprint(live)
            step = "access token" if wanted.kind == "ACCESS_TOKEN" else "credentials"
            with self._step(step, id=id_):
                self._context.handover.insist(
                    change, wanted, lambda: self._context.writer.set_proof(id_, wanted)
                )
            self._context.handover.settle()
        elif writes.record:
            proof = self._known_proof(entity, live)
        self._relations(change, id_)
        self._attributes(change, id_, proof, named.address.name)

    def step_aside(self) -> Change:
        """Give the entity of a rename a temporary name and return what is left to do."""
        change = self._change
        if isinstance(change, ProfileChange):
            raise AssertionError("profiles are not renamed")
        live, id_ = _live(change)
        temporary = f"{live.address.name[:_KEPT_OF_NAME]}~{id_[:8]}"
        with self._step("temporary name", id=id_, name=temporary):
            saved = self._context.writer.set_name(live, temporary, change.address.name)
        moved = replace(
            live,
            address=replace(live.address, name=temporary),
            version=saved.version,
            body=saved.body,
            renaming=change.address.name,
            formerly=live.address.name,
        )
        return replace(change, live=moved, writes=replace(change.writes, aside=False))

    def _known_proof(self, entity: Entity, live: Entity) -> Proof | None:
        """Return the credentials to fingerprint anew, if the record lacks that and they resolve here."""
        if live.applied and live.applied.token:
            return None
        try:
            return declared_proof(entity, self._context.resolve)
        except PapayaError:
            return None

    def _relations(self, change: Change, id_: str) -> None:
        # The new relation first: a device must not stand nowhere, should this be the last request.
        kind, context = change.address.kind, self._context
        if change.writes.relate:
            parent = _wanted(change).parents[0]
            with self._step("relate", parent=parent):
                context.writer.relate(context.id_of(Address("asset", parent)), kind, id_)
        for parent in change.writes.unrelate:
            with self._step("unrelate", parent=parent):
                context.writer.unrelate(context.live_id(Address("asset", parent)), kind, id_)

    def _attributes(
        self,
        change: Change,
        id_: str,
        proof: Proof | None,
        name: str,
        placed: Callable[[], None] = lambda: None,
    ) -> None:
        """Write the attributes; `placed` waits for the relations of something new, written meanwhile."""
        # Removed keys go before the record forgets them, and the record comes before new shared attributes.
        # So a crash leaves no key that papaya set and no longer knows of. Known keys are set before it:
        # whether a value has the right type, only a record that is not ahead of it can tell.
        entity, writes, kind = _wanted(change), change.writes, change.address.kind
        writer = self._context.writer
        unprotected = bool(change.live and change.live.protect and not entity.protect)
        removed = (*writes.delete_server, *([PROTECT_KEY] if unprotected else []))
        self._removed(kind, id_, "SERVER_SCOPE", removed)
        self._removed(kind, id_, "SHARED_SCOPE", writes.delete_shared)
        applied = change.live.applied if change.live is not None else None
        known = applied is not None and writes.set_shared.keys() <= applied.shared.keys()
        if known:
            self._shared(kind, id_, writes.set_shared)
        record = self._record(change, proof, record_of(entity, name=name, id_=id_)) if writes.record else {}
        values = {**writes.set_server, **record}
        try:
            if values:
                with self._step("server attributes", keys=list(values)):
                    writer.set_attributes(kind, id_, "SERVER_SCOPE", values)
        finally:
            # Also after a failure: no request may be under way when the change has ended.
            placed()
        if not known:
            self._shared(kind, id_, writes.set_shared)

    def _removed(self, kind: Kind, id_: str, scope: Scope, keys: Sequence[str]) -> None:
        if keys:
            which = "server" if scope == "SERVER_SCOPE" else "shared"
            with self._step(f"delete {which} attributes", keys=list(keys)):
                self._context.writer.delete_attributes(kind, id_, scope, keys)

    def _shared(self, kind: Kind, id_: str, values: Mapping[str, Json]) -> None:
        if values:
            with self._step("shared attributes", keys=list(values)):
                self._context.writer.set_attributes(kind, id_, "SHARED_SCOPE", values)

    def _record(self, change: Change, proof: Proof | None, applied: Applied) -> dict[str, Json]:
        entity = _wanted(change)
        if proof is not None:
            applied = replace(applied, token=fingerprint(proof.fingerprinted, secrets.token_hex(4)))
        elif entity.credentials is not None and change.live is not None and change.live.applied is not None:
            applied = replace(applied, token=change.live.applied.token)
        marks: dict[str, Json] = {FLEET_KEY: self._context.plan.fleet, APPLIED_KEY: to_json(applied)}
        if entity.protect:
            marks[PROTECT_KEY] = True
        return marks

    def _forget(self, change: Change) -> None:
        live, id_ = _live(change)
        if live.is_marked_inside:
            with self._step("stop managing it", id=id_, version=live.version):
                self._context.writer.release(live)
        with self._step("delete papaya's attributes", id=id_):
            self._context.writer.delete_attributes(live.address.kind, id_, "SERVER_SCOPE", OWN_KEYS)

    def _destroy(self, change: Change) -> None:
        _, id_ = _live(change)
        with self._step("delete", id=id_):
            self._context.writer.delete(change.address.kind, id_)

    def _marking(self, entity: Entity) -> Marking:
        kind: Kind = "deviceProfile" if entity.address.kind == "device" else "assetProfile"
        plan = self._context.plan
        customer = self._context.customer_id(entity.customer) if entity.customer is not None else None
        return Marking(
            fleet=plan.fleet,
            run=self._context.run,
            profile_id=self._context.id_of(Address(kind, entity.profile or "")),
            customer_id=customer,
            packages={one.kind: self._context.id_of(one) for one in packages_of(entity)},
            marked=not entity.shared_place,
            lease=self._context.lease_on(entity.address),
        )


def _wanted(change: Change) -> Entity:
    if change.desired is None:
        raise AssertionError(f"{change.address} has no desired form")
    return change.desired


def _live(change: Change) -> tuple[Entity, str]:
    """Return the live entity of a change and its UUID."""
    if change.live is None or change.live.id is None:
        raise AssertionError(f"{change.address} was not read")
    return change.live, change.live.id
