"""The requests that change a server; each leaves it right, or says what stands against it.

Saves carry the version that was read, so that somebody else's edit is a conflict and never overwritten. After
a lost answer the server is looked at before anything is sent again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from papaya.api.bodies import fresh_body, is_marked, matches_body, renamed_body, unmarked_body, updated_body
from papaya.api.conversation import send
from papaya.api.entity import entity_of
from papaya.api.fetch import identifier
from papaya.api.kinds import PROFILE_PATHS, attribute_removal_path, attributes_path, endpoints
from papaya.api.protocols import Writable
from papaya.api.tokens import SAVE as SAVE_CREDENTIALS
from papaya.api.tokens import credentials_body, fresh_token, read_credentials, with_proof
from papaya.engine.address import Address, Kind
from papaya.engine.credentials import Proof
from papaya.engine.inventory import Entity, Profile, Scope
from papaya.engine.lease import Lease, lease_in, same_but_for_lease, with_lease
from papaya.engine.marking import Marking
from papaya.errors import (
    AnswerLost,
    NotFound,
    Rejected,
    ServerError,
    Unavailable,
    UnexpectedReply,
    VersionConflict,
)
from papaya.kinds.registry import KINDS
from papaya.kinds.request import Request, Upload
from papaya.manifest.model import Json

WITH_CREDENTIALS = "/api/device-with-credentials"
_TRIES = 3


class Server(Writable, Protocol):
    """What writing a fleet needs of a session."""

    def delete(self, path: str, *, params: Mapping[str, str | int | bool] | None = None) -> Json:
        """Return the answer to a DELETE."""

    def upload(self, path: str, file: Upload, *, params: Mapping[str, str | int | bool]) -> Json:
        """Return the answer to a POST of a file, which may be sent again."""


@dataclass(frozen=True, slots=True)
class Saved:
    """An entity as the server has it after a save."""

    id: str
    version: int | None
    body: Mapping[str, Json]


class ServerWriter:
    """Carries out single steps of changes; safe to share between threads."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def create(self, entity: Entity, marking: Marking, *, proof: Proof | None) -> Saved:
        """Create an asset or a device; one that an earlier, unanswered request created is found again."""
        path, body = endpoints(entity.address.kind).one, fresh_body(entity, marking)
        params: dict[str, str | int | bool] = {}
        if proof is not None and proof.kind == "ACCESS_TOKEN":
            params["accessToken"] = proof.value
        elif proof is not None:
            # Device and credentials in one transaction: a device with a generated token exists at no time.
            path, body = WITH_CREDENTIALS, {"device": body, "credentials": credentials_body(proof)}
        for remaining in reversed(range(_TRIES)):
            try:
                return _saved(self._server.post(path, body, params=params))
            except (AnswerLost, Unavailable, Rejected) as error:
                present = self._by_name(entity.address)
                if present is not None and is_marked(present.body, marking):
                    return present
                if present is not None:
                    raise _taken(error, entity.address) from error
                if isinstance(error, Rejected) or not remaining:
                    raise
        raise AssertionError("the loop returns or raises")

    def save(self, desired: Entity, live: Entity, marking: Marking) -> Saved:
        """Bring the object of a live entity to its desired form, at the version that was read."""
        if live.body is None or live.id is None:
            raise AssertionError(f"{live.address} was read without its object")
        body = updated_body(desired, live.body, marking)
        return self._save(desired.address.kind, live.id, body, live.body)

    def set_name(self, live: Entity, name: str, target: str | None) -> Saved:
        """Rename an entity and nothing else; `target` remembers where a temporary name leads to."""
        if live.body is None or live.id is None:
            raise AssertionError(f"{live.address} was read without its object")
        return self._save(live.address.kind, live.id, renamed_body(live.body, name, target), live.body)

    def _save(self, kind: Kind, id_: str, body: Mapping[str, Json], read: Mapping[str, Json]) -> Saved:
        path = endpoints(kind).one
        for remaining in reversed(range(_TRIES)):
            try:
                return _saved(self._server.post(path, dict(body)))
            except (AnswerLost, Unavailable, VersionConflict) as error:
                present = self._by_id(kind, id_)
                if present is None:
                    raise VersionConflict("it was deleted meanwhile", method="POST", path=path) from error
                if matches_body(present.body, body):
                    return present
                if remaining and same_but_for_lease(present.body, read):
                    body = with_lease({**body, "version": present.version}, lease_in(present.body))
                    continue
                if present.version != body.get("version"):
                    raise VersionConflict(
                        "somebody else changed it since it was read", method="POST", path=path, status=409
                    ) from error
                if not remaining:
                    raise
        raise AssertionError("the loop returns or raises")

    def read_place(self, id_: str) -> Entity | None:
        """Return a place as it is now, without its attributes, or None if it is gone."""
        present = self._by_id("asset", id_)
        return entity_of("asset", present.body, {}) if present is not None else None

    def find_place(self, name: str) -> Entity | None:
        """Return the place of this name as it is now, without its attributes, or None if there is none."""
        present = self._by_name(Address("asset", name))
        return entity_of("asset", present.body, {}) if present is not None else None

    def make_lock(self, name: str, lease: Lease) -> Entity:
        """Create an asset with a lease on it, or return the one of this name as it is."""
        try:
            made = self._server.post(
                endpoints("asset").one, with_lease({"name": name, "type": "default"}, lease)
            )
        except (AnswerLost, Unavailable, Rejected):
            present = self.find_place(name)
            if present is None:
                raise
            return present
        return entity_of("asset", _saved(made).body, {})

    def remove_lock(self, id_: str) -> None:
        """Delete the asset that stood for a lock."""
        self.delete("asset", id_)

    def write_lease(self, place: Entity, lease: Lease | None) -> Entity:
        """Write or remove the lease on a place, at the version that was read."""
        body = with_lease(place.body or {}, lease)
        return entity_of("asset", _saved(self._server.post(endpoints("asset").one, body)).body, {})

    def set_attributes(self, kind: Kind, id_: str, scope: Scope, values: Mapping[str, Json]) -> None:
        """Write attributes of one scope; the server keeps all others."""
        self._server.post(attributes_path(kind, id_, scope), dict(values), repeatable=True)

    def delete_attributes(self, kind: Kind, id_: str, scope: Scope, keys: Sequence[str]) -> None:
        """Delete attributes of one scope; absent ones are no error."""
        self._server.delete(attribute_removal_path(kind, id_, scope), params={"keys": ",".join(keys)})

    def relate(self, parent: str, kind: Kind, id_: str) -> None:
        """Let a place contain an entity; saying it twice is the same as once."""
        body: Json = {
            "from": {"entityType": "ASSET", "id": parent},
            "to": {"entityType": endpoints(kind).entity_type, "id": id_},
            "type": "Contains",
            "typeGroup": "COMMON",
        }
        self._server.post("/api/relation", body, repeatable=True)

    def unrelate(self, parent: str, kind: Kind, id_: str) -> None:
        """Let a place no longer contain an entity; a relation that is gone already is no error."""
        params: dict[str, str | int | bool] = {
            "fromId": parent,
            "fromType": "ASSET",
            "relationType": "Contains",
            "toId": id_,
            "toType": endpoints(kind).entity_type,
        }
        try:
            self._server.delete("/api/relation", params=params)
        except NotFound:
            return

    def proof_of(self, id_: str) -> Proof | None:
        """Return what a device proves itself with; None if papaya does not know that kind."""
        return read_credentials(self._server, id_).proof

    def set_proof(self, id_: str, proof: Proof) -> None:
        """Give a live device other credentials; those that it already has are not sent again."""
        self._replace_proof(id_, proof, None)

    def free_proof(self, id_: str, held: str) -> bool:
        """Give a device whose credentials have this id a generated token; return whether it had them."""
        return self._replace_proof(id_, Proof("ACCESS_TOKEN", fresh_token()), held)

    def _replace_proof(self, id_: str, proof: Proof, expected: str | None) -> bool:
        for remaining in reversed(range(_TRIES)):
            present = read_credentials(self._server, id_)
            if present.proof == proof:
                return True
            if expected is not None and (present.proof is None or present.proof.id != expected):
                return False
            try:
                self._server.post(SAVE_CREDENTIALS, with_proof(present.body, proof))
            except (AnswerLost, Unavailable, VersionConflict):
                # A conflict is the run's own: two devices exchange tokens, or the answer before was lost.
                if not remaining:
                    raise
            else:
                return True
        raise AssertionError("the loop returns or raises")

    def delete(self, kind: Kind, id_: str) -> None:
        """Delete an entity for good; one that is gone already is no error."""
        try:
            self._server.delete(f"{endpoints(kind).one}/{id_}")
        except NotFound:
            return

    def release(self, live: Entity) -> None:
        """Take the creating request's mark off an object."""
        if live.body is None or live.id is None:
            raise AssertionError(f"{live.address} was read without its object")
        self._save(live.address.kind, live.id, unmarked_body(live.body), live.body)

    def create_profile(self, profile: Profile) -> str:
        """Create an asset or device profile and return its id."""
        path = PROFILE_PATHS[profile.address.kind]
        body = KINDS[profile.address.kind].new(profile.address.name)
        for remaining in reversed(range(_TRIES)):
            try:
                return _saved(self._server.post(path, body)).id
            except (AnswerLost, Unavailable, Rejected):
                id_ = self._profile_id(profile.address)
                if id_ is not None:
                    return id_
                if not remaining:
                    raise
        raise AssertionError("the loop returns or raises")

    def send(self, request: Request) -> Json:
        """Carry out a request of a kind and return its answer."""
        return send(self._server, request)

    def _by_name(self, address: Address) -> Saved | None:
        spec = endpoints(address.kind)
        try:
            return _saved(self._server.get(spec.paged, params={spec.name_parameter: address.name}))
        except NotFound:
            return None

    def _by_id(self, kind: Kind, id_: str) -> Saved | None:
        try:
            return _saved(self._server.get(f"{endpoints(kind).one}/{id_}"))
        except NotFound:
            return None

    def _profile_id(self, address: Address) -> str | None:
        rows = self._server.get(f"/api/{address.kind}/names", params={"activeOnly": False})
        for row in rows if isinstance(rows, list) else []:
            if isinstance(row, dict) and row.get("name") == address.name:
                return identifier(row)
        return None


def _saved(body: Json) -> Saved:
    if not isinstance(body, dict):
        raise UnexpectedReply("the answer to a save is no object")
    version = body.get("version")
    return Saved(identifier(body), version if isinstance(version, int) else None, body)


def _taken(error: ServerError, address: Address) -> Rejected:
    """Return the error that says why an entity was not created."""
    return Rejected(
        f"somebody else created a {address.kind} called {address.name} meanwhile",
        method=error.method,
        path=error.path,
        status=error.status,
        code=error.code,
        remedy="plan again: it will be shown for adoption",
    )
