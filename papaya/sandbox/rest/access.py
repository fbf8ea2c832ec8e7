"""What the sender of a request may read and change."""

from __future__ import annotations

from papaya.sandbox.refusal import NO_PERMISSION, PlainRefusal, broken, forbidden, invalid
from papaya.sandbox.rest.call import Call, checked_id
from papaya.sandbox.store.entities import NORMAL_NAMES, WITHOUT_VALUES, Entity, find, require
from papaya.sandbox.store.users import CUSTOMER_USER, SYS_ADMIN, may_read

# Names of kinds in telemetry endpoints that are not the usual ones.
_NAMES = {"OTA_PACKAGE": "OtaPackage"}


def readable(call: Call, kind: str, identifier: str) -> Entity:
    """Return an entity that the sender may read: a customer only what is assigned to it."""
    return _checked(call, require(call.core, kind, identifier))


def writable(call: Call, kind: str, identifier: str) -> Entity:
    """Return an entity that the sender may change; customers change none."""
    found = require(call.core, kind, identifier)
    if call.sender.authority == CUSTOMER_USER:
        raise forbidden()
    return _checked(call, found)


def _checked(call: Call, entity: Entity) -> Entity:
    sender = call.sender
    if sender.authority == SYS_ADMIN and entity.kind not in ("TENANT", "USER"):
        raise forbidden()
    if not may_read(sender, entity):
        raise forbidden()
    return entity


def permitted(call: Call, kind: str, identifier: str, *, writes: bool = False) -> Entity:
    """Return an entity that the sender may read; endpoints of telemetry and of calls refuse in plain text.

    Only a system administrator writes values of the tenant.
    """
    if kind in WITHOUT_VALUES:
        raise broken("Not Implemented!")
    found = find(call.core, kind, checked_id(identifier))
    if found is None:
        raise PlainRefusal(404, f"{_NAMES.get(kind, NORMAL_NAMES[kind])} with requested id wasn't found!")
    sender = call.sender
    if sender.authority == SYS_ADMIN and kind != "TENANT":
        raise PlainRefusal(403, "System administrator is not allowed to perform this operation!")
    if not may_read(sender, found):
        raise PlainRefusal(403, NO_PERMISSION)
    if writes and kind == "TENANT" and sender.authority != SYS_ADMIN:
        raise PlainRefusal(403, NO_PERMISSION)
    return found


def kind_of(call: Call) -> str:
    """Return the entity type that a path names; short paths of telemetry mean a device."""
    kind = call.parameters.get("entityType", "DEVICE").upper()
    if kind not in NORMAL_NAMES:
        raise invalid(f"Unsupported EntityType: {kind}")
    return kind
