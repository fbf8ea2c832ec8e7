"""Layouts: readable, versioned, tolerant of what has changed since, and never half-written."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from papaya_gui.layouts import LayoutFiles
from papaya_gui.models.catalog import Catalog
from papaya_gui.models.layout import Geometry, Layout, layout_from, layout_text, rows_of

from papaya.errors import SettingsError
from papaya.manifest.model import Country, Device, Fleet, Sensor, State

FULL = Layout(
    selection=(("PM-0001", "temperature"), ("PM-0002", "humidity")),
    device="PM-0001",
    window=600.0,
    interval=0.5,
    theme="dark",
    panel={"follow": True, "units": ["°C"]},
    geometry=Geometry(10, 20, 1280, 800, is_maximized=True),
    columns={"readings": (120, 80)},
    splitters={"main": (300, 900)},
    sorting={"readings": (2, "descending"), "alarms": (-1, "ascending")},
    pages={"pages": "map"},
)


def catalog() -> Catalog:
    """Return two devices with two sensors each."""
    sensors = Sensor("temperature"), Sensor("humidity")
    devices = tuple(Device(f"PM-000{number}", "INDIA", "KA", "default", sensors=sensors) for number in (1, 2))
    return Catalog(
        Fleet("demo", countries=(Country("INDIA", "INDIA", states=(State("KA", "KA", devices=devices),)),))
    )


def files(folder: Path) -> LayoutFiles:
    """Return files below a test's folder."""
    return LayoutFiles(folder / "states", folder / "settings")


@pytest.mark.parametrize("layout", [Layout(), FULL, replace(FULL, geometry=None, panel={})])
def test_a_layout_comes_back_as_it_was(layout: Layout) -> None:
    found = layout_from(layout_text(layout), "here")
    assert found.layout == layout
    assert found.notes == ()


def test_a_person_can_read_the_file() -> None:
    told = layout_text(FULL)
    assert json.loads(told)["papayaLayout"] == 1
    assert '{\n      "device": "PM-0001",\n      "key": "temperature"\n    }' in told
    assert '"°C"' in told


def test_what_this_papaya_does_not_know_is_left_out_and_told() -> None:
    text = layout_text(FULL).replace('"theme"', '"colour"')
    found = layout_from(text, "window.json")
    assert found.layout == replace(FULL, theme="")
    assert found.notes == ("window.json: this papaya knows no colour, and leaves it out",)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("selection", "PM-0001"),
        ("selection", [{"device": "PM-0001"}]),
        ("window", -5),
        ("window", True),
        ("interval", "often"),
        ("geometry", {"x": 1, "y": 2, "width": 0, "height": 5}),
        ("geometry", [1, 2, 3, 4]),
        ("columns", {"readings": ["wide"]}),
        ("splitters", 7),
        ("panel", []),
        ("sorting", {"readings": {"column": 1, "direction": "sideways"}}),
        ("sorting", {"readings": 1}),
        ("pages", {"pages": 2}),
        ("theme", None),
    ],
)
def test_one_wrong_part_leaves_the_others(key: str, value: object) -> None:
    told = json.loads(layout_text(FULL)) | {key: value}
    found = layout_from(json.dumps(told), "window.json")
    assert found.notes == (f"window.json: {key} is not as it should be, and is left out",)
    assert found.layout == replace(FULL, **{key: getattr(Layout(), key)})


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists, max_leaves=5))
def test_no_value_of_any_part_is_fatal(value: object) -> None:
    for key in json.loads(layout_text(FULL)):
        told = json.loads(layout_text(FULL)) | {key: value}
        if key == "papayaLayout":
            with pytest.raises(SettingsError):
                layout_from(json.dumps({**told, key: "1"}), "here")
        else:
            layout_from(json.dumps(told), "here")


def test_a_later_version_is_refused_with_what_to_do() -> None:
    text = layout_text(FULL).replace('"papayaLayout": 1', '"papayaLayout": 2')
    with pytest.raises(SettingsError, match=r"version 2; this papaya knows version 1\nupdate papaya"):
        layout_from(text, "window.json")


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"papayaLayout": "1"}', '{"papayaLayout": true}'])
def test_what_is_no_layout_is_refused_by_name(text: str) -> None:
    with pytest.raises(SettingsError, match=r"^window.json is no layout"):
        layout_from(text, "window.json")


def test_sensors_are_found_by_name_wherever_their_rows_are() -> None:
    assert rows_of(FULL, catalog()) == ([0, 3], [])


def test_devices_and_sensors_that_are_gone_are_told_and_the_rest_is_shown() -> None:
    selection = (("PM-0009", "temperature"), ("PM-0001", "speed"), ("PM-0009", "humidity"), *FULL.selection)
    rows, notes = rows_of(replace(FULL, selection=selection, device="PM-0010"), catalog())
    assert rows == [0, 3]
    assert notes == [
        "the layout shows speed of PM-0001, a sensor that the manifest does not have",
        "the layout shows temperature, humidity of PM-0009, a device that the manifest does not have",
        "the layout turns to PM-0010, a device that the manifest does not have",
    ]


def test_the_last_layout_is_restored_and_can_be_forgotten(tmp_path: Path) -> None:
    kept = files(tmp_path)
    assert kept.last().layout == Layout()
    assert not kept.reset()
    kept.keep_last(FULL)
    assert files(tmp_path).last().layout == FULL
    assert kept.reset()
    assert kept.last().layout == Layout()
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_last_layout_of_a_later_papaya_is_told_of_and_not_overwritten(tmp_path: Path) -> None:
    kept = files(tmp_path)
    later = layout_text(FULL).replace('"papayaLayout": 1', '"papayaLayout": 2')
    kept.keep_last(FULL)
    kept.last_path.write_text(later)
    found = kept.last()
    assert found.layout == Layout()
    assert "update papaya" in found.notes[0]
    kept.keep_last(FULL)
    assert kept.last().layout == FULL
    assert kept.last_path.with_suffix(".unread").read_text() == later


@pytest.mark.parametrize(
    "name", ["Morning", "Ladestationen Süd", "../../etc/passwd", ".hidden", "a/b", "50 %"]
)
def test_any_name_can_be_given_and_stays_in_its_folder(tmp_path: Path, name: str) -> None:
    kept = files(tmp_path)
    path = kept.save(name, FULL)
    assert path.parent == kept.folder and not path.name.startswith(".")
    assert kept.names() == [name]
    assert kept.open(name).layout == FULL
    kept.remove(name)
    assert list(kept.names()) == []


@pytest.mark.parametrize("name", ["", "  ", "x" * 500])
def test_names_that_no_file_can_have_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingsError, match="cannot be named"):
        files(tmp_path).save(name, FULL)


def test_a_name_that_nobody_gave_is_told_with_those_that_there_are(tmp_path: Path) -> None:
    kept = files(tmp_path)
    kept.save("Morning", FULL)
    with pytest.raises(SettingsError, match=r"no layout Evening\nlayouts that were saved: Morning"):
        kept.open("Evening")


def test_a_folder_that_cannot_be_made_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "settings").write_text("in the way")
    with pytest.raises(SettingsError, match="cannot be kept"):
        files(tmp_path).save("Morning", FULL)


def test_where_nothing_can_be_read_written_or_removed_that_is_said_and_never_a_fault(tmp_path: Path) -> None:
    (tmp_path / "no-folder").write_text("a file stands where the folder should be")
    kept = LayoutFiles(tmp_path / "no-folder", tmp_path / "no-folder")
    assert "cannot be read" in kept.last().notes[0]
    with pytest.raises(SettingsError, match="cannot be read"):
        kept.keep_last(FULL)
    with pytest.raises(SettingsError, match="cannot be removed"):
        kept.reset()
    with pytest.raises(SettingsError, match="cannot be kept"):
        kept.save("mine", FULL)
    assert kept.names() == ()
