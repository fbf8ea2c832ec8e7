"""Access tokens of devices: read one by one, because no endpoint lists them."""

from __future__ import annotations

import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from papaya.errors import UnexpectedReply
from papaya.manifest.model import Json

ACCESS_TOKEN = "ACCESS_TOKEN"  # noqa: S105 - the name of a kind
SAVE = "/api/device/credentials"
_LETTERS = string.ascii_letters + string.digits
_LENGTH = 20


class Reader(Protocol):
    """What reading tokens needs of a session."""

    def get(self, path: str, *, params: Mapping[str, str | int | bool] | None = None) -> Json:
        """Return the answer to a GET."""


@dataclass(frozen=True, slots=True)
class DeviceCredentials:
    """How a device proves itself: its kind, its token if that is the kind, and the object as it was read."""

    kind: str
    token: str | None = field(repr=False)
    body: Mapping[str, Json] = field(repr=False)


def fresh_token() -> str:
    """Return what the server itself generates: 20 letters and digits."""
    return "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))


def read_credentials(server: Reader, id_: str) -> DeviceCredentials:
    """Return the credentials of a device."""
    path = f"/api/device/{id_}/credentials"
    body = server.get(path)
    if not isinstance(body, dict):
        raise UnexpectedReply("credentials are no object", method="GET", path=path)
    kind, token = str(body.get("credentialsType")), body.get("credentialsId")
    return DeviceCredentials(kind, token if kind == ACCESS_TOKEN and isinstance(token, str) else None, body)


def with_token(body: Mapping[str, Json], token: str) -> dict[str, Json]:
    """Return credentials as they were read, with this access token; their version guards the save."""
    return {**body, "credentialsType": ACCESS_TOKEN, "credentialsId": token, "credentialsValue": None}
