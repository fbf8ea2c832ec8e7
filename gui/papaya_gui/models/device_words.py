"""What is said of one device above its sensors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from papaya.manifest.model import Device
from papaya_gui.models.board import Board
from papaya_gui.models.catalog import Row
from papaya_gui.models.texts import bounded
from papaya_gui.models.words import Words

_LONGEST, _MOST_ATTRIBUTES = 200, 20


def device_lines(device: Device, rows: Sequence[Row], board: Board, words: Words) -> Sequence[str]:
    """Return what the manifest says of a device, when it was last heard, and its attributes, a line each."""
    parts = (
        ("Place", f"{device.country}/{device.state}"),
        ("Label", device.label or ""),
        ("Model", device.model or ""),
        ("Profile", device.profile),
        ("Serial number", device.serial or ""),
        ("Firmware in the manifest", device.firmware or ""),
        ("Last seen", _last_seen(rows, board, words)),
    )
    lines = [f"{name}: {bounded(text, _LONGEST)}" for name, text in parts if text]
    attributes = {**device.attributes, **device.shared_attributes}
    shown = [f"{key} = {bounded(str(value), _LONGEST)}" for key, value in attributes.items()]
    if shown:
        lines.append(f"Attributes: {', '.join(shown[:_MOST_ATTRIBUTES])}")
    return lines


def _last_seen(rows: Sequence[Row], board: Board, words: Words) -> str:
    seen = [float(board.seen[row.index]) for row in rows if row.index < len(board.seen)]
    known = [moment for moment in seen if not np.isnan(moment)]
    return f"{words.age(board.now - max(known))} ago" if known else "never"
