"""A fleet back to a document: what its manifest says once layers, rows and the environment are merged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from papaya.manifest.model import (
    AUTO,
    Country,
    Device,
    DeviceTunnel,
    Fleet,
    Location,
    Place,
    Profiles,
    Provisioning,
    SecretReference,
    Sensor,
    State,
    Tunnel,
)
from papaya.manifest.resources import with_entries

Document = dict[str, Any]


def document_of(fleet: Fleet) -> Document:
    """Return a Fleet document that loads as the same fleet."""
    document = _head(fleet)
    document["server"] = _said(
        url=fleet.server.url,
        tenant=fleet.server.tenant,
        username=fleet.server.username,
        password=_secret(fleet.server.password),
        apiKey=_secret(fleet.server.api_key),
    )
    document["profiles"] = _profiles(fleet, fleet.profiles)
    document["safety"] = {
        "maxDestroy": fleet.safety.max_destroy,
        "maxChangePercent": fleet.safety.max_change_percent,
        "adopt": fleet.safety.adopt,
        "whenRemoved": fleet.safety.when_removed,
    }
    document["sensorSets"] = {name: _sensors(sensors) for name, sensors in fleet.sensor_sets.items()}
    # Their fields are merged into the devices; the names say which devices are of one kind.
    document["models"] = {name: {} for name in fleet.models}
    document["tunnel"] = _tunnel(fleet.tunnel)
    document["countries"] = [_country(country, fleet) for country in fleet.countries]
    # An empty section is not the same as none: it says that there is no object of its kind any more.
    return with_entries(_without_empty(document), fleet.resources, fleet.kinds)


def bundle_of(fleet: Fleet, device: Device) -> Document:
    """Return the document that one device carries: its own entry, its places, and only its own references.

    `metadata.bundle` says that all other devices of the fleet are elsewhere, not gone; its places are shared,
    so that nothing about them is ever changed. Who may sign in to the server is not the device's business.
    """
    country, state = next(
        (country, state) for country, state in fleet.states() if any(one is device for one in state.devices)
    )
    alone = replace(
        fleet,
        models=(device.model,) if device.model in fleet.models and device.model is not None else (),
        sensor_sets={name: fleet.sensor_sets[name] for name in device.sensor_sets},
        tunnel=fleet.tunnel if device.tunnel is not None else None,
        profiles=replace(
            fleet.profiles,
            create=False,
            devices=tuple(
                # What is made from all devices of a profile is not for one of them to change.
                replace(profile, parts={})
                for profile in fleet.profiles.devices
                if profile.name == device.profile
            ),
        ),
        countries=(_borrowed(country, states=(_borrowed(state, devices=(device,)),)),),
        resources=(),
        kinds=(),
    )
    document = document_of(alone)
    document["metadata"]["bundle"] = device.name
    document["server"] = _said(url=fleet.server.url, tenant=fleet.server.tenant)
    document.pop("safety", None)
    return _without_empty(document)


def _borrowed(place: Any, **below: Any) -> Any:
    """Return a place that is linked under and otherwise left alone."""
    return replace(place, shared=True, protect=False, formerly=None, **below)


def _head(fleet: Fleet) -> Document:
    metadata = _said(name=fleet.name, bundle=fleet.bundle)
    return {"apiVersion": "papaya/v1", "kind": "Fleet", "metadata": metadata}


def _profiles(fleet: Fleet, profiles: Profiles) -> Document:
    devices = {
        profile.name: _said(provisioning=_provisioning(profile.provisioning), **profile.parts)
        for profile in profiles.devices
    }
    return _said(
        country=profiles.country,
        state=profiles.state,
        device=profiles.device if _names_profile(fleet) else None,
        create=profiles.create,
        devices=devices or None,
    )


def _provisioning(provisioning: Provisioning | None) -> Document | None:
    if provisioning is None:
        return None
    return {
        "strategy": provisioning.strategy,
        "key": provisioning.key,
        "secret": _secret(provisioning.secret),
    }


def _names_profile(fleet: Fleet) -> bool:
    """Return whether the manifest says which profile devices have that name none."""
    return fleet.profiles.device != Profiles().device or any(
        device.profile_declared and device.profile == fleet.profiles.device for device in fleet.devices()
    )


def _country(country: Country, fleet: Fleet) -> Document:
    return _without_empty({**_place(country), "states": [_state(state, fleet) for state in country.states]})


def _state(state: State, fleet: Fleet) -> Document:
    return _without_empty({**_place(state), "devices": [_device(device, fleet) for device in state.devices]})


def _place(place: Place) -> Document:
    return _said(
        name=place.name,
        assetName=place.asset_name if place.asset_name != place.name else None,
        aliases=list(place.aliases) or None,
        label=place.label,
        description=place.description,
        location=_location(place.location),
        attributes=dict(place.attributes) or None,
        customer=place.customer,
        shared=place.shared or None,
        protect=place.protect or None,
        formerly=place.formerly,
    )


def _device(device: Device, fleet: Fleet) -> Document:
    is_usual = not device.profile_declared or (
        device.profile == fleet.profiles.device and _names_profile(fleet)
    )
    return _said(
        name=device.name,
        model=device.model,
        serial=device.serial,
        profile=None if is_usual else device.profile,
        label=device.label,
        description=device.description,
        location=_location(device.location),
        attributes=dict(device.attributes) or None,
        sharedAttributes=dict(device.shared_attributes) or None,
        sensors=_sensors_of(device, fleet),
        credentials=_credentials(device),
        tunnel=_device_tunnel(device.tunnel, fleet.tunnel) if device.tunnel is not None else None,
        customer=device.customer,
        firmware=device.firmware,
        software=device.software,
        gateway=device.gateway,
        protect=device.protect or None,
        formerly=device.formerly,
    )


def _sensors_of(device: Device, fleet: Fleet) -> Any:
    """Return names of sets where these say everything, else the sensors themselves."""
    if not device.sensors and not device.sensor_sets:
        return None
    named = [sensor for name in device.sensor_sets for sensor in fleet.sensor_sets.get(name, ())]
    if tuple(named) == device.sensors:
        return device.sensor_sets[0] if len(device.sensor_sets) == 1 else list(device.sensor_sets)
    return _sensors(device.sensors)


def _sensors(sensors: Iterable[Sensor]) -> list[Document]:
    names = {field.name: _camel(field.name) for field in fields(Sensor)}
    return [
        {
            key: _number(value) if isinstance(value, float) else value
            for name, key in names.items()
            if (value := getattr(sensor, name)) is not None and value != ""
        }
        for sensor in sensors
    ]


def _tunnel(tunnel: Tunnel | None) -> Document | None:
    if tunnel is None:
        return None
    ports = tunnel.remote_ports
    return _said(
        host=tunnel.host,
        user=tunnel.user,
        port=tunnel.port,
        identityFile=tunnel.identity_file,
        knownHosts=tunnel.known_hosts,
        hostKeys=list(tunnel.host_keys) or None,
        remotePorts={"from": ports.first, "to": ports.last} if ports else None,
        serverVersion=tunnel.server_version,
        forwards=dict(tunnel.forwards) or None,
    )


def _device_tunnel(tunnel: DeviceTunnel, bastion: Tunnel | None) -> Document:
    document = _said(
        remotePort=tunnel.remote_port,
        forwardPorts=dict(tunnel.forward_ports) or None,
        enabled=None if tunnel.enabled else False,
    )
    for name in ("host", "user", "port", "identity_file", "known_hosts"):
        value = getattr(tunnel, name)
        if value is not None and (bastion is None or value != getattr(bastion, name)):
            document[_camel(name)] = value
    if tunnel.host_keys and (bastion is None or tunnel.host_keys != bastion.host_keys):
        document["hostKeys"] = list(tunnel.host_keys)
    if tunnel.local_port != DeviceTunnel().local_port:
        document["localPort"] = tunnel.local_port
    return document


def _location(location: Location | str | None) -> Any:
    if location is None or location == AUTO:
        return location
    return {"latitude": location.latitude, "longitude": location.longitude}  # type: ignore[union-attr]


def _credentials(device: Device) -> Document | None:
    basic = device.mqtt_basic
    if basic is not None:
        return {
            "mqttBasic": _said(
                clientId=basic.client_id, username=basic.username, password=_secret(basic.password)
            )
        }
    if device.x509 is not None:
        return {"x509": {"file": device.x509.file}}
    token = _secret(device.access_token)
    return {"accessToken": token} if token else None


def _secret(reference: SecretReference | None) -> Document | None:
    return None if reference is None else _said(env=reference.env, file=reference.file)


def _said(**values: Any) -> Document:
    return {key: value for key, value in values.items() if value is not None}


def _without_empty(document: Mapping[str, Any]) -> Document:
    return {key: value for key, value in document.items() if not _is_empty(value)}


def _is_empty(value: Any) -> bool:
    return value is None or (
        isinstance(value, Mapping | Sequence) and not isinstance(value, str) and not value
    )


def _camel(name: str) -> str:
    first, *more = name.split("_")
    return first + "".join(word.capitalize() for word in more)


def _number(value: float) -> float | int:
    return int(value) if value.is_integer() else value
