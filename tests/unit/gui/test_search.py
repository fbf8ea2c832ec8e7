"""Finding by a few letters, among as many devices as there may be."""

from __future__ import annotations

import pytest
from papaya_gui.models.catalog import Catalog
from papaya_gui.models.search import Entry, Finder, Kind, catalog_entries, find

from papaya.manifest.model import Country, Device, Fleet, Sensor, State


def fleet(count: int) -> Fleet:
    """Return a fleet of so many devices with three sensors each, in two States."""
    sensors = (
        Sensor("temperature.celsius", "Temperature"),
        Sensor("humidity"),
        Sensor("battery", "Battery", "V"),
    )
    states = []
    for number, name in enumerate(("Karnataka", "Kerala")):
        devices = tuple(
            Device(f"PM-{index:05}", "INDIA", name, "default", label=f"Bay {index % 7}", sensors=sensors)
            for index in range(number, count, 2)
        )
        states.append(State(name, name, devices=devices))
    return Fleet("demo", countries=(Country("INDIA", "INDIA", states=tuple(states)),))


def finders(count: int = 200) -> tuple[Finder, Finder]:
    """Return what finds some actions and the devices and sensors of a fleet."""
    actions = [
        Entry(Kind.ACTION, "Pause", "View freeze", "pause"),
        Entry(Kind.ACTION, "Save visible samples as CSV…", "Export data", "export-csv"),
    ]
    return Finder(actions), Finder(catalog_entries(Catalog(fleet(count))))


def names(query: str, count: int = 200, limit: int = 50) -> list[str]:
    """Return the names of what is found."""
    return [entry.name for entry in find(finders(count), query, limit)]


def test_a_device_is_found_before_its_sensors_by_its_whole_name() -> None:
    assert names("pm-00042")[:2] == ["PM-00042", "PM-00042 Battery"]


def test_a_device_is_found_by_the_end_of_its_name() -> None:
    assert names("00042")[0] == "PM-00042"


def test_a_device_is_found_by_letters_that_stand_apart() -> None:
    assert names("pm42")[0] == "PM-00042"


def test_every_word_must_be_there_in_any_order() -> None:
    assert names("temp 00042") == names("00042 temp") == ["PM-00042 Temperature"]


def test_a_device_is_found_by_its_place_and_label() -> None:
    found = find(finders(), "kerala bay", 500)
    assert {entry.kind for entry in found} == {Kind.DEVICE}
    assert len(found) == 100


def test_a_sensor_is_found_by_its_key() -> None:
    found = find(finders(), "celsius", 500)
    assert {entry.name.split()[1] for entry in found} == {"Temperature"}
    assert len(found) == 200


def test_an_action_is_found_by_its_name_and_by_other_words_for_it() -> None:
    assert names("pau")[0] == "Pause"
    assert names("freeze") == ["Pause"]
    assert names("csv")[0] == "Save visible samples as CSV…"


def test_what_begins_a_word_comes_before_what_is_inside_of_one() -> None:
    inside, beginning = (
        Entry(Kind.DEVICE, "Carport 1", "", "a"),
        Entry(Kind.DEVICE, "Harbour Port 12", "", "b"),
    )
    assert find([Finder([inside, beginning])], "port") == [beginning, inside]


def test_nothing_is_found_where_a_letter_is_missing() -> None:
    assert names("pm-0004x") == []


def test_an_empty_query_offers_actions_first() -> None:
    assert names("  ", limit=3) == ["Pause", "Save visible samples as CSV…", "PM-00000"]


@pytest.mark.parametrize("query", ["p", "pm", "pm-0", "pm9", "temperature", "9 9 t", "zzz", "ptz", "ka te"])
def test_no_more_is_found_than_was_asked_for_and_nothing_twice(query: str) -> None:
    found = find(finders(2000), query, 30)
    assert len(found) <= 30
    assert len({(entry.kind, entry.name) for entry in found}) == len(found)


def test_case_and_accents_of_the_writing_do_not_matter_as_far_as_unicode_folds_them() -> None:
    entry = Entry(Kind.DEVICE, "STRASSE Äpfel", "", "a")
    assert find([Finder([entry])], "straße äpfel") == [entry]
