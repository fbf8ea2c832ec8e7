"""The firmware and software that devices name: which there are, and which a live device has."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from papaya.api.fetch import listed_objects
from papaya.api.protocols import Server
from papaya.engine.address import Address
from papaya.engine.assigned import PACKAGES
from papaya.engine.inventory import Entity
from papaya.kinds.kind import id_in
from papaya.kinds.registry import named_by_tree
from papaya.manifest.model import Json

_PAGE = 1_000


def packages_named(server: Server, desired: Iterable[Entity], live: Collection[Entity]) -> dict[Address, str]:
    """Return the ids of all packages of a tenant, if the manifest or a record of a device names any.

    One list of pages holds firmware and software; nothing is sent where no device names a package.
    """
    if not any(_names_any(entity) for entity in desired) and not any(_recorded_any(one) for one in live):
        return {}
    return read_packages(server)


def read_packages(server: Server) -> dict[Address, str]:
    """Return the ids of all packages of a tenant."""
    found: dict[Address, str] = {}
    lists: dict[str, list[dict[str, Json]]] = {}
    for field in PACKAGES:
        kind = named_by_tree(field)
        if kind is None:
            continue
        listing = kind.listing
        if listing.path not in lists:
            lists[listing.path] = list(listed_objects(server, listing.path, _PAGE, listing.parameters))
        for row in lists[listing.path]:
            id_ = id_in(row)
            if id_ is not None and kind.includes(row):
                found[kind.address(kind.name(row))] = id_
    return found


def has_packages(body: Mapping[str, Json]) -> bool:
    """Return whether a live device has a package by itself."""
    return any(body.get(f"{field}Id") is not None for field in PACKAGES)


def with_packages(entity: Entity, names: Mapping[str, str], body: Mapping[str, Json] | None = None) -> Entity:
    """Return a live device with the names of the packages that it has by itself; `names` are those by id.

    `body` is its object, where the entity does not keep it.
    """
    read = body if body is not None else entity.body
    if not names or read is None:
        return entity
    firmware, software = (id_in({"id": read.get(f"{field}Id")}) for field in PACKAGES)
    if firmware is None and software is None:
        return entity
    return replace(
        entity,
        firmware=names.get(firmware, firmware) if firmware is not None else None,
        software=names.get(software, software) if software is not None else None,
    )


def _names_any(entity: Entity) -> bool:
    return any(getattr(entity, field) is not None for field in PACKAGES)


def _recorded_any(entity: Entity) -> bool:
    return entity.applied is not None and any(field in entity.applied.fields for field in PACKAGES)
