"""Saving an entity whole: which one a body replaces, whether it may, and the next version."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from papaya.sandbox.refusal import changed_by_someone_else
from papaya.sandbox.store.core import Core
from papaya.sandbox.store.entities import Entity, id_in, require
from papaya.sandbox.wire import new_id


@dataclass(frozen=True, slots=True)
class Revision:
    """What the server sets on a saved entity; `number` is 0 and `version` is 1 for a new one."""

    number: int
    id: str
    created_time: int
    version: int


def replaced_by(core: Core, kind: str, body: dict[str, Any]) -> Entity | None:
    """Return the stored entity whose id the body has, None without an id."""
    identifier = id_in(body, "id", kind)
    return None if identifier is None else require(core, kind, identifier)


def check_version(old: Entity | None, body: dict[str, Any], normal_name: str) -> None:
    """Refuse a body that was read before the last save; a body without a version is not checked."""
    if old is not None and body.get("version") not in (None, old.version):
        raise changed_by_someone_else(normal_name)


def next_revision(core: Core, old: Entity | None) -> Revision:
    """Return identity and version of the entity that replaces `old`, or of a new one."""
    if old is None:
        return Revision(0, new_id(), core.now(), 1)
    return Revision(old.number, old.id, old.created_time, old.version + 1)
