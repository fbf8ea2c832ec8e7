"""Packages on their way to a device, over HTTP or MQTT."""

from __future__ import annotations

import json

from papaya.sandbox.store.core import Core
from papaya.sandbox.store.entities import Entity, find
from papaya.sandbox.store.packages import PACKAGE
from papaya.sandbox.store.rollout import wanted_package


def package_for(core: Core, device: int, kind: str) -> Entity | None:
    """Return the package that a device should have, by its number."""
    row = core.store.connection.execute("SELECT body FROM entity WHERE number = ?", (device,)).fetchone()
    if row is None:
        return None
    wanted = wanted_package(core, json.loads(row[0]), kind)
    return None if wanted is None else find(core, PACKAGE, wanted)


def chunk_of(data: bytes, size: int, index: int) -> bytes:
    """Return one chunk; size 0 means the whole, and what is beyond the end is empty."""
    return data[size * index : size * (index + 1)] if size else data
