"""Access tokens of devices: read one by one, because no endpoint lists them."""

from __future__ import annotations

import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from papaya.api.malformed import malformed
from papaya.api.protocols import Readable
from papaya.errors import AnswerLost, Unavailable, VersionConflict
from papaya.manifest.model import Json

ACCESS_TOKEN = "ACCESS_TOKEN"  # noqa: S105 - the name of a kind
SAVE = "/api/device/credentials"
_LETTERS = string.ascii_letters + string.digits
_LENGTH = 20
_TRIES = 3


class Writer(Readable, Protocol):
    """What rotating tokens needs of a session."""

    def post(self, path: str, body: Json) -> Json:
        """Return the answer to a POST."""


@dataclass(frozen=True, slots=True)
class DeviceCredentials:
    """How a device proves itself: its kind, its token if that is the kind, and the object as it was read."""

    kind: str
    token: str | None = field(repr=False)
    body: Mapping[str, Json] = field(repr=False)


def fresh_token() -> str:
    """Return what the server itself generates: 20 letters and digits."""
    return "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))


def read_credentials(server: Readable, id_: str) -> DeviceCredentials:
    """Return the credentials of a device."""
    path = f"/api/device/{id_}/credentials"
    body = server.get(path)
    if not isinstance(body, dict):
        raise malformed(server, "GET", path, "credentials are no object")
    kind, token = str(body.get("credentialsType")), body.get("credentialsId")
    return DeviceCredentials(kind, token if kind == ACCESS_TOKEN and isinstance(token, str) else None, body)


def with_token(body: Mapping[str, Json], token: str) -> dict[str, Json]:
    """Return credentials as they were read, with this access token; their version guards the save."""
    return {**body, "credentialsType": ACCESS_TOKEN, "credentialsId": token, "credentialsValue": None}


def rotate(server: Writer, id_: str, old: str, new: str) -> bool:
    """Give a device its new token if it has the old one; return whether it has the new one after that."""
    for remaining in reversed(range(_TRIES)):
        present = read_credentials(server, id_)
        if present.token == new:
            return True
        if present.token != old:
            return False
        try:
            server.post(SAVE, with_token(present.body, new))
        except (AnswerLost, Unavailable, VersionConflict):
            if not remaining:
                raise
        else:
            return True
    raise AssertionError("the loop returns or raises")
