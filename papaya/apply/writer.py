"""What carrying out a plan needs of the server, as protocols: the REST edge and the lock provide them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from papaya.engine.address import Kind
from papaya.engine.credentials import Proof
from papaya.engine.inventory import Entity, Profile, Scope
from papaya.engine.lease import Lease
from papaya.engine.marking import Marking
from papaya.kinds.request import Request
from papaya.manifest.model import Json


class Saved(Protocol):
    """What a save answers."""

    @property
    def id(self) -> str:
        """The UUID of the entity."""

    @property
    def version(self) -> int | None:
        """Its version after the save."""

    @property
    def body(self) -> Mapping[str, Json]:
        """Its object after the save."""


class Writer(Protocol):
    """The requests that a run needs; the REST edge provides them."""

    def create(self, entity: Entity, marking: Marking, *, proof: Proof | None) -> Saved:
        """Create an entity."""

    def save(self, desired: Entity, live: Entity, marking: Marking) -> Saved:
        """Bring an object to its desired form."""

    def set_name(self, live: Entity, name: str, target: str | None) -> Saved:
        """Rename an entity and nothing else."""

    def set_attributes(self, kind: Kind, id_: str, scope: Scope, values: Mapping[str, Json]) -> None:
        """Write attributes."""

    def delete_attributes(self, kind: Kind, id_: str, scope: Scope, keys: Sequence[str]) -> None:
        """Delete attributes."""

    def relate(self, parent: str, kind: Kind, id_: str) -> None:
        """Let a place contain an entity."""

    def unrelate(self, parent: str, kind: Kind, id_: str) -> None:
        """Let a place no longer contain an entity."""

    def proof_of(self, id_: str) -> Proof | None:
        """Return what a device proves itself with."""

    def set_proof(self, id_: str, proof: Proof) -> None:
        """Replace a device's credentials."""

    def free_proof(self, id_: str, held: str) -> bool:
        """Give a device whose credentials have this id a generated token; return whether it had them."""

    def delete(self, kind: Kind, id_: str) -> None:
        """Delete an entity."""

    def release(self, live: Entity) -> None:
        """Take the creating request's mark off an object."""

    def send(self, request: Request) -> Json:
        """Carry out a request that a kind describes."""

    def create_profile(self, profile: Profile) -> str:
        """Create a profile."""


class Lock(Protocol):
    """The lock of a run that finds no place to take it on."""

    def to_be_born(self) -> Lease | None:
        """Return the lease for the first place to be created with; None where it is held."""

    def born(self, place: Entity) -> None:
        """Hold the lease on a place that was created with it."""
