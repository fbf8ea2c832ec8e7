"""One entry for each kind of entity that papaya keeps: where its requests go.

Paths are those of ThingsBoard 3.8 to 4.3 (`AssetController`, `DeviceController` and their profile twins).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from papaya.engine.address import Kind
from papaya.kinds.tree import ENTITY_TYPES


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The paths and JSON names of one kind of entity."""

    entity_type: str
    one: str
    paged: str
    by_ids: str
    ids_parameter: str
    name_parameter: str
    profile_field: str
    profile_type: str


ENDPOINTS: Mapping[Kind, Endpoints] = {
    "asset": Endpoints(
        entity_type=ENTITY_TYPES["asset"],
        one="/api/asset",
        paged="/api/tenant/assets",
        by_ids="/api/assets",
        ids_parameter="assetIds",
        name_parameter="assetName",
        profile_field="assetProfileId",
        profile_type=ENTITY_TYPES["assetProfile"],
    ),
    "device": Endpoints(
        entity_type=ENTITY_TYPES["device"],
        one="/api/device",
        paged="/api/tenant/devices",
        by_ids="/api/devices",
        ids_parameter="deviceIds",
        name_parameter="deviceName",
        profile_field="deviceProfileId",
        profile_type=ENTITY_TYPES["deviceProfile"],
    ),
}

PROFILE_PATHS: Mapping[Kind, str] = {
    "assetProfile": "/api/assetProfile",
    "deviceProfile": "/api/deviceProfile",
}

# A customer id that stands for "no customer" (`EntityId.NULL_UUID`).
NO_CUSTOMER = "13814000-1dd2-11b2-8080-808080808080"


def endpoints(kind: Kind) -> Endpoints:
    """Return the endpoints of assets or devices."""
    return ENDPOINTS[kind]


def attributes_path(kind: Kind, id_: str, scope: str) -> str:
    """Return where attributes of one scope are written."""
    return f"/api/plugins/telemetry/{endpoints(kind).entity_type}/{id_}/attributes/{scope}"


def attribute_values_path(kind: Kind, id_: str, scope: str) -> str:
    """Return where attributes of one scope are read with their types."""
    return f"/api/plugins/telemetry/{endpoints(kind).entity_type}/{id_}/values/attributes/{scope}"


def attribute_removal_path(kind: Kind, id_: str, scope: str) -> str:
    """Return where attributes of one scope are deleted."""
    return f"/api/plugins/telemetry/{endpoints(kind).entity_type}/{id_}/{scope}"
