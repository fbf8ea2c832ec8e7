"""The attributes of one entity, with their types, as the server has them."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from papaya.api.malformed import malformed
from papaya.api.protocols import Readable, Server
from papaya.api.replies import AnswerTooLarge
from papaya.foreign import moment
from papaya.manifest.model import Json

log = logging.getLogger(__name__)

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


def attribute_rows(server: Readable, path: str, keys: Sequence[str] | None = None) -> list[dict[str, Json]]:
    """Return what `path` (`…/values/attributes/SCOPE`) answers: `key`, `value` and `lastUpdateTs` of each.

    Where the answer is deeper than papaya reads, it reads the attributes (`keys`, else all) one by one, and
    leaves out one that is too deep itself, with a warning. Raises `UnexpectedReply` for another answer.
    """
    try:
        return _rows(server, path, server.get(path))
    except AnswerTooLarge:
        return list(_one_by_one(server, path, keys))


def _one_by_one(server: Readable, path: str, keys: Sequence[str] | None) -> Iterator[dict[str, Json]]:
    if keys is None:
        listed = server.get(path.replace("/values/attributes", "/keys/attributes"))
        keys = [str(key) for key in listed] if isinstance(listed, list) else []
    for key in keys:
        try:
            # The server takes a comma in a name for the end of the name.
            parts = server.get(path, params={"keys": key})
        except AnswerTooLarge as error:
            log.warning("%s; papaya leaves the attribute %s out", error.message, key)
        else:
            yield from _rows(server, path, parts)


def _rows(server: Readable, path: str, answer: Json) -> list[dict[str, Json]]:
    if not isinstance(answer, list):
        raise malformed(server, "GET", path, "attributes are no list")
    return [row for row in answer if isinstance(row, dict)]


def _of_scope(server: Server, device: str, scope: Scope) -> list[ServerAttribute]:
    path = f"/api/plugins/telemetry/DEVICE/{device}/values/attributes/{scope}"
    found = []
    for row in attribute_rows(server, path):
        match row:
            case {"key": str(key), "value": value, **others}:
                found.append(ServerAttribute(scope, key, value, moment(others.get("lastUpdateTs"))))
    return sorted(found, key=lambda one: one.key)
