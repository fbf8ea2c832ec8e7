"""The fleet of one device that a `config.properties` alone describes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace

from papaya.engine.inventory import PROVISIONED
from papaya.errors import SettingsError
from papaya.manifest.model import (
    AUTO,
    Country,
    Device,
    DeviceTunnel,
    Fleet,
    Location,
    Profiles,
    Server,
    State,
    Tunnel,
)
from papaya.settings import Properties


def fleet_of(properties: Properties, name: str | None = None, serial: str | None = None) -> Fleet:
    """Return a fleet of the device, under a Country and a State that no fleet owns.

    `name` and `serial` are those that a person or the hardware has given; they fill what the file leaves out
    and may not contradict it.
    """
    missing = [key for key in ("country_name", "state_name") if not getattr(properties, key)]
    serial = serial or properties.serial_number
    device_name = properties.device_name or name or serial
    if properties.device_name and name and name != properties.device_name:
        raise SettingsError(
            f"{properties.mark('assets', 'device_name')}: the device is {properties.device_name}, not {name}",
            remedy="Name that device, or correct [assets] device_name.",
        )
    if device_name is None:
        missing.append("device_name (or serial_number)")
    if missing or device_name is None:
        raise SettingsError(
            f"{properties.name} does not say {', '.join(missing)}",
            remedy="Write it into its section [assets], or name a manifest with -f.",
        )
    # Existing installations have countries in capitals; any spelling that is there is adopted as it is.
    country_name, state_name = str(properties.country_name).upper(), str(properties.state_name)
    profiles = Profiles(
        **{
            kind: value
            for kind, key in (("country", "country_profile_name"), ("state", "state_profile_name"))
            if (value := getattr(properties, key))
        }
    )
    profile = properties.device_profile_name or profiles.device
    device = Device(
        name=device_name,
        country=country_name,
        state=state_name,
        profile=profile,
        serial=serial,
        location=AUTO,
        tunnel=_device_tunnel(properties),
        mark=properties.mark("assets", "device_name" if properties.device_name else "serial_number"),
    )
    state = State(
        name=state_name,
        asset_name=state_name,
        shared=True,
        devices=(device,),
        mark=properties.mark("assets", "state_name"),
    )
    country = Country(
        name=country_name,
        asset_name=country_name,
        shared=True,
        states=(state,),
        mark=properties.mark("assets", "country_name"),
    )
    return Fleet(
        name=PROVISIONED,
        server=Server(),
        profiles=replace(profiles, device=profile, mark=properties.mark("profiles", "")),
        tunnel=_tunnel(properties),
        countries=(country,),
        digest=hashlib.sha256(json.dumps(list(_told(properties))).encode()).hexdigest(),
        mark=properties.mark("assets", ""),
        bundle=device_name,
    )


def placed_at(fleet: Fleet, location: Location) -> Fleet:
    """Return the fleet with these coordinates for its places; they count only where a place is created."""
    return replace(
        fleet,
        countries=tuple(
            replace(
                country,
                location=country.location or location,
                states=tuple(replace(state, location=state.location or location) for state in country.states),
            )
            for country in fleet.countries
        ),
    )


def _tunnel(properties: Properties) -> Tunnel | None:
    if not properties.ssh_host:
        return None
    user = properties.ssh_user or Tunnel("").user
    return Tunnel(properties.ssh_host, user=user, identity_file=properties.ssh_key_path)


def _device_tunnel(properties: Properties) -> DeviceTunnel | None:
    if not properties.ssh_host:
        return None
    return DeviceTunnel(
        remote_port=properties.ssh_remote_port,
        enabled=bool(properties.ssh_enabled),
        host=properties.ssh_host,
        user=properties.ssh_user or "papaya",
        identity_file=properties.ssh_key_path,
        mark=properties.mark("ssh", "host"),
    )


def _told(properties: Properties) -> Iterator[str]:
    for name in ("country_name", "state_name", "device_name", "serial_number", "device_profile_name"):
        yield str(getattr(properties, name))
