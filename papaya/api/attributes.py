"""The attributes of one device in all of its scopes, as the server has them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from papaya.api.malformed import malformed
from papaya.api.protocols import Server
from papaya.foreign import moment
from papaya.manifest.model import Json

Scope = Literal["CLIENT_SCOPE", "SHARED_SCOPE", "SERVER_SCOPE"]
SCOPES: Final[tuple[Scope, ...]] = ("CLIENT_SCOPE", "SHARED_SCOPE", "SERVER_SCOPE")


@dataclass(frozen=True, slots=True)
class ServerAttribute:
    """One attribute; `changed` is in milliseconds since 1970."""

    scope: Scope
    key: str
    value: Json
    changed: int | None = None

    @property
    def text(self) -> str:
        """The value as people read it."""
        return self.value if isinstance(self.value, str) else json.dumps(self.value, ensure_ascii=False)


def attributes_of(server: Server, device: str) -> Sequence[ServerAttribute]:
    """Return the attributes of a device by its id, those of one scope after those of another."""
    return [one for scope in SCOPES for one in _of_scope(server, device, scope)]


def _of_scope(server: Server, device: str, scope: Scope) -> list[ServerAttribute]:
    path = f"/api/plugins/telemetry/DEVICE/{device}/values/attributes/{scope}"
    answer = server.get(path)
    if not isinstance(answer, list):
        raise malformed(server, "GET", path, "the answer is no list of attributes")
    found = []
    for row in answer:
        match row:
            case {"key": str(key), "value": value, **others}:
                found.append(ServerAttribute(scope, key, value, moment(others.get("lastUpdateTs"))))
    return sorted(found, key=lambda one: one.key)
