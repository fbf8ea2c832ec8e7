"""Which position a device has: the surveyed one, a detected one, or the next best that is known."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from papaya.counting import have
from papaya.errors import PapayaError
from papaya.manifest.model import Country, Location, State
from papaya.provision.geolocation import Detected, DetectionFailed
from papaya.remedies import location_detection_failed

SURVEYED = "manifest"
GIVEN = "given"
DETECTED = "geolocation"
CONFIGURED = "config.properties"
OF_STATE = "state"
OF_COUNTRY = "country"

# A live position stands against one from a source that knows less. What the manifest once said stands
# against nothing: it no longer says it.
_RANK = {GIVEN: 5, DETECTED: 4, CONFIGURED: 3, OF_STATE: 2, OF_COUNTRY: 1}
_EARTH_KM = 6371.0
WORDS = {
    SURVEYED: "surveyed, from the manifest",
    GIVEN: "as given by --latitude and --longitude",
    DETECTED: "by the geolocation service",
    CONFIGURED: "from config.properties",
    OF_STATE: "those of its State",
    OF_COUNTRY: "those of its Country",
}


@dataclass(frozen=True, slots=True)
class Position:
    """A point, the source that it came from, and the names that were detected with it."""

    location: Location
    source: str
    detected: Detected | None = None
    warnings: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """The position in a sentence."""
        names = f" ({self.detected.names})" if self.detected is not None and self.detected.names else ""
        return f"{shown(self.location)}{names}, {WORDS.get(self.source, self.source)}"


Fallback = tuple[str, Callable[[], Location | None]]


def locate(detect: Callable[[], Detected] | None, fallbacks: Iterable[Fallback]) -> Position:
    """Ask the service, unless `detect` is None, then the fallbacks; the first that knows wins."""
    warnings: tuple[str, ...] = ()
    failure: DetectionFailed | None = None
    if detect is not None:
        try:
            found = detect()
        except DetectionFailed as error:
            failure = error
        else:
            return Position(Location(found.latitude, found.longitude), DETECTED, found)
    asked: list[str] = []
    for source, ask in fallbacks:
        location = ask()
        if location is not None:
            if failure is not None:
                warnings = (f"{failure.message}; fallback used: {shown(location)}, {WORDS[source]}",)
            return Position(location, source, warnings=warnings)
        asked.append(source)
    known = "no coordinates are known" + (f" ({', '.join(asked)} {have(len(asked))} none)" if asked else "")
    fault = location_detection_failed(failure.reason if failure is not None else "--no-geolocate")
    raise PapayaError(f"{fault.summary}, and {known}", remedy=fault.remedy)


def is_left_alone(live_source: str | None, new: Position) -> bool:
    """Return whether the server's position came from a source that knows better than the new one's."""
    return _RANK.get(live_source or "", 0) > _RANK.get(new.source, 0)


def differing_places(detected: Detected, country: Country, state: State) -> Iterator[str]:
    """Yield a warning for each detected name that is not that of the place in the manifest; nothing moves."""
    if detected.country or detected.country_code:
        found = {_plain(detected.country), _plain(detected.country_code)} - {""}
        if not found & _names(country):
            told = detected.country or detected.country_code
            yield (
                f"the detected country is {told}, the manifest has this device in {country.name}: "
                "it stays there"
            )
    if detected.region and _plain(detected.region) not in _names(state):
        yield (
            f"the detected region is {detected.region}, the manifest has this device in {state.name}: "
            "it stays there"
        )


def distance_km(left: Location, right: Location) -> float:
    """Return the distance of two points along a great circle."""
    north, south = math.radians(left.latitude), math.radians(right.latitude)
    half = math.sin((south - north) / 2) ** 2 + (
        math.cos(north) * math.cos(south) * math.sin(math.radians(right.longitude - left.longitude) / 2) ** 2
    )
    return 2 * _EARTH_KM * math.asin(math.sqrt(min(1.0, half)))


def shown(location: Location) -> str:
    """Return `12.9756, 77.6068`."""
    return f"{location.latitude:.10g}, {location.longitude:.10g}"


def _names(place: Country | State) -> set[str]:
    return {_plain(name) for name in (place.name, place.asset_name, *place.aliases)}


def _plain(name: str) -> str:
    """Return a name without case, accents and punctuation: services and people spell places differently."""
    parts = unicodedata.normalize("NFKD", name.casefold())
    return "".join(character for character in parts if character.isalnum())
