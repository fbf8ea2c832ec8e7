"""What a fleet's manifest wants to be on the server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from papaya.engine.address import Address
from papaya.engine.inventory import (
    LATITUDE_KEY,
    LONGITUDE_KEY,
    SENSORS_KEY,
    SERIAL_KEY,
    TUNNEL_PORT_KEY,
    Entity,
    Inventory,
    Profile,
    inventory_of,
)
from papaya.kinds.registry import KINDS
from papaya.manifest.model import AUTO, Country, Device, Fleet, Json, Location, Sensor, State

_SENSOR_KEYS = (
    ("key", "key"),
    ("name", "name"),
    ("unit", "unit"),
    ("every", "every"),
    ("minimum", "minimum"),
    ("maximum", "maximum"),
    ("warnAbove", "warn_above"),
    ("warnBelow", "warn_below"),
    ("alarmAbove", "alarm_above"),
    ("alarmBelow", "alarm_below"),
    ("hysteresis", "hysteresis"),
    ("deadband", "deadband"),
    ("decimals", "decimals"),
    ("source", "source"),
)


# What kinds of objects keep on a device depends on other devices, which a bundle does not have.
_KEPT = tuple(kind.device_prefix for kind in KINDS.values() if kind.device_prefix)


def desire(fleet: Fleet) -> Inventory:
    """Return the desired inventory: parents before children, in the order of the manifest."""
    return inventory_of(_entities(fleet), _profiles(fleet))


def sensors_attribute(sensors: tuple[Sensor, ...]) -> Json:
    """Return the value of the shared attribute through which a device learns its sensors."""
    return [_sensor(sensor) for sensor in sensors]


def _sensor(sensor: Sensor) -> Json:
    told: dict[str, Json] = {}
    for key, name in _SENSOR_KEYS:
        value = getattr(sensor, name)
        if value is not None and value != "":
            told[key] = dict(value) if key == "source" else value
    return told


def _profiles(fleet: Fleet) -> Iterator[Profile]:
    used = {device.profile for device in fleet.devices()}
    declared = {profile.name for profile in fleet.profiles.devices}
    for one in fleet.resources:
        used.update(KINDS[one.kind].device_profiles(one))
    if fleet.countries:
        yield Profile(Address("assetProfile", fleet.profiles.country))
    if any(True for _ in fleet.states()):
        yield Profile(Address("assetProfile", fleet.profiles.state))
    for name in sorted(used | declared):
        yield Profile(Address("deviceProfile", name))


def _entities(fleet: Fleet) -> Iterator[Entity]:
    sensors: dict[int, Json] = {}
    own = attributes_of_kinds(fleet)
    for country in fleet.countries:
        yield _place(country, "country", fleet.profiles.country, ())
        for state in country.states:
            yield _place(state, "state", fleet.profiles.state, (country,))
            for device in state.devices:
                entity = _device(device, country, state, sensors, own.get(device.name, {}))
                yield entity if fleet.bundle is None else replace(entity, keeps=_KEPT)


def attributes_of_kinds(fleet: Fleet) -> dict[str, dict[str, Json]]:
    """Return the server attributes that kinds of objects keep on devices, by the devices' names."""
    own: dict[str, dict[str, Json]] = {}
    for kind in KINDS.values() if fleet.resources else ():
        for name, attributes in kind.device_attributes(fleet).items():
            own.setdefault(name, {}).update(attributes)
    return own


def _place(place: Country | State, role: str, profile: str, above: tuple[Country, ...]) -> Entity:
    return Entity(
        address=Address("asset", place.asset_name),
        role="country" if role == "country" else "state",
        profile=profile,
        label=place.label,
        description=place.description,
        customer=place.customer,
        parents=tuple(country.asset_name for country in above),
        server={**place.attributes, **_coordinates(place.location)},
        protect=place.protect,
        shared_place=place.shared,
        formerly=place.formerly,
        path=(*(country.name for country in above), place.name),
        mark=place.mark,
    )


def _device(
    device: Device,
    country: Country,
    state: State,
    sensors: dict[int, Json],
    of_kinds: Mapping[str, Json],
) -> Entity:
    server: dict[str, Json] = {**device.attributes, **of_kinds}
    if device.serial is not None:
        server[SERIAL_KEY] = device.serial
    if isinstance(device.location, Location):
        server.update(_coordinates(device.location))
    if device.tunnel is not None and isinstance(device.tunnel.remote_port, int):
        server[TUNNEL_PORT_KEY] = device.tunnel.remote_port
    shared: dict[str, Json] = dict(device.shared_attributes)
    if device.sensors:
        # Devices of one model share one tuple of sensors: one rendered list serves them all.
        identity = id(device.sensors)
        if identity not in sensors:
            sensors[identity] = sensors_attribute(device.sensors)
        shared[SENSORS_KEY] = sensors[identity]
    return Entity(
        address=Address("device", device.name),
        role="device",
        profile=device.profile,
        label=device.label,
        description=device.description,
        gateway=device.gateway,
        customer=device.customer,
        firmware=device.firmware,
        software=device.software,
        parents=(state.asset_name,),
        server=server,
        shared=shared,
        protect=device.protect,
        credentials=device.credentials,
        formerly=device.formerly,
        finds_itself=device.location == AUTO,
        model=device.model,
        sensor_sets=device.sensor_sets,
        path=(country.name, state.name, device.name),
        mark=device.mark,
    )


def _coordinates(location: Location | None) -> dict[str, Json]:
    if location is None:
        return {}
    return {LATITUDE_KEY: location.latitude, LONGITUDE_KEY: location.longitude}
