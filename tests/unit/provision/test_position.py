"""Which position counts, and what is said about it."""

from __future__ import annotations

import pytest

from papaya.errors import PapayaError
from papaya.manifest.model import Country, Location, State
from papaya.provision.geolocation import Detected, DetectionFailed
from papaya.provision.position import (
    Position,
    differing_places,
    distance_km,
    is_left_alone,
    locate,
    shown,
)

BENGALURU = Detected(12.9716, 77.5946, "Bengaluru", "Karnataka", "India", "IN")
STATE = State("Karnataka", "Karnataka", aliases=("KA",))


def failing() -> Detected:
    """Stand for a service that is away."""
    raise DetectionFailed("no answer in time")


def test_the_service_is_asked_first() -> None:
    position = locate(lambda: BENGALURU, [("state", lambda: Location(1, 2))])
    assert (position.location, position.source) == (Location(12.9716, 77.5946), "geolocation")
    assert position.words == "12.9716, 77.5946 (Bengaluru, Karnataka, India), by the geolocation service"


def test_a_failed_detection_names_the_fallback_that_was_used() -> None:
    position = locate(failing, [("config.properties", lambda: None), ("state", lambda: Location(15.3, 75.7))])
    assert position.source == "state"
    assert position.warnings == (
        "location detection failed: no answer in time; fallback used: 15.3, 75.7, those of its State",
    )


def test_without_any_position_the_error_says_what_was_tried() -> None:
    nothing = [("config.properties", lambda: None), ("state", lambda: None), ("country", lambda: None)]
    with pytest.raises(PapayaError, match="no answer in time, and no coordinates are known") as caught:
        locate(failing, nothing)
    assert "(config.properties, state, country have none)" in caught.value.message
    assert "--latitude" in caught.value.remedy
    with pytest.raises(PapayaError, match="--no-geolocate"):
        locate(None, [])


def test_a_country_or_region_that_differs_is_a_warning() -> None:
    country = Country("INDIA", "INDIA")
    assert list(differing_places(BENGALURU, country, STATE)) == []
    assert list(differing_places(Detected(1, 2, "", "KA", "", "IN"), Country("IN", "IN"), STATE)) == []
    told = list(differing_places(BENGALURU, Country("NEPAL", "NEPAL"), State("Bagmati", "Bagmati")))
    assert told == [
        "the detected country is India, the manifest has this device in NEPAL: it stays there",
        "the detected region is Karnataka, the manifest has this device in Bagmati: it stays there",
    ]


def test_accents_and_case_make_no_other_place() -> None:
    found = Detected(4.7, 74.1, "Bogotá", "Bogota D.C.", "Colombia", "CO")
    place = State("Bogotá, D.C.", "Bogotá, D.C.")
    assert list(differing_places(found, Country("COLOMBIA", "COLOMBIA"), place)) == []


def test_distances() -> None:
    bengaluru, mysuru = Location(12.9716, 77.5946), Location(12.2958, 76.6394)
    assert distance_km(bengaluru, mysuru) == pytest.approx(128, abs=2)
    assert distance_km(bengaluru, bengaluru) == 0
    assert distance_km(Location(0, 179.999), Location(0, -179.999)) < 1


@pytest.mark.parametrize(
    ("live", "new", "left"),
    [
        ("given", "geolocation", True),
        ("geolocation", "state", True),
        ("state", "geolocation", False),
        ("geolocation", "given", False),
        ("geolocation", "geolocation", False),
        ("manifest", "state", False),
        (None, "country", False),
    ],
)
def test_a_position_gives_way_only_to_one_that_is_known_as_well(
    live: str | None, new: str, left: bool
) -> None:
    assert is_left_alone(live, Position(Location(1, 2), new)) is left


def test_coordinates_are_shown_as_they_are() -> None:
    assert shown(Location(12.9756123, 77.0)) == "12.9756123, 77"
