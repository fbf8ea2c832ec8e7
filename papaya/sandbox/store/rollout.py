"""Rollout of packages: the attributes that tell a device its firmware and software."""

from __future__ import annotations

from typing import Any

from papaya.sandbox.numbers import whole
from papaya.sandbox.store.attributes import SHARED_SCOPE, delete_attributes, store_attributes
from papaya.sandbox.store.core import Core
from papaya.sandbox.store.entities import Entity, find
from papaya.sandbox.store.packages import FIELDS, FIRMWARE, PACKAGE, TYPES
from papaya.sandbox.store.series import Entry, store_series
from papaya.sandbox.store.values import LONG, TEXT, Typed

_PREFIXES = {FIRMWARE: "fw"}
_SOFTWARE_PREFIX = "sw"
_PARTS = ("title", "version", "tag", "size", "checksum_algorithm", "checksum", "url")


def prefix_of(kind: str) -> str:
    """Return what keys and topics of a package type begin with."""
    return _PREFIXES.get(kind, _SOFTWARE_PREFIX)


def _named(body: dict[str, Any] | None, field: str) -> str | None:
    found = (body or {}).get(field)
    return str(found["id"]) if found else None


def wanted_package(core: Core, device: dict[str, Any], kind: str) -> str | None:
    """Return the id of the package that a device should have: its own, else that of its profile."""
    own = _named(device, FIELDS[kind])
    if own is not None:
        return own
    profile = find(core, "DEVICE_PROFILE", device["deviceProfileId"]["id"])
    return None if profile is None else _named(profile.json, FIELDS[kind])


def roll_out_to_members(core: Core, profile: Entity, before: Entity) -> None:
    """Tell the devices of a profile whose packages changed, except those that have their own."""
    for kind in TYPES:
        field = FIELDS[kind]
        old, new = _named(before.json, field), _named(profile.json, field)
        if old == new:
            continue
        rows = core.store.rows(
            "SELECT number FROM entity WHERE profile_id = ? AND json_extract(body, ?) IS NULL",
            (profile.id, f"$.{field}"),
        )
        for (number,) in rows:
            _tell(core, number, kind, new)


def roll_out(core: Core, device: Entity, before: dict[str, Any] | None) -> None:
    """Tell a saved device of packages that are others than before."""
    for kind in TYPES:
        old = None if before is None else wanted_package(core, before, kind)
        new = wanted_package(core, device.json, kind)
        if old != new:
            _tell(core, device.number, kind, new)


def _tell(core: Core, device: int, kind: str, identifier: str | None) -> None:
    package = None if identifier is None else find(core, PACKAGE, identifier)
    prefix = prefix_of(kind)
    if package is None:
        delete_attributes(core, device, SHARED_SCOPE, [f"{prefix}_{part}" for part in _PARTS])
        return
    body, now = package.json, core.now()
    target = {part: body[part] for part in ("title", "version", "tag") if body[part]}
    entries = [Entry(now, f"target_{prefix}_{part}", (TEXT, text)) for part, text in target.items()]
    entries.append(Entry(now, f"target_{prefix}_ts", (LONG, now)))
    # A key has one value at one time: the second state comes a millisecond later.
    entries += [
        Entry(now + later, f"{prefix}_state", (TEXT, state))
        for later, state in enumerate(("QUEUED", "INITIATED"))
    ]
    store_series(core, device, entries)
    _set_attributes(core, device, prefix, body, target)


def _set_attributes(
    core: Core, device: int, prefix: str, body: dict[str, Any], target: dict[str, Any]
) -> None:
    by_url = body["url"] is not None
    if by_url and body["checksumAlgorithm"] is None and not core.dialect.rolls_out_bare_urls:
        return
    algorithm = body["checksumAlgorithm"]
    values: dict[str, Typed] = {part: (TEXT, str(text)) for part, text in target.items()}
    if by_url:
        values["url"] = TEXT, body["url"]
        if not core.dialect.rolls_out_bare_urls:
            algorithm = None
    if body["dataSize"] is not None:
        values["size"] = LONG, whole(body["dataSize"])
    if algorithm:
        values["checksum_algorithm"] = TEXT, algorithm
    if body["checksum"]:
        values["checksum"] = TEXT, body["checksum"]
    gone = [f"{prefix}_{part}" for part in _PARTS if part not in values]
    if gone:
        delete_attributes(core, device, SHARED_SCOPE, gone)
    store_attributes(
        core, device, SHARED_SCOPE, {f"{prefix}_{part}": typed for part, typed in values.items()}, core.now()
    )
