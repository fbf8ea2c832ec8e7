"""The devices of a server as a fleet: each below the places that contain it, and none left out."""

from __future__ import annotations

from papaya.api.credentials import Credentials
from papaya.manifest.model import Location
from papaya.runs.live_fleet import NO_COUNTRY, NO_STATE, live_fleet
from papaya.runs.session import session_for
from papaya.sandbox import Sandbox
from papaya.settings import Settings
from tests.unit.sandbox.client import Client


def test_every_device_stands_below_its_places_and_those_without_come_last() -> None:
    with Sandbox() as sandbox:
        with Client(sandbox) as client:
            country, state, hall = (
                client.asset("INDIA", "Country"),
                client.asset("Goa"),
                client.asset("Hall", "X"),
            )
            client.contain(country, state)
            for name, place in (("PM-1", state), ("PM-2", hall)):
                client.contain(place, client.device(name))
            loose = client.device("LOOSE-1")
            client.set_attributes(loose, {"latitude": 15.5, "longitude": 73.8, "serial": "SN-9"})
            odd = client.device("ODD-1")
            client.set_attributes(odd, {"latitude": "north", "longitude": 999})
        person = Credentials(username=sandbox.username, password=sandbox.password)
        with session_for(Settings(sandbox.url, person)) as session:
            fleet = live_fleet(session)
    found = {device.name: (device.country, device.state) for device in fleet.devices()}
    assert found == {
        "PM-1": ("INDIA", "Goa"),
        "PM-2": (NO_COUNTRY, "Hall"),
        "LOOSE-1": (NO_COUNTRY, NO_STATE),
        "ODD-1": (NO_COUNTRY, NO_STATE),
    }
    assert [country.name for country in fleet.countries] == ["INDIA", NO_COUNTRY]
    first, other = fleet.device("LOOSE-1"), fleet.device("ODD-1")
    assert first is not None and first.location == Location(15.5, 73.8) and first.serial == "SN-9"
    assert other is not None and other.location is None
    assert fleet.server.url == sandbox.url
