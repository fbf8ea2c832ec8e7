"""What many devices have in common is written once; many devices of one shape become a table."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from papaya.engine.export import in_files
from papaya.engine.shapes import share, slug
from papaya.engine.tables import MANY, tables
from papaya.manifest.load import Source, load
from papaya.manifest.model import Fleet
from papaya.render.manifest import csv_text, manifest_text
from tests.unit.export.trees import NASTY

HEAD: dict[str, Any] = {"apiVersion": "papaya/v1", "kind": "Fleet", "metadata": {"name": "meters"}}


def meter(number: int, **fields: Any) -> dict[str, Any]:
    return {"name": f"PM-{number:03}", "profile": "Meter", **fields}


def in_a_state(devices: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {**HEAD, **more, "countries": [{"name": "INDIA", "states": [{"name": "Goa", "devices": devices}]}]}


def loaded(document: dict[str, Any]) -> Fleet:
    result = load([Source("fleet.yaml", manifest_text(document))])
    assert result.fleet is not None, result.diagnostics
    return result.fleet


def loaded_from_files(document: dict[str, Any]) -> Fleet:
    files = in_files(document)
    texts = {name: csv_text(table) for name, table in files.tables.items()}
    sources = [Source(name, manifest_text(one)) for name, one in files.documents.items()]
    result = load(sources, read_csv=lambda asking, name: Source(name, texts[name], "csv"))
    assert result.fleet is not None, result.diagnostics
    return result.fleet


def told(fleet: Fleet) -> list[Any]:
    return [
        (
            d.name,
            d.profile,
            d.serial,
            d.label,
            d.location,
            repr(d.attributes),
            repr(d.shared_attributes),
            d.sensors,
        )
        for d in fleet.devices()
    ]


def test_what_all_devices_have_becomes_a_default() -> None:
    devices = [meter(n, attributes={"bays": n, "region": "south"}, gateway=True) for n in range(4)]
    shapes = share(devices)
    assert shapes.profile == "Meter"
    assert shapes.defaults == {"gateway": True, "attributes": {"region": "south"}}
    assert devices[2] == {"name": "PM-002", "attributes": {"bays": 2}}


def test_values_that_only_look_equal_are_not_shared() -> None:
    values: list[Any] = [1, True, 1.0]
    devices = [meter(n, attributes={"bays": value}) for n, value in enumerate(values)]
    assert share(devices).defaults == {}


def test_devices_of_one_shape_become_a_model_and_name_their_sensors() -> None:
    old = {"sensors": [{"key": "t", "every": "30s"}], "sharedAttributes": {"every": 5}}
    new = {"sensors": [{"key": "t", "every": "5s"}], "profile": "Meter MK2"}
    devices = [meter(n, **copy.deepcopy(old if n % 2 else new)) for n in range(8)]
    devices.append({"name": "alone", "profile": "Meter", "sensors": [{"key": "rssi"}]})
    shapes = share(devices)
    assert shapes.models == {
        "meter-mk2": {"profile": "Meter MK2", "sensors": "meter-mk2"},
        "meter": {"sensors": "meter", "sharedAttributes": {"every": 5}},
    }
    assert shapes.sensor_sets == {"meter": old["sensors"], "meter-mk2": new["sensors"]}
    assert devices[0] == {"name": "PM-000", "model": "meter-mk2"}
    assert devices[-1] == {"name": "alone", "sensors": [{"key": "rssi"}]}


def test_two_devices_are_written_out() -> None:
    devices = [meter(n, sharedAttributes={"every": 5}) for n in range(2)]
    shapes = share(devices)
    assert (shapes.models, shapes.defaults) == ({}, {})


def test_names_for_files_are_plain_and_each_is_used_once() -> None:
    assert slug("Île-de-France", {"x"}, otherwise="state") == "ile-de-france"
    assert slug("Goa", {"goa", "goa-2"}, otherwise="state") == "goa-3"
    assert slug("日本", set(), otherwise="country") == "country"
    assert slug("../../etc", set(), otherwise="state") == "etc"


def test_many_devices_of_one_simple_shape_become_a_table() -> None:
    devices = [
        {"name": f"PM-{n}", "serial": f"SN-{n}", "location": {"latitude": n / 7, "longitude": 77.0},
         "attributes": {"bays": n, "open": n % 2 == 0, "since": f"v{n}"}}
        for n in range(MANY + 1)
    ]  # fmt: skip
    odd: list[dict[str, Any]] = [
        {"name": "text that looks like a number", "attributes": {"bays": "7"}},
        {"name": "deep", "attributes": {"bays": {"left": 1}}},
        {"name": " blank"},
    ]
    document = in_a_state([*devices, *odd])
    files = in_files(document)
    assert set(files.documents) == {"fleet.yaml", "india.yaml"}
    [state] = files.documents["india.yaml"]["states"]
    assert state == {"name": "Goa", "devices": odd, "devicesFrom": {"csv": "india-goa.csv"}}
    table = files.tables["india-goa.csv"]
    assert table.columns[:4] == ("name", "serial", "location.latitude", "location.longitude")
    assert len(table.rows) == MANY + 1
    assert sorted(told(loaded_from_files(document))) == sorted(told(loaded(document)))


FORMULAS = ("=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "'=1", "＝1", "-x", "+x", "--5")


def test_no_cell_of_a_table_is_a_formula_and_nothing_is_lost() -> None:
    devices: list[dict[str, Any]] = [
        {
            "name": f"PM-{n}",
            "description": "as is",
            "attributes": {"height": -n, "note": "-5 degrees"[n % 2 :]},
        }
        for n in range(2 * MANY + 2)
    ]
    devices += [{"name": f"{text} {n}", "description": "as is"} for n, text in enumerate(FORMULAS * MANY)]
    devices += [{"name": f"X-{n}", "description": text} for n, text in enumerate(FORMULAS * MANY)]
    document = in_a_state(devices)
    files = in_files(document)
    assert files.tables
    for table in files.tables.values():
        for row in [table.columns, *table.rows]:
            assert not any(cell.startswith(tuple("=+@\t\r\n'＝")) for cell in row)
            # A negative number is data.
            assert all(cell[1:].isdigit() for cell in row if cell.startswith("-"))
    assert sorted(told(loaded_from_files(document))) == sorted(told(loaded(document)))


def test_fifty_devices_stay_where_they_are() -> None:
    devices = [{"name": f"PM-{n}"} for n in range(MANY)]
    assert tables(devices) == (devices, [])


CELLS = st.one_of(
    st.sampled_from(NASTY), st.text(max_size=6), st.integers(), st.booleans(),
    st.floats(allow_nan=False, allow_infinity=False),
)  # fmt: skip


@given(
    values=st.lists(CELLS, min_size=MANY + 1, max_size=MANY + 9), key=st.sampled_from(["a", "a.b", "on", "1"])
)
def test_a_table_says_what_its_entries_say(values: list[Any], key: str) -> None:
    devices = [{"name": f"PM-{n}", "attributes": {key: value}} for n, value in enumerate(values)]
    document = in_a_state(devices)
    entries = load([Source("fleet.yaml", manifest_text(document))])
    if entries.fleet is not None:
        assert sorted(told(loaded_from_files(document))) == sorted(told(entries.fleet))
