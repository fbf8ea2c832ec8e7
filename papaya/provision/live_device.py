"""The device and its places as the server has them: ids, and the attributes that say where they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from papaya.api.fetch import identifier
from papaya.api.kinds import attribute_values_path, attributes_path, endpoints
from papaya.api.malformed import malformed
from papaya.api.protocols import Writable
from papaya.engine.address import Kind
from papaya.engine.inventory import LATITUDE_KEY, LOCATION_SOURCE_KEY, LONGITUDE_KEY
from papaya.errors import NotFound
from papaya.foreign import ForeignValue, finite, number_in
from papaya.manifest.model import Device, Json, Location
from papaya.provision.position import GIVEN, Position, distance_km, is_left_alone

CITY_KEY, REGION_KEY, COUNTRY_KEY = "city", "region", "country"
_PAGE = 100
_KEYS = (LATITUDE_KEY, LONGITUDE_KEY, LOCATION_SOURCE_KEY, CITY_KEY, REGION_KEY, COUNTRY_KEY)


@dataclass(frozen=True, slots=True)
class Recorded:
    """The position that counts from now on, and the keys that had to be written for it."""

    location: Location
    source: str
    written: tuple[str, ...] = ()
    kept: str = ""
    moved_km: float | None = None


def find_id(server: Writable, kind: Kind, name: str) -> str | None:
    """Return the id of the asset or device of this name, or of the only one that differs by case alone."""
    spec = endpoints(kind)
    try:
        body = server.get(spec.paged, params={spec.name_parameter: name})
    except NotFound:
        return _find_in_other_case(server, kind, name)
    if not isinstance(body, dict):
        raise malformed(server, "GET", spec.paged, "the answer is no entity")
    return identifier(body)


def _find_in_other_case(server: Writable, kind: Kind, name: str) -> str | None:
    path = endpoints(kind).paged
    page = server.get(path, params={"pageSize": _PAGE, "page": 0, "textSearch": name})
    rows = page.get("data") if isinstance(page, dict) else None
    if not isinstance(rows, list):
        raise malformed(server, "GET", path, "a page has no data")
    found = [
        identifier(row)
        for row in rows
        if isinstance(row, dict) and str(row.get("name")).casefold() == name.casefold()
    ]
    return found[0] if len(found) == 1 else None


def location_attributes(server: Writable, kind: Kind, id_: str) -> dict[str, Json]:
    """Return what the server knows about where an entity is, typed."""
    path = attribute_values_path(kind, id_, "SERVER_SCOPE")
    body = server.get(path, params={"keys": ",".join(_KEYS)})
    if not isinstance(body, list):
        raise malformed(server, "GET", path, "attributes are no list")
    return {str(cell.get("key")): cell.get("value") for cell in body if isinstance(cell, dict)}


def location_in(values: Mapping[str, Json]) -> Location | None:
    """Return the coordinates among attributes."""
    latitude, longitude = (_number(values.get(key)) for key in (LATITUDE_KEY, LONGITUDE_KEY))
    return Location(latitude, longitude) if latitude is not None and longitude is not None else None


def record_position(
    server: Writable, device_id: str, device: Device, position: Position, tolerance_km: float
) -> Recorded:
    """Write where a device is, unless the server has it within the tolerance or from a better source.

    What the manifest declares is the plan's to write, never this function's.
    """
    live = location_attributes(server, "device", device_id)
    here, source = location_in(live), live.get(LOCATION_SOURCE_KEY)
    wanted = _attributes(position)
    if isinstance(device.location, Location):
        # The plan has written the coordinates; where they are from is no part of a manifest.
        written = _write(server, device_id, {LOCATION_SOURCE_KEY: position.source}, live, device)
        return Recorded(device.location, position.source, written)
    source = source if isinstance(source, str) else None
    if here is None:
        written = _write(server, device_id, wanted, live, device)
        return Recorded(position.location, position.source, written)
    if is_left_alone(source, position):
        return Recorded(here, source or "", kept=f"the server has a better one (source {source})")
    moved = distance_km(here, position.location)
    if moved <= tolerance_km and position.source != GIVEN:
        absent = {key: value for key, value in wanted.items() if key not in live}
        written = _write(server, device_id, absent, live, device)
        return Recorded(here, source or position.source, written, moved_km=moved)
    written = _write(server, device_id, wanted, live, device)
    return Recorded(position.location, position.source, written, moved_km=moved)


def _attributes(position: Position) -> dict[str, Json]:
    found = position.detected
    names = (
        {}
        if found is None
        else {
            CITY_KEY: found.city,
            REGION_KEY: found.region,
            COUNTRY_KEY: found.country or found.country_code,
        }
    )
    return {
        LATITUDE_KEY: position.location.latitude,
        LONGITUDE_KEY: position.location.longitude,
        LOCATION_SOURCE_KEY: position.source,
        **{key: name for key, name in names.items() if name},
    }


def _write(
    server: Writable, device_id: str, wanted: Mapping[str, Json], live: Mapping[str, Json], device: Device
) -> tuple[str, ...]:
    changed = {
        key: value for key, value in wanted.items() if live.get(key) != value and key not in device.attributes
    }
    if changed:
        server.post(attributes_path("device", device_id, "SERVER_SCOPE"), changed, repeatable=True)
    return tuple(changed)


def _number(value: Json) -> float | None:
    try:
        # Text is what an earlier tool, or a person in the web interface, may have left.
        return float(number_in(value) if isinstance(value, str) else finite(value))
    except ForeignValue:
        return None
