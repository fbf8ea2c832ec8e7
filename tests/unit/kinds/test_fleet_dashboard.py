"""The dashboard made from a manifest."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

from papaya.kinds.fleet_dashboard import fleet_dashboard
from papaya.manifest.model import Country, Device, Fleet, Location, Sensor, State

TEMPERATURE = Sensor(
    key="temperature.celsius", name="Temperature", unit="°C", warn_above=60, alarm_above=75.5, hysteresis=2
)
INLET = Sensor(key="inlet.celsius", name="Inlet", unit="°C", warn_above=60)
DISTANCE = Sensor(key="parking.distance_cm", name="LiDAR left", unit="cm", warn_below=20)
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def device(name: str, *sensors: Sensor, profile: str = "Meter", located: bool = True) -> Device:
    place = Location(12.9, 77.5) if located else None
    return Device(name, "INDIA", "Karnataka", profile, sensors=sensors, location=place)


def fleet(*devices: Device) -> Fleet:
    states = (State("Karnataka", "Karnataka", devices=devices),)
    return Fleet("meters", countries=(Country("INDIA", "INDIA", states=states),))


def made(*devices: Device) -> Any:
    return fleet_dashboard(fleet(*devices), "Fleet overview")


def widgets(configuration: Any, type_: str) -> list[Any]:
    found = [one for one in configuration["widgets"].values() if one["typeFullFqn"] == f"system.{type_}"]
    return sorted(found, key=lambda one: one["config"]["title"])


def test_it_has_a_map_the_devices_alarms_and_a_page_for_the_chosen_device() -> None:
    configuration = made(device("PM-1", TEMPERATURE, DISTANCE))

    overview = configuration["states"]["default"]["layouts"]["main"]["widgets"]
    page = configuration["states"]["device"]["layouts"]["main"]["widgets"]
    types = [[configuration["widgets"][id_]["typeFullFqn"] for id_ in state] for state in (overview, page)]
    assert types == [
        ["system.map", "system.cards.entities_table", "system.alarm_widgets.alarms_table"],
        ["system.time_series_chart", "system.time_series_chart", "system.alarm_widgets.alarms_table"],
    ]
    assert {*overview, *page} == {*configuration["widgets"]}
    assert configuration["states"]["default"]["name"] == "Fleet overview"


def test_equal_manifests_make_equal_dashboards_without_ids_of_a_server() -> None:
    one, two = made(device("PM-1", TEMPERATURE)), made(device("PM-1", TEMPERATURE))
    assert json.dumps(one) == json.dumps(two)

    # Every id is one of a part of the dashboard itself.
    parts = {*one["widgets"], *one["entityAliases"], *one["filters"]}
    actions = {found["id"] for found in objects(one) if found.get("type") == "openDashboardState"}
    assert {*UUID.findall(json.dumps(one))} == parts | actions


def test_every_reference_inside_is_to_a_part_that_exists() -> None:
    configuration = made(device("PM-1", TEMPERATURE, DISTANCE))
    for found in objects(configuration):
        for key in ("entityAliasId", "dsEntityAliasId"):
            assert found.get(key) is None or found[key] in configuration["entityAliases"]
        for key in ("filterId", "dsFilterId"):
            assert found.get(key) is None or found[key] in configuration["filters"]
        target = found.get("targetDashboardStateId")
        assert target is None or target in configuration["states"]
    for key in ("widgets", "entityAliases", "filters"):
        assert all(one["id"] == id_ for id_, one in configuration[key].items())


def test_widgets_of_a_page_do_not_overlap() -> None:
    sensors = [Sensor(key=unit, unit=unit) for unit in "abcde"]
    configuration = made(device("PM-1", *sensors))
    for state in configuration["states"].values():
        cells = [
            (row, column)
            for place in state["layouts"]["main"]["widgets"].values()
            for row in range(place["row"], place["row"] + place["sizeY"])
            for column in range(place["col"], place["col"] + place["sizeX"])
        ]
        assert len(cells) == len({*cells})
        assert max(column for _, column in cells) < 24


def test_charts_are_per_unit_with_the_manifests_names_units_and_limits() -> None:
    configuration = made(device("PM-1", TEMPERATURE, DISTANCE, INLET))
    distance, heat = widgets(configuration, "time_series_chart")

    assert [key["label"] for key in heat["config"]["datasources"][0]["dataKeys"]] == ["Temperature", "Inlet"]
    assert [key["name"] for key in distance["config"]["datasources"][0]["dataKeys"]] == [
        "parking.distance_cm"
    ]
    assert (heat["config"]["units"], distance["config"]["units"]) == ("°C", "cm")
    assert (heat["config"]["title"], distance["config"]["title"]) == ("Temperature, Inlet", "LiDAR left")
    lines = [(line["value"], line["decimals"]) for line in heat["config"]["settings"]["thresholds"]]
    assert lines == [(60, 0), (75.5, 1)]


def test_no_line_is_drawn_where_limits_differ_between_devices() -> None:
    configuration = made(device("PM-1", TEMPERATURE), device("PM-2", replace(TEMPERATURE, warn_above=30)))
    (heat,) = widgets(configuration, "time_series_chart")
    assert heat["config"]["settings"]["thresholds"] == []
    (table,) = widgets(configuration, "cards.entities_table")
    assert table["config"]["datasources"][0]["dataKeys"][-1]["settings"] == {}


def test_values_in_the_table_are_colored_by_their_limits() -> None:
    (table,) = widgets(made(device("PM-1", TEMPERATURE)), "cards.entities_table")
    key = table["config"]["datasources"][0]["dataKeys"][-1]
    assert (key["label"], key["units"]) == ("Temperature", "°C")
    body = key["settings"]["cellStyleFunction"]
    assert body.index("Number(value) > 75.5") < body.index("Number(value) > 60)")


def test_only_devices_of_the_fleet_are_shown_whatever_else_has_its_profiles() -> None:
    configuration = made(device("PM-1", profile="B"), device("PM-2", profile="A"))
    (alias,) = [one for one in configuration["entityAliases"].values() if one["alias"] == "Devices"]
    assert alias["filter"]["deviceTypes"] == ["A", "B"]
    (filter_,) = configuration["filters"].values()
    (key,) = filter_["keyFilters"]
    assert key["key"] == {"type": "ATTRIBUTE", "key": "papaya.fleet"}
    assert key["predicates"][0]["keyFilterPredicate"]["value"]["defaultValue"] == "meters"
    assert all(
        one["config"]["datasources"][0]["filterId"] == filter_["id"]
        for one in widgets(configuration, "cards.entities_table")
    )


def test_a_fleet_without_locations_has_no_map() -> None:
    configuration = made(device("PM-1", TEMPERATURE, located=False))
    assert widgets(configuration, "map") == []
    (table,) = widgets(configuration, "cards.entities_table")
    assert table["sizeX"] == 24


def test_a_part_keeps_its_id_when_others_come() -> None:
    before = made(device("PM-1", TEMPERATURE))
    after = made(device("PM-1", DISTANCE, TEMPERATURE), device("PM-2"))
    assert {*before["widgets"]} < {*after["widgets"]}


def test_a_fleet_without_devices_or_sensors_makes_a_dashboard() -> None:
    assert len(made()["widgets"]) == 3
    assert len(made(device("PM-1"))["widgets"]) == 4


def objects(value: Any) -> list[Any]:
    if isinstance(value, list):
        return [found for item in value for found in objects(item)]
    if not isinstance(value, dict):
        return []
    return [value, *(found for member in value.values() for found in objects(member))]
