"""The text about a device above its sensors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from papaya.manifest.model import Device
from papaya_gui.models.board import Board
from papaya_gui.models.catalog import Row
from papaya_gui.models.texts import bounded
from papaya_gui.models.words import Words
from papaya_gui.sources.remote import About, Attribute

_LONGEST = 200
# A name, and what is said under it.
Fact = tuple[str, str]


def device_facts(
    device: Device, rows: Sequence[Row], board: Board, words: Words, about: About, now: float
) -> Sequence[Fact]:
    """Return what manifest and server say of a device; `now` is in seconds since 1970."""
    declared, target = device.firmware or "", about.target or device.firmware or ""
    current = about.firmware or ("unknown" if target else "")
    state = f" ({about.firmware_state.lower()})" if about.firmware_state else ""
    parts = (
        ("Place", f"{device.state}, {device.country}"),
        ("Label", device.label or ""),
        ("Model", device.model or ""),
        ("Profile", device.profile),
        ("Serial number", device.serial or ""),
        ("Firmware", f"{current}{state}" if current else ""),
        ("Firmware target", target),
        ("Firmware in the manifest", declared if declared != target else ""),
        ("On the server", _online(about, words, now)),
        ("Last reading", _last_seen(rows, board, words)),
        (
            "Tunnel",
            about.tunnel or ("unknown" if device.tunnel is not None and device.tunnel.enabled else ""),
        ),
    )
    return [(name, bounded(text, _LONGEST)) for name, text in parts if text]


def declared_attributes(device: Device) -> Sequence[Attribute]:
    """Return the attributes that the manifest gives a device: what is known without a server."""
    scopes = (("server", device.attributes), ("shared", device.shared_attributes))
    return [
        Attribute(scope, bounded(key, _LONGEST), bounded(str(value)))
        for scope, attributes in scopes
        for key, value in attributes.items()
    ]


def _online(about: About, words: Words, now: float) -> str:
    if about.is_active is None:
        return ""
    state = "active" if about.is_active else "inactive"
    if about.last_active is None:
        return f"{state}, never seen"
    return f"{state}, last seen {words.age(now - about.last_active)} ago"


def _last_seen(rows: Sequence[Row], board: Board, words: Words) -> str:
    seen = [float(board.seen[row.index]) for row in rows if row.index < len(board.seen)]
    known = [moment for moment in seen if not np.isnan(moment)]
    return f"{words.age(board.now - max(known))} ago" if known else "never"
