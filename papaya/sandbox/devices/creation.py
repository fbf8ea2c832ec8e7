"""New devices: their credentials and their first attributes."""

from __future__ import annotations

from typing import Any

from papaya.sandbox.store.attributes import SERVER_SCOPE
from papaya.sandbox.store.core import Core
from papaya.sandbox.store.credentials import (
    checked_kind,
    create_credentials,
    find_credentials,
    update_credentials,
)
from papaya.sandbox.store.entities import Entity
from papaya.sandbox.store.profiled import Saved, save_profiled
from papaya.sandbox.store.values import BOOLEAN


def _note_created(core: Core, device: Entity) -> None:
    """Set what the server's state service sets on a device that was never seen."""
    core.store.connection.execute(
        "INSERT OR REPLACE INTO attribute VALUES (?, ?, 'active', ?, ?, 0)",
        (device.number, SERVER_SCOPE, core.now(), BOOLEAN),
    )


def equip(core: Core, device: Entity, kind: str, credentials_id: object, value: object) -> None:
    """Give a new device its credentials and its first attributes."""
    create_credentials(core, device.number, kind, credentials_id, value)
    _note_created(core, device)


def create_device(core: Core, body: dict[str, Any], credentials: tuple[str, object, object]) -> Entity:
    """Create a device that introduces itself, or that a gateway names."""
    device = save_profiled(core, "DEVICE", body).entity
    equip(core, device, *credentials)
    return device


def apply_credentials(core: Core, saved: Saved, credentials: dict[str, Any]) -> None:
    """Give the saved device the credentials of the same request; the server finds the old ones."""
    kind = checked_kind(credentials.get("credentialsType"))
    old = None if saved.created else find_credentials(core, saved.entity.number)
    if old is None:
        create_credentials(
            core,
            saved.entity.number,
            kind,
            credentials.get("credentialsId"),
            credentials.get("credentialsValue"),
        )
    else:
        update_credentials(core, saved.entity.number, old, kind, credentials)
    if saved.created:
        _note_created(core, saved.entity)
