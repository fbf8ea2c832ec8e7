"""Hands credentials from one device of a run to another.

The ids of credentials, such as tokens, are unique over the whole server. So two devices cannot exchange
theirs, and a device cannot take those of one that the run deletes later. papaya learns of such a conflict
when the server refuses. Then the device that has the credentials, and would lose them in this run anyway,
gets a generated token in their place.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar

from papaya.apply.journal import Journal
from papaya.engine.address import Kind
from papaya.engine.credentials import Proof, declared_proof
from papaya.engine.inventory import APPLIED_KEY, Entity, Scope
from papaya.engine.plan import Change
from papaya.engine.record import to_json
from papaya.errors import PapayaError, Rejected
from papaya.manifest.model import Json, SecretReference

Answer = TypeVar("Answer")

# "Device credentials are already assigned to another device!", in a race "Specified credentials are already
# registered!".
_ABOUT = "credentials are already"


class ProofWriter(Protocol):
    """What handing credentials over needs of the server."""

    def proof_of(self, id_: str) -> Proof | None:
        """Return what a device proves itself with."""

    def free_proof(self, id_: str, held: str) -> bool:
        """Give a device whose credentials have this id a generated token; return whether it had them."""

    def set_attributes(self, kind: Kind, id_: str, scope: Scope, values: Mapping[str, Json]) -> None:
        """Write attributes."""


@dataclass(slots=True)
class Handover:
    """Makes way for tokens that other devices of the same run still have."""

    changes: tuple[Change, ...]
    writer: ProofWriter
    journal: Journal
    resolve: Callable[[SecretReference], str]
    lock: threading.Lock = field(default_factory=threading.Lock)
    _holders: dict[str, Change] | None = None

    def insist(self, change: Change, proof: Proof | None, send: Callable[[], Answer]) -> Answer:
        """Send what gives a device its credentials; again, once the device that has them has made way."""
        try:
            return send()
        except Rejected as refusal:
            if proof is None or _ABOUT not in refusal.message or not self._make_way(proof.id, change):
                raise
            return send()

    def forget_fingerprint(self, live: Entity) -> None:
        """Take the old token's fingerprint from the record.

        Done before any change of a token: after a crash the next plan reads the live token, and cannot take
        one for the other.
        """
        if live.id is not None and live.applied is not None and live.applied.token is not None:
            with self._noted(live, "forget the token's fingerprint"):
                values: dict[str, Json] = {APPLIED_KEY: to_json(replace(live.applied, token=None))}
                self.writer.set_attributes("device", live.id, "SERVER_SCOPE", values)

    def settle(self) -> None:
        """Wait until no token is being handed over: whoever has set its own may write its record then."""
        with self.lock:
            return

    def _read_holders(self) -> dict[str, Change]:
        holders: dict[str, Change] = {}
        for change in self.changes:
            if change.live is None or change.live.id is None or not _gives_up_its_token(change):
                continue
            proof = self.writer.proof_of(change.live.id)
            if proof is not None:
                holders[proof.id] = change
        return holders

    def _declares(self, holder: Change, held: str) -> bool:
        entity = holder.desired
        declared = declared_proof(entity, self.resolve) if entity is not None else None
        return declared is not None and declared.id == held

    def _make_way(self, held: str, change: Change) -> bool:
        """Return whether it is worth asking again: False if no device of this run can stand in the way."""
        with self.lock:
            if self._holders is None:
                self._holders = self._read_holders()
            holder = self._holders.get(held)
            if holder is None or holder is change:
                # It may have got its own token between the refusal and the reading.
                return any(other is not change for other in self._holders.values())
            if self._declares(holder, held):
                declared = holder.desired.credentials if holder.desired is not None else None
                is_token = isinstance(declared, SecretReference)
                raise PapayaError(
                    f"{holder.address} has the same {'access token' if is_token else 'credentials'} "
                    "in the manifest",
                    remedy=f"give each device {'a token of its own' if is_token else 'its own credentials'}",
                )
            live = holder.live
            if live is not None and live.id is not None and self._has(live.id, held):
                self.forget_fingerprint(live)
                with self._noted(live, "temporary access token"):
                    self.writer.free_proof(live.id, held)
            return True

    def _has(self, id_: str, held: str) -> bool:
        proof = self.writer.proof_of(id_)
        return proof is not None and proof.id == held

    @contextmanager
    def _noted(self, live: Entity, step: str) -> Iterator[None]:
        address = str(live.address)
        self.journal.write("intent", address=address, step=step, id=live.id)
        yield
        self.journal.write("done", address=address, step=step)


def _gives_up_its_token(change: Change) -> bool:
    return change.role == "device" and (change.action == "destroy" or change.writes.credentials == "replace")
