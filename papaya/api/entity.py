"""Live entities, made of their objects and attributes."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from papaya.api.fetch import identifier
from papaya.api.query import Key
from papaya.engine.address import Address, Kind
from papaya.engine.alike import Alike
from papaya.engine.canonical import Untyped
from papaya.engine.expected import Expected
from papaya.engine.inventory import APPLIED_KEY, FLEET_KEY, PROTECT_KEY, Entity
from papaya.engine.record import from_text
from papaya.manifest.model import Json


def entity_of(
    kind: Kind,
    body: Mapping[str, Json],
    values: Mapping[Key, str],
    alike: Alike | None = None,
    kept: Mapping[str, Json] | None = None,
    expected: Expected | None = None,
    parents: tuple[str, ...] = (),
) -> Entity:
    """Return the live entity that a full object and its attributes describe.

    `alike` has what many entities say, `kept` is the form in which the entity keeps its object, `expected`
    knows entities that are as the manifest wants them. Without `parents` they come later.
    """
    owner: str | None = None
    record: str | None = None
    protect = False
    server: dict[str, str] = {}
    shared: dict[str, str] = {}
    for key, value in values.items():
        if key.scope == "SHARED_SCOPE":
            shared[key.name] = value
        elif key.name == FLEET_KEY:
            owner = str(value) or None
        elif key.name == APPLIED_KEY:
            record = str(value)
        elif key.name == PROTECT_KEY:
            protect = value == "true"
        else:
            server[key.name] = value
    said = _said(kind, body, alike)
    said.update(owner=owner or said["created_by"], protect=protect, parents=parents)
    said["body"] = body if kept is None else kept
    agreed = expected.agreed(said, record, server, shared) if expected is not None else None
    if agreed is not None:
        return Entity(**{**said, **agreed})
    applied = from_text(record, alike) if record is not None else None
    return Entity(**said, server=_untyped(server, alike), shared=_untyped(shared, alike), applied=applied)


def _said(kind: Kind, body: Mapping[str, Json], alike: Alike | None) -> dict[str, Any]:
    """Return what an object itself says of its entity."""
    info = body.get("additionalInfo")
    info = info if isinstance(info, dict) else {}
    own = info.get("papaya")
    own = own if isinstance(own, dict) else {}
    created_by, renaming, formerly = own.get("fleet"), own.get("renaming"), own.get("formerly")
    version, profile = body.get("version"), str(body.get("type"))
    description = info.get("description")
    label = body.get("label")
    return {
        "address": Address(kind, str(body.get("name"))),
        "role": "device" if kind == "device" else "state",
        "profile": profile if alike is None else alike.text("type", profile),
        "label": label if isinstance(label, str) and label else None,
        "description": description if isinstance(description, str) and description else None,
        "gateway": info.get("gateway") is True if kind == "device" else None,
        # One text for every list that names it.
        "id": sys.intern(identifier(body)),
        "version": version if isinstance(version, int) else None,
        "created_by": created_by if isinstance(created_by, str) else None,
        "renaming": renaming if isinstance(renaming, str) else None,
        "formerly": formerly if isinstance(formerly, str) else None,
    }


def _untyped(texts: Mapping[str, str], alike: Alike | None) -> dict[str, Json]:
    return {key: Untyped(text) if alike is None else alike.untyped(key, text) for key, text in texts.items()}
