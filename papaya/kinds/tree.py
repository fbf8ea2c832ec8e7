"""The kinds of the tree's own objects: what the server calls them. They are no kinds of the registry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from papaya.kinds.address import Kind

ENTITY_TYPES: Final[Mapping[Kind, str]] = {
    "asset": "ASSET",
    "device": "DEVICE",
    "assetProfile": "ASSET_PROFILE",
    "deviceProfile": "DEVICE_PROFILE",
}
