"""Where devices are."""

from __future__ import annotations

import numpy as np
from papaya_gui.models.geography import OWN_SPREAD, Geography

from papaya.manifest.model import AUTO, Country, Device, Fleet, Location, Sensor, State

HERE = Location(12.97, 77.59)
POLE = Location(13.5, 78.5)


def device(name: str, state: str, location: object = None) -> Device:
    """Return a device with two sensors."""
    sensors = Sensor("temperature"), Sensor("humidity")
    assert location is None or location == AUTO or isinstance(location, Location)
    return Device(name, "INDIA", state, "default", location=location, sensors=sensors)


def fleet(*devices: Device, places: dict[str, Location | None]) -> Fleet:
    """Return a fleet with these States."""
    states = tuple(
        State(name, name, location=place, devices=tuple(one for one in devices if one.state == name))
        for name, place in places.items()
    )
    return Fleet("demo", countries=(Country("INDIA", "INDIA", states=states),))


def mapped() -> Geography:
    """Return four devices: with coordinates, without, with some to be found, and in a State without."""
    return Geography(
        fleet(
            device("A", "KA", POLE),
            device("B", "KA"),
            device("C", "KA", AUTO),
            device("D", "TN"),
            places={"KA": HERE, "TN": None},
        )
    )


def test_a_device_is_at_its_own_coordinates_else_near_those_of_its_state() -> None:
    geography = mapped()
    assert (geography.longitudes[0], geography.latitudes[0]) == (78.5, 13.5)
    assert (geography.longitudes[1], geography.latitudes[1]) == (77.59, 12.97)
    assert geography.is_own.tolist() == [True, False, False, False]
    assert geography.is_located.tolist() == [True, True, True, False]


def test_devices_at_one_point_can_be_told_apart_and_stay_where_they_are() -> None:
    geography = mapped()
    assert geography.longitudes[1] != geography.longitudes[2]
    assert abs(geography.longitudes[2] - 77.59) < 0.1
    assert np.array_equal(geography.longitudes, mapped().longitudes, equal_nan=True)


def test_ten_thousand_devices_at_one_point_are_all_apart() -> None:
    devices = [device(f"PM-{number}", "KA", POLE) for number in range(10_000)]
    geography = Geography(fleet(*devices, places={"KA": HERE}))
    points = np.column_stack((geography.longitudes, geography.latitudes))
    assert len(np.unique(points, axis=0)) == 10_000
    assert np.abs(geography.latitudes - 13.5).max() <= OWN_SPREAD * 100


def test_a_fleet_without_devices_or_coordinates_has_an_empty_map() -> None:
    assert Geography(fleet(places={"KA": None})).devices == ()
    geography = Geography(fleet(device("A", "KA"), places={"KA": None}))
    assert not geography.is_located.any()
