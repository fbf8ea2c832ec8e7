"""Credentials of devices: read one by one, because no endpoint lists them."""

from __future__ import annotations

import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from papaya.api.malformed import malformed
from papaya.api.protocols import Readable
from papaya.engine.credentials import Proof, proof_in
from papaya.errors import AnswerLost, Unavailable, VersionConflict
from papaya.manifest.model import Json

ACCESS_TOKEN: Final = "ACCESS_TOKEN"  # noqa: S105 - the name of a kind
SAVE = "/api/device/credentials"
_LETTERS = string.ascii_letters + string.digits
_LENGTH = 20
_TRIES = 3


class Writer(Readable, Protocol):
    """What rotating credentials needs of a session."""

    def post(self, path: str, body: Json) -> Json:
        """Return the answer to a POST."""


@dataclass(frozen=True, slots=True)
class DeviceCredentials:
    """How a device proves itself: the server's word for the kind, the proof if papaya knows the kind, and
    the object as it was read.
    """

    kind: str
    proof: Proof | None
    body: Mapping[str, Json] = field(repr=False)

    @property
    def token(self) -> str | None:
        """Return the access token, if that is the kind."""
        return self.proof.value if self.proof is not None and self.proof.kind == ACCESS_TOKEN else None


def fresh_token() -> str:
    """Return what the server itself generates: 20 letters and digits."""
    return "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))


def read_credentials(server: Readable, id_: str) -> DeviceCredentials:
    """Return the credentials of a device."""
    path = f"/api/device/{id_}/credentials"
    body = server.get(path)
    if not isinstance(body, dict):
        raise malformed(server, "GET", path, "credentials are no object")
    return DeviceCredentials(str(body.get("credentialsType")), proof_in(body), body)


def credentials_body(proof: Proof) -> dict[str, Json]:
    """Return credentials as a request carries them; the server computes the id of all but tokens."""
    token = proof.value if proof.kind == ACCESS_TOKEN else None
    return {
        "credentialsType": proof.kind,
        "credentialsId": token,
        "credentialsValue": proof.sent_value,
    }


def with_proof(body: Mapping[str, Json], proof: Proof) -> dict[str, Json]:
    """Return credentials as they were read, with other content; their version guards the save."""
    return {**body, **credentials_body(proof)}


def rotate(server: Writer, id_: str, old: Proof, new: Proof) -> bool:
    """Give a device its new proof if it has the old one; return whether it has the new one after that."""
    for remaining in reversed(range(_TRIES)):
        present = read_credentials(server, id_)
        if present.proof == new:
            return True
        if present.proof != old:
            return False
        try:
            server.post(SAVE, with_proof(present.body, new))
        except (AnswerLost, Unavailable, VersionConflict):
            if not remaining:
                raise
        else:
            return True
    raise AssertionError("the loop returns or raises")
