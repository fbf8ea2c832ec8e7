"""Small fleets and live inventories for tests."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from papaya.engine.address import Address, Kind
from papaya.engine.canonical import Untyped
from papaya.engine.desire import desire
from papaya.engine.inventory import Entity, Inventory, Profile
from papaya.engine.plan import ServerIdentity, TokenState
from papaya.engine.reading import Reading
from papaya.engine.record import record_of
from papaya.manifest.model import Country, Device, Fleet, Json, Profiles, Safety, State

NAME = "meters"
SERVER = ServerIdentity("http://127.0.0.1:8080", "4.3.1.3", "CE", "tenant")
GENEROUS = Safety(max_destroy=1_000, max_change_percent=100, adopt="always")


def device(name: str, state: str = "Karnataka", country: str = "INDIA", **fields: Any) -> Device:
    """Return a device with the profile that the sandbox has."""
    return Device(name, country, state, fields.pop("profile", "IoT-Gateway"), **fields)


def state(name: str, *devices: Device, **fields: Any) -> State:
    """Return a state; devices are put into it."""
    placed = tuple(replace(one, state=name) for one in devices)
    return State(name, fields.pop("asset_name", name), devices=placed, **fields)


def country(name: str, *states: State, **fields: Any) -> Country:
    """Return a country; devices of its states are put into it."""
    placed = tuple(
        replace(one, devices=tuple(replace(d, country=name) for d in one.devices)) for one in states
    )
    return Country(name, fields.pop("asset_name", name), states=placed, **fields)


def fleet(*countries: Country, name: str = NAME, safety: Safety = GENEROUS, **fields: Any) -> Fleet:
    """Return a fleet that may do everything but what tests say otherwise."""
    profiles = fields.pop("profiles", Profiles(device="IoT-Gateway"))
    return Fleet(name, countries=countries, safety=safety, profiles=profiles, **fields)


def karnataka(*devices: Device, **fields: Any) -> Fleet:
    """Return a fleet of one country and one state with these devices."""
    return fleet(country("INDIA", state("Karnataka", *devices)), **fields)


def as_text(value: Json) -> Untyped:
    """Return what a bulk read makes of a value."""
    if isinstance(value, bool):
        return Untyped("true" if value else "false")
    if isinstance(value, dict | list):
        return Untyped(json.dumps(value))
    return Untyped(str(value))


def applied(entity: Entity, owner: str = NAME, *, number: int = 1) -> Entity:
    """Return the live entity that applying a desired one leaves behind."""
    return replace(
        entity,
        server={key: as_text(value) for key, value in entity.server.items()},
        shared={key: as_text(value) for key, value in entity.shared.items()},
        gateway=bool(entity.gateway) if entity.role == "device" else None,
        label=entity.label or None,
        description=entity.description or None,
        applied=record_of(entity),
        owner=owner,
        id=f"id-{entity.address}",
        version=number,
        body={"name": entity.address.name},
        path=(),
        mark=None,
        credentials=None,
        formerly=None,
        model=None,
        sensor_sets=(),
        shared_place=False,
        finds_itself=False,
    )


def profiles_of(*names: str) -> dict[Address, Profile]:
    """Return the profiles of a fresh sandbox, and others."""
    kinds: list[tuple[Kind, str]] = [
        ("assetProfile", "Country"),
        ("assetProfile", "State"),
        ("deviceProfile", "IoT-Gateway"),
        ("deviceProfile", "default"),
        *(("deviceProfile", name) for name in names),
    ]
    return {Address(kind, name): Profile(Address(kind, name), id=f"id-{name}") for kind, name in kinds}


def live(*entities: Entity, profiles: Iterable[str] = ()) -> Inventory:
    """Return a live inventory of these entities."""
    return Inventory({entity.address: entity for entity in entities}, profiles_of(*profiles))


def live_of(one: Fleet, owner: str | None = None) -> list[Entity]:
    """Return the live entities that applying a fleet leaves behind."""
    return [applied(entity, owner or one.name) for entity in desire(one)]


def unmarked(entity: Entity) -> Entity:
    """Return the same live entity as a person would have made it."""
    return replace(entity, owner=None, applied=None, created_by=None)


def reading(
    entities: Sequence[Entity],
    *,
    tokens: Mapping[Address, TokenState] | None = None,
    customers: Sequence[str] = (),
    profiles: Iterable[str] = (),
) -> Reading:
    """Return what a survey would have read."""
    inventory = live(*entities, profiles=profiles)
    titles = {f"id-{title}": title for title in customers}
    inventory = replace(inventory, customers=titles)
    return Reading(inventory, SERVER, 7, tokens or {}, tuple(customers))


def pm(name: str) -> Address:
    """Return a device's address."""
    return Address("device", name)


def place(name: str) -> Address:
    """Return an asset's address."""
    return Address("asset", name)
