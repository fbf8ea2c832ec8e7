"""Sensors on their way from a list to the plot, by device and key."""

from __future__ import annotations

import json
from collections.abc import Iterable

from PyQt6.QtCore import QMimeData

from papaya.foreign import ForeignValue, json_in
from papaya_gui.models.catalog import Catalog

FORMAT = "application/x-papaya-sensors+json"


def dragged(catalog: Catalog, rows: Iterable[int]) -> QMimeData:
    """Return rows of the catalog as what is dragged."""
    chosen = [catalog[row] for row in rows]
    data = QMimeData()
    data.setData(FORMAT, json.dumps([[row.device, row.sensor.key] for row in chosen]).encode())
    return data


def dropped(catalog: Catalog, data: QMimeData | None) -> list[int]:
    """Return the rows of a drop; empty for other data and for rows of another fleet."""
    if data is None or not data.hasFormat(FORMAT):
        return []
    try:
        named = json_in(data.data(FORMAT).data())
    except ForeignValue:
        return []
    # Another program may offer anything under this name.
    pairs = (
        [one for one in named if isinstance(one, list) and len(one) == 2] if isinstance(named, list) else []
    )
    found = [catalog.find(str(device), str(key)) for device, key in pairs]
    return [row.index for row in found if row is not None]
