"""The tree of a fleet: every layer merged into its places and devices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from papaya.diagnostics import Mark
from papaya.manifest import device_credentials
from papaya.manifest.build import device_tunnel, key_mark, location
from papaya.manifest.merge import layered
from papaya.manifest.model import Country, Device, Profiles, State, Tunnel
from papaya.manifest.places import Places, WrittenCountry, WrittenState
from papaya.manifest.report import Report
from papaya.manifest.secrets import SecretPatterns
from papaya.manifest.sensors import SensorSets
from papaya.manifest.tree import Map, Row, mark_at, plain

Fields = dict[str, Any]


@dataclass(frozen=True)
class Shared:
    """What devices and places are built with: definitions of the fleet and the chosen environment."""

    document: Map
    models: Mapping[str, Map]
    sensors: SensorSets
    tunnel: Tunnel | None
    profiles: Profiles
    renamed: Mapping[str, str]
    environment: str | None


@dataclass(frozen=True, slots=True)
class _Merged:
    """A device with its layers merged, before its secrets are known."""

    entry: Map
    fields: Fields
    layers: tuple[Map, ...]
    country: str
    state: str


def grow(places: Places, shared: Shared, secrets: SecretPatterns) -> tuple[Country, ...]:
    """Return the Countries of a fleet with everything below them."""
    merged = {id(state): list(_devices_of(state, shared)) for state in places.states()}
    for devices in merged.values():
        for device in devices:
            _ask_for_credentials(device, secrets)
    secrets.resolve()
    for state in places.states():
        state.rows.clear()
    return tuple(_country(country, shared, secrets, merged) for country in places.countries.values())


def is_wanted(entry: Mapping[str, Any], environment: str | None) -> bool:
    """Return whether an entry exists in the chosen environment."""
    only = entry.get("only")
    return only is None or environment in ([only] if isinstance(only, str) else only)


def defaults_of(entry: Mapping[str, Any], kind: str) -> Map | None:
    """Return the defaults that a level has for what stands below it."""
    found: Map | None = (entry.get("defaults") or {}).get(kind)
    return found


def _devices_of(state: WrittenState, shared: Shared) -> Iterator[_Merged]:
    near = [
        layer
        for owner in (shared.document, state.country.entry, state.entry)
        if (layer := defaults_of(owner, "device")) is not None
    ]
    bases: dict[str | None, tuple[Fields, tuple[Map, ...]]] = {}
    country, name = state.country.entry["name"], state.entry["name"]
    inherited_model = layered_all(near).get("model")
    for entry in (*(state.entry.get("devices") or ()), *state.rows):
        if not is_wanted(entry, shared.environment):
            continue
        model = entry.get("model", inherited_model)
        if model not in bases:
            bases[model] = _base(model, near, shared)
        base, layers = bases[model]
        yield _Merged(entry, layered(base, entry), (*layers, entry), country, name)


def _base(model: str | None, near: Sequence[Map], shared: Shared) -> tuple[Fields, tuple[Map, ...]]:
    """Return what a device of a model inherits: fleet defaults < model < country < state."""
    of_model = shared.models.get(model) if model is not None else None
    fleet = defaults_of(shared.document, "device")
    layers = [layer for layer in near if layer is not fleet]
    if of_model is not None:
        layers.insert(0, of_model)
    if fleet is not None:
        layers.insert(0, fleet)
    return layered_all(layers), tuple(layers)


def layered_all(layers: Sequence[Mapping[str, Any]]) -> Fields:
    """Return layers merged, the last one nearest."""
    fields: Fields = {}
    for layer in layers:
        fields = layered(fields, layer)
    return fields


def _ask_for_credentials(device: _Merged, secrets: SecretPatterns) -> None:
    written = device.fields.get("credentials")
    if written:
        device_credentials.ask(
            device.entry, written, _pattern_fields(device), _credentials_mark(device), secrets
        )


def _credentials_mark(device: _Merged) -> Mark | None:
    for layer in reversed(device.layers):
        if layer.get("credentials"):
            return key_mark(layer, "credentials")
    return None


def _pattern_fields(device: _Merged) -> dict[str, str]:
    fields = device.fields
    named = {key: fields[key] for key in ("name", "serial", "model", "label") if fields.get(key) is not None}
    return {**named, "country": device.country, "state": device.state}


def _country(
    country: WrittenCountry, shared: Shared, secrets: SecretPatterns, merged: dict[int, list[_Merged]]
) -> Country:
    defaults = defaults_of(shared.document, "country")
    fields = layered_all([layer for layer in (defaults, country.entry) if layer is not None])
    states = tuple(_state(state, shared, secrets, merged.pop(id(state))) for state in country.states.values())
    return Country(**_place(fields, country.entry), states=states)


def _state(state: WrittenState, shared: Shared, secrets: SecretPatterns, devices: list[_Merged]) -> State:
    """Return a State; the merged devices go as they become those of the fleet, which is half the memory."""
    layers = (defaults_of(shared.document, "state"), defaults_of(state.country.entry, "state"), state.entry)
    fields = layered_all([layer for layer in layers if layer is not None])
    return State(
        **_place(fields, state.entry),
        devices=tuple(_device(device, shared, secrets) for device in _drained(devices, secrets.report)),
    )


def _drained(devices: list[_Merged], report: Report) -> Iterator[_Merged]:
    devices.reverse()
    while devices:
        if isinstance(devices[-1].entry, Row):
            report.note_row()
        yield devices.pop()


def _place(fields: Fields, entry: Map) -> Fields:
    return {
        "name": fields["name"],
        "asset_name": fields.get("assetName", fields["name"]),
        "aliases": tuple(fields.get("aliases", ())),
        "location": location(fields.get("location")),
        "label": fields.get("label"),
        "description": fields.get("description"),
        "attributes": plain(fields.get("attributes", {})),
        "customer": fields.get("customer"),
        "shared": fields.get("shared", False),
        "protect": fields.get("protect", False),
        "formerly": fields.get("formerly"),
        "mark": mark_at(entry.place()),
    }


def _device(device: _Merged, shared: Shared, secrets: SecretPatterns) -> Device:
    fields = device.fields
    name = fields["name"]
    profile = fields.get("profile")
    written = fields.get("sensors")
    sensors, sensor_sets = shared.sensors.of(written) if written else ((), ())
    credentials = fields.get("credentials") or {}
    of_credentials = _credentials_mark(device) if credentials else None
    tunnel = fields.get("tunnel")
    return Device(
        name=name,
        country=device.country,
        state=device.state,
        profile=profile or shared.profiles.device,
        profile_declared=profile is not None or bool((shared.document.get("profiles") or {}).get("device")),
        model=fields.get("model"),
        serial=fields.get("serial"),
        label=fields.get("label"),
        description=fields.get("description"),
        location=location(fields.get("location")),
        attributes=plain(fields.get("attributes", {})),
        shared_attributes=plain(fields.get("sharedAttributes", {})),
        sensors=sensors,
        sensor_sets=sensor_sets,
        access_token=secrets.answer(device.entry, "accessToken"),
        x509=device_credentials.certificate(device.entry, credentials, of_credentials, secrets),
        mqtt_basic=device_credentials.mqtt_basic(device.entry, credentials, of_credentials, secrets),
        tunnel=None if tunnel is None else device_tunnel(tunnel, shared.tunnel, _tunnel_mark(device)),
        customer=fields.get("customer"),
        firmware=fields.get("firmware"),
        software=fields.get("software"),
        gateway=fields.get("gateway"),
        protect=fields.get("protect", False),
        formerly=fields.get("formerly") or shared.renamed.get(name),
        mark=mark_at(device.entry.place()),
    )


def _tunnel_mark(device: _Merged) -> Mark | None:
    for layer in reversed(device.layers):
        if layer.get("tunnel") is not None:
            return key_mark(layer, "tunnel")
    return None
