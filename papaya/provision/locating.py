"""Step 2: the position of one device, from what a person says, the manifest, the service, or what is near."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from papaya.api.protocols import Writable
from papaya.manifest.model import Json, Location
from papaya.provision.choosing import Chosen
from papaya.provision.geolocation import DEFAULT_URL, TIMEOUT, detect
from papaya.provision.live_device import find_id, location_attributes, location_in
from papaya.provision.one_device import OneDevice
from papaya.provision.position import (
    CONFIGURED,
    GIVEN,
    OF_COUNTRY,
    OF_STATE,
    SURVEYED,
    Fallback,
    Position,
    differing_places,
    locate,
)
from papaya.settings.proxies import proxies_for
from papaya.settings.quantities import seconds_of


@dataclass(frozen=True, slots=True)
class Locating:
    """How a position is found: `given` by a person, by a service unless `geolocate` is false.

    `timeout` is in seconds, for each of the two requests that the service gets at most.
    """

    given: Location | None = None
    geolocate: bool = True
    url: str = DEFAULT_URL
    proxies: Mapping[str, str] = field(default_factory=dict, repr=False)
    configured: Location | None = None
    tolerance_km: float = 1.0
    timeout: float = TIMEOUT


@dataclass(frozen=True, slots=True)
class Wanted:
    """What options say about the position; latitude and longitude stand together, `timeout` is a duration."""

    latitude: float | None
    longitude: float | None
    no_geolocate: bool
    url: str | None
    tolerance: float
    timeout: str | None

    def for_device(self, chosen: Chosen | None) -> Locating:
        """Return how the position of a device, or of whatever machine this is, is found."""
        given = None
        if self.latitude is not None and self.longitude is not None:
            given = Location(self.latitude, self.longitude)
        url = self.url or DEFAULT_URL
        return Locating(
            given=given,
            geolocate=not self.no_geolocate,
            url=url,
            proxies=proxies_for(url, os.environ),
            configured=chosen.configured if chosen is not None else None,
            tolerance_km=self.tolerance,
            timeout=min(TIMEOUT, seconds_of(self.timeout, "--timeout")) if self.timeout else TIMEOUT,
        )


def find_position(
    one: OneDevice, how: Locating, server: Callable[[], Writable | None] | None = None
) -> Position | None:
    """Return where the device is; None where the manifest does not manage its location.

    `server` is asked for the coordinates of the places only when nothing nearer knows any.
    """
    if how.given is not None:
        warnings: tuple[str, ...] = ()
        if one.surveyed is not None and one.surveyed != how.given:
            warnings = (
                f"the manifest has another location ({one.device.mark}): correct it there, or the next "
                "apply puts it back",
            )
        return Position(how.given, GIVEN, warnings=warnings)
    if one.surveyed is not None:
        return Position(one.surveyed, SURVEYED)
    if not one.finds_itself:
        return None
    fallbacks: tuple[Fallback, ...] = (
        (CONFIGURED, lambda: how.configured),
        (OF_STATE, lambda: one.state.location or _live(server, one.state.asset_name)),
        (OF_COUNTRY, lambda: one.country.location or _live(server, one.country.asset_name)),
    )
    ask = (lambda: detect(how.url, proxies=how.proxies, timeout=how.timeout)) if how.geolocate else None
    position = locate(ask, fallbacks)
    if position.detected is None:
        return position
    differing = tuple(differing_places(position.detected, one.country, one.state))
    return Position(position.location, position.source, position.detected, position.warnings + differing)


def detected_position(how: Locating) -> Position:
    """Return where this machine is, whatever device it may be: as given, or as the service says."""
    if how.given is not None:
        return Position(how.given, GIVEN)
    return locate(
        (lambda: detect(how.url, proxies=how.proxies, timeout=how.timeout)) if how.geolocate else None, ()
    )


def position_json(position: Position) -> dict[str, Json]:
    """Return a position for a document."""
    told: dict[str, Json] = {
        "latitude": position.location.latitude,
        "longitude": position.location.longitude,
        "source": position.source,
    }
    if position.detected is not None:
        found = position.detected
        told.update(
            city=found.city or None,
            region=found.region or None,
            country=found.country or None,
            countryCode=found.country_code or None,
        )
    return told


def _live(server: Callable[[], Writable | None] | None, name: str) -> Location | None:
    """Return the coordinates that the server has for a place."""
    session = server() if server is not None else None
    id_ = find_id(session, "asset", name) if session is not None else None
    if session is None or id_ is None:
        return None
    return location_in(location_attributes(session, "asset", id_))
