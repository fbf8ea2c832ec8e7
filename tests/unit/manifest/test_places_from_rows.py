"""`places: fromRows`: Countries and States that rows name and the manifest does not hold."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from papaya.manifest.center import center_of
from papaya.manifest.load import Loaded
from papaya.manifest.model import Fleet, Location

Valid = Callable[..., Fleet]
Faults = Callable[..., list[str]]
Load = Callable[..., Loaded]

EACH = 'each: {country: "{{ c }}", state: "{{ s }}", name: "{{ n }}"'
SOURCE = f"devicesFrom: {{csv: a.csv, places: fromRows, {EACH}}}}}\n"
POINTS = 'location: {latitude: "{{ lat }}", longitude: "{{ lon }}"}'


def tree(fleet: Fleet) -> dict[str, dict[str, list[str]]]:
    """Return the names of a fleet's places and devices."""
    return {
        country.name: {state.name: [device.name for device in state.devices] for state in country.states}
        for country in fleet.countries
    }


def test_places_of_rows_need_not_be_written(fleet: Valid) -> None:
    found = fleet(SOURCE, csv={"a.csv": "n,c,s\nA,INDIA,Goa\nB,INDIA,Kerala\nC,INDIA,Goa\nD,NEPAL,Bagmati\n"})
    assert tree(found) == {"INDIA": {"Goa": ["A", "C"], "Kerala": ["B"]}, "NEPAL": {"Bagmati": ["D"]}}
    assert [place.location for place in found.countries] == [None, None]
    assert (
        str(found.countries[1].mark) == "a.csv:5:2" and str(found.countries[1].states[0].mark) == "a.csv:5:3"
    )


def test_headers_that_are_field_paths_do_as_well(fleet: Valid) -> None:
    body = "devicesFrom: {csv: a.csv, places: fromRows}\n"
    found = fleet(body, csv={"a.csv": "name,country,state,location.latitude,location.longitude\nA,C,S,1,2\n"})
    assert tree(found) == {"C": {"S": ["A"]}}
    assert found.countries[0].location == Location(1.0, 2.0)


def test_a_derived_place_stands_at_the_center_of_its_devices(fleet: Valid) -> None:
    body = f"devicesFrom: {{csv: a.csv, places: fromRows, {EACH}, {POINTS}}}}}\n"
    rows = "n,c,s,lat,lon\nA,C,S,10,20\nB,C,S,11,21.111\nD,C,T,40,50\nE,C,U,,\n"
    (country,) = fleet(body, csv={"a.csv": rows}).countries
    places = {state.name: state.location for state in country.states}
    assert places == {"S": Location(10.5, 20.56), "T": Location(40.0, 50.0), "U": None}
    assert country.location == Location(20.33, 30.37)


def test_written_places_keep_what_is_written_and_others_are_added(fleet: Valid) -> None:
    written = (
        "countries: [{name: C, aliases: [CC], location: {latitude: 1, longitude: 1}, "
        "defaults: {device: {label: L}}, states: [{name: S, aliases: [SS]}]}]\n"
    )
    body = f"{written}devicesFrom: {{csv: a.csv, places: fromRows, {EACH}, {POINTS}}}}}\n"
    found = fleet(body, csv={"a.csv": "n,c,s,lat,lon\nA,CC,SS,9,9\nB,C,T,9,9\n"})
    assert tree(found) == {"C": {"S": ["A"], "T": ["B"]}}
    (country,) = found.countries
    assert country.location == Location(1.0, 1.0)
    assert [state.location for state in country.states] == [None, Location(9.0, 9.0)]
    assert {device.label for device in found.devices()} == {"L"}


@pytest.mark.parametrize(
    ("body", "rows", "told"),
    [
        (SOURCE, "n,c,s\nA,C,\n", ["a.csv:2:3: the row names no state, so its place cannot be derived"]),
        (SOURCE, "n,c,s\nA,,S\n", ["a.csv:2:2: the row names no country, so its place cannot be derived"]),
        (
            SOURCE,
            "n,c,s\nA,C,Goa\nB,C,GOA\nD,C,GOA\n",
            ['a.csv:3:3: "GOA" and "Goa" (a.csv:2:3) differ only by case or blanks (and 1 more like it)'],
        ),
        (
            "countries: [{name: INDIA}]\n" + SOURCE,
            "n,c,s\nA,India,Goa\n",
            ['a.csv:2:2: "India" and "INDIA" (fleet.yaml:4:20) differ only by case or blanks'],
        ),
        (
            SOURCE,
            "n,c,s\nA,C,Berlin\nB,D,Berlin\n",
            [
                "a.csv:3:3: the State Berlin would be the same asset as the State Berlin (a.csv:2:3): "
                "assets of all kinds share one namespace on the server"
            ],
        ),
        (
            "countries: [{name: C, states: [{name: S, devicesFrom: {csv: a.csv, places: fromRows}}]}]\n",
            "name\nA\n",
            ["fleet.yaml:4:68: the devices of this source stand in S, `places` has nothing to derive"],
        ),
        (
            'devicesFrom: {csv: a.csv, places: fromRows, each: {country: C, name: "{{ n }}"}}\n',
            "n\nA\n",
            ["fleet.yaml:4:35: `places: fromRows` needs the field of `each` state"],
        ),
        (
            "devicesFrom: {csv: a.csv, places: fromRows}\n",
            "name\nA\n",
            ["fleet.yaml:4:35: `places: fromRows` needs the column country and state"],
        ),
        (
            SOURCE,
            "n,c,s\nA,C,<b>\n",
            ["a.csv:2:3: name holds markup, which the server refuses"],
        ),
    ],
)
def test_what_contradicts_is_told_where_it_stands(
    faults: Faults, body: str, rows: str, told: list[str]
) -> None:
    assert faults(body, csv={"a.csv": rows}) == told


def test_a_row_of_another_environment_makes_no_place(fleet: Valid) -> None:
    body = "environments: {one: {}, two: {}}\ndevicesFrom: {csv: a.csv, places: fromRows}\n"
    rows = {"a.csv": "name,country,state,only\nA,C,S,one\nB,D,T,two\n"}
    assert tree(fleet(body, csv=rows, environment="one")) == {"C": {"S": ["A"]}}


def test_the_center_of_points_around_the_180th_meridian_is_near_it() -> None:
    assert center_of([(10, 179), (20, -179)], 2) == (15.0, 180.0)
    assert center_of([], 2) is None
    assert center_of([(0, 0), (0, 180)], 2) is not None


def test_states_of_one_name_are_told_apart_by_writing_one_of_them(loaded: Load) -> None:
    rows = {"a.csv": "n,c,s\nA,C,Berlin\nB,D,Berlin\n"}
    (told,) = loaded(SOURCE, csv=rows).diagnostics
    assert told.remedy == 'write Berlin under `countries`, with `assetName: "Berlin (State)"`'
    written = 'countries: [{name: D, states: [{name: Berlin, assetName: "Berlin (D)"}]}]\n'
    assert loaded(written + SOURCE, csv=rows).fleet is not None
