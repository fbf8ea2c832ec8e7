"""Sections of a manifest that list objects beside the tree, as the schema describes them."""

from __future__ import annotations

from typing import Any

from papaya.diagnostics import Diagnostic
from papaya.manifest.parse import parse
from papaya.manifest.report import Report
from papaya.manifest.resources import Read, read_resources, with_entries
from papaya.manifest.sections import sections, sections_in
from papaya.manifest.source import Source
from papaya.manifest.tree import plain

PROFILE = {"properties": {"provisioning": {}, "description": {}, "image": {"x-file": "text"}, "protect": {}}}
SCHEMA: dict[str, Any] = {
    "$defs": {
        "entry": {"properties": {"name": {}, "file": {"x-file": "json"}}},
        "things": {"items": {"$ref": "#/$defs/entry"}, "x-kind": {"kind": "thing", "name": "name"}},
        "profile": PROFILE,
        "profiles": {
            "properties": {
                "country": {},
                "devices": {
                    "additionalProperties": {"$ref": "#/$defs/profile"},
                    "x-kind": {"kind": "deviceProfile", "apart": ["provisioning"]},
                },
            }
        },
        "fleet": {
            "properties": {
                "things": {"$ref": "#/$defs/things"},
                "profiles": {"$ref": "#/$defs/profiles"},
                "environments": {"properties": {"things": {"$ref": "#/$defs/things"}}},
            }
        },
    }
}
FILES = {"a.json": '{"a": 1}', "bad.json": "{", "image.txt": "pixels"}


def read_file(asking: Source, name: str) -> Source | Diagnostic | str:
    return Source(name, FILES[name]) if name in FILES else f"there is no {name}"


def read(text: str, report: Report | None = None, environment: str | None = None) -> Read:
    (document,) = parse(Source("fleet.yaml", text)).documents
    return read_resources(document, environment, report or Report(), read_file, tuple(sections_in(SCHEMA)))


def test_the_schema_says_where_sections_stand() -> None:
    assert [(one.key, one.kind, one.name_key) for one in sections_in(SCHEMA)] == [
        ("things", "thing", "name"),
        ("profiles.devices", "deviceProfile", None),
    ]
    assert {"customers", "ruleChains"} <= {one.key for one in sections()}


def test_a_list_and_a_map_give_objects_with_their_files_and_marks() -> None:
    found = read(
        "things:\n  - {name: A, file: a.json, formerly: B, protect: true, more: [1]}\n"
        "profiles:\n  devices:\n    Meter: {description: d, image: image.txt}\n"
    )
    thing, profile = found.resources
    assert (thing.name, thing.formerly, thing.protect, str(thing.mark)) == ("A", "B", True, "fleet.yaml:2:5")
    assert thing.files["file"].value == {"a": 1}
    assert thing.values == {"file": "a.json", "more": [1]}
    assert (profile.name, profile.section) == ("Meter", "profiles.devices")
    assert str(profile.mark) == "fleet.yaml:5:5"
    assert profile.files["image"].text == "pixels"
    assert found.kinds == ("thing", "deviceProfile")
    assert [source.name for source in found.sources] == ["a.json", "image.txt"]


def test_what_is_apart_declares_no_object_and_an_empty_section_declares_its_kind() -> None:
    assert read("profiles: {devices: {Meter: {provisioning: {key: k}}}}").kinds == ()
    assert read("profiles: {devices: {}}").kinds == ("deviceProfile",)
    assert read("things: []").kinds == ("thing",)
    assert read("things: null").kinds == ()


def test_an_entry_of_another_environment_is_left_out() -> None:
    text = "things:\n  - {name: A, only: staging}\n  - {name: B}\n"
    assert [one.name for one in read(text, environment="staging").resources] == ["A", "B"]
    assert [one.name for one in read(text, environment="production").resources] == ["B"]


def test_a_file_that_is_missing_is_a_fault_at_its_name() -> None:
    report = Report()
    assert read("things:\n  - {name: A, file: missing.json}\n", report).resources == ()
    (fault,) = report.finish()
    assert "there is no missing.json" in fault.summary
    assert (str(fault.mark), fault.path) == ("fleet.yaml:2:21", "things[0].file")


def test_a_file_that_is_no_json_is_a_fault_at_the_place_in_the_file() -> None:
    report = Report()
    assert read("things:\n  - {name: A, file: bad.json}\n", report).resources == ()
    (fault,) = report.finish()
    assert "bad.json: it is no JSON" in fault.summary
    assert str(fault.mark) == "bad.json:1:2"


def test_objects_are_written_as_they_were_read_beside_what_is_apart() -> None:
    text = (
        "things:\n  - {name: A, file: a.json, protect: true}\n"
        "profiles:\n  country: C\n  devices:\n    Meter: {description: d, provisioning: {key: k}}\n"
    )
    found = read(text)
    (document,) = parse(Source("fleet.yaml", text)).documents
    bare = {"profiles": {"country": "C", "devices": {"Meter": {"provisioning": {"key": "k"}}}}}
    written = with_entries(bare, found.resources, found.kinds, tuple(sections_in(SCHEMA)))
    assert written == plain(document)
